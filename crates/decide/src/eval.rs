//! The compiled test, run in memory: for stores that have no query language.

use frist_law::{Cutoff, Start};

use crate::decide::{Outcome, is_held};
use crate::test::{Compiled, Test};
use crate::value::{self, Kind, Value};

/// One record as [`Compiled`] sees it.
pub struct Row<'a> {
    /// Its key, as text.
    pub key: &'a str,
    /// Its facts, in the order of the rule's.
    pub facts: &'a [Value],
    /// Any other field, as text, for holds.
    pub field: &'a dyn Fn(&str) -> Option<String>,
}

impl Compiled {
    /// The decision, without reasons.
    pub fn outcome(&self, row: &Row<'_>) -> Outcome {
        let hit = self.classes.iter().find(|(_, test)| test.admits(&self.kinds, row));
        hit.map_or(Outcome::Unclear, |(outcome, _)| *outcome)
    }
}

impl Test {
    /// Whether the record satisfies the test.
    pub fn admits(&self, kinds: &[Kind], row: &Row<'_>) -> bool {
        let start = |fact: usize| value::start(&row.facts[fact], &kinds[fact]).ok();
        match self {
            Test::Const(c) => *c,
            Test::All(parts) => parts.iter().all(|p| p.admits(kinds, row)),
            Test::Any(parts) => parts.iter().any(|p| p.admits(kinds, row)),
            Test::Empty(f) => value::is_there(&row.facts[*f]) == Ok(false),
            Test::Filled(f) => value::is_there(&row.facts[*f]) == Ok(true),
            Test::Within(f, cutoff) => start(*f).is_some_and(|s| within(cutoff, &s)),
            Test::Beyond(f, cutoff) => start(*f).is_some_and(|s| !within(cutoff, &s)),
            Test::In(f, l) => value::is_one_of(&row.facts[*f], &kinds[*f], l) == Ok(true),
            Test::NotIn(f, l) => value::is_one_of(&row.facts[*f], &kinds[*f], l) == Ok(false),
            Test::Held(holds) => is_held(holds, row.key, row.field),
            Test::NotHeld(holds) => !is_held(holds, row.key, row.field),
            Test::Answered(keys) => keys.contains(row.key),
            Test::NotAnswered(keys) => !keys.contains(row.key),
        }
    }
}

fn within(cutoff: &Cutoff, start: &Start) -> bool {
    cutoff.admits(start)
}
