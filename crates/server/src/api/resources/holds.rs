//! Holds: added, seen, released.

use frist_cases::hold as holds;
use frist_law::{Expiry, Period, Start, Term};
use frist_state::{Hold, HoldPage, NewHold, Scope as Covers};
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::call::{Answer, Call, Done, Nothing};
use crate::api::page::{Page, Paging, after, page};
use crate::api::problem::Problem;
use crate::api::schema::PLAIN;

/// What a hold covers, without saying whom.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "HoldKind")]
pub(crate) enum Kind {
    /// All records.
    All,
    /// One record.
    Key,
    /// The records of one person.
    Subject,
    /// Records with a value of a field.
    Field,
    /// Several of these.
    Several,
}

/// A hold.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Hold")]
pub(crate) struct Shown {
    /// Its id.
    id: String,
    /// The matter it is for.
    matter: String,
    /// Why.
    reason: String,
    /// The data set that it covers; all, when there is none.
    dataset: Option<String>,
    /// What it covers in it.
    covers: Kind,
    /// Who added it.
    owner: String,
    /// When.
    added_at: Timestamp,
    /// When somebody should look whether it is still needed.
    review_at: Option<Timestamp>,
    /// When it ends by itself.
    ends_at: Option<Timestamp>,
    /// When it was released.
    released_at: Option<Timestamp>,
    /// By whom.
    released_by: Option<String>,
    /// Until when it goes on holding, once it is released or ends.
    holds_until: Option<Timestamp>,
}

fn shown(h: Hold) -> Shown {
    let holds_until = h.over_at();
    Shown {
        id: h.hold.id,
        matter: h.hold.matter,
        reason: h.hold.reason,
        dataset: h.hold.dataset,
        covers: match h.hold.scope {
            Covers::All => Kind::All,
            Covers::Key { .. } => Kind::Key,
            Covers::Subject { .. } => Kind::Subject,
            Covers::Field { .. } | Covers::Where { .. } => Kind::Field,
            Covers::Any { .. } => Kind::Several,
        },
        owner: h.hold.owner,
        added_at: h.hold.created_at,
        review_at: h.hold.review_at,
        ends_at: h.hold.ends_at,
        released_at: h.released_at,
        released_by: h.released_by,
        holds_until,
    }
}

fn version(h: &Hold) -> &'static str {
    if h.released_at.is_some() { "released" } else { "held" }
}

/// Which holds.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Also those that were released or have ended.
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

/// The holds that the token may see.
pub(crate) fn list(call: &mut Call<'_>, which: Which, _: Nothing) -> Answer<Page<Shown>> {
    // Whoever may see some of them sees the list; which, is asked of each.
    let first = call.token.as_ref().and_then(|t| t.datasets.iter().next().cloned());
    call.may(&call.knows(first.as_deref()))?;
    let now = call.now;
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    let begins = after(call, &paging)?;
    let odd = || Problem::parameter("cursor", "this is no cursor of this list");
    let begins = begins.as_deref().map(|key| -> Result<_, Problem> {
        let (at, id) = key.split_once('/').ok_or_else(odd)?;
        let at = at.parse().ok().and_then(|at| Timestamp::from_microsecond(at).ok());
        Ok((at.ok_or_else(odd)?, id))
    });
    let begins = begins.transpose()?;
    let own = call.token.as_ref().map(|t| &t.datasets).filter(|_| !call.knows_of(None));
    let (all, _) = call.state(|s| {
        s.hold_page(&HoldPage {
            active_at: (!which.all).then_some(now),
            review_by: None,
            datasets: own,
            who: &call.who,
            newest_first: true,
            after: begins,
            limit: paging.limit(),
        })
    })?;
    let key = |h: &Hold| format!("{:020}/{}", h.hold.created_at.as_microsecond(), h.hold.id);
    page(call, &paging, all, true, key, shown)
}

fn found(call: &Call<'_>, id: &str) -> Result<Hold, Problem> {
    let hold = call.state(|state| state.hold(id))?;
    let mine = hold.filter(|h| h.shows_to(&call.who));
    mine.filter(|h| call.knows_of(h.hold.dataset.as_deref())).ok_or_else(Problem::none)
}

/// One hold.
pub(crate) fn one(call: &mut Call<'_>, _: Nothing, _: Nothing) -> Answer<Shown> {
    let hold = found(call, call.name("hold"))?;
    call.may(&call.knows(hold.hold.dataset.as_deref()))?;
    let version = version(&hold);
    Ok(Done::new(shown(hold)).version(version))
}

/// Whether a hold is the one that was to be added, but for when.
fn is_this(there: &Hold, wanted: &NewHold) -> bool {
    let same = NewHold { created_at: wanted.created_at, ..there.hold.clone() };
    same == *wanted && there.released_at.is_none()
}

/// What a hold is to cover.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", tag = "by", deny_unknown_fields)]
#[schemars(rename = "HoldCovers")]
pub(crate) enum By {
    /// All records of the data set, or of all data sets.
    All,
    /// One record of the data set.
    Key {
        /// Its key.
        #[schemars(length(min = 1, max = 500))]
        key: String,
    },
    /// The records of one person, in each data set that names such a person.
    Subject {
        /// What kind of person, as the register names it.
        #[schemars(length(min = 1, max = 64))]
        kind: String,
        /// The person's number.
        #[schemars(length(min = 1, max = 500))]
        value: String,
    },
    /// The records of the data set with this value of a field.
    Field {
        /// The field.
        #[schemars(length(min = 1, max = 128))]
        field: String,
        /// The value.
        #[schemars(length(min = 1, max = 500))]
        value: String,
    },
}

/// A hold to be added.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewHold")]
pub(crate) struct New {
    /// Its id; it stays in the ledger, so it says nothing about anybody.
    #[schemars(length(min = 1, max = 64), extend("pattern" = PLAIN))]
    id: String,
    /// The matter it is for.
    #[schemars(length(min = 1, max = 200))]
    matter: String,
    /// Why.
    #[schemars(length(min = 1, max = 2000))]
    reason: String,
    /// The data set; all, when none is said.
    #[serde(default)]
    #[schemars(length(min = 1, max = 128))]
    dataset: Option<String>,
    /// What it covers.
    covers: By,
    /// The day on which somebody should look whether it is still needed.
    #[serde(default)]
    review: Option<Date>,
    /// The last day on which it holds.
    #[serde(default)]
    last_day: Option<Date>,
}

/// A hold that was added.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AddedHold")]
pub(crate) struct Added {
    /// The hold.
    hold: Shown,
    /// How many records it covers now; none when a store could not be asked. It is in force all the
    /// same.
    covered: Option<u64>,
}

/// Adds a hold.
pub(crate) fn add(call: &mut Call<'_>, _: Nothing, new: New) -> Answer<Added> {
    call.about = Some(new.id.clone());
    call.may(&call.knows(new.dataset.as_deref()))?;
    let said = |text: &str| !text.trim().is_empty();
    if !said(&new.matter) || !said(&new.reason) {
        return Err(Problem::refused("the matter and the reason must say something"));
    }
    let scope = match new.covers {
        By::All => Covers::All,
        By::Key { key } => Covers::Key { key },
        By::Subject { kind, value } => Covers::Subject { kind, value },
        By::Field { field, value } => Covers::Field { name: new.id.clone(), field, value },
    };
    let (zone, now) = (call.app.zone.clone(), call.now);
    let review_at = match new.review {
        None => None,
        Some(day) => {
            let midnight = day.to_zoned(zone.clone());
            Some(midnight.map_err(|_| Problem::refused("the day is too far away"))?.timestamp())
        }
    };
    let (owner, again) = (call.who.clone(), call.again);
    let (hold, covered) = call.act(|engine| {
        let calendar = &engine.register.controller.calendar;
        let over =
            |day: Date| frist_law::expires(Term::from(Period::ZERO), &Start::Date(day), calendar);
        let ends_at = match new.last_day.map(over) {
            None => None,
            Some(Expiry::At(at)) => Some(at),
            Some(Expiry::Never) => return Err(Problem::refused("the last day is too far away")),
        };
        let hold = NewHold {
            id: new.id,
            matter: new.matter,
            reason: new.reason,
            dataset: new.dataset,
            scope,
            owner,
            created_at: now,
            review_at,
            ends_at,
            viewers: Vec::new(),
        };
        let hold = match holds::add(engine, &hold) {
            Ok(()) => hold,
            // A server that died over this request may have added it.
            Err(refused) => match engine.state.hold(&hold.id)? {
                Some(there) if again && is_this(&there, &hold) => there.hold,
                _ => return Err(refused.into()),
            },
        };
        let covered = holds::covered(engine, &hold);
        Ok((hold, covered.map(|sets| sets.iter().map(|(_, n, _)| *n).sum())))
    })?;
    let at = format!("/holds/{}", hold.id);
    let hold = Hold { hold, released_at: None, released_by: None, free_at: None };
    let version = version(&hold);
    Ok(Done::new(Added { hold: shown(hold), covered }).at(at).version(version))
}

/// Releases a hold.
pub(crate) fn release(call: &mut Call<'_>, _: Nothing, _: Nothing) -> Answer<Shown> {
    let id = call.name("hold").to_owned();
    let hold = found(call, &id)?;
    call.may(&call.knows(hold.hold.dataset.as_deref()))?;
    call.unless_changed(version(&hold))?;
    let (who, now) = (call.who.clone(), call.now);
    call.act(|engine| Ok(holds::release(engine, &id, &who, now)?))?;
    let hold = found(call, &id)?;
    let version = version(&hold);
    Ok(Done::new(shown(hold)).version(version))
}
