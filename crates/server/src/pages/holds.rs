//! Holds: listed, added, released.

use askama::Template;
use frist_cases::CasesError;
use frist_cases::hold::{Covers, Unfit};
use frist_ledger::Id;
use frist_state::{Error as StateError, HoldPage, NewHold, Scope};
use jiff::Timestamp;
use jiff::civil::Date;

use super::frame::{Frame, page};
use super::sweeps::sure;
use super::today::title;
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::people::one_line;
use crate::text::{HoldTexts, Texts, hold_texts, texts};

/// Holds on one page.
const PAGE: usize = 50;

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
    h: &'static HoldTexts,
    hidden: u64,
    /// The first page, and the one after this.
    earlier: Option<String>,
    later: Option<String>,
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
    until: Option<String>,
    viewers: String,
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
    ends: String,
    viewers: String,
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
    let (t, h) = (f.t, hold_texts(lang));
    let own = ctx.who()?.account.datasets.clone();
    let every = ctx.could(Action::SeeHolds, &ctx.knows(None));
    let after = ctx.asked("after").and_then(|word| word.split_once('/'));
    let after =
        after.and_then(|(at, id)| Some((Timestamp::from_microsecond(at.parse().ok()?).ok()?, id)));
    let asked = HoldPage {
        active_at: (!all).then_some(now),
        review_by: None,
        datasets: (!every).then_some(&own),
        who: ctx.name(),
        newest_first: false,
        after,
        limit: PAGE,
    };
    let first = after.is_none();
    // One that is for a few to see is not here for the others, not even by its id.
    let (mut holds, hidden) = ctx.state(|state| state.hold_page(&asked))?;
    let more = holds.len() > PAGE;
    holds.truncate(PAGE);
    let later = holds.last().filter(|_| more).map(|h| {
        let at = h.hold.created_at.as_microsecond();
        format!("/holds?{}after={at}/{}", if all { "all=1&" } else { "" }, h.hold.id)
    });
    let titles: Vec<(String, String)> = ctx.engine(|engine| {
        let sets = engine.register.datasets.iter();
        Ok(sets.map(|d| (d.id.value.clone(), title(d, lang))).collect())
    })?;
    let mine = |d: Option<&str>| ctx.could(Action::SeeHolds, &ctx.knows(d));
    let seen = holds.iter().filter(|h| mine(h.hold.dataset.as_deref()));
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
            until: h.over_at().map(|at| f.when(at)),
            viewers: x.viewers.join(", "),
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
            ("where", h.by_where),
            ("within", h.by_within),
            ("all", t.by_all),
        ],
        new,
        h,
        hidden,
        earlier: (!first).then(|| if all { "/holds?all=1" } else { "/holds" }.to_owned()),
        later,
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
        reason: lines(ctx.raw("reason"), 2_000),
        dataset: text("dataset", 128),
        by: text("by", 16),
        what: lines(ctx.raw("what"), 2_000),
        review: text("review", 10),
        ends: text("ends", 10),
        viewers: text("viewers", 500),
    };
    let dataset = (!typed.dataset.is_empty()).then(|| typed.dataset.clone());
    ctx.may(Action::AddHold, &ctx.knows(dataset.as_deref()))?;
    // What lies in other data sets is somebody else's to hold, when one does not need to know it.
    for line in typed.what.lines().filter(|_| typed.by == "within") {
        let set = line.split_once(':').map(|(set, _)| set.trim());
        ctx.may(Action::AddHold, &ctx.knows(set))?;
    }
    let (hold, asked) = match meant(ctx, &typed, dataset)? {
        Ok(meant) => meant,
        Err(wrong) => return shown(ctx, Some(wrong), typed),
    };
    ctx.about = Some(hold.id.clone());
    let (t, h) = (texts(ctx.lang), hold_texts(ctx.lang));
    let face = &ctx.app.face;
    let done = ctx.engine(|engine| {
        let dataset = hold.dataset.as_deref();
        let scope =
            frist_cases::hold::scope(engine, &hold.id, dataset, &asked).map_err(|e| trouble(&e))?;
        let hold = match scope {
            Ok(scope) => NewHold { scope, ..hold.clone() },
            Err(unfit) => return Ok(Err(words(&unfit, t, h))),
        };
        match frist_cases::hold::add(engine, &hold) {
            Ok(()) => {}
            Err(CasesError::State(StateError::Refused { .. })) => {
                return Ok(Err(t.hold_exists.to_owned()));
            }
            Err(e) => return Err(trouble(&e)),
        }
        (face.publish)(engine)?;
        // It is in force; that a store cannot be asked how much it covers takes nothing from that.
        let some = frist_cases::hold::covered(engine, &hold);
        Ok(Ok(some.is_none_or(|sets| sets.iter().any(|(_, n, _)| *n > 0))))
    })?;
    ctx.app.engines.changed();
    match done {
        Err(wrong) => shown(ctx, Some(wrong), typed),
        Ok(true) => Ok(Reply::to("/holds?done=added")),
        Ok(false) => Ok(Reply::to("/holds?done=added-none")),
    }
}

/// Words of several lines, without signs that are not seen.
fn lines(text: &str, most: usize) -> String {
    let text = text.replace("\r\n", "\n");
    let seen = text.chars().filter(|c| !c.is_control() || *c == '\n').take(most);
    seen.collect::<String>().trim().to_owned()
}

/// The hold that a form means, and what it is to cover; or what is wrong with it.
fn meant(
    ctx: &Ctx<'_>,
    typed: &Typed,
    dataset: Option<String>,
) -> Result<Result<(NewHold, Covers), String>, Refusal> {
    let viewers: Vec<String> = typed.viewers.split(',').map(str::trim).map(str::to_owned).collect();
    let viewers: Vec<String> = viewers.into_iter().filter(|v| !v.is_empty()).collect();
    let accounts = match viewers.is_empty() {
        true => Vec::new(),
        false => ctx.state(frist_state::State::accounts)?,
    };
    if let Some(none) = viewers.iter().find(|v| !accounts.iter().any(|a| a.name == **v)) {
        return Ok(Err(format!("{} {none}", hold_texts(ctx.lang).viewer_unknown)));
    }
    Ok(filled(ctx, typed, dataset, viewers))
}

fn filled(
    ctx: &Ctx<'_>,
    typed: &Typed,
    dataset: Option<String>,
    viewers: Vec<String>,
) -> Result<(NewHold, Covers), String> {
    let (t, h) = (texts(ctx.lang), hold_texts(ctx.lang));
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
    let said: Vec<String> =
        typed.what.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect();
    if said.is_empty() && typed.by != "all" {
        return missing(t.hold_what);
    }
    let mut asked = Covers::default();
    match typed.by.as_str() {
        "subject" => asked.subjects = said,
        "key" => asked.key = said.into_iter().next(),
        "field" => asked.field = said.into_iter().next(),
        "where" => asked.conditions = said,
        "within" => asked.within = said,
        "all" => asked.all = true,
        _ => return missing(t.covers),
    }
    let day = |text: &str| match text {
        "" => Ok(None),
        text => text.parse::<Date>().map(Some).map_err(|_| t.bad_day.to_owned()),
    };
    let start = |day: Date| day.to_zoned(ctx.app.zone.clone()).map(|z| z.timestamp());
    let bad = |_| t.bad_day.to_owned();
    let review_at = day(&typed.review)?.map(start).transpose().map_err(bad)?;
    // The last day is meant to its end.
    let last = day(&typed.ends)?.map(|d| d.tomorrow().and_then(start)).transpose();
    let ends_at = last.map_err(bad)?;
    if ends_at.is_some_and(|at| at <= ctx.now) {
        return Err(h.ends_past.to_owned());
    }
    let hold = NewHold {
        id: typed.id.clone(),
        matter: typed.matter.clone(),
        reason: typed.reason.clone(),
        dataset,
        // What it covers is worked out with the register at hand.
        scope: Scope::All,
        owner: ctx.name().to_owned(),
        created_at: ctx.now,
        review_at,
        ends_at,
        viewers,
    };
    Ok((hold, asked))
}

/// Why a hold cannot be so, in words.
fn words(unfit: &Unfit, t: &Texts, h: &HoldTexts) -> String {
    match unfit {
        Unfit::Form("FIELD=VALUE" | "KIND=ID") => t.hold_pair.to_owned(),
        Unfit::Form(form) => format!("{} {form}", h.form),
        Unfit::Kind(kind) => format!("{} {kind}", t.hold_subject_unknown),
        Unfit::Dataset(set) => format!("{} {set}", h.no_dataset_known),
        Unfit::Field { field, there, .. } => {
            format!("{} {field}. {} {}", t.hold_no_field, h.fields_there, there.join(", "))
        }
        Unfit::NoDataset => h.choose_dataset.to_owned(),
        Unfit::Nothing => format!("{} {}", t.missing_field, t.covers),
    }
}

fn trouble(e: &CasesError) -> Trouble {
    Trouble { message: e.to_string(), help: None }
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
        frist_cases::hold::release(engine, &id, &who, now).map_err(|e| trouble(&e))?;
        (face.publish)(engine)
    })?;
    ctx.app.engines.changed();
    Ok(Reply::to("/holds?done=released"))
}
