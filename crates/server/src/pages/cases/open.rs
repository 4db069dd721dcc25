//! Opening a case: a request, an authority's inquiry, a breach.

use askama::Template;
use frist_cases::breach::{self, NewBreach};
use frist_cases::inquiry::{self, Deadline, NewInquiry};
use frist_cases::request::{Known, NewRequest, Person, Right, words};
use frist_cases::{CasesError, Refused};
use frist_register::{IdentityFormat, Lang};
use frist_state::case::{CaseFilter, CaseKind};
use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::super::frame::{Frame, page};
use super::super::today::title;
use super::{day, desk, done, line, lines, look, say, signs, t, told};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::cases::CaseTexts;

/// By which ways a request comes.
const CHANNELS: [&str; 6] = ["letter", "digital-post", "email", "phone", "form", "in-person"];

/// The fields of a form as they were filled in.
pub(super) struct Typed(Vec<(String, String)>);

impl Typed {
    pub(super) fn of(ctx: &Ctx<'_>) -> Self {
        Self(ctx.form.clone())
    }

    /// What was typed into a field.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
    }

    /// Whether a box was ticked.
    pub(super) fn has(&self, name: &str, value: &str) -> bool {
        self.0.iter().any(|(n, v)| n == name && v == value)
    }
}

#[derive(Template)]
#[template(path = "cases/open_request.html")]
struct RequestForm {
    f: Frame,
    t: &'static CaseTexts,
    rights: Vec<(&'static str, String)>,
    channels: Vec<(&'static str, String)>,
    kinds: Vec<(String, String)>,
    today: Date,
    typed: Typed,
}

/// The form of a request.
pub(in crate::pages) fn request_form(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    request_shown(ctx, None)
}

fn request_shown(ctx: &mut Ctx<'_>, wrong: Option<String>) -> Result<Reply, Refusal> {
    ctx.about = Some("new".into());
    let lang = ctx.lang;
    let kinds = look(ctx, |engine| {
        let kinds = engine.register.identities.iter();
        Ok(kinds.map(|k| (k.id.value.clone(), k.title.get(lang).to_owned())).collect())
    })?;
    let f = Frame::new(ctx, t(ctx).open_request, "/cases").wrong(wrong);
    let right = |r: &Right| {
        let words = say::capital(words::right(*r, false, lang));
        (r.as_str(), format!("{words} ({} {})", t(ctx).article, r.article()))
    };
    page(&RequestForm {
        rights: Right::ALL.iter().map(right).collect(),
        channels: CHANNELS.map(|c| (c, say::channel(c, lang))).into(),
        kinds,
        today: f.day(ctx.now),
        typed: Typed::of(ctx),
        t: t(ctx),
        f,
    })
}

/// Opens a request.
pub(in crate::pages) fn request(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.about = Some("new".into());
    let t = t(ctx);
    let Ok(right) = ctx.field("right").parse::<Right>() else {
        return request_shown(ctx, Some(t.say_right.to_owned()));
    };
    let name = line(ctx, "name", 200);
    if name.is_empty() {
        return request_shown(ctx, Some(t.say_name.to_owned()));
    }
    let Some(received) = received(ctx, "received") else {
        return request_shown(ctx, Some(t.bad_received.to_owned()));
    };
    let channel = CHANNELS.into_iter().find(|c| *c == ctx.field("channel")).unwrap_or("letter");
    let some = |name: &str, most| Some(line(ctx, name, most)).filter(|text| !text.is_empty());
    let address = Some(lines(ctx.field("address"), 500)).filter(|text| !text.is_empty());
    let person = Person { name, email: some("email", 200), phone: some("phone", 60), address };
    let marketing = right == Right::Objection && ctx.field("marketing") == "yes";
    let lang = if ctx.field("letters") == "en" { Lang::En } else { Lang::Da };
    let said = Some(lines(ctx.field("words"), 8_000)).filter(|text| !text.is_empty());
    let zone = ctx.app.zone.clone();
    let typed: Vec<(String, String)> = ctx
        .form
        .iter()
        .filter_map(|(n, v)| Some((n.strip_prefix("known:")?.to_owned(), v.trim().to_owned())))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let (by, now, signed) = (ctx.name().to_owned(), ctx.now, signs(ctx));
    let opened = done(ctx, |engine| {
        let kinds = &engine.register.identities;
        let mut known: Vec<Known> = Vec::new();
        for kind in kinds {
            // What reaches the person is known of them as well.
            let reach = match kind.format {
                IdentityFormat::Email => person.email.clone(),
                IdentityFormat::Phone => person.phone.clone(),
                _ => None,
            };
            let typed = typed.iter().find(|(k, _)| *k == kind.id.value).map(|(_, v)| v.clone());
            if let Some(value) = typed.or(reach) {
                let value: String = value.chars().take(200).collect();
                known.push(Known { kind: kind.id.value.clone(), value });
            }
        }
        let new = NewRequest {
            right,
            marketing,
            received,
            channel: channel.into(),
            person,
            lang,
            known,
            words: said,
        };
        // Sent twice, it is one request all the same.
        let filter =
            CaseFilter { kind: Some(CaseKind::Request), open: Some(true), ..CaseFilter::default() };
        let day_of = |at: Timestamp| at.to_zoned(zone.clone()).date();
        for case in engine.state.cases(&filter)? {
            let kept = desk(engine, &by, now, "").load(&case.number);
            if let Ok(kept) = kept
                && kept.request.right == new.right
                && kept.request.person == new.person
                && kept.request.known == new.known
                && kept.request.words == new.words
                && day_of(kept.request.received) == day_of(new.received)
            {
                return Ok((case.number, true));
            }
        }
        let opened = desk(engine, &by, now, &signed).open(new, &[])?;
        let number = opened.kept.case.number;
        desk(engine, &by, now, &signed).assign(&number, None, &by)?;
        Ok((number, opened.no_receipt.is_none()))
    })?;
    went(ctx, opened, request_shown)
}

/// To the case that was opened, or back to the form with what is wrong.
fn went(
    ctx: &mut Ctx<'_>,
    opened: Result<(String, bool), CasesError>,
    back: fn(&mut Ctx<'_>, Option<String>) -> Result<Reply, Refusal>,
) -> Result<Reply, Refusal> {
    match opened {
        Ok((number, whole)) => {
            let word = if whole { "opened" } else { "opened-no-receipt" };
            let to = format!("/cases/{number}?done={word}");
            ctx.about = Some(number);
            Ok(Reply::to(&to))
        }
        Err(e) => {
            let wrong = told(ctx, &e);
            back(ctx, Some(wrong))
        }
    }
}

/// The instant of a day of receipt: now where it is today, since nobody knows the hour of another.
fn received(ctx: &Ctx<'_>, field: &str) -> Option<Timestamp> {
    let zone = ctx.app.zone.clone();
    let on = day(ctx.field(field))?;
    match on == ctx.now.to_zoned(zone.clone()).date() {
        true => Some(ctx.now),
        false => on.to_zoned(zone).ok().map(|z| z.timestamp()).filter(|at| *at <= ctx.now),
    }
}

impl RequestForm {
    /// What was typed of an identifier.
    fn known(&self, kind: &str) -> &str {
        self.typed.get(&format!("known:{kind}"))
    }
}

#[derive(Template)]
#[template(path = "cases/open_inquiry.html")]
struct InquiryForm {
    f: Frame,
    t: &'static CaseTexts,
    today: Date,
    typed: Typed,
}

/// The form of an inquiry.
pub(in crate::pages) fn inquiry_form(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    inquiry_shown(ctx, None)
}

fn inquiry_shown(ctx: &mut Ctx<'_>, wrong: Option<String>) -> Result<Reply, Refusal> {
    ctx.about = Some("new".into());
    let f = Frame::new(ctx, t(ctx).open_inquiry, "/cases").wrong(wrong);
    page(&InquiryForm { today: f.day(ctx.now), typed: Typed::of(ctx), t: t(ctx), f })
}

/// Opens an inquiry.
pub(in crate::pages) fn inquiry(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.about = Some("new".into());
    let t = t(ctx);
    let (authority, about) = (line(ctx, "authority", 200), line(ctx, "about", 300));
    let reference = Some(line(ctx, "reference", 100)).filter(|text| !text.is_empty());
    let today = ctx.now.to_zoned(ctx.app.zone.clone()).date();
    let Some(received) = day(ctx.field("received")).filter(|d| *d <= today) else {
        return inquiry_shown(ctx, Some(t.bad_received.to_owned()));
    };
    let within = match (ctx.field("count"), ctx.field("unit")) {
        ("", _) => None,
        (n, unit @ ("days" | "weeks" | "months")) => match format!("{n} {unit}").parse() {
            Ok(period) => Some(period),
            Err(_) => return inquiry_shown(ctx, Some(t.say_deadline.to_owned())),
        },
        _ => return inquiry_shown(ctx, Some(t.say_deadline.to_owned())),
    };
    let deadline = Deadline::set(received, within, day(ctx.field("deadline")), None);
    let Ok(deadline) = deadline else {
        return inquiry_shown(ctx, Some(t.say_deadline.to_owned()));
    };
    if authority.is_empty() || about.is_empty() {
        return inquiry_shown(ctx, Some(t.say_authority.to_owned()));
    }
    let questions: Vec<String> = lines(ctx.field("questions"), 20_000)
        .lines()
        .map(|q| q.trim().to_owned())
        .filter(|q| !q.is_empty())
        .collect();
    let (by, at) = (ctx.name().to_owned(), ctx.now);
    let opened = done(ctx, |engine| {
        let filter =
            CaseFilter { kind: Some(CaseKind::Inquiry), open: Some(true), ..CaseFilter::default() };
        let open = engine.state.cases(&filter)?;
        let register = &engine.register;
        let mut desk = inquiry::desk::Desk { state: &mut engine.state, register, by: &by, at };
        for case in open {
            if let Ok((_, other)) = desk.read(&case.number)
                && (
                    other.authority.as_str(),
                    other.about.as_str(),
                    &other.reference,
                    other.received,
                ) == (authority.as_str(), about.as_str(), &reference, received)
            {
                return Ok((case.number, true));
            }
        }
        let number = desk.open(&NewInquiry {
            authority: &authority,
            reference: reference.as_deref(),
            about: &about,
            received,
            deadline,
            questions: &questions,
        })?;
        Ok((number, true))
    })?;
    went(ctx, opened, inquiry_shown)
}

#[derive(Template)]
#[template(path = "cases/open_breach.html")]
struct BreachForm {
    f: Frame,
    t: &'static CaseTexts,
    today: Date,
    time: String,
    datasets: Vec<(String, String)>,
    typed: Typed,
}

impl BreachForm {
    fn typed(&self, name: &str) -> &str {
        self.typed.get(name)
    }

    fn ticked(&self, dataset: &str) -> bool {
        self.typed.has("dataset", dataset)
    }
}

/// The form of a breach.
pub(in crate::pages) fn breach_form(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    breach_shown(ctx, None)
}

fn breach_shown(ctx: &mut Ctx<'_>, wrong: Option<String>) -> Result<Reply, Refusal> {
    ctx.about = Some("new".into());
    let lang = ctx.lang;
    let datasets = look(ctx, |engine| {
        let sets = engine.register.datasets.iter();
        Ok(sets.map(|d| (d.id.value.clone(), title(d, lang))).collect())
    })?;
    let f = Frame::new(ctx, t(ctx).open_breach, "/cases").wrong(wrong);
    let time = ctx.now.to_zoned(ctx.app.zone.clone()).strftime("%H:%M").to_string();
    page(&BreachForm { today: f.day(ctx.now), time, datasets, typed: Typed::of(ctx), t: t(ctx), f })
}

/// The instant of a day and a time of day that a browser sends. Of an hour that comes twice the first
/// is meant: a deadline then never ends late.
pub(super) fn instant(ctx: &Ctx<'_>, on: &str, at: &str) -> Option<Timestamp> {
    let time: Time = ctx.field(at).parse().ok()?;
    let local = day(ctx.field(on))?.to_datetime(time);
    ctx.app.zone.to_ambiguous_timestamp(local).earlier().ok().filter(|at| *at <= ctx.now)
}

/// What a form says of a breach.
pub(super) struct Facts {
    what: String,
    occurred: String,
    datasets: Vec<String>,
    persons: Option<breach::Amount>,
    records: Option<breach::Amount>,
    consequences: String,
    measures: String,
}

impl Facts {
    pub(super) fn of(ctx: &Ctx<'_>) -> Result<Self, Refused> {
        let amount = |name: &str| match ctx.field(name) {
            "" => Ok(None),
            text => text.parse().map(Some),
        };
        Ok(Self {
            what: lines(ctx.field("what"), 8_000),
            occurred: line(ctx, "occurred", 300),
            datasets: ctx.all("dataset").map(str::to_owned).collect(),
            persons: amount("persons")?,
            records: amount("records")?,
            consequences: lines(ctx.field("consequences"), 8_000),
            measures: lines(ctx.field("measures"), 8_000),
        })
    }

    pub(super) fn new(&self) -> NewBreach<'_> {
        let some = |text| Some(text).filter(|text: &&str| !text.is_empty());
        NewBreach {
            what: &self.what,
            occurred: some(&self.occurred),
            datasets: &self.datasets,
            persons: self.persons,
            records: self.records,
            consequences: some(&self.consequences),
            measures: some(&self.measures),
            ..NewBreach::default()
        }
    }
}

/// Opens a breach.
pub(in crate::pages) fn breach(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.about = Some("new".into());
    let t = t(ctx);
    let Some(aware) = instant(ctx, "aware", "time") else {
        return breach_shown(ctx, Some(t.bad_aware.to_owned()));
    };
    let Ok(facts) = Facts::of(ctx) else {
        return breach_shown(ctx, Some(t.bad_amount.to_owned()));
    };
    if facts.what.is_empty() {
        return breach_shown(ctx, Some(t.say_what.to_owned()));
    }
    let (by, at) = (ctx.name().to_owned(), ctx.now);
    let opened = done(ctx, |engine| {
        let filter =
            CaseFilter { kind: Some(CaseKind::Breach), open: Some(true), ..CaseFilter::default() };
        let open = engine.state.cases(&filter)?;
        let register = &engine.register;
        let mut desk = breach::desk::Desk { state: &mut engine.state, register, by: &by, at };
        for case in open {
            if let Ok((_, other)) = desk.read(&case.number)
                && (other.aware, other.what.as_str()) == (aware, facts.what.as_str())
            {
                return Ok((case.number, true));
            }
        }
        Ok((desk.open(aware, &facts.new())?, true))
    })?;
    went(ctx, opened, breach_shown)
}
