//! The heart of a request: finding the person's records, and deciding about each of them.

use std::collections::BTreeMap;

use frist_cases::decide::{self, RecordAnswer};
use frist_cases::erase;
use frist_cases::find::{Doubt, Said};
use frist_register::Lang;
use frist_sweep::guard::Trip;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cases::{desk, number};
use crate::access::{Condition, Facts};
use crate::api::call::{Answer, Call, Done, Nothing, Tongue};
use crate::api::problem::Problem;

/// A kind of identifier and its value.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GivenIdentifier")]
pub(crate) struct Given {
    /// The kind, as the register names it.
    #[schemars(length(min = 1, max = 64))]
    kind: String,
    /// The value.
    #[schemars(length(min = 1, max = 500))]
    value: String,
}

/// A record by its place.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RecordPlace")]
pub(crate) struct Place {
    /// The data set.
    #[schemars(length(min = 1, max = 128))]
    dataset: String,
    /// The key.
    #[schemars(length(min = 1, max = 500))]
    key: String,
}

/// What to search by, and the answers to questions of earlier searches.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Search {
    /// More identifiers than came with the request.
    #[schemars(length(max = 50))]
    more: Vec<Given>,
    /// Values that are the person's.
    #[schemars(length(max = 200))]
    yes: Vec<Given>,
    /// Values that are not.
    #[schemars(length(max = 200))]
    no: Vec<Given>,
    /// Records that are the person's.
    #[schemars(length(max = 200))]
    yes_records: Vec<Place>,
    /// Records that are not.
    #[schemars(length(max = 200))]
    no_records: Vec<Place>,
    /// Whether what could not be searched counts as looked at by hand.
    anyway: bool,
}

/// A record that was found.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Hit {
    /// The data set.
    dataset: String,
    /// The key.
    key: String,
    /// Why it is thought to be the person's.
    why: String,
}

/// A question that a person must answer.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Question {
    /// The values that could be the person's, as `kind=value`.
    values: Vec<String>,
    /// Why it is asked.
    doubt: String,
    /// Records that it would decide about.
    records: Vec<Place>,
    /// Whether there are more of them.
    more: bool,
}

/// What could not be searched.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Missing {
    /// The store or data set.
    what: String,
    /// Why.
    why: String,
}

/// What a search found.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FoundAll {
    /// Whether nothing is left to be asked or searched.
    complete: bool,
    /// The records.
    records: Vec<Hit>,
    /// Questions that a person must answer first.
    questions: Vec<Question>,
    /// What did not answer or cannot be searched.
    missing: Vec<Missing>,
    /// The data sets that were searched.
    searched: Vec<String>,
}

/// A search looks into every data set, so the token needs to know all of them.
fn all_sets(call: &Call<'_>) -> Result<Facts, Problem> {
    let ids: Vec<String> = call.engine(|engine| {
        Ok(engine.register.datasets.iter().map(|d| d.id.value.clone()).collect())
    })?;
    let all = ids.iter().all(|id| call.knows_of(Some(id)));
    Ok(Facts::default().with(Condition::NeedToKnow, all))
}

/// Finds the person of a request across the stores.
pub(crate) fn find(call: &mut Call<'_>, _: Nothing, search: Search) -> Answer<FoundAll> {
    let facts = all_sets(call)?;
    call.may(&facts)?;
    let (number, who, at) = (number(call), call.who.clone(), call.now);
    let mut said = Vec::new();
    said.extend(search.yes.into_iter().map(|g| Said::Yes { kind: g.kind, value: g.value }));
    said.extend(search.no.into_iter().map(|g| Said::No { kind: g.kind, value: g.value }));
    let yes = search.yes_records.into_iter();
    said.extend(yes.map(|p| Said::YesRecord { dataset: p.dataset, key: p.key }));
    let no = search.no_records.into_iter();
    said.extend(no.map(|p| Said::NoRecord { dataset: p.dataset, key: p.key }));
    let more: Vec<(String, String)> = search.more.into_iter().map(|g| (g.kind, g.value)).collect();
    let own: &Call<'_> = call;
    own.act(|engine| {
        let seen = desk(engine, &who, at).load(&number)?.case.version;
        own.unless_changed(&seen.to_string())?;
        let found = erase::search(engine, &who, &number, &more, &said, search.anyway, at)?;
        let version = desk(engine, &who, at).load(&number)?.case.version;
        let rows = engine.state.case_records(&number)?;
        let complete = found.is_complete();
        let missing = found.unreachable.into_iter().chain(found.unsearchable);
        let questions = found.asked.into_iter().map(|q| Question {
            values: q.values.iter().map(|v| format!("{}={}", v.kind, v.value)).collect(),
            doubt: match q.doubt {
                Doubt::Shared => "several persons may share it",
                Doubt::Several => "records of several persons have it",
                Doubt::Conflict => "the records also carry another person's number",
            }
            .to_owned(),
            records: q
                .records
                .into_iter()
                .map(|r| Place { dataset: r.dataset, key: r.key.text() })
                .collect(),
            more: q.more,
        });
        Ok(Done::new(FoundAll {
            complete,
            records: rows
                .into_iter()
                .map(|r| Hit { dataset: r.dataset, key: r.key, why: r.why })
                .collect(),
            questions: questions.collect(),
            missing: missing.map(|(what, why)| Missing { what, why }).collect(),
            searched: found.searched,
        })
        .version(version))
    })
}

/// An article by which a request for erasure is refused.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[schemars(rename = "RefusalArticle")]
pub(crate) enum Article {
    /// Freedom of expression and information.
    #[serde(rename = "17(3)(a)")]
    Expression,
    /// A legal obligation or a task in the public interest.
    #[default]
    #[serde(rename = "17(3)(b)")]
    Obligation,
    /// Public health.
    #[serde(rename = "17(3)(c)")]
    Health,
    /// Archiving, research, statistics.
    #[serde(rename = "17(3)(d)")]
    Archive,
    /// Legal claims.
    #[serde(rename = "17(3)(e)")]
    Claims,
}

impl Article {
    fn word(self) -> &'static str {
        match self {
            Article::Expression => "17(3)(a)",
            Article::Obligation => "17(3)(b)",
            Article::Health => "17(3)(c)",
            Article::Archive => "17(3)(d)",
            Article::Claims => "17(3)(e)",
        }
    }
}

/// What a person decided about one record.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OwnChoice")]
pub(crate) struct Own {
    /// The record.
    record: Place,
    /// Why.
    #[schemars(length(min = 1, max = 4000))]
    reason: String,
    /// By which article it is kept; only where it is.
    #[serde(default)]
    article: Article,
}

/// The answers of persons by which a request is decided.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Choices {
    /// Only to be looked at: nothing is decided and nothing kept.
    dry_run: bool,
    /// The purposes for which consent is taken back; all, when none is named.
    #[schemars(length(max = 100), inner(length(min = 1, max = 200)))]
    consents: Vec<String>,
    /// The purposes that are direct marketing.
    #[schemars(length(max = 100), inner(length(min = 1, max = 200)))]
    marketing: Vec<String>,
    /// The purposes that are not, where the objection is against direct marketing.
    #[schemars(length(max = 100), inner(length(min = 1, max = 200)))]
    not_marketing: Vec<String>,
    /// The purposes against which the objection prevails.
    #[schemars(length(max = 100), inner(length(min = 1, max = 200)))]
    upheld: Vec<String>,
    /// The purposes whose grounds override the objection, each with the reason.
    #[schemars(extend("maxProperties" = 100))]
    overridden: BTreeMap<String, String>,
    /// Records that are kept although they would be erased.
    #[schemars(length(max = 1000))]
    keep: Vec<Own>,
    /// Records whose questions are answered: they may go, as far as no duty keeps them.
    #[schemars(length(max = 1000))]
    erase: Vec<Own>,
    /// Whether the letter may name the matter of a hold.
    name_matters: bool,
    /// The language of the texts in the answer.
    lang: Tongue,
}

impl Choices {
    fn some(&self) -> bool {
        !(self.consents.is_empty()
            && self.marketing.is_empty()
            && self.not_marketing.is_empty()
            && self.upheld.is_empty()
            && self.overridden.is_empty()
            && self.keep.is_empty()
            && self.erase.is_empty()
            && !self.name_matters)
    }

    fn put(self, all: &mut decide::Choices) -> Result<(), Problem> {
        use decide::Weighed;
        all.consents.extend(self.consents);
        all.marketing.extend(self.marketing);
        all.not_marketing.extend(self.not_marketing);
        all.weighed.extend(self.upheld.into_iter().map(|p| (p, Weighed::Upheld)));
        let over = self.overridden.into_iter();
        all.weighed.extend(over.map(|(p, reason)| (p, Weighed::Overridden { reason })));
        for (own, keep) in self
            .keep
            .into_iter()
            .map(|o| (o, true))
            .chain(self.erase.into_iter().map(|o| (o, false)))
        {
            if own.reason.trim().is_empty() {
                return Err(Problem::refused("a reason must say something"));
            }
            let article = own.article.word().parse();
            let article = article.map_err(|()| Problem::refused("there is no such article"))?;
            let reason = own.reason;
            let choice = match keep {
                true => decide::Own::Keep { article, reason },
                false => decide::Own::Erase { reason },
            };
            let id = decide::Choices::record_id(&own.record.dataset, &own.record.key);
            all.records.insert(id, choice);
        }
        all.name_matters |= self.name_matters;
        Ok(())
    }
}

/// What follows for one record of a request.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Answered {
    /// The data set.
    dataset: String,
    /// The key.
    key: String,
    /// `erase`, `refuse`, `person` (somebody must answer), `untouched` (an objection or a withdrawal does not
    /// concern it) or `absent`.
    answer: String,
    /// The article that it rests on.
    article: Option<String>,
    /// Why, or what is asked.
    why: Option<String>,
    /// The last day on which the ground stands.
    until: Option<Date>,
}

fn answered(a: &RecordAnswer, lang: Lang) -> Answered {
    let erase::Why { article, words, until } = erase::why(a, lang);
    Answered {
        dataset: a.dataset.clone(),
        key: a.key.text(),
        answer: a.answer.word().to_owned(),
        article: article.map(|article| article.to_string()),
        why: (!words.is_empty()).then_some(words),
        until,
    }
}

/// What a decision came to.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Decision {
    /// The case.
    number: String,
    /// What the person is answered; none while questions are open, or when it was only looked at.
    outcome: Option<String>,
    /// Each record.
    records: Vec<Answered>,
    /// Why another person must approve before anything is erased.
    needs: Vec<String>,
}

/// Decides a request record by record, by the register's rules and the answers of persons. Nothing is
/// erased: a person approves and does that.
pub(crate) fn decide(call: &mut Call<'_>, _: Nothing, choices: Choices) -> Answer<Decision> {
    let (number, who, at) = (number(call), call.who.clone(), call.now);
    let lang = Lang::from(choices.lang);
    // A case of which nothing is known cannot be told from one that is not there.
    let records = call.engine(|engine| {
        desk(engine, &who, at).load(&number)?;
        Ok(engine.state.case_records(&number)?)
    })?;
    let all = records.iter().all(|r| call.knows_of(Some(&r.dataset)));
    let some = call.token.as_ref().is_some_and(|t| !t.datasets.is_empty());
    call.may(&Facts::default().with(Condition::NeedToKnow, all && some))?;
    let own: &Call<'_> = call;
    let seen = |engine: &mut frist_sweep::Engine| -> Result<(), Problem> {
        let version = desk(engine, &who, at).load(&number)?.case.version;
        own.unless_changed(&version.to_string())
    };
    if choices.dry_run {
        return own.engine(|engine| {
            seen(engine)?;
            let looked = erase::look(engine, &number, at)?;
            let version = desk(engine, &who, at).load(&number)?.case.version;
            let records = looked.iter().map(|(_, a)| answered(a, lang)).collect();
            let body =
                Decision { number: number.clone(), outcome: None, records, needs: Vec::new() };
            Ok(Done::new(body).version(version))
        });
    }
    own.act(|engine| {
        seen(engine)?;
        if choices.some() {
            // Read first, so that what cannot be meant changes nothing.
            let mut said = decide::Choices::default();
            choices.put(&mut said)?;
            erase::choose(engine, &who, &number, at, |all| {
                all.consents.extend(said.consents);
                all.marketing.extend(said.marketing);
                all.not_marketing.extend(said.not_marketing);
                all.weighed.extend(said.weighed);
                all.records.extend(said.records);
                all.name_matters |= said.name_matters;
            })?;
        }
        let settled = erase::settle(engine, &who, &number, at)?;
        let version = desk(engine, &who, at).load(&number)?.case.version;
        Ok(Done::new(Decision {
            number: number.clone(),
            outcome: settled.outcome.map(|o| o.as_str().to_owned()),
            records: settled.answers.iter().map(|a| answered(a, lang)).collect(),
            needs: settled.needs.iter().map(Trip::text).collect(),
        })
        .version(version))
    })
}
