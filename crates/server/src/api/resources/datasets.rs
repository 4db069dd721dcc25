//! Data sets with their counts and rules, one record explained, the receipt of one that is erased.

use frist_decide::{Outcome, RuleSet, explain};
use frist_ledger::Tiles;
use frist_register::{Lang, Text};
use frist_sweep::plan::{Counts, Item};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::Scope;
use crate::api::call::{Answer, Call, Done, InTongue, Nothing, Tongue};
use crate::api::page::{Page, Paging, page};
use crate::api::problem::Problem;

/// A text in both languages.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Words {
    /// Danish.
    da: String,
    /// English.
    en: String,
}

impl From<&Text> for Words {
    fn from(text: &Text) -> Self {
        Self { da: text.get(Lang::Da).to_owned(), en: text.get(Lang::En).to_owned() }
    }
}

/// Records by decision.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ByDecision {
    /// Covered by a hold.
    held: u64,
    /// The rule cannot decide: a fact is missing or impossible.
    unclear: u64,
    /// Kept for a statute only.
    restrict: u64,
    /// Waiting for a person's answer.
    review: u64,
    /// Kept.
    keep: u64,
    /// Due.
    due: u64,
    /// Anonymised already.
    done: u64,
}

impl From<Counts> for ByDecision {
    fn from(c: Counts) -> Self {
        Self {
            held: c.held,
            unclear: c.unclear,
            restrict: c.restrict,
            review: c.review,
            keep: c.keep,
            due: c.due,
            done: c.done,
        }
    }
}

/// A data set.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DataSet {
    /// Its id.
    id: String,
    /// What it is called.
    title: Words,
    /// The activity that it belongs to.
    activity: String,
    /// `store/collection`.
    place: String,
    /// What happens when its time is up: `erase`, `anonymise`, `transfer`.
    disposition: String,
    /// Records due now.
    due: u64,
    /// Since when the oldest of them has been due.
    oldest: Option<Timestamp>,
    /// Records due that others refer to.
    blocked: u64,
    /// Records by decision; none for a large collection in a list, or one that does not answer.
    counts: Option<ByDecision>,
    /// When they were counted.
    counted_at: Timestamp,
    /// Why they could not be counted.
    problem: Option<String>,
}

/// What the register says of a data set.
struct Said {
    id: String,
    title: Words,
    activity: String,
    place: String,
    disposition: String,
}

fn said(d: &frist_register::DataSet) -> Said {
    use frist_register::Disposition as D;
    let disposition = match &d.then.value {
        D::Erase => "erase",
        D::Anonymise(_) => "anonymise",
        D::Transfer(_) => "transfer",
    };
    Said {
        id: d.id.value.clone(),
        title: (&d.title).into(),
        activity: d.activity.value.clone(),
        place: format!("{}/{}", d.store.value, d.collection.value),
        disposition: disposition.to_owned(),
    }
}

fn shown(said: Said, item: Option<&Item>, problem: Option<String>, at: Timestamp) -> DataSet {
    DataSet {
        due: item.map_or(0, |i| i.due),
        oldest: item.and_then(|i| i.oldest.filter(|_| i.due > 0)),
        blocked: item.map_or(0, |i| i.blocked),
        counts: item.and_then(|i| i.counts).map(Into::into),
        counted_at: at,
        problem,
        id: said.id,
        title: said.title,
        activity: said.activity,
        place: said.place,
        disposition: said.disposition,
    }
}

/// All data sets.
pub(crate) fn list(call: &mut Call<'_>, paging: Paging, _: Nothing) -> Answer<Page<DataSet>> {
    let seen = call.app.engines.standing(&call.who)?.ok_or_else(Problem::counting)?;
    let all: Vec<Said> =
        call.engine(|engine| Ok(engine.register.datasets.iter().map(said).collect()))?;
    page(
        call,
        &paging,
        all,
        false,
        |s| s.id.clone(),
        |s| {
            let plan = &seen.what.plan;
            let item = plan.items.iter().find(|i| i.dataset == s.id);
            let problem = plan.problems.iter().find(|p| p.dataset == s.id).map(|p| p.text.clone());
            shown(s, item, problem, seen.at)
        },
    )
}

/// A data set with its rule.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Ruled {
    /// What a list shows of it.
    #[serde(flatten)]
    dataset: DataSet,
    /// Its rule in one line.
    rule: String,
    /// The paragraphs that the rule rests on.
    citations: Vec<String>,
    /// Why the rule is what it is.
    justification: Option<String>,
    /// When its counts can next change by time alone.
    next_change: Option<Timestamp>,
}

/// One data set, all of its records counted.
pub(crate) fn one(call: &mut Call<'_>, tongue: InTongue, _: Nothing) -> Answer<Ruled> {
    let (id, lang) = (call.name("dataset").to_owned(), tongue.lang.into());
    if call.engine(|engine| Ok(engine.register.dataset(&id).is_none()))? {
        return Err(Problem::none());
    }
    let seen = call.app.engines.counted(&call.who, &id)?.ok_or_else(Problem::counting)?;
    call.engine(|engine| {
        let d = engine.register.dataset(&id).cloned().ok_or_else(Problem::none)?;
        let rules = RuleSet::resolve(&engine.register, engine.book, &d)
            .map_err(frist_sweep::Error::from)?;
        let (item, problem) = match &seen.what.item {
            Ok(item) => (Some(item), None),
            Err(why) => (None, Some(why.clone())),
        };
        Ok(Done::new(Ruled {
            dataset: shown(said(&d), item, problem, seen.at),
            rule: rules.summary(lang),
            citations: rules.citations(),
            justification: d.justification.as_ref().map(|j| j.get(lang).to_owned()),
            next_change: seen.what.next,
        }))
    })
}

/// Which record.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// The record's key, as the store has it.
    #[schemars(length(min = 1, max = 500))]
    key: String,
    /// The instant to decide for; now, when it is not said.
    #[serde(default)]
    at: Option<Timestamp>,
    /// The language of the texts.
    #[serde(default)]
    lang: Tongue,
}

/// What follows for a record.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Decided {
    /// A hold covers it.
    Held,
    /// A fact that decides is missing, impossible or of the wrong type.
    Unclear,
    /// Kept for a statute only.
    Restrict,
    /// A person must answer first.
    Review,
    /// Kept.
    Keep,
    /// Its time is up.
    Due,
}

impl From<Outcome> for Decided {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Held => Decided::Held,
            Outcome::Unclear => Decided::Unclear,
            Outcome::Restrict => Decided::Restrict,
            Outcome::Review => Decided::Review,
            Outcome::Keep => Decided::Keep,
            Outcome::Due => Decided::Due,
        }
    }
}

/// One reason.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Reason {
    /// The ground.
    ground: String,
    /// How it stands.
    says: String,
    /// The paragraph.
    citation: Option<String>,
    /// What to be careful with.
    caution: Option<String>,
}

/// Why a record is kept or due.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Explanation {
    /// The data set.
    dataset: String,
    /// The record's key.
    key: String,
    /// The instant that it was decided for.
    at: Timestamp,
    /// What follows.
    decision: Decided,
    /// Since when it has been due.
    due_since: Option<Timestamp>,
    /// The decision in a sentence.
    sentence: String,
    /// Each ground that was considered.
    reasons: Vec<Reason>,
    /// The holds that cover it, of those that the token may see.
    holds: Vec<String>,
    /// Whether a hold covers it, also one that the token may not see.
    held: bool,
}

/// One record, explained.
pub(crate) fn explain_one(call: &mut Call<'_>, _: Nothing, asked: Asked) -> Answer<Explanation> {
    let id = call.name("dataset").to_owned();
    let knows = call.knows(Some(&id));
    call.may(&knows)?;
    let sees_holds = call.could(Scope::HoldsRead, &knows);
    let (at, lang) = (asked.at.unwrap_or(call.now), Lang::from(asked.lang));
    let (zone, me) = (call.app.zone.clone(), call.who.clone());
    call.engine(|engine| {
        engine.register.dataset(&id).ok_or_else(Problem::none)?;
        let found = engine.explain(&id, &asked.key, at).map_err(no_record)?;
        let lines = explain::lines(&found.decision, &zone, lang);
        let holds = found.holds.iter().filter(|h| sees_holds && h.shows_to(&me));
        Ok(Done::new(Explanation {
            key: found.key.text(),
            at,
            decision: found.decision.outcome.into(),
            due_since: found.decision.due_since,
            sentence: explain::sentence(&found.decision, &zone, lang),
            reasons: lines
                .into_iter()
                .map(|l| Reason {
                    ground: l.head,
                    says: l.body,
                    citation: l.citation,
                    caution: l.caution,
                })
                .collect(),
            holds: holds.map(|h| h.hold.id.clone()).collect(),
            held: !found.holds.is_empty(),
            dataset: id,
        }))
    })
}

/// A key of another shape names no record either.
fn no_record(e: frist_sweep::Error) -> Problem {
    match e {
        frist_sweep::Error::Store(frist_stores::StoreError::Unsupported { .. }) => Problem::none(),
        e => e.into(),
    }
}

/// Which record's receipt.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Erased {
    /// The key that the record had.
    #[schemars(length(min = 1, max = 500))]
    key: String,
}

/// Proof that a record was disposed of.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Receipt {
    /// The data set.
    dataset: String,
    /// The receipt, as `frist verify` reads it.
    receipt: String,
}

/// The receipt of an erased record.
pub(crate) fn receipt(call: &mut Call<'_>, _: Nothing, erased: Erased) -> Answer<Receipt> {
    let id = call.name("dataset").to_owned();
    let knows = call.knows(Some(&id));
    call.may(&knows)?;
    let face = &call.app.face;
    call.engine(|engine| {
        engine.register.dataset(&id).ok_or_else(Problem::none)?;
        (face.publish)(engine)?;
        let found = engine.receipt(&id, &erased.key, &Tiles::new(&face.tiles))?;
        Ok(Done::new(Receipt { dataset: id, receipt: found.to_text()? }))
    })
}
