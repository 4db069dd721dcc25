//! The package of a request for access or portability: what may tell of other people is looked at
//! first, then the package is made, and handed over with its letter.

use askama::Template;
use frist_cases::access::{self, Item, SHORTEST, Seal, Shown};
use frist_cases::request::{Kept, Right, Stage};

use super::super::frame::{Frame, page};
use super::super::sweeps::sure;
use super::{done, knows_all, knows_some, look, named, request, sees, signs, t, titles, told};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::cases::CaseTexts;

#[derive(Template)]
#[template(path = "cases/package.html")]
struct Page {
    f: Frame,
    t: &'static CaseTexts,
    path: String,
    number: String,
    searched: bool,
    open: bool,
    items: Vec<Shows>,
    waiting: usize,
    unknown: Vec<String>,
    may: bool,
    phrase: String,
    shortest: usize,
    made: Option<String>,
    records: u64,
    /// Whether the public side gives packages out.
    links: bool,
    days: u16,
    most_days: u16,
    /// The link and its code, shown this once, and until when.
    laid: Option<(String, String, String)>,
    /// Who asked for it, where a second person must.
    first: Option<String>,
}

/// Something that may tell of other people.
struct Shows {
    n: usize,
    id: String,
    place: String,
    field: String,
    file: bool,
    says: String,
    word: &'static str,
    instead: String,
}

impl Page {
    fn tok(&self, to: &str) -> String {
        self.f.token(&format!("{}{to}", self.path))
    }
}

fn of_this_kind(ctx: &mut Ctx<'_>) -> Result<Kept, Refusal> {
    let kept = request(ctx)?;
    match kept.request.right {
        Right::Access | Right::Portability => Ok(kept),
        _ => Err(Refusal::NotFound),
    }
}

fn facts(ctx: &Ctx<'_>, number: &str) -> Result<Facts, Refusal> {
    let records = ctx.state(|state| state.case_records(number))?;
    Ok(knows_all(ctx, records.iter().map(|r| r.dataset.as_str())))
}

/// The page.
pub(in crate::pages) fn shown(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::FindPerson, &knows_some(ctx))?;
    let kept = of_this_kind(ctx)?;
    page_of(ctx, &kept, None)
}

fn page_of(ctx: &mut Ctx<'_>, kept: &Kept, wrong: Option<String>) -> Result<Reply, Refusal> {
    page_with(ctx, kept, wrong, None)
}

fn page_with(
    ctx: &mut Ctx<'_>,
    kept: &Kept,
    wrong: Option<String>,
    laid: Option<(String, String, String)>,
) -> Result<Reply, Refusal> {
    let (number, lang, now) = (kept.case.number.clone(), ctx.lang, ctx.now);
    let open = kept.request.searched.is_some() && kept.request.stage < Stage::Answered;
    let facts = facts(ctx, &number)?;
    let may = ctx.could(Action::DecideRecords, &facts);
    let (titles, records, items) = look(ctx, |engine| {
        let records = engine.state.case_records(&number)?;
        let items = if open { access::review(engine, &number, now)? } else { Vec::new() };
        Ok((titles(engine, lang), records, items))
    })?;
    let waiting = items.iter().filter(|i| i.shown.is_none()).count();
    let unknown: std::collections::BTreeSet<&str> =
        records.iter().map(|r| r.dataset.as_str()).filter(|d| !sees(ctx, d)).collect();
    let shows = |(n, i): (usize, &Item)| Shows {
        n,
        id: i.id.clone(),
        place: format!("{} {}", named(&titles, &i.dataset), i.key),
        field: i.field.clone(),
        file: i.file,
        says: i.says.clone().unwrap_or_default(),
        word: match i.shown {
            None => "",
            Some(Shown::Whole) => "whole",
            Some(Shown::Masked) => "masked",
            Some(Shown::Instead(_)) => "instead",
        },
        instead: match &i.shown {
            Some(Shown::Instead(text)) => text.clone(),
            _ => String::new(),
        },
    };
    let seen = items.iter().filter(|i| sees(ctx, &i.dataset)).enumerate().map(shows);
    let t = t(ctx);
    let f = Frame::new(ctx, &format!("{} · {number}", t.package_heading), "/cases").wrong(wrong);
    let made = access::made(kept).map_err(|e| super::refusal(ctx, e))?;
    let waits = frist_cases::second::waiting(kept).map_err(|e| super::refusal(ctx, e))?;
    let phrase = match may && open && waiting == 0 {
        true => access::passphrase().map_err(|e| super::refusal(ctx, e))?,
        false => String::new(),
    };
    page(&Page {
        path: format!("/cases/{number}"),
        searched: kept.request.searched.is_some(),
        open,
        items: seen.collect(),
        waiting,
        unknown: unknown.iter().map(|d| named(&titles, d)).collect(),
        may,
        phrase,
        shortest: SHORTEST,
        made: made.map(|at| f.when(at)),
        records: records.len() as u64,
        links: ctx.app.settings.config.public.packages,
        days: access::DAYS,
        most_days: access::MOST_DAYS,
        laid,
        first: waits.filter(|w| w.second.is_none()).map(|w| w.first),
        number,
        t,
        f,
    })
}

/// Keeps what was decided about what may tell of other people.
pub(in crate::pages) fn judge(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let kept = of_this_kind(ctx)?;
    let number = kept.case.number.clone();
    let facts = facts(ctx, &number)?;
    ctx.may(Action::DecideRecords, &facts)?;
    let mut judged = Vec::new();
    for (name, id) in &ctx.form {
        let Some(n) = name.strip_prefix("item-") else { continue };
        let shown = match ctx.field(&format!("shown-{n}")) {
            "whole" => Shown::Whole,
            "masked" => Shown::Masked,
            "instead" => Shown::Instead(super::lines(ctx.field(&format!("instead-{n}")), 8_000)),
            _ => continue,
        };
        judged.push((id.clone(), shown));
    }
    let (by, now) = (ctx.name().to_owned(), ctx.now);
    match done(ctx, |e| access::judge_all(e, &by, &number, &judged, now))? {
        Ok(()) => Ok(Reply::to(&format!("/cases/{number}/package?done=saved"))),
        Err(e) => {
            let wrong = told(ctx, &e);
            page_of(ctx, &kept, Some(wrong))
        }
    }
}

/// Makes the package: the answer is the file.
pub(in crate::pages) fn make(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let kept = of_this_kind(ctx)?;
    let number = kept.case.number.clone();
    let facts = facts(ctx, &number)?;
    ctx.may(Action::DecideRecords, &facts)?;
    let phrase = zeroize::Zeroizing::new(ctx.field("phrase").to_owned());
    if phrase.chars().count() < SHORTEST {
        let wrong = t(ctx).phrase_short.to_owned();
        return page_of(ctx, &kept, Some(wrong));
    }
    let (by, now, signed) = (ctx.name().to_owned(), ctx.now, signs(ctx));
    let days = ctx.field("days").parse().unwrap_or(access::DAYS);
    let as_link = ctx.field("way") == "link" && ctx.app.settings.config.public.packages;
    let mut heard = Heard { ctx };
    let out = done(heard.ctx, |e| {
        let seal = Seal::With(&phrase);
        let package = access::make(e, &by, &signed, &number, seal, Some(&mut heard), now)?;
        let link = as_link.then(|| access::lay_out(e, &by, &number, &package, days, now));
        Ok((package, link.transpose()?))
    });
    match out? {
        Ok((package, None)) => {
            Ok(Reply::file("application/octet-stream", &package.name, package.bytes))
        }
        Ok((_, Some(link))) => {
            let address = ctx.app.settings.config.address.as_deref().unwrap_or_default();
            let at = format!("{}/p/d/{}", address.trim_end_matches('/'), link.secret);
            let kept = of_this_kind(ctx)?;
            page_with(ctx, &kept, None, Some((at, phrase.to_string(), link.until.to_string())))
        }
        Err(e) => {
            let wrong = told(ctx, &e);
            let kept = of_this_kind(ctx)?;
            page_of(ctx, &kept, Some(wrong))
        }
    }
}

/// Recordings as this person may hear them, by the server of calls and in its log.
struct Heard<'c, 'a> {
    ctx: &'c Ctx<'a>,
}

impl access::Recordings for Heard<'_, '_> {
    fn sound(
        &mut self,
        recording: &str,
        purposes: &[String],
        reason: &str,
    ) -> Result<Vec<u8>, String> {
        let ctx = self.ctx;
        let Some(calls) = ctx.app.settings.config.calls.as_ref().filter(|c| c.knows(ctx.name()))
        else {
            return Err(crate::text::calls::calls_texts(ctx.lang).no_token.to_owned());
        };
        calls.sound(&ctx.app.face, ctx.name(), recording, purposes, reason)
    }
}

/// Answers the request, once the package was made.
pub(in crate::pages) fn hand_over(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let kept = of_this_kind(ctx)?;
    let number = kept.case.number.clone();
    let facts = facts(ctx, &number)?;
    ctx.may(Action::DecideRecords, &facts)?;
    sure(ctx)?;
    let (by, now, signed) = (ctx.name().to_owned(), ctx.now, signs(ctx));
    match done(ctx, |e| access::hand_over(e, &by, &signed, &number, now))? {
        Ok(()) => Ok(Reply::to(&format!("/cases/{number}?done=answered"))),
        Err(_) if super::steps::did_already(ctx, &number, "answered")? => {
            Ok(Reply::to(&format!("/cases/{number}?done=answered")))
        }
        Err(e) => {
            let wrong = told(ctx, &e);
            page_of(ctx, &kept, Some(wrong))
        }
    }
}
