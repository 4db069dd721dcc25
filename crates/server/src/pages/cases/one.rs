//! A request as its caseworker sees it: where it stands, what to do next, what was done.

use std::collections::BTreeMap;

use askama::Template;
use frist_cases::erase::{self, approval};
use frist_cases::request::{Right, Stage, StepName, words};
use frist_cases::restrict;
use frist_state::case::{Case, CaseSum};
use jiff::civil::Date;

use super::super::frame::{Frame, page};
use super::next::{Clock, Next, clock, next};
use super::{LogLine, PaperLine, calendar, kept, look, named, say, t, titles};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::cases::CaseTexts;

#[derive(Template)]
#[template(path = "cases/one.html")]
struct One {
    f: Frame,
    t: &'static CaseTexts,
    path: String,
    seen: u64,
    right: String,
    stages: Vec<(&'static str, bool)>,
    clock: Clock,
    next: Next,
    /// Labels and what they say of the person and the request.
    facts: Vec<(&'static str, String)>,
    words: Option<String>,
    decision: Option<(String, Vec<String>)>,
    sums: Vec<Sum>,
    deferred: Vec<String>,
    recipients: Vec<super::recipients::Line>,
    papers: Vec<PaperLine>,
    log: Vec<LogLine>,
    mine: bool,
    works: bool,
    /// What can be done now, by the words of the steps.
    possible: Vec<&'static str>,
    searched: bool,
    package: bool,
    rectify: bool,
    decides: bool,
    may_decide: bool,
    articles: Vec<(&'static str, &'static str)>,
    restriction: Option<Restriction>,
    today: Date,
    tomorrow: Date,
}

/// A restriction in force.
struct Restriction {
    since: String,
    /// Announced to end on this day.
    announced: Option<String>,
    may_lift: bool,
}

/// The records of one data set with the same answer.
struct Sum {
    dataset: String,
    n: u64,
    answer: &'static str,
    class: &'static str,
    /// The last day on which any of them stays.
    until: String,
}

impl One {
    fn tok(&self, to: &str) -> String {
        self.f.token(&format!("{}{to}", self.path))
    }

    fn tok_paper(&self, id: &i64) -> String {
        self.tok(&format!("/paper/{id}"))
    }

    /// Whether this person may enter what was sent, and notes.
    fn sends(&self) -> bool {
        self.works
    }

    fn notes(&self) -> bool {
        self.works
    }

    fn can(&self, step: &str) -> bool {
        self.possible.contains(&step)
    }
}

/// Shows it.
pub(super) fn shown(
    ctx: &mut Ctx<'_>,
    case: Case,
    wrong: Option<String>,
) -> Result<Reply, Refusal> {
    let kept = kept(ctx, case)?;
    let (number, lang, now) = (kept.case.number.clone(), ctx.lang, ctx.now);
    let t = t(ctx);
    let (calendar, titles, records, papers, steps, kinds) = look(ctx, |engine| {
        let kinds: BTreeMap<String, String> = engine
            .register
            .identities
            .iter()
            .map(|k| (k.id.value.clone(), k.title.get(lang).to_owned()))
            .collect();
        let records = engine.state.case_sums(&number)?;
        let papers = engine.state.papers(&number)?;
        let steps = engine.state.case_log(&number)?;
        Ok((calendar(engine), titles(engine, lang), records, papers, steps, kinds))
    })?;
    let approval = approval(&kept).map_err(|e| super::refusal(ctx, e))?;
    let request = &kept.request;
    let f = Frame::new(ctx, &number, "/cases").wrong(wrong);
    let papers = super::papers(&papers, &steps, &f);
    let answered =
        steps.iter().rev().find(|s| s.step.step == "answered").map(|s| f.when(s.step.at));
    // The answer itself: what was written in the step that answered.
    let unsent =
        papers.iter().any(|p| p.goes && p.sent.is_none() && Some(&p.when) == answered.as_ref());
    let day = |at| say::date(f.day(at), lang);
    let mut facts = vec![(t.person, request.person.name.clone())];
    let some = |label, text: &Option<String>| text.clone().map(|text| (label, text));
    facts.extend(some(t.email, &request.person.email));
    facts.extend(some(t.phone, &request.person.phone));
    facts.extend(some(t.address, &request.person.address));
    for known in &request.known {
        let kind = kinds.get(&known.kind).unwrap_or(&known.kind);
        facts.push((t.known_word, format!("{kind}: {}", known.value)));
    }
    facts.push((
        t.received,
        format!("{}, {}", day(request.received), say::channel(&request.channel, lang)),
    ));
    facts.push((
        t.letters_in,
        if request.lang == frist_register::Lang::Da { t.danish } else { t.english }.to_owned(),
    ));
    facts.push((t.owner, kept.case.owner.clone().unwrap_or_else(|| t.nobody_yet.to_owned())));
    for check in &request.identity {
        facts.push((t.identity, format!("{} {}: {}", t.asked_on, day(check.asked), check.reason)));
        if let (Some(known), Some(how)) = (check.known, &check.how) {
            facts.push((t.identity, format!("{} {}: {how}", t.known_on, day(known))));
        }
    }
    let decision = request.decision.as_ref().map(|d| {
        // What the records give is told for each of them; a person's own words stand here.
        let own = d.reasons.iter().filter(|_| !records.iter().any(|r| r.state == erase::REFUSE));
        let reasons = own.flat_map(|r| r.lines()).map(str::to_owned).collect();
        (
            format!(
                "{}, {}, {}",
                say::capital(words::outcome(d.outcome, lang)),
                d.by,
                f.when(d.at)
            ),
            reasons,
        )
    });
    let deferred = request.open_parts().map(|p| {
        format!(
            "{}: {}, {}",
            named(&titles, &p.dataset),
            f.records(p.records),
            match p.until {
                Some(until) => format!("{} {}", t.until_and_with, say::date(until, lang)),
                None => t.until_released.to_owned(),
            }
        )
    });
    let recipients = look(ctx, |engine| super::recipients::lines(engine, &kept, &kinds, t, lang))?;
    let possible = request.possible(now, &calendar);
    let open = request.stage < Stage::Answered;
    let facts_of_records = super::knows_all(ctx, records.iter().map(|r| r.dataset.as_str()));
    let may_decide = ctx.could(Action::DecideRecords, &facts_of_records);
    let of = |right: &[Right]| open && right.contains(&request.right);
    let restriction = restrict::standing(&kept).map_err(|e| super::refusal(ctx, e))?;
    let today = f.day(now);
    let stages = [
        (Stage::Received, t.stage_received),
        (Stage::Searched, t.stage_found),
        (Stage::Decided, t.stage_decided),
        (Stage::Answered, t.stage_answered),
        (Stage::Closed, t.stage_closed),
    ];
    let right = words::right(request.right, request.marketing, lang);
    page(&One {
        path: format!("/cases/{number}"),
        seen: kept.case.version,
        right: format!("{} ({} {})", say::capital(right), t.article, request.right.article()),
        stages: stages.map(|(s, label)| (label, request.stage >= s)).into(),
        clock: clock(&kept, &calendar, now, t, lang),
        next: next(&kept, &records, &approval, unsent, t, lang),
        facts,
        words: request.words.clone(),
        decision,
        sums: sums(&records, &titles, t, lang),
        deferred: deferred.collect(),
        recipients,
        papers,
        log: super::log(&steps, &f),
        works: ctx.could(Action::WorkCase, &Facts::default()),
        mine: kept.case.owner.as_deref() == Some(ctx.name()),
        possible: match ctx.could(Action::WorkCase, &Facts::default()) {
            true => possible.iter().copied().map(StepName::as_str).collect(),
            false => Vec::new(),
        },
        searched: request.searched.is_some(),
        package: of(&[Right::Access, Right::Portability]),
        rectify: of(&[Right::Rectification]),
        decides: matches!(
            request.right,
            Right::Erasure | Right::Objection | Right::ConsentWithdrawal
        ),
        articles: match may_decide && of(&[Right::Restriction]) && request.searched.is_some() {
            true => vec![
                ("18(1)(a)", t.art18a),
                ("18(1)(b)", t.art18b),
                ("18(1)(c)", t.art18c),
                ("18(1)(d)", t.art18d),
            ],
            false => Vec::new(),
        },
        may_decide,
        restriction: restriction.map(|r| Restriction {
            since: day(r.from),
            announced: r.announced.map(|on| say::date(on, lang)),
            may_lift: r.announced.is_some_and(|on| on <= today),
        }),
        today,
        tomorrow: today.tomorrow().unwrap_or(today),
        t,
        f,
    })
}

fn sums(
    records: &[CaseSum],
    titles: &BTreeMap<String, String>,
    t: &'static CaseTexts,
    lang: frist_register::Lang,
) -> Vec<Sum> {
    let sum = |r: &CaseSum| Sum {
        dataset: named(titles, &r.dataset),
        n: r.n,
        answer: answer(&r.state, r.done, t),
        class: class(&r.state, r.done),
        until: r.until.map_or_else(String::new, |d| say::date(d, lang)),
    };
    records.iter().map(sum).collect()
}

/// What is answered for a record, in words.
pub(super) fn answer(state: &str, done: bool, t: &'static CaseTexts) -> &'static str {
    match (state, done) {
        (erase::ERASE, true) => t.gone,
        (erase::ERASE, false) => t.goes,
        (erase::REFUSE, _) => t.stays,
        (erase::PERSON, _) => t.waits_for_you,
        (erase::UNTOUCHED, _) => t.untouched,
        (erase::ABSENT, _) => t.not_there,
        _ => t.found_word,
    }
}

pub(super) fn class(state: &str, done: bool) -> &'static str {
    match (state, done) {
        (erase::ERASE, true) => "ok",
        (erase::ERASE, false) => "late",
        (erase::REFUSE, _) => "info",
        (erase::PERSON, _) => "warn",
        _ => "",
    }
}
