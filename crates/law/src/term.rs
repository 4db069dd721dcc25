//! A period with its anchor: "5 years from the end of the financial year".

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{LawError, Period};

/// From where, seen from the starting point, the period is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Anchor {
    /// From the starting point itself.
    #[default]
    AsIs,
    /// From the last day of its month.
    EndOfMonth,
    /// From 31 December of its year.
    EndOfCalendarYear,
    /// From the last day of the controller's financial year that it falls in.
    EndOfFinancialYear,
}

impl Anchor {
    const ALL: [Anchor; 4] =
        [Anchor::AsIs, Anchor::EndOfMonth, Anchor::EndOfCalendarYear, Anchor::EndOfFinancialYear];

    fn parts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Anchor::AsIs => ("as is", "", ""),
            Anchor::EndOfMonth => {
                ("end of month", " from the end of the month", " fra udgangen af måneden")
            }
            Anchor::EndOfCalendarYear => (
                "end of calendar year",
                " from the end of the calendar year",
                " fra udgangen af kalenderåret",
            ),
            Anchor::EndOfFinancialYear => (
                "end of financial year",
                " from the end of the financial year",
                " fra udgangen af regnskabsåret",
            ),
        }
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.parts().0)
    }
}

impl FromStr for Anchor {
    type Err = LawError;

    fn from_str(text: &str) -> Result<Anchor, LawError> {
        let short = text.trim().replace("the ", "");
        Anchor::ALL
            .into_iter()
            .find(|anchor| anchor.parts().0 == short)
            .ok_or_else(|| LawError::Anchor { text: text.to_owned() })
    }
}

impl TryFrom<String> for Anchor {
    type Error = LawError;

    fn try_from(text: String) -> Result<Anchor, LawError> {
        text.parse()
    }
}

impl From<Anchor> for String {
    fn from(anchor: Anchor) -> String {
        anchor.to_string()
    }
}

/// A [`Period`] and the [`Anchor`] it is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Term {
    /// How long.
    pub period: Period,
    /// From where.
    pub anchor: Anchor,
}

impl Term {
    /// A period counted from an anchor.
    pub const fn new(period: Period, anchor: Anchor) -> Term {
        Term { period, anchor }
    }

    /// The term in Danish, such as `5 år fra udgangen af regnskabsåret`.
    pub fn text_da(self) -> String {
        self.period.text_da() + self.anchor.parts().2
    }
}

impl From<Period> for Term {
    fn from(period: Period) -> Term {
        Term::new(period, Anchor::AsIs)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.period, self.anchor.parts().1)
    }
}

impl FromStr for Term {
    type Err = LawError;

    fn from_str(text: &str) -> Result<Term, LawError> {
        match text.split_once(" from ") {
            Some((period, anchor)) => Ok(Term::new(period.parse()?, anchor.parse()?)),
            None => Ok(Term::from(text.parse::<Period>()?)),
        }
    }
}

impl TryFrom<String> for Term {
    type Error = LawError;

    fn try_from(text: String) -> Result<Term, LawError> {
        text.parse()
    }
}

impl From<Term> for String {
    fn from(term: Term) -> String {
        term.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        let term = Term::new(Period::years(5), Anchor::EndOfFinancialYear);
        assert_eq!(term.to_string(), "5 years from the end of the financial year");
        assert_eq!(term.text_da(), "5 år fra udgangen af regnskabsåret");
        assert_eq!(Term::from(Period::days(30)).to_string(), "30 days");
        for anchor in Anchor::ALL {
            assert_eq!(anchor.to_string().parse(), Ok(anchor));
            let term = Term::new(Period::months(1), anchor);
            assert_eq!(term.to_string().parse(), Ok(term));
        }
        assert_eq!("end of the financial year".parse(), Ok(Anchor::EndOfFinancialYear));
        assert!(matches!("end of week".parse::<Anchor>(), Err(LawError::Anchor { .. })));
        assert!(matches!("5 years from birth".parse::<Term>(), Err(LawError::Anchor { .. })));
    }

    #[test]
    fn is_a_string_in_data() {
        let term: Term = serde_json::from_str("\"1 month from the end of the month\"").unwrap();
        assert_eq!(term, Term::new(Period::months(1), Anchor::EndOfMonth));
        assert_eq!(serde_json::to_string(&term).unwrap(), "\"1 month from the end of the month\"");
        assert!(serde_json::from_str::<Term>("\"soon\"").is_err());
    }
}
