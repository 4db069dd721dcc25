//! Gaps: what is still to be filled in, starting points that vanish, and records that no version of
//! a law covers.

use frist_law::book::Law;
use frist_law::{Expiry, Start, Term, expires};
use jiff::civil::Date;

use super::Check;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{Condition, ConditionTest, DataSet, FactSource};
use crate::span::Sp;

/// What `frist init` writes where only a person knows the name.
const FILL_IN: &str = "fill-in";

impl<'a> Check<'a> {
    /// Checks for gaps.
    pub(super) fn gaps(&mut self) {
        let register = self.register;
        for activity in &register.activities {
            self.fill_in("activity", &activity.id);
            for purpose in &activity.purposes {
                self.fill_in("purpose", &purpose.id);
            }
        }
        for dataset in &register.datasets {
            self.fill_in("data set", &dataset.id);
            self.vanishing(dataset);
            self.uncovered(dataset);
            self.not_portable(dataset);
        }
    }

    fn fill_in(&mut self, what: &str, id: &Sp<String>) {
        if id.value == FILL_IN || id.value.starts_with("fill-in-") {
            let message = format!("this {what} is still called `{}`", id.value);
            self.tell(
                Code::W0014,
                id.span,
                message,
                "",
                "give it a name that tells what it is; it stands in the ledger and cannot be changed there",
            );
        }
    }

    /// A `latest` fact is missing again once the records that it looks at are erased.
    fn vanishing(&mut self, dataset: &'a DataSet) {
        let keeps = dataset.keep.iter().filter_map(|k| Some((k.from.as_ref()?, &k.when, k.open)));
        let erases = dataset.erase.iter().map(|e| (&e.from, &e.when, e.open));
        for (from, when, open) in keeps.chain(erases) {
            let Some(fact) = dataset.facts.get(from.as_str()) else { continue };
            let FactSource::Latest { dataset: other, or_else: None, .. } = &fact.source else {
                continue;
            };
            let set = |c: &Condition| c.fact == *from && c.test == ConditionTest::Set(true);
            if when.iter().any(set) {
                continue;
            }
            let follows = match open {
                true => "the period then never begins",
                false => "the record is then unclear",
            };
            let said = Diagnostic::new(
                Code::W0015,
                from.span,
                format!("`{}` is gone once the last of `{}` is erased", from.value, other.value),
            )
            .here(follows)
            .label(fact.span, "the latest of them")
            .help(format!(
                "name a field to read instead: `else = \"...\"`; or let the ground end with them: \
                 `when = {{ {} = {{ set = true }} }}`",
                from.value
            ));
            self.say(said);
        }
    }

    /// What the data subject provided is said of data that nobody can ask to have moved.
    fn not_portable(&mut self, dataset: &'a DataSet) {
        let Some(first) = dataset.provided.as_ref().and_then(|p| p.first()) else { return };
        let purposes = dataset.keep.iter().map(|keep| self.purpose(dataset, keep));
        // A purpose that does not exist has its own error.
        let Some(purposes) = purposes.collect::<Option<Vec<_>>>() else { return };
        if purposes.is_empty() || purposes.iter().any(|p| p.is_portable()) {
            return;
        }
        let said = Diagnostic::new(
            Code::W0017,
            first.span,
            format!("nothing in `{}` rests on consent or contract", dataset.id.value),
        )
        .here("so portability never hands this over")
        .law("GDPR Art. 20(1)(a)")
        .help("leave out `provided`, or give the purpose the basis that it has: 6(1)(a), 6(1)(b) or 9(2)(a)");
        self.say(said);
    }

    /// A data set that only laws keep, and no version of them covers its older records.
    fn uncovered(&mut self, dataset: &'a DataSet) {
        let mut earliest: Option<(Date, &Law, &Sp<String>)> = None;
        for keep in &dataset.keep {
            let purpose = self.purpose(dataset, keep);
            let law = purpose.and_then(|p| self.law(p.law.as_ref()));
            let (Some(law), Some(from), None) = (law, &keep.from, &keep.period) else { return };
            // Another ground, or a version without a beginning, covers them.
            let Some(day) = law.versions.iter().map(|v| v.in_force_from).min().flatten() else {
                return;
            };
            if earliest.is_none_or(|(first, _, _)| day < first) {
                earliest = Some((day, law, from));
            }
        }
        let Some((day, law, from)) = earliest else { return };
        // Long ago is nobody's concern: the period would be over anyhow. There is no clock here, but
        // the law book has a date.
        let term =
            law.versions.iter().find(|v| v.in_force_from == Some(day)).and_then(|v| v.term());
        let now = self.book.files().map(|(_, as_of)| as_of).max();
        if let (Some(term), Some(now)) = (term, now)
            && self.is_over(term, day, now)
        {
            return;
        }
        let said = Diagnostic::new(
            Code::W0016,
            from.span,
            format!("records dated before {day} have no ground to keep, and are due at once"),
        )
        .here(format!("`{}` was not in force before that day", law.id))
        .law(law.versions[0].citation.clone())
        .help("say in a [[dataset.keep]] of its own for which purpose and how long they are kept");
        self.say(said);
    }

    fn is_over(&self, term: Term, start: Date, now: Date) -> bool {
        let calendar = &self.register.controller.calendar;
        let Ok(now) = now.to_zoned(calendar.zone.clone()) else { return true };
        match expires(term, &Start::Date(start), calendar) {
            Expiry::At(at) => at <= now.timestamp(),
            Expiry::Never => false,
        }
    }
}
