//! What is changed in the stores for a person: restriction (Art. 18) and rectification (Art. 16).

use askama::Template;
use frist_cases::request::{Kept, Right, Stage};
use frist_cases::restrict;
use frist_state::case::CaseRecord;
use frist_stores::FieldValue;

use super::super::frame::{Frame, page};
use super::super::sweeps::sure;
use super::{
    done, knows_all, knows_some, lines, look, named, one, request, sees, signs, t, titles, told,
};
use crate::access::Action;
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::cases::CaseTexts;

/// Restricts the records that were found, and answers.
pub(in crate::pages) fn restrict(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let kept = all_known(ctx)?;
    let number = kept.case.number.clone();
    sure(ctx)?;
    let article = ctx.field("article").to_owned();
    let (by, now, signed) = (ctx.name().to_owned(), ctx.now, signs(ctx));
    let out = done(ctx, |e| restrict::restrict(e, &by, &signed, &number, &article, now))?;
    ctx.app.engines.changed();
    match out {
        Ok(done) if done.cannot.is_empty() => {
            Ok(Reply::to(&format!("/cases/{number}?done=restricted")))
        }
        Ok(_) => Ok(Reply::to(&format!("/cases/{number}?done=restricted-partly"))),
        Err(_) if super::steps::did_already(ctx, &number, "answered")? => {
            Ok(Reply::to(&format!("/cases/{number}?done=restricted")))
        }
        Err(e) => back(ctx, kept, told(ctx, &e)),
    }
}

/// Announces that a restriction ends, or ends one whose day has come.
pub(in crate::pages) fn lift(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let kept = all_known(ctx)?;
    let number = kept.case.number.clone();
    let (by, now, signed) = (ctx.name().to_owned(), ctx.now, signs(ctx));
    let why = lines(ctx.field("reason"), 1_000);
    let (word, out) = match super::day(ctx.field("on")) {
        Some(on) => (
            "lifting-announced",
            done(ctx, |e| restrict::announce_lifting(e, &by, &signed, &number, on, &why, now))?,
        ),
        None => {
            sure(ctx)?;
            let out = done(ctx, |e| restrict::unrestrict(e, &by, &number, now).map(drop))?;
            ("restriction-lifted", out)
        }
    };
    ctx.app.engines.changed();
    match out {
        Ok(()) => Ok(Reply::to(&format!("/cases/{number}?done={word}"))),
        Err(e) => back(ctx, kept, told(ctx, &e)),
    }
}

fn back(ctx: &mut Ctx<'_>, kept: Kept, wrong: String) -> Result<Reply, Refusal> {
    one::shown(ctx, kept.case, Some(wrong))
}

/// The request, for somebody who may decide about all of its records.
fn all_known(ctx: &mut Ctx<'_>) -> Result<Kept, Refusal> {
    let kept = request(ctx)?;
    let records = ctx.state(|state| state.case_records(&kept.case.number))?;
    let facts = knows_all(ctx, records.iter().map(|r| r.dataset.as_str()));
    ctx.may(Action::DecideRecords, &facts)?;
    Ok(kept)
}

#[derive(Template)]
#[template(path = "cases/rectify.html")]
struct Page {
    f: Frame,
    t: &'static CaseTexts,
    path: String,
    number: String,
    token: String,
    searched: bool,
    open: bool,
    records: Vec<(usize, String)>,
    chosen: Option<Chosen>,
}

/// A record whose fields can be put right.
struct Chosen {
    n: usize,
    place: String,
    fields: Vec<(usize, String, String)>,
    may: bool,
}

/// The records, and the fields of the one that was chosen by its place in the case.
pub(in crate::pages) fn rectify_form(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::FindPerson, &knows_some(ctx))?;
    let kept = request(ctx)?;
    let n = ctx.asked("n").and_then(|n| n.parse().ok());
    page_of(ctx, &kept, n, None)
}

fn page_of(
    ctx: &mut Ctx<'_>,
    kept: &Kept,
    n: Option<usize>,
    wrong: Option<String>,
) -> Result<Reply, Refusal> {
    if kept.request.right != Right::Rectification {
        return Err(Refusal::NotFound);
    }
    let (number, lang, now) = (kept.case.number.clone(), ctx.lang, ctx.now);
    let records = ctx.state(|state| state.case_records(&number))?;
    let seen: Vec<(usize, &CaseRecord)> =
        records.iter().enumerate().filter(|(_, r)| sees(ctx, &r.dataset)).collect();
    let wanted = n.and_then(|n| seen.iter().find(|(at, _)| *at == n)).copied();
    let open = kept.request.searched.is_some() && kept.request.stage < Stage::Answered;
    let (titles, fields) = look(ctx, |engine| {
        let fields = match wanted.filter(|_| open) {
            Some((_, r)) => Some(engine.explain(&r.dataset, &r.key, now)?.fields),
            None => None,
        };
        Ok((titles(engine, lang), fields))
    })?;
    let place = |r: &CaseRecord| format!("{} {}", named(&titles, &r.dataset), r.key);
    let chosen = wanted.zip(fields).map(|((n, r), fields)| Chosen {
        n,
        place: place(r),
        fields: fields
            .into_iter()
            .enumerate()
            .map(|(ix, (name, value))| (ix, name, value.unwrap_or_default()))
            .collect(),
        may: ctx.could(Action::DecideRecords, &ctx.knows(Some(&r.dataset))),
    });
    let t = t(ctx);
    let f = Frame::new(ctx, &format!("{} · {number}", t.rectify_heading), "/cases").wrong(wrong);
    page(&Page {
        path: format!("/cases/{number}"),
        token: f.token(&format!("/cases/{number}/rectify")),
        searched: kept.request.searched.is_some(),
        open,
        records: seen.iter().map(|(n, r)| (*n, place(r))).collect(),
        chosen,
        number,
        t,
        f,
    })
}

/// Changes the fields that were written otherwise; with `finish` the request is answered.
pub(in crate::pages) fn rectify(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let kept = request(ctx)?;
    let number = kept.case.number.clone();
    let records = ctx.state(|state| state.case_records(&number))?;
    let n: Option<usize> = ctx.field("n").parse().ok();
    let record = n.and_then(|n| records.get(n)).ok_or(Refusal::NotFound)?.clone();
    ctx.may(Action::DecideRecords, &ctx.knows(Some(&record.dataset)))?;
    let mut set = Vec::new();
    for (name, field) in &ctx.form {
        let Some(ix) = name.strip_prefix("field-") else { continue };
        let (was, now) = (ctx.raw(&format!("was-{ix}")), ctx.raw(&format!("now-{ix}")));
        // A browser sends lines with a carriage return.
        let now = now.replace("\r\n", "\n");
        if now != was.replace("\r\n", "\n") {
            set.push(FieldValue { field: field.clone(), to: (!now.is_empty()).then_some(now) });
        }
    }
    let finish = ctx.field("finish") == "yes";
    if set.is_empty() && !finish {
        let wrong = t(ctx).nothing_changed.to_owned();
        return page_of(ctx, &kept, n, Some(wrong));
    }
    let (by, now, signed) = (ctx.name().to_owned(), ctx.now, signs(ctx));
    let place = (record.dataset.as_str(), record.key.as_str());
    let out = done(ctx, |e| restrict::rectify(e, &by, &signed, &number, place, &set, finish, now))?;
    ctx.app.engines.changed();
    match out {
        Ok(_) if finish => Ok(Reply::to(&format!("/cases/{number}?done=answered"))),
        Ok(_) => Ok(Reply::to(&format!("/cases/{number}/rectify?done=rectified"))),
        Err(_) if finish && super::steps::did_already(ctx, &number, "answered")? => {
            Ok(Reply::to(&format!("/cases/{number}?done=answered")))
        }
        Err(e) => {
            let wrong = told(ctx, &e);
            page_of(ctx, &kept, n, Some(wrong))
        }
    }
}
