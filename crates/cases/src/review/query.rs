//! Picking many tasks at once by conditions on the records' fields, to be seen before they are answered.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use frist_decide::Outcome;
use frist_stores::Fields;
use frist_sweep::Engine;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::task::Answer;
use crate::{CasesError, Result};

/// How many records one answer may be about.
pub const MOST: usize = 100_000;

/// A condition on a field, as a person writes it: `folder=sales`, `received<2024-01-01`, `subject~offer`.
#[derive(Clone, PartialEq, Eq)]
pub struct Condition {
    /// The field.
    pub field: String,
    /// How it is compared.
    pub test: Test,
    /// With what.
    pub value: String,
}

// By hand: the value can name a person.
impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition({} {:?})", self.field, self.test)
    }
}

/// A comparison. Two whole numbers are compared as numbers, everything else as text, in which days and
/// instants stand in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// `=`; with nothing after it, an empty field.
    Is,
    /// `!=`
    IsNot,
    /// `<`
    Before,
    /// `<=`
    UpTo,
    /// `>`
    After,
    /// `>=`
    From,
    /// `~`: it contains the words, whatever the case.
    Contains,
}

impl FromStr for Condition {
    type Err = CasesError;

    fn from_str(text: &str) -> Result<Self> {
        let signs = [
            ("!=", Test::IsNot),
            ("<=", Test::UpTo),
            (">=", Test::From),
            ("=", Test::Is),
            ("<", Test::Before),
            (">", Test::After),
            ("~", Test::Contains),
        ];
        let first = signs
            .iter()
            .filter_map(|(sign, test)| Some((text.find(sign)?, *sign, *test)))
            // At one place the longer sign is meant.
            .min_by_key(|(at, sign, _)| (*at, usize::MAX - sign.len()));
        match first {
            Some((at, sign, test)) if at > 0 => Ok(Self {
                field: text[..at].trim().to_owned(),
                test,
                value: text[at + sign.len()..].trim().to_owned(),
            }),
            _ => Err(CasesError::Input {
                what: "the condition",
                why: "write a field, one of = != < <= > >= ~ and a value, such as `folder=sales` or `day<2024-01-01`".into(),
            }),
        }
    }
}

impl Condition {
    /// Whether a field with this value satisfies it. An empty field satisfies only `=` with nothing
    /// after it, and `!=` with something.
    pub fn holds(&self, value: Option<&str>) -> bool {
        let Some(value) = value else {
            return match self.test {
                Test::Is => self.value.is_empty(),
                Test::IsNot => !self.value.is_empty(),
                _ => false,
            };
        };
        let order = match (value.parse::<i64>(), self.value.parse::<i64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => value.cmp(self.value.as_str()),
        };
        match self.test {
            Test::Is => order == Ordering::Equal,
            Test::IsNot => order != Ordering::Equal,
            Test::Before => order == Ordering::Less,
            Test::UpTo => order != Ordering::Greater,
            Test::After => order == Ordering::Greater,
            Test::From => order != Ordering::Less,
            Test::Contains => value.to_lowercase().contains(&self.value.to_lowercase()),
        }
    }
}

/// Tasks that were picked, to be shown before they are answered.
pub struct Picked {
    /// The data set.
    pub dataset: String,
    /// All keys, in order.
    pub keys: Vec<String>,
    /// A few of them with their fields.
    pub sample: Vec<(String, Fields)>,
    /// How many records of the data set wait for an answer at all.
    pub waiting: u64,
}

impl fmt::Debug for Picked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picked({}, {} of {})", self.dataset, self.keys.len(), self.waiting)
    }
}

impl Picked {
    /// What somebody repeats to say that just this answer about just these records is meant. It changes
    /// with any of them, and tells nothing about them.
    pub fn code(&self, answer: &Answer) -> String {
        let mut hash = Sha256::new();
        let mut put = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        put(&self.dataset);
        match answer {
            Answer::Keep { until, reason } => [&until.to_string(), reason].map(|s| put(s)),
            Answer::Erase { reason } => ["erase", reason].map(&mut put),
        };
        self.keys.iter().for_each(|key| put(key));
        hash.finalize().iter().take(4).map(|b| format!("{b:02x}")).collect()
    }
}

/// Picks the records of a data set that wait for an answer and satisfy every condition.
///
/// # Errors
/// When a field is not there, more than [`MOST`] are picked, or a store does not answer.
pub fn pick(
    engine: &mut Engine,
    dataset: &str,
    conditions: &[Condition],
    t: Timestamp,
    sample: usize,
) -> Result<Picked> {
    let found = engine.records(dataset, Outcome::Review, t, usize::MAX)?;
    let prepared = engine.prepare(dataset)?;
    let store = engine.store(&prepared.dataset.store.value)?;
    let waiting = found.len() as u64;
    let mut picked =
        Picked { dataset: dataset.to_owned(), keys: Vec::new(), sample: Vec::new(), waiting };
    for (key, _) in found {
        let wanted = picked.sample.len() < sample;
        if wanted || !conditions.is_empty() {
            // Gone since: nothing to answer.
            let Some(fields) = store.fields(&prepared.bound, &key)? else { continue };
            for c in conditions {
                if !fields.iter().any(|(name, _)| *name == c.field) {
                    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
                    return Err(CasesError::Input {
                        what: "the condition",
                        why: format!(
                            "`{dataset}` has no field `{}`; it has {}",
                            c.field,
                            names.join(", ")
                        ),
                    });
                }
            }
            let value =
                |name: &str| fields.iter().find(|(n, _)| n == name).and_then(|f| f.1.as_deref());
            if !conditions.iter().all(|c| c.holds(value(&c.field))) {
                continue;
            }
            if wanted {
                picked.sample.push((key.text(), fields));
            }
        }
        picked.keys.push(key.text());
        if picked.keys.len() > MOST {
            return Err(CasesError::Input {
                what: "the condition",
                why: format!(
                    "it picks more than {MOST} records, too many for one answer; narrow it, or change the rule in the register"
                ),
            });
        }
    }
    Ok(picked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_and_held() {
        let holds =
            |text: &str, value: Option<&str>| text.parse::<Condition>().unwrap().holds(value);
        assert!(holds("folder=sales", Some("sales")));
        assert!(!holds("folder=sales", Some("Sales")));
        assert!(holds("day<2024-01-01", Some("2023-12-31")));
        assert!(!holds("day<2024-01-01", Some("2024-01-01")));
        assert!(holds("day<=2024-01-01", Some("2024-01-01")));
        assert!(holds("n>=10", Some("10")));
        // As numbers, not as text.
        assert!(!holds("n>=10", Some("9")));
        assert!(holds("subject~TILBUD", Some("Vedr. tilbud 17")));
        assert!(holds("contract=", None));
        assert!(!holds("contract=", Some("x")));
        assert!(holds("contract!=true", None));
        assert!(!holds("n<5", None));
        // The value may have signs of its own.
        assert!(holds("url=a=b", Some("a=b")));
        assert!("=x".parse::<Condition>().is_err());
        assert!("nothing".parse::<Condition>().is_err());
    }

    #[test]
    fn a_code_means_one_answer_about_these_records() {
        let picked = |keys: &[&str]| Picked {
            dataset: "mail".into(),
            keys: keys.iter().map(|k| (*k).to_owned()).collect(),
            sample: Vec::new(),
            waiting: 9,
        };
        let erase = Answer::Erase { reason: String::new() };
        let keep = |day: &str| Answer::Keep { until: day.parse().unwrap(), reason: "x".into() };
        let code = picked(&["1", "2"]).code(&erase);
        assert_eq!(code, picked(&["1", "2"]).code(&erase));
        assert_ne!(code, picked(&["12"]).code(&erase));
        assert_ne!(code, picked(&["1", "2", "3"]).code(&erase));
        assert_ne!(
            picked(&["1"]).code(&keep("2027-01-01")),
            picked(&["1"]).code(&keep("2028-01-01"))
        );
    }
}
