//! Cases: requests of people, with their deadlines, from opening to closing.

use std::collections::BTreeMap;

use frist_cases::request::{
    Actor, Desk, Kept, Known, Line, NewRequest, Notice, Outcome, Person, Recipient, Request, Right,
    Step, Told as Letter, line,
};
use frist_register::Lang;
use frist_state::case::{CaseFilter, CaseKind};
use frist_sweep::Engine;
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::call::{Answer, Call, Done, Nothing, Tongue};
use crate::api::page::{Page, Paging, after, page};
use crate::api::problem::Problem;

/// What a case is about.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "CaseKind")]
pub(crate) enum Kind {
    /// A person uses a right.
    Request,
    /// An authority asks.
    Inquiry,
    /// Data went where it should not.
    Breach,
}

/// Which right is used.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Right")]
pub(crate) enum Used {
    /// Access, Art. 15.
    Access,
    /// Rectification, Art. 16.
    Rectification,
    /// Erasure, Art. 17.
    Erasure,
    /// Restriction, Art. 18.
    Restriction,
    /// Portability, Art. 20.
    Portability,
    /// Objection, Art. 21.
    Objection,
    /// Withdrawal of consent, Art. 7(3).
    ConsentWithdrawal,
}

impl From<Used> for Right {
    fn from(used: Used) -> Self {
        match used {
            Used::Access => Right::Access,
            Used::Rectification => Right::Rectification,
            Used::Erasure => Right::Erasure,
            Used::Restriction => Right::Restriction,
            Used::Portability => Right::Portability,
            Used::Objection => Right::Objection,
            Used::ConsentWithdrawal => Right::ConsentWithdrawal,
        }
    }
}

impl From<Right> for Used {
    fn from(right: Right) -> Self {
        match right {
            Right::Access => Used::Access,
            Right::Rectification => Used::Rectification,
            Right::Erasure => Used::Erasure,
            Right::Restriction => Used::Restriction,
            Right::Portability => Used::Portability,
            Right::Objection => Used::Objection,
            Right::ConsentWithdrawal => Used::ConsentWithdrawal,
        }
    }
}

/// Which cases.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Only of this kind.
    #[serde(default)]
    kind: Option<Kind>,
    /// Also those that are closed.
    #[serde(default)]
    all: bool,
    /// Things on a page.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u16>,
    /// Where the page begins: `next` of the page before.
    #[serde(default)]
    #[schemars(length(min = 1, max = 400))]
    cursor: Option<String>,
}

/// A case in a list: without the person's name, since who lists may only want to count.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CaseLine {
    /// Its number.
    number: String,
    /// What it is about.
    kind: Kind,
    /// Which right is used, in a request.
    right: Option<Used>,
    /// How far it has come.
    status: String,
    /// Who answers for it.
    owner: Option<String>,
    /// When it was received.
    received: Timestamp,
    /// Until when it must be answered.
    due: Option<Timestamp>,
    /// Days until the last day: 0 on it, negative after it.
    days_left: Option<i32>,
    /// Whether what is due is late.
    late: bool,
    /// When it was closed.
    closed: Option<Timestamp>,
}

/// The cases, by number.
pub(crate) fn list(call: &mut Call<'_>, which: Which, _: Nothing) -> Answer<Page<CaseLine>> {
    let filter = CaseFilter {
        kind: which.kind.map(|kind| match kind {
            Kind::Request => CaseKind::Request,
            Kind::Inquiry => CaseKind::Inquiry,
            Kind::Breach => CaseKind::Breach,
        }),
        open: (!which.all).then_some(true),
        ..CaseFilter::default()
    };
    let now = call.now;
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    let (begins, limit) = (after(call, &paging)?, paging.limit());
    let all: Vec<Line> = call.engine(|engine| {
        let calendar = engine.register.controller.calendar.clone();
        let cases = engine.state.cases_after(&filter, begins.as_deref(), limit + 1)?;
        Ok(cases.into_iter().map(|case| line(case, &calendar, now)).collect())
    })?;
    page(
        call,
        &paging,
        all,
        false,
        |l| l.case.number.clone(),
        |l| CaseLine {
            kind: match l.case.kind {
                CaseKind::Request => Kind::Request,
                CaseKind::Inquiry => Kind::Inquiry,
                CaseKind::Breach => Kind::Breach,
            },
            right: l.request.as_ref().map(|r| r.right.into()),
            number: l.case.number,
            status: l.case.status,
            owner: l.case.owner,
            received: l.case.received,
            due: l.case.due,
            days_left: l.days_left,
            late: l.late,
            closed: l.case.closed,
        },
    )
}

/// The person of a request.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Person")]
pub(crate) struct Someone {
    /// The name.
    #[schemars(length(min = 1, max = 200))]
    name: String,
    /// An e-mail address.
    #[serde(default)]
    #[schemars(length(max = 320))]
    email: Option<String>,
    /// A telephone number.
    #[serde(default)]
    #[schemars(length(max = 64))]
    phone: Option<String>,
    /// A postal address; lines are separated by line feeds.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    address: Option<String>,
}

/// A request that has come in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCase {
    /// Which right is used.
    right: Used,
    /// Whether it is an objection against direct marketing.
    #[serde(default)]
    marketing: bool,
    /// When it was received; now, when it is not said.
    #[serde(default)]
    received: Option<Timestamp>,
    /// How it came: `form`, `letter`, `email`, `phone`, `api`.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    channel: Option<String>,
    /// Who asks.
    person: Someone,
    /// The identifiers that came with it, by kind: `{"customer": "4711"}`.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 50))]
    identifiers: BTreeMap<String, String>,
    /// What is asked, in the person's own words.
    #[serde(default)]
    #[schemars(length(max = 20000))]
    words: Option<String>,
    /// The language of the letters; Danish, when it is not said.
    #[serde(default)]
    lang: Option<Tongue>,
}

/// A request.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Case")]
pub(crate) struct Shown {
    /// Its number.
    number: String,
    /// Its version; it changes with each step.
    version: u64,
    /// Which right is used.
    right: Used,
    /// Whether it is an objection against direct marketing.
    marketing: bool,
    /// How far it has come.
    status: String,
    /// Who answers for it.
    owner: Option<String>,
    /// When it was received.
    received: Timestamp,
    /// How it came.
    channel: String,
    /// Who asks.
    person: Someone,
    /// The identifiers that came with it, by kind.
    identifiers: Vec<Identifier>,
    /// What is asked, in the person's own words.
    words: Option<String>,
    /// Until when it must be answered.
    due: Option<Timestamp>,
    /// The last day.
    last_day: Option<Date>,
    /// Days until the last day: 0 on it, negative after it.
    days_left: Option<i32>,
    /// Whether what is due is late.
    late: bool,
    /// The last day on which an extension can be taken.
    extension_until: Option<Date>,
    /// Whether it was extended.
    extended: bool,
    /// What it was decided to: `granted`, `partly-granted`, `refused`, `unfounded`.
    decision: Option<String>,
    /// When it was closed.
    closed: Option<Timestamp>,
    /// Those to whom what was erased, rectified or restricted had been disclosed (Art. 19).
    recipients: Vec<Told>,
    /// The steps that are possible now.
    possible: Vec<String>,
}

/// Somebody to whom data was disclosed, and what came of telling them (Art. 19).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CaseRecipient")]
pub(crate) struct Told {
    /// Its id in the register.
    id: String,
    /// The data sets of which it has had data.
    datasets: Vec<String>,
    /// The categories of personal data that it has had.
    categories: Vec<String>,
    /// When that was carried out which it is to be told of.
    since: Timestamp,
    /// The last day to tell it, while it waits to be told: Frist's own choice, since Art. 19 sets none.
    tell_by: Option<Date>,
    /// The day on which it was told.
    told: Option<Date>,
    /// Why it cannot be told.
    cannot: Option<String>,
}

/// An identifier of a person.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Identifier {
    /// Its kind, as the register names it.
    kind: String,
    /// Its value.
    value: String,
}

/// A desk where this token works on cases.
pub(super) fn desk<'e>(engine: &'e mut Engine, who: &'e str, at: Timestamp) -> Desk<'e> {
    let by = Actor::Program(who);
    Desk { state: &mut engine.state, register: &engine.register, by, at, signed: "" }
}

/// A number as it is kept; also in small letters.
pub(super) fn number(call: &Call<'_>) -> String {
    call.name("case").to_uppercase()
}

/// A request with how it stands.
pub(super) fn shown(engine: &Engine, kept: &Kept, at: Timestamp) -> Done<Shown> {
    let calendar = &engine.register.controller.calendar;
    let (case, request) = (&kept.case, &kept.request);
    let standing = request.standing(at, calendar);
    let known = request.known.iter();
    let person = &request.person;
    Done::new(Shown {
        number: case.number.clone(),
        version: case.version,
        right: request.right.into(),
        marketing: request.marketing,
        status: case.status.clone(),
        owner: case.owner.clone(),
        received: request.received,
        channel: request.channel.clone(),
        person: Someone {
            name: person.name.clone(),
            email: person.email.clone(),
            phone: person.phone.clone(),
            address: person.address.clone(),
        },
        identifiers: known
            .map(|k| Identifier { kind: k.kind.clone(), value: k.value.clone() })
            .collect(),
        words: request.words.clone(),
        due: case.due,
        last_day: standing.last_day,
        days_left: standing.days_left,
        late: standing.late,
        extension_until: standing.extension_until,
        extended: standing.extended,
        decision: request.decision.as_ref().map(|d| d.outcome.as_str().to_owned()),
        closed: case.closed,
        recipients: request.recipients.iter().map(|r| told(r, request, calendar)).collect(),
        possible: request.possible(at, calendar).iter().map(|s| s.as_str().to_owned()).collect(),
    })
    .version(case.version)
}

/// A recipient with what came of telling it.
fn told(recipient: &Recipient, request: &Request, calendar: &frist_law::Calendar) -> Told {
    let (told, cannot) = match &recipient.notice {
        Some(Notice::Told { on, .. }) => (Some(*on), None),
        Some(Notice::Cannot { why }) => (None, Some(why.clone())),
        None => (None, None),
    };
    let waits = recipient.notice.is_none();
    Told {
        id: recipient.id.clone(),
        datasets: recipient.datasets.clone(),
        categories: recipient.categories.clone(),
        since: recipient.since,
        tell_by: request.tell_by(recipient, calendar).filter(|_| waits),
        told,
        cannot,
    }
}

/// Opens a case for a request, and writes the receipt at once.
pub(crate) fn open(call: &mut Call<'_>, _: Nothing, new: NewCase) -> Answer<Shown> {
    let (who, at) = (call.who.clone(), call.now);
    let new = NewRequest {
        right: new.right.into(),
        marketing: new.marketing,
        received: new.received.unwrap_or(at),
        channel: new.channel.unwrap_or_else(|| "api".to_owned()),
        person: Person {
            name: new.person.name,
            email: new.person.email,
            phone: new.person.phone,
            address: new.person.address,
        },
        lang: new.lang.map_or(Lang::Da, Into::into),
        known: new.identifiers.into_iter().map(|(kind, value)| Known { kind, value }).collect(),
        words: new.words,
    };
    // A server that died over it may have opened the case: then that one is answered, so that the first steps
    // of opening it must not say that all is done.
    let mark = call.mark;
    call.request = None;
    let done = call.act(|engine| {
        let mut desk = desk(engine, &who, at);
        let opened = match &mark {
            Some(mark) => desk.open_linked(new, mark)?,
            None => desk.open(new, &[])?,
        };
        Ok(shown(engine, &opened.kept, at))
    })?;
    call.about = Some(done.body.number.clone());
    let at = format!("/cases/{}", done.body.number);
    Ok(done.at(at))
}

/// One request.
pub(crate) fn one(call: &mut Call<'_>, _: Nothing, _: Nothing) -> Answer<Shown> {
    let (number, who, at) = (number(call), call.who.clone(), call.now);
    call.engine(|engine| {
        let kept = desk(engine, &who, at).load(&number)?;
        Ok(shown(engine, &kept, at))
    })
}

/// A line of a case's log.
#[derive(Serialize, JsonSchema)]
pub(crate) struct LogLine {
    /// Its number.
    id: i64,
    /// When.
    at: Timestamp,
    /// Who.
    by: String,
    /// Which step.
    step: String,
    /// What was said of it.
    text: Option<String>,
}

/// The log of a case, the oldest first.
pub(crate) fn log(call: &mut Call<'_>, paging: Paging, _: Nothing) -> Answer<Page<LogLine>> {
    let number = number(call);
    call.state(|state| state.case(&number))?.ok_or_else(Problem::none)?;
    let all = call.state(|state| state.case_log(&number))?;
    page(
        call,
        &paging,
        all,
        false,
        |l| format!("{:020}", l.id),
        |l| LogLine {
            id: l.id,
            at: l.step.at,
            by: l.step.by,
            step: l.step.step,
            text: l.step.text,
        },
    )
}

/// Takes a step of a request in the version that was looked at.
fn step(
    call: &mut Call<'_>,
    work: impl FnOnce(&mut Desk<'_>, &str, Option<u64>) -> Result<Kept, Problem>,
) -> Answer<Shown> {
    let (number, who, at) = (number(call), call.who.clone(), call.now);
    let own: &Call<'_> = call;
    own.act(|engine| {
        let mut desk = desk(engine, &who, at);
        let seen = desk.load(&number)?.case.version;
        own.unless_changed(&seen.to_string())?;
        let kept = work(&mut desk, &number, Some(seen))?;
        Ok(shown(engine, &kept, at))
    })
}

/// A reason, in words.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GivenReason")]
pub(crate) struct Reason {
    /// Why.
    #[schemars(length(min = 1, max = 4000))]
    reason: String,
}

/// Extends the time to answer by two months, with the letter.
pub(crate) fn extend(call: &mut Call<'_>, _: Nothing, why: Reason) -> Answer<Shown> {
    step(call, |desk, number, seen| Ok(desk.extend(number, seen, why.reason)?))
}

/// A note.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    /// What is noted.
    #[schemars(length(min = 1, max = 20000))]
    text: String,
}

/// Notes something in the log of a request.
pub(crate) fn note(call: &mut Call<'_>, _: Nothing, note: Note) -> Answer<Shown> {
    step(call, |desk, number, _| {
        desk.note(number, &note.text)?;
        Ok(desk.load(number)?)
    })
}

/// Who answers for it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Owner {
    /// The name of an account.
    #[schemars(length(min = 1, max = 64), extend("pattern" = crate::api::schema::NAME))]
    owner: String,
}

/// Makes somebody the owner of a request.
pub(crate) fn assign(call: &mut Call<'_>, _: Nothing, to: Owner) -> Answer<Shown> {
    let known = call.state(|state| state.account(&to.owner))?;
    if known.is_none_or(|a| a.disabled_at.is_some()) {
        return Err(Problem::refused("there is no open account of this name"));
    }
    step(call, |desk, number, seen| Ok(desk.assign(number, seen, &to.owner)?))
}

/// How the person said so.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct How {
    /// In words.
    #[schemars(length(min = 1, max = 4000))]
    how: String,
}

/// Notes that the person has shown who they are.
pub(crate) fn identity(call: &mut Call<'_>, _: Nothing, how: How) -> Answer<Shown> {
    let step_ = Step::IdentityKnown { how: how.how };
    step(call, |desk, number, seen| Ok(desk.take(number, seen, &step_, Letter::Nothing, None)?))
}

/// Notes that the person took the request back, and closes it.
pub(crate) fn withdraw(call: &mut Call<'_>, _: Nothing, how: How) -> Answer<Shown> {
    let step_ = Step::Withdraw { how: how.how };
    step(call, |desk, number, seen| Ok(desk.take(number, seen, &step_, Letter::Nothing, None)?))
}

/// Refuses a request, for the reason that the letter will give.
pub(crate) fn refuse(call: &mut Call<'_>, _: Nothing, why: Reason) -> Answer<Shown> {
    let step_ =
        Step::Decide { outcome: Outcome::Refused, reasons: Some(why.reason), deferred: Vec::new() };
    step(call, |desk, number, seen| Ok(desk.take(number, seen, &step_, Letter::Nothing, None)?))
}

/// Closes a request that is answered.
pub(crate) fn close(call: &mut Call<'_>, _: Nothing, _: Nothing) -> Answer<Shown> {
    step(call, |desk, number, seen| {
        Ok(desk.take(number, seen, &Step::Close, Letter::Nothing, None)?)
    })
}
