//! Who else has had the data, and what they were told of what was done with it (Art. 19).

use std::collections::{BTreeMap, BTreeSet};

use frist_cases::recipients::{self, Letter};
use frist_cases::request::{Kept, Notice, Right};
use frist_cases::{erase, restrict};
use frist_register::Lang;
use frist_sweep::Engine;

use super::{day, done, line, lines as typed, one, request, say, signs, told};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::cases::CaseTexts;

/// A recipient as the page of a case shows it.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) title: String,
    /// The categories of data that it has had.
    pub(super) what: String,
    pub(super) state: &'static str,
    pub(super) class: &'static str,
    /// What came of it, or until when it is to be told.
    pub(super) said: String,
    /// Whether it can still be told.
    pub(super) open: bool,
    /// Whether a reason stands why it cannot be.
    pub(super) cannot: bool,
    /// The identifiers of the case: their kinds, and as they would be said.
    pub(super) known: Vec<(String, String)>,
    /// The rectified fields of its data sets.
    pub(super) fields: Vec<String>,
    /// Whether the case's letters are in Danish.
    pub(super) danish: bool,
}

/// The recipients of a request.
pub(super) fn lines(
    engine: &mut Engine,
    kept: &Kept,
    kinds: &BTreeMap<String, String>,
    t: &'static CaseTexts,
    lang: Lang,
) -> frist_cases::Result<Vec<Line>> {
    let (register, request) = (&engine.register, &kept.request);
    let more = erase::answered(kept)?.more;
    let mut known: Vec<(String, String)> = Vec::new();
    for k in request.known.iter().chain(&more) {
        let title = kinds.get(&k.kind).filter(|t| !t.is_empty()).unwrap_or(&k.kind);
        match known.iter_mut().find(|(kind, _)| *kind == k.kind) {
            Some((_, said)) => *said = format!("{said}, {}", k.value),
            None => known.push((k.kind.clone(), format!("{title}: {}", k.value))),
        }
    }
    let changes = match request.right {
        Right::Rectification => restrict::changes(kept)?,
        _ => Vec::new(),
    };
    let line = |(n, r): (usize, &frist_cases::request::Recipient)| {
        let of = changes.iter().filter(|c| r.datasets.contains(&c.dataset));
        let fields: BTreeSet<String> = of.map(|c| c.field.clone()).collect();
        let (state, class, said) = match &r.notice {
            Some(Notice::Told { on, how }) => {
                (t.told_word, "ok", format!("{}, {how}", say::date(*on, lang)))
            }
            Some(Notice::Cannot { why }) => (t.cannot_word, "info", why.clone()),
            None => {
                let by = request.tell_by(r, &register.controller.calendar);
                let by = by.map(|d| format!("{} {}", t.recipients_by, say::date(d, lang)));
                (t.untold_word, "warn", by.unwrap_or_default())
            }
        };
        // Of several lines for one recipient the last can be told: the earlier ones are history.
        let last = !request.recipients.iter().skip(n + 1).any(|later| later.id == r.id);
        Line {
            id: r.id.clone(),
            title: recipients::title(register, &r.id, lang),
            what: recipients::categories(register, &r.categories, lang).join(", "),
            state,
            class,
            said,
            open: last && !matches!(r.notice, Some(Notice::Told { .. })),
            cannot: r.notice.is_some(),
            known: known.clone(),
            fields: fields.into_iter().collect(),
            danish: request.lang == Lang::Da,
        }
    };
    Ok(request.recipients.iter().enumerate().map(line).collect())
}

/// Writes the letter to a recipient, or enters that it was told or why it cannot be.
pub(in crate::pages) fn tell(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::WorkCase, &Facts::default())?;
    let kept = request(ctx)?;
    let number = kept.case.number.clone();
    let id = ctx.part.clone();
    if !kept.request.recipients.iter().any(|r| r.id == id) {
        return Err(Refusal::NotFound);
    }
    let (by, now) = (ctx.name().to_owned(), ctx.now);
    let seen = ctx.field("seen").parse::<u64>().ok();
    let (word, wanted, out) = match ctx.field("act") {
        "letter" => {
            let letter = letter(ctx, id);
            let written = done(ctx, |e| recipients::write(e, &by, &number, &letter, now))?;
            ("recipient-letter", None, written)
        }
        act @ ("told" | "cannot") => {
            let notice = match act {
                "told" => Notice::Told {
                    on: day(ctx.field("on")).ok_or_else(|| {
                        Refusal::Unclear(crate::text::texts(ctx.lang).bad_day.to_owned())
                    })?,
                    how: line(ctx, "how", 200),
                },
                _ => Notice::Cannot { why: typed(ctx.field("why"), 500) },
            };
            let wanted = Some(notice.clone());
            let tell = |e: &mut Engine| recipients::tell(e, &by, &number, seen, &id, notice, now);
            ("recipient-told", wanted, done(ctx, tell)?.map(drop))
        }
        _ => return Err(Refusal::NotFound),
    };
    match out {
        Ok(()) => {
            ctx.app.engines.changed();
            Ok(Reply::to(&format!("/cases/{number}?done={word}")))
        }
        Err(e) => {
            // A form that was sent twice has done what it says.
            let again = request(ctx)?.request;
            let last = again.recipients.iter().rfind(|r| r.id == ctx.part);
            if wanted.is_some() && last.is_some_and(|r| r.notice == wanted) {
                return Ok(Reply::to(&format!("/cases/{number}?done={word}")));
            }
            let wrong = told(ctx, &e);
            let case = super::found(ctx)?;
            one::shown(ctx, case, Some(wrong))
        }
    }
}

/// The letter that the form asks for.
fn letter(ctx: &Ctx<'_>, recipient: String) -> Letter {
    let each = |name: &str| -> Vec<String> {
        let lines = typed(ctx.field(name), 500);
        lines.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect()
    };
    let all = |name: &str| ctx.all(name).map(str::to_owned).collect();
    Letter {
        recipient,
        lang: match ctx.field("lang") {
            "da" => Some(Lang::Da),
            "en" => Some(Lang::En),
            _ => None,
        },
        address: each("address"),
        without_name: ctx.field("name") != "yes",
        identifiers: all("known"),
        about: each("about"),
        fields: all("field"),
        signed: signs(ctx),
    }
}
