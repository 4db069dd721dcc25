//! Deciding a request record by record: what the engine says, what a caseworker must choose, another
//! person's approval, carrying it out, and the receipts.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use frist_cases::decide::{Answer, Article, Choices, Own, Question, RecordAnswer, Weighed};
use frist_cases::erase::{self, Approval, ERASE, PERSON, REFUSE};
use frist_cases::request::{Kept, Right, Stage, words};
use frist_ledger::Tiles;
use frist_register::Lang;
use frist_state::case::CaseRecord;

use super::super::frame::{Frame, page};
use super::super::sweep::trip_text;
use super::super::sweeps::sure;
use super::one::{answer, class};
use super::{
    done, knows_all, knows_some, lines, look, named, request, say, sees, t, titles, told, work,
};
use crate::access::{Action, Condition, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::cases::CaseTexts;

/// Records of a group that are named one by one.
const NAMED: usize = 40;
/// The articles by which a person may keep what the engine would erase.
const KEEPING: [Article; 5] =
    [Article::Claims, Article::Obligation, Article::Expression, Article::Health, Article::Archive];

#[derive(Template)]
#[template(path = "cases/decide.html")]
struct Page {
    f: Frame,
    t: &'static CaseTexts,
    path: String,
    number: String,
    searched: bool,
    open: bool,
    decided: Option<String>,
    tiles: Vec<super::super::frame::Tile>,
    groups: Vec<Group>,
    /// Data sets of the case that this person does not need to know.
    unknown: Vec<String>,
    /// Purposes that are weighed against the person's objection.
    weighings: Vec<Weighing>,
    /// The objection is against direct marketing: it is only asked which purposes are that.
    marketing: bool,
    consents: Vec<(String, String, bool)>,
    name_matters: Option<bool>,
    articles: Vec<(&'static str, &'static str)>,
    may_decide: bool,
    needs: Vec<String>,
    waits: bool,
    may_approve: bool,
    approved_by: Option<String>,
    going: u64,
    receipts: Vec<(usize, String, String, String)>,
    anew: bool,
    to_answer: bool,
}

/// Records of one data set that are answered alike.
struct Group {
    id: String,
    dataset: String,
    n: u64,
    seen: bool,
    keys: Vec<String>,
    more: u64,
    answer: &'static str,
    class: &'static str,
    article: String,
    why: String,
    until: String,
    /// Every ground that was considered: in words, its paragraph, until when, how it stands.
    grounds: Vec<(String, String, String)>,
    /// What a person may choose: to keep, to erase, to take back what they chose.
    keep: bool,
    erase: bool,
    chosen: bool,
}

/// A purpose to be weighed.
struct Weighing {
    id: String,
    title: String,
    interest: String,
    word: &'static str,
    reason: String,
    marketing: bool,
    /// Somebody said that it is no marketing.
    other: bool,
    /// Whether no answer waits for it.
    later: bool,
}

impl Page {
    fn tok(&self, to: &str) -> String {
        self.f.token(&format!("{}{to}", self.path))
    }
}

/// What holds for the records of a case that this person would decide about.
fn facts(ctx: &Ctx<'_>, records: &[CaseRecord]) -> Facts {
    knows_all(ctx, records.iter().map(|r| r.dataset.as_str()))
}

/// The page.
pub(in crate::pages) fn shown(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::FindPerson, &knows_some(ctx))?;
    let kept = request(ctx)?;
    page_of(ctx, &kept, None)
}

type Answers = Vec<(CaseRecord, RecordAnswer)>;

fn page_of(ctx: &mut Ctx<'_>, kept: &Kept, wrong: Option<String>) -> Result<Reply, Refusal> {
    let (number, lang, now, t) = (kept.case.number.clone(), ctx.lang, ctx.now, t(ctx));
    let req = &kept.request;
    let decidable =
        matches!(req.right, Right::Erasure | Right::Objection | Right::ConsentWithdrawal);
    if !decidable {
        return Err(Refusal::NotFound);
    }
    // What was decided can be decided anew until it is answered.
    let anew = req.stage == Stage::Decided && req.searched.is_some();
    let live = req.stage == Stage::Searched || (anew && ctx.asked("anew").is_some());
    let (titles, records, answers, consents) = look(ctx, |engine| {
        let records = engine.state.case_records(&number)?;
        let answers: Answers = if live { erase::look(engine, &number, now)? } else { Vec::new() };
        let mut consents = BTreeMap::new();
        for r in &records {
            let Some(dataset) = engine.register.dataset(&r.dataset) else { continue };
            for keep in &dataset.keep {
                let purpose = engine.register.purpose(dataset, &keep.purpose);
                let is = |p: &&frist_register::Purpose| {
                    let consent = |b: &Option<frist_register::Sp<frist_law::Basis>>| {
                        b.as_ref().is_some_and(|b| b.value.is_consent())
                    };
                    consent(&p.basis) || consent(&p.special_basis)
                };
                if let Some(p) = purpose.filter(is) {
                    consents.insert(p.id.value.clone(), p.text.value.get(lang).to_owned());
                }
            }
        }
        Ok((titles(engine, lang), records, answers, consents))
    })?;
    let choices = erase::choices(kept).map_err(|e| super::refusal(ctx, e))?;
    let approval = erase::approval(kept).map_err(|e| super::refusal(ctx, e))?;
    let groups = match live {
        true => grouped(&answers, &choices, t, lang),
        false => stored(&records, t, lang),
    };
    let groups: Vec<Group> = groups
        .into_iter()
        .map(|mut g| {
            g.seen = sees(ctx, &g.dataset);
            if !g.seen {
                g.keys.clear();
                g.more = 0;
            }
            g.dataset = named(&titles, &g.dataset);
            g
        })
        .collect();
    let sets: BTreeSet<&str> = records.iter().map(|r| r.dataset.as_str()).collect();
    let unknown = sets.iter().filter(|d| !sees(ctx, d)).map(|d| named(&titles, d)).collect();
    let facts = facts(ctx, &records);
    let state = |wanted: &str, done: bool| match live {
        true => answers.iter().filter(|(_, a)| a.answer.word() == wanted && !done).count(),
        false => {
            records.iter().filter(|r| r.state == wanted && r.done_at.is_some() == done).count()
        }
    } as u64;
    let f = Frame::new(ctx, &format!("{} · {number}", t.decide_heading), "/cases").wrong(wrong);
    let tile = |n: u64, label: &str, class| super::super::frame::Tile {
        figure: f.n(&n),
        label: label.to_owned(),
        class: if n == 0 { "" } else { class },
    };
    let mut tiles = vec![
        tile(state(ERASE, false), t.tile_goes, "late"),
        tile(state(REFUSE, false), t.tile_stays, ""),
        tile(state(PERSON, false), t.tile_person, "warn"),
    ];
    if state(ERASE, true) > 0 {
        tiles.push(tile(state(ERASE, true), t.tile_gone, "ok"));
    }
    let going = records.iter().filter(|r| r.state == ERASE && r.done_at.is_none()).count() as u64;
    let refusal = req.decision.as_ref().is_some_and(|d| d.outcome.is_refusal());
    let decided = req.decision.as_ref().map(|d| {
        format!("{} ({}, {})", say::capital(words::outcome(d.outcome, lang)), d.by, f.when(d.at))
    });
    let receipts =
        records.iter().enumerate().filter(|(_, r)| r.state == ERASE && r.done_at.is_some());
    let receipts = receipts.filter(|(_, r)| sees(ctx, &r.dataset)).map(|(n, r)| {
        let at = r.done_at.map_or_else(String::new, |at| f.when(at));
        (n, named(&titles, &r.dataset), r.key.clone(), at)
    });
    let matters = answers
        .iter()
        .any(|(_, a)| matches!(&a.answer, Answer::Refuse { article: Article::Claims, .. }));
    let withdrawal = req.right == Right::ConsentWithdrawal;
    page(&Page {
        path: format!("/cases/{number}"),
        searched: req.searched.is_some(),
        open: live,
        decided,
        tiles,
        weighings: weighings(&answers, &choices, lang),
        marketing: req.marketing,
        consents: match live && withdrawal {
            true => consents
                .into_iter()
                .map(|(id, title)| {
                    let on = choices.consents.is_empty() || choices.consents.contains(&id);
                    (id, title, on)
                })
                .collect(),
            false => Vec::new(),
        },
        name_matters: matters.then_some(choices.name_matters),
        articles: KEEPING.map(|a| (a.as_str(), article(a, t))).into(),
        may_decide: ctx.could(Action::DecideRecords, &facts),
        needs: needs(&approval, &titles, ctx),
        waits: approval.waits() && going > 0 && !refusal,
        may_approve: ctx.could(Action::ApproveErasure, &maker(ctx, &approval, facts)),
        approved_by: approval.approved_by.clone(),
        going: if refusal { 0 } else { going },
        receipts: receipts.collect(),
        anew: anew && !live,
        to_answer: req.stage == Stage::Decided && (refusal || going == 0),
        groups,
        unknown,
        number,
        t,
        f,
    })
}

/// What holds for who approves: somebody else decided it.
fn maker(ctx: &Ctx<'_>, approval: &Approval, facts: Facts) -> Facts {
    let other = approval.decided_by.as_deref().is_some_and(|by| by != ctx.name());
    facts.with(Condition::NotMaker, other)
}

fn needs(approval: &Approval, titles: &BTreeMap<String, String>, ctx: &Ctx<'_>) -> Vec<String> {
    approval.needs.iter().map(|trip| trip_text(trip, titles, ctx.lang)).collect()
}

fn article(article: Article, t: &CaseTexts) -> &'static str {
    match article {
        Article::Obligation => t.art17b,
        Article::Expression => t.art17a,
        Article::Health => t.art17c,
        Article::Archive => t.art17d,
        _ => t.art17e,
    }
}

/// The records by what is answered for them, as it is now.
fn grouped(answers: &Answers, choices: &Choices, t: &'static CaseTexts, lang: Lang) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (record, a) in answers {
        let why = erase::why(a, lang);
        let own = choices.records.get(&Choices::record_id(&record.dataset, &record.key));
        let word = a.answer.word();
        let id = signature(record, a, lang);
        if let Some(group) = groups.iter_mut().find(|g| g.id == id) {
            group.n += 1;
            match group.keys.len() < NAMED {
                true => group.keys.push(record.key.clone()),
                false => group.more += 1,
            }
            continue;
        }
        let ground = |g: &frist_cases::decide::GroundAnswer| {
            let citation = g.citation.clone().unwrap_or_default();
            let basis = g.basis.map(|b| format!("{} {b}", t.article)).unwrap_or_default();
            let ends = g.ends.map(|d| format!(", {} {}", t.until_and_with, say::date(d, lang)));
            (
                g.title.get(lang).to_owned(),
                if citation.is_empty() { basis } else { citation },
                format!("{}{}", stands(&g.stands, t), ends.unwrap_or_default()),
            )
        };
        let settle = matches!(&a.answer, Answer::Person { question: Question::Settle { .. } });
        let restricted =
            matches!(&a.answer, Answer::Person { question: Question::Restricted { .. } });
        let mut words = why.words;
        if let Answer::Erase { late_since: Some(_), .. } = &a.answer {
            words = t.late_since.to_owned();
        }
        groups.push(Group {
            id,
            dataset: record.dataset.clone(),
            n: 1,
            seen: false,
            keys: vec![record.key.clone()],
            more: 0,
            answer: answer(word, false, t),
            class: class(word, false),
            article: why.article.map(|a| a.to_string()).unwrap_or_default(),
            why: words,
            until: why.until.map_or_else(String::new, |d| say::date(d, lang)),
            grounds: a.reasons.iter().map(ground).collect(),
            keep: matches!(word, ERASE | PERSON),
            erase: word == PERSON && !settle && !restricted,
            chosen: own.is_some(),
        });
    }
    groups
}

/// What tells groups apart, in a form that says nothing about anybody.
fn signature(record: &CaseRecord, a: &RecordAnswer, lang: Lang) -> String {
    let why = erase::why(a, lang);
    let article = why.article.map(|a| a.to_string()).unwrap_or_default();
    let text =
        format!("{}|{}|{article}|{}|{:?}", record.dataset, a.answer.word(), why.words, why.until);
    crate::factor::sha256(&text).iter().take(8).map(|b| format!("{b:02x}")).collect()
}

/// The records as they were decided.
fn stored(records: &[CaseRecord], t: &'static CaseTexts, lang: Lang) -> Vec<Group> {
    type Same<'r> = (&'r str, &'r str, bool, &'r str, Option<jiff::civil::Date>);
    let mut groups: BTreeMap<Same<'_>, Vec<String>> = BTreeMap::new();
    for r in records {
        let ground = r.ground.as_deref().unwrap_or_default();
        let same = (r.dataset.as_str(), r.state.as_str(), r.done_at.is_some(), ground, r.until);
        groups.entry(same).or_default().push(r.key.clone());
    }
    let group = |((dataset, state, done, ground, until), mut keys): (Same<'_>, Vec<String>)| {
        let (article, why) = match ground.split_once(' ') {
            Some((article, words)) if article.contains('(') => (article, words),
            None if ground.contains('(') => (ground, ""),
            _ => ("", ground),
        };
        let n = keys.len();
        keys.truncate(NAMED);
        Group {
            id: String::new(),
            dataset: dataset.to_owned(),
            n: n as u64,
            seen: false,
            more: (n - keys.len()) as u64,
            keys,
            answer: answer(state, done, t),
            class: class(state, done),
            article: article.to_owned(),
            why: why.to_owned(),
            until: until.map_or_else(String::new, |d| say::date(d, lang)),
            grounds: Vec::new(),
            keep: false,
            erase: false,
            chosen: false,
        }
    };
    groups.into_iter().map(group).collect()
}

fn stands(stands: &frist_cases::decide::Stands, t: &CaseTexts) -> &'static str {
    use frist_cases::decide::Stands as S;
    match stands {
        S::Duty => t.stands_duty,
        S::Needed => t.stands_needed,
        S::TakenBack => t.stands_taken_back,
        S::Objected => t.stands_objected,
        S::Weigh => t.stands_weigh,
        S::Overrides => t.stands_overrides,
        S::Ended => t.stands_ended,
        S::NotConcerned => t.stands_not_concerned,
        S::Unknown => t.stands_unknown,
    }
}

/// The purposes that a person must weigh, and those that somebody has.
fn weighings(answers: &Answers, choices: &Choices, lang: Lang) -> Vec<Weighing> {
    let mut out: Vec<Weighing> = Vec::new();
    let mut add = |id: &str, title: &str, interest: String, later: bool| {
        let known = out.iter_mut().find(|w| w.id == id);
        if let Some(known) = known {
            known.later &= later;
            return;
        }
        let (word, reason) = match choices.weighed.get(id) {
            Some(Weighed::Upheld) => ("upheld", String::new()),
            Some(Weighed::Overridden { reason }) => ("overridden", reason.clone()),
            None => ("", String::new()),
        };
        let marketing = choices.marketing.contains(id);
        let other = choices.not_marketing.contains(id);
        out.push(Weighing {
            id: id.into(),
            title: title.into(),
            interest,
            word,
            reason,
            marketing,
            other,
            later,
        });
    };
    for (_, a) in answers {
        let asked = match &a.answer {
            Answer::Person { question } => Some(question),
            _ => None,
        };
        let now = asked.into_iter().map(|q| (q, false));
        for (question, later) in now.chain(a.open.iter().map(|q| (q, true))) {
            let (purpose, title, interest) = match question {
                Question::Weigh { purpose, title, interest } => (purpose, title, interest.as_ref()),
                Question::Marketing { purpose, title } => (purpose, title, None),
                _ => continue,
            };
            let interest = interest.map(|i| i.get(lang).to_owned());
            add(purpose, title.get(lang), interest.unwrap_or_default(), later);
        }
        for g in &a.reasons {
            let said = [&choices.marketing, &choices.not_marketing];
            if choices.weighed.contains_key(&g.purpose)
                || said.iter().any(|s| s.contains(&g.purpose))
            {
                add(&g.purpose, g.title.get(lang), String::new(), false);
            }
        }
    }
    out
}

/// Keeps the choices, and decides.
pub(in crate::pages) fn decide(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let kept = request(ctx)?;
    let number = kept.case.number.clone();
    let records = ctx.state(|state| state.case_records(&number))?;
    ctx.may(Action::DecideRecords, &facts(ctx, &records))?;
    let t = t(ctx);
    let (by, now, lang) = (ctx.name().to_owned(), ctx.now, ctx.lang);
    let before = erase::choices(&kept).map_err(|e| super::refusal(ctx, e))?;
    let mut choices = before.clone();
    if let Err(wrong) = weighed(ctx, &mut choices, t) {
        return page_of(ctx, &kept, Some(wrong));
    }
    let mut own: Vec<(String, Option<Own>)> = Vec::new();
    for (name, value) in ctx.form.iter().filter(|(_, v)| !v.is_empty()) {
        let Some(group) = name.strip_prefix("own-") else { continue };
        let reason = lines(ctx.field(&format!("reason-{group}")), 1_000);
        let choice = match value.as_str() {
            "none" => None,
            _ if reason.is_empty() => return page_of(ctx, &kept, Some(t.say_why_group.to_owned())),
            "erase" => Some(Own::Erase { reason }),
            "keep" => {
                let article = ctx.field(&format!("article-{group}"));
                let Some(article) = KEEPING.into_iter().find(|a| a.as_str() == article) else {
                    return page_of(ctx, &kept, Some(t.say_article.to_owned()));
                };
                Some(Own::Keep { article, reason })
            }
            _ => continue,
        };
        own.push((group.to_owned(), choice));
    }
    let out = done(ctx, |engine| {
        if !own.is_empty() {
            for (record, a) in erase::look(engine, &number, now)? {
                let id = signature(&record, &a, lang);
                let Some((_, choice)) = own.iter().find(|(group, _)| *group == id) else {
                    continue;
                };
                let name = Choices::record_id(&record.dataset, &record.key);
                match choice {
                    Some(own) => drop(choices.records.insert(name, own.clone())),
                    None => drop(choices.records.remove(&name)),
                }
            }
        }
        if choices != before {
            erase::choose(engine, &by, &number, now, |kept| *kept = choices)?;
        }
        erase::settle(engine, &by, &number, now)
    })?;
    match out {
        Ok(settled) => {
            let word = if settled.outcome.is_some() { "decided" } else { "asked" };
            Ok(Reply::to(&format!("/cases/{number}/decide?done={word}")))
        }
        Err(e) => {
            let wrong = told(ctx, &e);
            let kept = request(ctx)?;
            page_of(ctx, &kept, Some(wrong))
        }
    }
}

/// What a form says of purposes: weighed, marketing, consents.
fn weighed(ctx: &Ctx<'_>, choices: &mut Choices, t: &CaseTexts) -> Result<(), String> {
    for purpose in ctx.all("purpose") {
        match ctx.field(&format!("weigh-{purpose}")) {
            "upheld" => drop(choices.weighed.insert(purpose.to_owned(), Weighed::Upheld)),
            "overridden" => {
                let reason = lines(ctx.field(&format!("why-{purpose}")), 2_000);
                if reason.is_empty() {
                    return Err(t.say_why_overridden.to_owned());
                }
                choices.weighed.insert(purpose.to_owned(), Weighed::Overridden { reason });
            }
            "none" => {
                choices.marketing.remove(purpose);
                choices.not_marketing.insert(purpose.to_owned());
                continue;
            }
            "marketing" => {
                choices.weighed.remove(purpose);
                choices.not_marketing.remove(purpose);
                choices.marketing.insert(purpose.to_owned());
                continue;
            }
            _ => continue,
        }
        choices.marketing.remove(purpose);
    }
    if ctx.field("consents") == "asked" {
        choices.consents = ctx.all("consent").map(str::to_owned).collect();
        if choices.consents.is_empty() {
            return Err(t.say_consent.to_owned());
        }
    }
    if ctx.field("matters") == "asked" {
        choices.name_matters = ctx.field("name-matters") == "yes";
    }
    Ok(())
}

/// Approves what somebody else decided.
pub(in crate::pages) fn approve(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let kept = request(ctx)?;
    let number = kept.case.number.clone();
    let records = ctx.state(|state| state.case_records(&number))?;
    let approval = erase::approval(&kept).map_err(|e| super::refusal(ctx, e))?;
    ctx.may(Action::ApproveErasure, &maker(ctx, &approval, facts(ctx, &records)))?;
    sure(ctx)?;
    let (by, now) = (ctx.name().to_owned(), ctx.now);
    if approval.approved_by.as_deref() != Some(&by) {
        work(ctx, |e| erase::approve(e, &by, &number, now))?;
    }
    Ok(Reply::to(&format!("/cases/{number}/decide?done=case-approved")))
}

/// Erases what was decided, by the steps of any sweep.
pub(in crate::pages) fn carry_out(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let kept = request(ctx)?;
    let number = kept.case.number.clone();
    let records = ctx.state(|state| state.case_records(&number))?;
    ctx.may(Action::DecideRecords, &facts(ctx, &records))?;
    sure(ctx)?;
    let to = format!("/cases/{number}/decide");
    if !records.iter().any(|r| r.state == ERASE && r.done_at.is_none()) {
        return Ok(Reply::to(&format!("{to}?done=erased")));
    }
    let by = ctx.name().to_owned();
    // What cannot be published is found out before anything is erased, not after.
    let face = &ctx.app.face;
    ctx.engine(|engine| (face.publish)(engine))?;
    let out = done(ctx, |e| erase::execute(e, &by, std::slice::from_ref(&number), &mut |_| ()))?;
    ctx.app.engines.changed();
    match out {
        Ok(done) => {
            let refused: Vec<String> = done.iter().flat_map(|d| d.refused.clone()).collect();
            if done.iter().all(|d| d.open == 0) {
                return Ok(Reply::to(&format!("{to}?done=erased")));
            }
            let wrong = format!("{} {}", t(ctx).some_left, refused.join("; "));
            let kept = request(ctx)?;
            page_of(ctx, &kept, Some(wrong))
        }
        Err(e) => {
            let wrong = told(ctx, &e);
            let kept = request(ctx)?;
            page_of(ctx, &kept, Some(wrong))
        }
    }
}

/// The receipt of one record that went, by its place in the case.
pub(in crate::pages) fn receipt(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let kept = request(ctx)?;
    let number = kept.case.number.clone();
    let records = ctx.state(|state| state.case_records(&number))?;
    let n: Option<usize> = ctx.field("n").parse().ok();
    let record = n.and_then(|n| records.get(n)).filter(|r| r.state == ERASE && r.done_at.is_some());
    let record = record.ok_or(Refusal::NotFound)?;
    ctx.may(Action::GetReceipt, &ctx.knows(Some(&record.dataset)))?;
    let face = &ctx.app.face;
    let text = ctx.engine(|engine| {
        (face.publish)(engine)?;
        let receipt = engine.receipt(&record.dataset, &record.key, &Tiles::new(&face.tiles))?;
        let text = receipt.to_text();
        text.map_err(|e| crate::face::Trouble { message: e.to_string(), help: None })
    })?;
    let name = format!("{number}-receipt-{}.txt", n.unwrap_or(0) + 1);
    Ok(Reply::file("text/plain; charset=utf-8", &name, text.into_bytes()))
}
