//! Holds: listed, added, released.

use askama::Template;
use frist_cases::{CasesError, hold as holds};
use frist_ledger::Id;
use frist_state::{Error as StateError, NewHold, Scope};
use jiff::civil::Date;

use super::frame::{Frame, page};
use super::sweeps::sure;
use super::today::title;
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::people::one_line;
use crate::text::{Texts, texts};

#[derive(Template)]
#[template(path = "holds.html")]
struct List {
    f: Frame,
    holds: Vec<Shown>,
    all: bool,
    may_add: bool,
    may_all: bool,
    datasets: Vec<(String, String)>,
    kinds: Vec<(&'static str, &'static str)>,
    new: Typed,
}

struct Shown {
    id: String,
    matter: String,
    reason: String,
    covers: String,
    owner: String,
    since: String,
    review: String,
    overdue: bool,
    released: Option<String>,
    may_release: bool,
    path: String,
}

/// The form as it was filled in.
#[derive(Default)]
struct Typed {
    id: String,
    matter: String,
    reason: String,
    dataset: String,
    by: String,
    what: String,
    review: String,
}

/// The holds that this person may see.
pub(super) fn list(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    // Whoever may see some of them sees the page; which, is asked of each.
    let datasets = ctx.who()?.account.datasets.clone();
    let first = datasets.iter().next().cloned();
    ctx.may(Action::SeeHolds, &ctx.knows(first.as_deref()))?;
    shown(ctx, None, Typed::default())
}

fn shown(ctx: &mut Ctx<'_>, wrong: Option<String>, new: Typed) -> Result<Reply, Refusal> {
    let (now, lang) = (ctx.now, ctx.lang);
    let all = ctx.asked("all").is_some();
    let f = Frame::new(ctx, texts(lang).holds, "/holds").wrong(wrong);
    let t = f.t;
    let holds = ctx.state(|state| if all { state.all_holds() } else { state.holds(now) })?;
    let titles: Vec<(String, String)> = ctx.engine(|engine| {
        let sets = engine.register.datasets.iter();
        Ok(sets.map(|d| (d.id.value.clone(), title(d, lang))).collect())
    })?;
    let mine = |d: Option<&str>| ctx.could(Action::SeeHolds, &ctx.knows(d));
    // One that is for a few to see is not here for the others, not even by its id.
    let me = ctx.name().to_owned();
    let seen = holds.iter().filter(|h| mine(h.hold.dataset.as_deref()) && h.shows_to(&me));
    let seen = seen.map(|h| {
        let x = &h.hold;
        let facts = ctx.knows(x.dataset.as_deref());
        Shown {
            id: x.id.clone(),
            matter: x.matter.clone(),
            reason: x.reason.clone(),
            covers: covers(x, &titles, t),
            owner: x.owner.clone(),
            since: f.when(x.created_at),
            review: x.review_at.map_or_else(String::new, |r| f.when(r)),
            overdue: x.review_at.is_some_and(|r| r <= now) && h.released_at.is_none(),
            released: h
                .released_at
                .map(|r| format!("{}, {}", h.released_by.clone().unwrap_or_default(), f.when(r))),
            may_release: h.released_at.is_none() && ctx.could(Action::ReleaseHold, &facts),
            path: format!("/holds/{}/release", x.id),
        }
    });
    let may_all = ctx.could(Action::AddHold, &Facts::default());
    let addable = |d: &&(String, String)| ctx.could(Action::AddHold, &ctx.knows(Some(&d.0)));
    let datasets: Vec<_> = titles.iter().filter(addable).cloned().collect();
    page(&List {
        holds: seen.collect(),
        all,
        may_add: !datasets.is_empty(),
        may_all,
        datasets,
        kinds: vec![
            ("subject", t.by_subject),
            ("key", t.by_key),
            ("field", t.by_field),
            ("all", t.by_all),
        ],
        new,
        f,
    })
}

/// What a hold covers, without naming the person.
fn covers(hold: &NewHold, titles: &[(String, String)], t: &Texts) -> String {
    let named = |id: &str| titles.iter().find(|(i, _)| i == id).map_or(id, |(_, t)| t).to_owned();
    let place = hold.dataset.as_deref().map_or_else(|| t.all_datasets.to_owned(), named);
    match &hold.scope {
        Scope::All => place,
        Scope::Key { .. } => format!("{} {place}", t.one_record_of),
        Scope::Subject { kind, .. } => format!("{} ({kind}) {} {place}", t.by_subject, t.in_word),
        Scope::Field { field, .. } => format!("{} {field} {} {place}", t.records_by, t.in_word),
        Scope::Where { fields } => {
            let fields: Vec<&str> = fields.iter().map(|(field, _)| field.as_str()).collect();
            format!("{} {} {} {place}", t.records_by, fields.join(", "), t.in_word)
        }
        Scope::Any { parts } => {
            let part = |p: &frist_state::Part| {
                let one =
                    NewHold { dataset: p.dataset.clone(), scope: p.scope.clone(), ..hold.clone() };
                covers(&one, titles, t)
            };
            parts.iter().map(part).collect::<Vec<_>>().join("; ")
        }
    }
}

/// Adds a hold.
pub(super) fn add(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let text = |name: &str, most| one_line(ctx.field(name), most).unwrap_or_default();
    let typed = Typed {
        id: text("id", 64),
        matter: text("matter", 200),
        reason: ctx
            .field("reason")
            .chars()
            .filter(|c| !c.is_control() || *c == '\n')
            .take(2_000)
            .collect(),
        dataset: text("dataset", 128),
        by: text("by", 16),
        what: text("what", 500),
        review: text("review", 10),
    };
    let dataset = (!typed.dataset.is_empty()).then(|| typed.dataset.clone());
    ctx.may(Action::AddHold, &ctx.knows(dataset.as_deref()))?;
    let hold = match meant(ctx, &typed, dataset) {
        Ok(hold) => hold,
        Err(wrong) => return shown(ctx, Some(wrong), typed),
    };
    ctx.about = Some(hold.id.clone());
    let t = texts(ctx.lang);
    let face = &ctx.app.face;
    let done = ctx.engine(|engine| {
        if let Err(e) = holds::add(engine, &hold) {
            return Ok(Err(refused(e, &hold, t)?));
        }
        (face.publish)(engine)?;
        // It is in force; that a store cannot be asked how much it covers takes nothing from that.
        let some = holds::covered(engine, &hold);
        Ok(Ok(some.is_none_or(|sets| sets.iter().any(|(_, n, _)| *n > 0))))
    })?;
    ctx.app.engines.changed();
    match done {
        Err(wrong) => shown(ctx, Some(wrong), typed),
        Ok(true) => Ok(Reply::to("/holds?done=added")),
        Ok(false) => Ok(Reply::to("/holds?done=added-none")),
    }
}

/// The hold that a form means.
fn meant(ctx: &Ctx<'_>, typed: &Typed, dataset: Option<String>) -> Result<NewHold, String> {
    let t = texts(ctx.lang);
    let missing = |label: &str| Err(format!("{} {label}", t.missing_field));
    for (value, label) in
        [(&typed.id, t.hold_id), (&typed.matter, t.matter), (&typed.reason, t.reason)]
    {
        if value.is_empty() {
            return missing(label);
        }
    }
    // An id is a part of addresses: no slash, and nothing that a path would read otherwise.
    let odd = |c: char| !c.is_alphanumeric() && !"._-".contains(c);
    if typed.id.chars().any(odd) || typed.id.starts_with('.') || Id::new(typed.id.as_str()).is_err()
    {
        return Err(t.hold_id_bad.to_owned());
    }
    let pair = || match typed.what.split_once('=') {
        Some((a, b)) if !a.trim().is_empty() && !b.trim().is_empty() => {
            Ok((a.trim().to_owned(), b.trim().to_owned()))
        }
        _ => Err(t.hold_pair.to_owned()),
    };
    let scope = match typed.by.as_str() {
        "subject" => pair().map(|(kind, value)| Scope::Subject { kind, value })?,
        "key" if typed.what.is_empty() => return missing(t.hold_what),
        "key" | "field" if dataset.is_none() => return Err(t.hold_needs_dataset.to_owned()),
        "key" => Scope::Key { key: typed.what.clone() },
        "field" => {
            let (field, value) = pair()?;
            Scope::Field { name: typed.id.clone(), field, value }
        }
        "all" => Scope::All,
        _ => return missing(t.covers),
    };
    let review_at = match typed.review.as_str() {
        "" => None,
        day => {
            let day: Option<Date> = day.parse().ok();
            let at = day.and_then(|d| d.to_zoned(ctx.app.zone.clone()).ok());
            Some(at.ok_or_else(|| t.bad_day.to_owned())?.timestamp())
        }
    };
    Ok(NewHold {
        id: typed.id.clone(),
        matter: typed.matter.clone(),
        reason: typed.reason.clone(),
        dataset,
        scope,
        owner: ctx.name().to_owned(),
        created_at: ctx.now,
        review_at,
        ends_at: None,
        viewers: Vec::new(),
    })
}

/// What is wrong with a hold, for who filled the form in; whatever else went wrong is trouble.
fn refused(e: CasesError, hold: &NewHold, t: &Texts) -> Result<String, Trouble> {
    use frist_sweep::Error as Swept;
    let field = |scope: &Scope| match scope {
        Scope::Subject { kind, .. } => kind.clone(),
        Scope::Field { field, .. } => field.clone(),
        _ => String::new(),
    };
    Ok(match e {
        CasesError::Input { what: holds::KIND, .. } => {
            format!("{} {}", t.hold_subject_unknown, field(&hold.scope))
        }
        CasesError::Input { what: holds::FIELD, .. } => {
            format!("{} {}", t.hold_no_field, field(&hold.scope))
        }
        CasesError::Input { .. } => e.to_string(),
        CasesError::Sweep(Swept::UnknownDataset(_)) => t.none_heading.to_owned(),
        CasesError::State(StateError::Refused { .. }) => t.hold_exists.to_owned(),
        e => return Err(Trouble { message: e.to_string(), help: None }),
    })
}

/// Releases a hold.
pub(super) fn release(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let id = ctx.id.clone();
    let all = ctx.state(frist_state::State::all_holds)?;
    let me = ctx.name().to_owned();
    let hold = all.into_iter().find(|h| h.hold.id == id && h.shows_to(&me));
    let hold = hold.ok_or(Refusal::NotFound)?;
    ctx.may(Action::ReleaseHold, &ctx.knows(hold.hold.dataset.as_deref()))?;
    sure(ctx)?;
    let (who, now) = (ctx.name().to_owned(), ctx.now);
    let face = &ctx.app.face;
    ctx.engine(|engine| {
        let failed = |e: CasesError| Trouble { message: e.to_string(), help: None };
        holds::release(engine, &id, &who, now).map_err(failed)?;
        (face.publish)(engine)
    })?;
    ctx.app.engines.changed();
    Ok(Reply::to("/holds?done=released"))
}
