//! The register's rule of recordings, asked at the moment somebody wants to hear one.
//!
//! The sweep destroys what is due; between the instant at which a recording's time is up and the
//! sweep, this is what keeps it from being played. It is the same rule, decided by the same engine.

use frist_decide::sql::{BindError, Physical, kind_of};
use frist_decide::{Kind, Outcome, Role, RuleError, RuleSet, Standing, Value, decide};
use frist_law::LawBook;
use frist_register::{FactSource, Register};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The rule of one data set in the vault.
#[derive(Clone, Debug)]
pub struct Rule {
    dataset: String,
    rules: RuleSet,
    kinds: Vec<Kind>,
}

/// Why a rule cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum NoRule {
    /// The register has no such data set.
    #[error("the register has no data set `{0}`")]
    Missing(String),
    /// Its rule cannot be resolved.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A fact is declared in a way that the vault does not keep it.
    #[error("data set `{dataset}`: {source}")]
    Fact {
        /// The data set.
        dataset: String,
        /// Why.
        source: BindError,
    },
}

/// Why a recording may not be used for a purpose at an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Over {
    /// Its time is up.
    #[error("the recording's time is up; the next sweep destroys it")]
    Due,
    /// Its time for this purpose is up, or the purpose never concerned it.
    #[error("the register does not keep the recording for `{0}` (any more)")]
    Purpose(String),
    /// The facts decide nothing.
    #[error("nobody can say whether the recording's time is up; `frist explain` tells why")]
    Unclear,
}

impl Rule {
    /// The rule of this data set.
    ///
    /// # Errors
    /// [`NoRule`] when the register has none, or one that cannot be asked of the vault.
    pub fn of(register: &Register, book: &LawBook, dataset: &str) -> Result<Rule, NoRule> {
        let set = register.datasets.iter().find(|d| d.id.value == dataset);
        let set = set.ok_or_else(|| NoRule::Missing(dataset.to_owned()))?;
        let rules = RuleSet::resolve(register, book, set)?;
        let kind = |fact: &frist_decide::rules::FactRef| {
            match kind_of(&fact.name, &fact.usage, &Physical::Text, &TimeZone::UTC) {
                // The vault keeps all points in time as instants; the register need not say so.
                Err(BindError::SayType { .. }) => Ok(Kind::Instant),
                other => other,
            }
        };
        let kinds = rules.facts.iter().map(kind).collect::<Result<_, _>>();
        let kinds = kinds.map_err(|source| NoRule::Fact { dataset: dataset.to_owned(), source })?;
        Ok(Rule { dataset: dataset.to_owned(), rules, kinds })
    }

    /// The data set's id.
    #[must_use]
    pub fn dataset(&self) -> &str {
        &self.dataset
    }

    /// What the engine decides of a recording with these facts, whatever holds there are: a hold
    /// keeps a recording from being destroyed, and makes nothing playable.
    #[must_use]
    pub fn outcome(&self, facts: &[(String, Option<String>)], at: Timestamp) -> Outcome {
        decide(&self.rules, &self.kinds, &self.values(facts), false, at).outcome
    }

    /// Refuses unless a recording with these facts is kept for this purpose at this instant.
    ///
    /// # Errors
    /// [`Over`].
    pub fn allows(
        &self,
        facts: &[(String, Option<String>)],
        purpose: &str,
        at: Timestamp,
    ) -> Result<(), Over> {
        let decision = decide(&self.rules, &self.kinds, &self.values(facts), false, at);
        match decision.outcome {
            Outcome::Due => return Err(Over::Due),
            Outcome::Unclear => return Err(Over::Unclear),
            _ => {}
        }
        let live = decision.reasons.iter().any(|r| {
            r.role == Role::Permits && r.name == purpose && matches!(r.standing, Standing::Live(_))
        });
        if live { Ok(()) } else { Err(Over::Purpose(purpose.to_owned())) }
    }

    /// When time alone makes a record with these facts due; none when it never does.
    #[must_use]
    pub fn due_after(
        &self,
        facts: &[(String, Option<String>)],
        at: Timestamp,
    ) -> Option<Timestamp> {
        let mut t = at;
        // Each step is one change of the decision, of which a rule has a handful.
        for _ in 0..64 {
            let decision = decide(&self.rules, &self.kinds, &self.values(facts), false, t);
            match (decision.outcome, decision.next_change) {
                (Outcome::Due, _) => return Some(t),
                (_, Some(next)) if next > t => t = next,
                _ => return None,
            }
        }
        None
    }

    fn values(&self, facts: &[(String, Option<String>)]) -> Vec<Value> {
        let value = |fact: &frist_decide::rules::FactRef| {
            let FactSource::Field(name) = &fact.source else { return Value::Unreadable };
            let found = facts.iter().find(|(n, _)| *n == name.value);
            match found {
                Some((_, Some(text))) => Value::Text(text.clone()),
                Some((_, None)) => Value::Null,
                None => Value::Unreadable,
            }
        };
        self.rules.facts.iter().map(value).collect()
    }
}
