//! Periods: long enough for the statutes that demand, short enough for those that forbid, and with
//! an end.

use frist_law::book::{Kind, Law};
use frist_law::{Anchor, Basis, Expiry, Start, Term, Unit, expires};
use jiff::civil::Date;

use super::Check;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{
    Condition, ConditionTest, DataSet, FactSource, FactType, Keep, MustErase, Purpose,
};
use crate::span::{Sp, Span};

/// A duty to erase, wherever it is written.
struct Limit<'a> {
    /// The statute, when one sets it.
    law: Option<&'a Law>,
    term: Term,
    from: &'a Sp<String>,
    when: &'a [Condition],
    span: Span,
}

impl<'a> Check<'a> {
    /// Checks the periods of every data set.
    pub(super) fn terms(&mut self) {
        for dataset in &self.register.datasets {
            if dataset.keep.is_empty() {
                let message = format!(
                    "`{}` has no ground to keep: everything in it would be due at once",
                    dataset.id.value
                );
                self.tell(
                    Code::E0059,
                    dataset.id.span,
                    message,
                    "GDPR Art. 5(1)(e)",
                    "say in [[dataset.keep]] for which purpose, from when and how long it is kept",
                );
            }
            for keep in &dataset.keep {
                self.keep(dataset, keep);
            }
            for erase in &dataset.erase {
                self.erase(dataset, erase);
            }
            for limit in self.limits(dataset) {
                for keep in &dataset.keep {
                    self.against(dataset, keep, &limit);
                }
            }
            if let Some(review) = &dataset.review
                && review.every.unit == Unit::Hours
            {
                self.hours(dataset, &review.from, review.every.span);
            }
        }
    }

    fn keep(&mut self, dataset: &'a DataSet, keep: &'a Keep) {
        if let (Some(from), Some(period)) = (&keep.from, &keep.period)
            && period.unit == Unit::Hours
        {
            self.hours(dataset, from, period.span);
        }
        let Some(purpose) = self.purpose(dataset, keep) else { return };
        self.consent(dataset, keep, purpose);
        if purpose.law.is_some() && self.law(purpose.law.as_ref()).is_none() {
            return;
        }
        let law = self.law(purpose.law.as_ref());
        self.has_end(dataset, keep, purpose, law);
        let (Some(own), Some(law)) = (own_term(keep), law) else { return };
        let Some(statute) = law.newest().term() else { return };
        let (code, verb) = match law.kind {
            Kind::Minimum if self.ends_before(own, statute) => (Code::E0042, "demands"),
            Kind::Maximum if self.ends_before(statute, own) => (Code::E0043, "allows"),
            Kind::Guideline if self.ends_before(statute, own) => (Code::W0003, "accepts"),
            _ => return,
        };
        let than = if code == Code::E0042 { "less" } else { "longer" };
        let message = format!("kept for {than} than `{}` {verb}", law.id);
        let span = keep.period.as_ref().map_or(keep.span, |p| p.span);
        let help = match code {
            Code::W0003 => format!(
                "shorten it to `{statute}`, or write in `justification` why you need longer"
            ),
            _ => "leave `period` and `anchor` out: the law book knows them".to_owned(),
        };
        let mut said = Diagnostic::new(code, span, message)
            .here(format!("this is {own}; it {verb} {statute}"))
            .law(law.newest().citation.clone())
            .help(help);
        if let Some(law) = &purpose.law {
            said = said.label(law.span, "the law of this purpose");
        }
        if code == Code::W0003 && dataset.justification.is_some() {
            return;
        }
        self.say(said);
    }

    /// A ground must end some day, by its period or by what it hangs on.
    fn has_end(&mut self, dataset: &DataSet, keep: &Keep, purpose: &Purpose, law: Option<&Law>) {
        let term = own_term(keep).or_else(|| law.and_then(|l| l.newest().term()));
        // A statute without a fixed period runs while it demands; what ends it may also be that the
        // purpose ends, or a person's assessment. A purpose has no such ground to stand on.
        let hangs = !keep.when.is_empty()
            || keep.until.is_some()
            || law.is_some() && (purpose.ended.is_some() || dataset.review.is_some());
        let name = &keep.purpose.value;
        match (&keep.from, term) {
            (Some(_), Some(_)) => {}
            (Some(from), None) if law.is_none_or(|l| !l.kind.is_open_ended()) => {
                let said = Diagnostic::new(
                    Code::E0056,
                    keep.span,
                    format!("the ground `{name}` has a starting point but no period"),
                )
                .label(from.span, "how long from here?")
                .law("GDPR Art. 5(1)(e)")
                .help("add a period, such as period = \"3 years\", or give the purpose the law that sets one");
                self.say(said);
            }
            (None, Some(term)) => {
                let message = format!("the ground `{name}` has a period but no starting point");
                let said = Diagnostic::new(Code::E0056, keep.span, message)
                    .here(format!("{term}, counted from what?"))
                    .help("add the date it runs from: from = \"...\"");
                self.say(said);
            }
            (_, None) if hangs => {}
            (_, None) => {
                let message = format!(
                    "the ground `{name}` never ends, so nothing in `{}` is ever erased",
                    dataset.id.value
                );
                let mut said = Diagnostic::new(Code::E0048, keep.span, message);
                let practice =
                    "GDPR Art. 5(1)(e) and recital 39; Datatilsynet: periods must be set";
                said = match law {
                    Some(law) => said.law(format!("{practice}; {}", law.newest().citation)).help(
                        "say with `when` while what it holds, or add a periodic `review` to the data set",
                    ),
                    None => said.law(practice).help("add `from` and `period`"),
                };
                self.say(said);
            }
        }
    }

    fn consent(&mut self, dataset: &DataSet, keep: &Keep, purpose: &Purpose) {
        let by_consent = [&purpose.basis, &purpose.special_basis]
            .into_iter()
            .flatten()
            .find(|b| matches!(b.value, Basis::Consent | Basis::ExplicitConsent));
        let Some(basis) = by_consent else { return };
        let lacks = match (&keep.given, &keep.until) {
            (None, None) => "`given` and `until`",
            (None, Some(_)) => "`given`",
            (Some(_), None) => "`until`",
            (Some(_), Some(_)) => return,
        };
        let message = format!("`{}` is kept by consent, but lacks {lacks}", dataset.id.value);
        let said = Diagnostic::new(Code::E0046, keep.span, message)
            .label(basis.span, "the basis is consent")
            .law("GDPR Art. 7(1) and 7(3)")
            .help(
                "name the fields that say when consent was given and when it was withdrawn: \
                 given = \"given_at\", until = \"withdrawn_at\"",
            );
        self.say(said);
    }

    fn erase(&mut self, dataset: &'a DataSet, erase: &'a MustErase) {
        if let Some(period) = &erase.period
            && period.unit == Unit::Hours
        {
            self.hours(dataset, &erase.from, period.span);
        }
        let (Some(id), Some(law)) = (&erase.law, self.law(erase.law.as_ref())) else { return };
        if law.kind != Kind::Maximum {
            let message = format!("`{}` is no duty to erase", id.value);
            let said = Diagnostic::new(Code::E0057, id.span, message)
                .here(format!("the law book has it as {} {}", article(law.kind), law.kind))
                .law(law.newest().citation.clone())
                .help("give it to the purpose that it concerns, and name the purpose in [[dataset.keep]]");
            self.say(said);
            return;
        }
        let own = erase.period.as_ref().map(|p| Term::new(p.value, anchor(erase.anchor.as_ref())));
        if let (Some(own), Some(statute)) = (own, law.newest().term())
            && self.ends_before(statute, own)
        {
            let span = erase.period.as_ref().map_or(erase.span, |p| p.span);
            let message = format!("erased later than `{}` allows", id.value);
            let said = Diagnostic::new(Code::E0043, span, message)
                .here(format!("this is {own}; it allows {statute}"))
                .law(law.newest().citation.clone())
                .help("leave `period` and `anchor` out: the law book knows them");
            self.say(said);
        }
    }

    /// The duties to erase of a data set: those of its own, and those that its purposes' laws set.
    fn limits(&self, dataset: &'a DataSet) -> Vec<Limit<'a>> {
        let own = dataset.erase.iter().filter_map(|erase| {
            let law = self.law(erase.law.as_ref());
            let term = erase
                .period
                .as_ref()
                .map(|p| Term::new(p.value, anchor(erase.anchor.as_ref())))
                .or_else(|| law.and_then(|l| l.newest().term()))?;
            Some(Limit { law, term, from: &erase.from, when: &erase.when, span: erase.span })
        });
        let of_purposes = dataset.keep.iter().filter_map(|keep| {
            let law = self.law(self.purpose(dataset, keep)?.law.as_ref())?;
            let term = law.newest().term().filter(|_| law.kind == Kind::Maximum)?;
            let from = keep.from.as_ref()?;
            Some(Limit { law: Some(law), term, from, when: &keep.when, span: keep.span })
        });
        own.chain(of_purposes).collect()
    }

    /// A duty to erase against a ground to keep of the same records.
    fn against(&mut self, dataset: &DataSet, keep: &Keep, limit: &Limit<'_>) {
        if keep.span == limit.span || disjoint(&keep.when, limit.when) {
            return;
        }
        let Some(purpose) = self.purpose(dataset, keep) else { return };
        let law = self.law(purpose.law.as_ref());
        let lifts = |l: &Law| {
            l.excepts.is_some() && l.excepts.as_deref() == limit.law.map(|max| max.id.as_str())
        };
        if law.is_some_and(lifts) {
            return;
        }
        let demanded = law.filter(|l| l.kind.is_minimum());
        let by_statute = demanded.and_then(|l| l.newest().term());
        let least = own_term(keep)
            .filter(|own| by_statute.is_none_or(|s| !self.ends_before(*own, s)))
            .or(by_statute)
            .or_else(|| law.filter(|l| l.kind != Kind::Maximum).and_then(|l| l.newest().term()));
        let same_start = keep.from.as_ref() == Some(limit.from);
        let open_ended = demanded.is_some_and(|l| l.kind.is_open_ended()) && least.is_none();
        let too_long = same_start && least.is_some_and(|least| self.ends_before(limit.term, least));
        if !too_long && !open_ended {
            return;
        }
        let what = match limit.law {
            Some(law) => format!("`{}`", law.id),
            None => "the data set's own duty to erase".to_owned(),
        };
        let message = match demanded {
            Some(law) => format!("{what} runs out while `{}` still demands keeping", law.id),
            None => format!("kept for `{}` longer than {what} allows", keep.purpose.value),
        };
        let keeps = match least {
            Some(least) => format!("keeps {least}"),
            None => "keeps without a fixed period".to_owned(),
        };
        let mut said = Diagnostic::new(Code::E0043, keep.span, message)
            .here(keeps)
            .label(limit.span, format!("must be erased after {}", limit.term));
        said = said.help(match (demanded, self.exception(limit)) {
            (None, Some(exception)) => format!(
                "shorten it to `{}`; where `{}` applies, give it a purpose of its own with that law",
                limit.term, exception.id
            ),
            (None, None) => format!("shorten it to `{}`", limit.term),
            (Some(_), _) => "give the two a `when` that never holds for the same record; where \
                             the statutes themselves collide, ask a lawyer"
                .to_owned(),
        });
        let cited: Vec<&str> = [limit.law, demanded]
            .into_iter()
            .flatten()
            .map(|l| l.newest().citation.as_str())
            .collect();
        if !cited.is_empty() {
            said = said.law(cited.join("; "));
        }
        self.say(said);
    }

    /// The law that lifts a maximum while a condition holds.
    fn exception(&self, limit: &Limit<'_>) -> Option<&'a Law> {
        let id = limit.law?.id.as_str();
        self.book.iter().find(|law| law.excepts.as_deref() == Some(id))
    }

    /// Hours cannot be counted from a date that has none.
    fn hours(&mut self, dataset: &'a DataSet, from: &Sp<String>, span: Span) {
        let Some(fact) = dataset.facts.get(from.as_str()) else { return };
        let kind = fact.kind.as_ref().or_else(|| match &fact.source {
            FactSource::Lookup { dataset, field, .. }
            | FactSource::Latest { dataset, field, .. } => {
                let other = self.index.datasets.get(dataset.as_str())?;
                other.facts.get(field.as_str())?.kind.as_ref()
            }
            FactSource::Field(_) => None,
        });
        if kind == Some(&FactType::Date) {
            let message = format!(
                "a period in hours is counted from `{}`, a date without a time",
                from.value
            );
            let said = Diagnostic::new(Code::E0034, span, message)
                .label(fact.span, "declared as `date` here")
                .law("Regulation (EEC, Euratom) 1182/71 Art. 3")
                .help("write the period in days, or name a fact that has a time");
            self.say(said);
        }
    }

    /// Whether `a` can be over before `b` is, for some starting point.
    fn ends_before(&self, a: Term, b: Term) -> bool {
        if a.anchor == b.anchor
            && let Some(order) = a.period.compare(b.period)
        {
            return order.is_lt();
        }
        let calendar = &self.register.controller.calendar;
        // First, middle and last days of months through a leap year and the years around it: no
        // anchor and no period tells other days apart.
        let starts = (2022..=2025).flat_map(|year| {
            (1..=12).flat_map(move |month| {
                let first = Date::new(year, month, 1).ok();
                [
                    first,
                    first.and_then(|d| d.checked_add(jiff::Span::new().days(14)).ok()),
                    first.map(Date::last_of_month),
                ]
            })
        });
        starts.flatten().any(|day| {
            let start = Start::Date(day);
            match (expires(a, &start, calendar), expires(b, &start, calendar)) {
                (Expiry::At(a), Expiry::At(b)) => a < b,
                (Expiry::At(_), Expiry::Never) => true,
                (Expiry::Never, _) => false,
            }
        })
    }
}

fn anchor(anchor: Option<&Sp<Anchor>>) -> Anchor {
    anchor.map_or(Anchor::AsIs, |a| a.value)
}

/// The ground's own period; the statute's is not part of it.
fn own_term(keep: &Keep) -> Option<Term> {
    keep.period.as_ref().map(|p| Term::new(p.value, anchor(keep.anchor.as_ref())))
}

fn article(kind: Kind) -> &'static str {
    match kind {
        Kind::OpenEndedMinimum | Kind::Exception => "an",
        _ => "a",
    }
}

/// Whether no record can meet both lists of conditions.
fn disjoint(a: &[Condition], b: &[Condition]) -> bool {
    a.iter().any(|x| b.iter().any(|y| x.fact == y.fact && apart(&x.test, &y.test)))
}

fn apart(a: &ConditionTest, b: &ConditionTest) -> bool {
    use ConditionTest::{In, NotIn, Set};
    match (a, b) {
        (In(a), In(b)) => !a.iter().any(|l| b.contains(l)),
        (In(a), NotIn(b)) | (NotIn(b), In(a)) => a.iter().all(|l| b.contains(l)),
        (In(_) | Set(true), Set(false)) | (Set(false), In(_) | Set(true)) => true,
        _ => false,
    }
}
