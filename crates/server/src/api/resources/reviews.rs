//! Reviews: which records wait for a person's answer, and the answers.

use frist_cases::review::{self, Why};
use frist_register::Lang;
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{Condition, Facts};
use crate::api::call::{Answer, Call, Done, Nothing, Tongue};
use crate::api::problem::Problem;

/// How many wait in a data set.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Waiting {
    /// The data set.
    dataset: String,
    /// Records that wait.
    records: u64,
}

/// A data set or purpose that is looked at regularly.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Periodic {
    /// The data set, or `activity/purpose`.
    what: String,
    /// When it was looked at last.
    last: Option<Date>,
    /// When it is to be looked at next.
    due: Option<Date>,
    /// Days that it is late.
    late_days: u32,
}

/// What waits for somebody.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Overview {
    /// Data sets in which records wait for an answer, of those that the token needs to know.
    waiting: Vec<Waiting>,
    /// When they were counted, at most some minutes before.
    counted_at: Timestamp,
    /// What is looked at regularly.
    periodic: Vec<Periodic>,
}

/// What waits for somebody.
pub(crate) fn overview(call: &mut Call<'_>, _: Nothing, _: Nothing) -> Answer<Overview> {
    let some = call.token.as_ref().is_some_and(|t| !t.datasets.is_empty());
    call.may(&Facts::default().with(Condition::NeedToKnow, some))?;
    let now = call.now;
    let waiting = call.app.engines.waiting(&call.who)?.ok_or_else(Problem::counting)?;
    let periodic = call.engine(|engine| Ok(review::periodic(engine, now)?))?;
    let mine = waiting.records.into_iter().filter(|(d, _)| call.knows_of(Some(d)));
    Ok(Done::new(Overview {
        counted_at: waiting.at,
        waiting: mine.map(|(dataset, records)| Waiting { dataset, records }).collect(),
        periodic: periodic
            .into_iter()
            .map(|p| Periodic { what: p.what, last: p.last, due: p.due, late_days: p.late })
            .collect(),
    }))
}

/// Which tasks.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// At most so many; those that wait longest are among the first that are found.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u16>,
    /// The language of the questions.
    #[serde(default)]
    lang: Tongue,
}

/// A record that waits.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Task {
    /// Its key.
    key: String,
    /// What is asked.
    questions: Vec<String>,
    /// `ground-ended` or `periodic`.
    why: String,
    /// Since when it waits.
    since: Option<Timestamp>,
    /// Whether somebody had answered *keep until*, and that day has passed.
    again: bool,
}

/// Records that wait.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Tasks {
    /// The records. Answering takes them from the list, so that what is next comes up by itself.
    items: Vec<Task>,
}

/// Records of a data set that wait for a person's answer.
pub(crate) fn tasks(call: &mut Call<'_>, which: Which, _: Nothing) -> Answer<Tasks> {
    let id = call.name("dataset").to_owned();
    call.may(&call.knows(Some(&id)))?;
    let (now, lang) = (call.now, Lang::from(which.lang));
    let limit = usize::from(which.limit.unwrap_or(50));
    let found = call.engine(|engine| {
        engine.register.dataset(&id).ok_or_else(Problem::none)?;
        Ok(review::tasks(engine, &id, now, limit)?)
    })?;
    let items = found.into_iter().map(|t| Task {
        key: t.key,
        questions: t.questions.iter().map(|q| q.get(lang).to_owned()).collect(),
        why: match t.why {
            Why::GroundEnded => "ground-ended",
            Why::Periodic => "periodic",
        }
        .to_owned(),
        since: t.since,
        again: t.again,
    });
    Ok(Done::new(Tasks { items: items.collect() }))
}

/// An answer.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", tag = "answer", deny_unknown_fields)]
#[schemars(rename = "ReviewAnswer")]
pub(crate) enum Said {
    /// Kept through a day.
    Keep {
        /// The keys of the records.
        #[schemars(length(min = 1, max = 1000), inner(length(min = 1, max = 500)))]
        keys: Vec<String>,
        /// The last day.
        until: Date,
        /// Why.
        #[schemars(length(min = 1, max = 4000))]
        reason: String,
        /// The language of the answer.
        #[serde(default)]
        lang: Tongue,
    },
    /// They go with the next sweep.
    Erase {
        /// The keys of the records.
        #[schemars(length(min = 1, max = 1000), inner(length(min = 1, max = 500)))]
        keys: Vec<String>,
        /// Why.
        #[serde(default)]
        #[schemars(length(max = 4000))]
        reason: String,
        /// The language of the answer.
        #[serde(default)]
        lang: Tongue,
    },
}

/// What an answer came to.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Came {
    /// The review, as the ledger names it.
    review: String,
    /// Records that it was given for.
    records: u64,
    /// Of these, kept shorter than was said, since a statute ends it before.
    shortened: u64,
    /// The first such end.
    first_limit: Option<Date>,
    /// Records kept for a statute only, whatever was said.
    restricted: u64,
}

/// Answers the register's question about records.
pub(crate) fn answer(call: &mut Call<'_>, _: Nothing, said: Said) -> Answer<Came> {
    let id = call.name("dataset").to_owned();
    call.may(&call.knows(Some(&id)))?;
    let (by, now) = (call.id()?, call.now);
    let (keys, answer, lang) = match said {
        Said::Keep { keys, until, reason, lang } => {
            (keys, review::Answer::Keep { until, reason }, lang)
        }
        Said::Erase { keys, reason, lang } => (keys, review::Answer::Erase { reason }, lang),
    };
    let done = call.act(|engine| {
        engine.register.dataset(&id).ok_or_else(Problem::none)?;
        Ok(review::answer(engine, &id, &keys, &answer, &by, lang.into(), now)?)
    })?;
    Ok(Done::new(Came {
        review: done.review,
        records: done.records,
        shortened: done.shortened,
        first_limit: done.first_limit,
        restricted: done.restricted,
    }))
}
