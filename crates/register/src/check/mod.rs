//! The checker: everything that can be known to be wrong from the register and the law book alone.
//!
//! Whether a field or table exists is for the stores to say; whether a rule can be met, whether a
//! basis carries a purpose, and whether a period fits the law is said here.

mod announcements;
mod anonymise;
mod facts;
mod gaps;
mod names;
mod purposes;
mod record;
mod sensitive;
mod stores;
mod terms;

use frist_law::LawBook;
use frist_law::book::Law;

use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{DataSet, Keep, Purpose, Register};
use crate::source::Sources;
use crate::span::{Sp, Span};
use crate::walk::MOST;

/// What is being checked, and what has been said.
struct Check<'a> {
    register: &'a Register,
    book: &'a LawBook,
    sources: &'a Sources,
    said: Vec<Diagnostic>,
    /// How many there were, by weight, those that were not kept included.
    counts: [usize; 3],
    index: Index<'a>,
}

/// Look-ups that would otherwise make a large register slow.
struct Index<'a> {
    datasets: std::collections::HashMap<&'a str, &'a DataSet>,
    activities: std::collections::HashMap<&'a str, &'a crate::model::Activity>,
    stores: std::collections::HashMap<&'a str, &'a crate::model::Store>,
    /// Data sets by the id of their activity.
    of_activity: std::collections::HashMap<&'a str, Vec<&'a DataSet>>,
}

/// Checks a register against the law book. What comes back is in the order of the files, errors
/// first; an empty list, or one without errors, is a register that may be run.
pub fn check(register: &Register, book: &LawBook, sources: &Sources) -> Vec<Diagnostic> {
    let mut of_activity: std::collections::HashMap<&str, Vec<&DataSet>> = Default::default();
    for dataset in &register.datasets {
        of_activity.entry(&dataset.activity).or_default().push(dataset);
    }
    let index = Index {
        datasets: register.datasets.iter().map(|d| (d.id.as_str(), d)).collect(),
        activities: register.activities.iter().map(|a| (a.id.as_str(), a)).collect(),
        stores: register.stores.iter().map(|s| (s.id.as_str(), s)).collect(),
        of_activity,
    };
    let mut check = Check { register, book, sources, said: Vec::new(), counts: [0; 3], index };
    check.record();
    check.names();
    check.facts();
    check.stores();
    check.purposes();
    check.terms();
    check.sensitive();
    check.announcements();
    check.anonymise();
    check.gaps();
    let mut said = check.said;
    said.sort_by_key(|d| (d.severity, d.span(), d.code));
    said
}

impl<'a> Check<'a> {
    /// Adds a diagnostic, unless there are very many of its weight already: a register that is
    /// wrong in a hundred thousand places is refused as surely as one that is wrong in a thousand.
    fn say(&mut self, diagnostic: Diagnostic) {
        let count = &mut self.counts[diagnostic.severity as usize];
        *count += 1;
        if *count <= MOST {
            self.said.push(diagnostic);
        }
    }

    /// Adds a diagnostic with nothing more to it than a message and what to do.
    fn tell(&mut self, code: Code, span: Span, message: String, law: &str, help: &str) {
        let mut said = Diagnostic::new(code, span, message).help(help);
        if !law.is_empty() {
            said = said.law(law);
        }
        self.say(said);
    }

    /// The law of this name, when the law book has it.
    fn law(&self, id: Option<&Sp<String>>) -> Option<&'a Law> {
        self.book.get(&id?.value)
    }

    /// The purpose that a ground names, when the data set's activity has it.
    fn purpose(&self, dataset: &DataSet, keep: &Keep) -> Option<&'a Purpose> {
        let activity = self.index.activities.get(dataset.activity.as_str())?;
        activity.purposes.iter().find(|p| p.id.value == keep.purpose.value)
    }
}
