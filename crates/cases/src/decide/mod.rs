//! What is decided about each record when a person asks for erasure, objects or takes consent back
//! (Art. 17, 21, 7(3)).
//!
//! The engine weighs the record's grounds as it does for a sweep and asks what is left when those
//! are taken away that the request takes away. What is left refuses, with its article, statute and
//! the day on which it ends; nothing left erases; and what only a person can answer is a question.
//! A person may answer the questions, and may keep more than the engine would; nobody can erase
//! what a statute's duty, a hold or the performance of a contract still keeps.
//!
//! - `choices.rs`: what persons have answered;
//! - `answer.rs`: the answers and their articles;
//! - `weigh.rs`: one record, pure.

mod answer;
mod choices;
mod weigh;

use std::collections::BTreeMap;

use frist_stores::Key;
use frist_sweep::Engine;
use jiff::Timestamp;

use crate::Result;
use weigh::Weighing;

pub use answer::{Answer, Article, GroundAnswer, Question, RecordAnswer, Stands};
pub use choices::{Choices, Own, Right, Weighed};

/// The ids of holds by which records are restricted for a person (Art. 18) begin so; the case's
/// number follows, and the number of the hold in the case.
pub(crate) const RESTRICTION: &str = "art18-";

/// Decides about these records, at `t`, for a request of this kind; in the order given. A record
/// that is not there (any more) is [`Answer::Absent`].
///
/// # Errors
/// When a data set is not in the register, a store cannot be reached, or Frist's own database does
/// not answer.
pub fn decide(
    engine: &mut Engine,
    hits: &[(String, Key)],
    right: Right,
    t: Timestamp,
    choices: &Choices,
) -> Result<Vec<RecordAnswer>> {
    let mut by_dataset: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (ix, (dataset, _)) in hits.iter().enumerate() {
        by_dataset.entry(dataset).or_default().push(ix);
    }
    let mut answers: Vec<Option<RecordAnswer>> = vec![None; hits.len()];
    for (dataset, places) in by_dataset {
        let keys: Vec<Key> = places.iter().map(|ix| hits[*ix].1.clone()).collect();
        let looked = engine.look(dataset, &keys, t)?;
        let weighing = Weighing {
            register: &engine.register,
            dataset: &looked.prepared.dataset,
            rules: &looked.prepared.rules,
            kinds: looked.prepared.bound.kinds(),
            answers: &looked.prepared.answers,
            right,
            choices,
            t,
        };
        let there: BTreeMap<&Key, _> =
            looked.records.iter().map(|(r, h)| (&r.key, (r, h))).collect();
        for ix in places {
            let key = &hits[ix].1;
            answers[ix] = Some(match there.get(key) {
                Some((record, holds)) => weighing.record(record, holds),
                None => RecordAnswer::absent(dataset, key),
            });
        }
    }
    Ok(answers.into_iter().flatten().collect())
}
