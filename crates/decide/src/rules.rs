//! The rule of one data set, resolved: every ground with its law, ready to be decided by.
//!
//! This is where a register meets the law book. What comes out knows nothing of files and ids any
//! more; the interpreter ([`mod@crate::decide`]) and the compiler ([`mod@crate::test`]) both read it, and
//! nothing else.

use frist_law::book::{Kind as LawKind, Law, Verified};
use frist_law::{Anchor, Basis, Calendar, LawBook, Term};
use frist_register::Span;
use frist_register::{
    Condition, ConditionTest, DataSet, Disposition, FactSource, FactType, Literal, Register,
};
use jiff::civil::Date;

/// The index of a fact in [`RuleSet::facts`].
pub type FactIx = usize;

/// What a fact is used for, which says how it must be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// As a point in time; the type as declared, or from the store's catalogue.
    Time(Option<FactType>),
    /// Compared with texts.
    Text,
    /// Compared with whole numbers.
    Int,
    /// Compared with true and false.
    Bool,
    /// Only whether it is there.
    Presence,
}

/// A fact that the rule reads.
#[derive(Debug, Clone)]
pub struct FactRef {
    /// The name that the register uses.
    pub name: String,
    /// Where it comes from.
    pub source: FactSource,
    /// How it is used.
    pub usage: Use,
}

/// Whether a ground permits or demands keeping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// A purpose permits it.
    Permits,
    /// A statute demands it.
    Demands,
}

/// One version of a period and when it was in force, by the record's own date.
#[derive(Debug, Clone)]
pub struct Piece {
    /// First day in force.
    pub from: Option<Date>,
    /// Last day in force.
    pub to: Option<Date>,
    /// How long; none when it never ends by itself.
    pub term: Option<Term>,
    /// The paragraph, when a law sets it.
    pub citation: Option<String>,
    /// How well the law book knows it.
    pub verified: Option<Verified>,
}

impl Piece {
    fn own(term: Option<Term>) -> Self {
        Self { from: None, to: None, term, citation: None, verified: None }
    }

    /// Whether this version is the one in force for a record of `date`.
    pub fn covers(&self, date: Date) -> bool {
        self.from.is_none_or(|f| f <= date) && self.to.is_none_or(|t| date <= t)
    }
}

/// A condition on a state.
#[derive(Debug, Clone)]
pub struct When {
    /// The fact.
    pub fact: FactIx,
    /// What must hold.
    pub test: ConditionTest,
}

/// A reason to keep.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The purpose or the statute, as an id.
    pub name: String,
    /// In words, Danish and English.
    pub title: frist_register::Text,
    /// Permits or demands.
    pub force: Force,
    /// The legal basis of its purpose.
    pub basis: Option<Basis>,
    /// The law's id in the law book.
    pub law: Option<String>,
    /// The starting point; none when only the conditions decide.
    pub from: Option<FactIx>,
    /// The periods, by version.
    pub pieces: Vec<Piece>,
    /// A missing starting point means that it has not begun.
    pub open: bool,
    /// Only for such records.
    pub when: Vec<When>,
    /// A point in time that ends it at once, and the wish to review it; a duty runs on.
    pub until: Option<FactIx>,
    /// A fact that must be there; not for a duty.
    pub given: Option<FactIx>,
    /// What a person must assess once it has ended.
    pub review: Option<frist_register::Text>,
    /// The day from which its purpose is no longer pursued; a duty runs on.
    pub ended: Option<Date>,
    /// The register's line.
    pub span: Span,
}

/// A duty to erase.
#[derive(Debug, Clone)]
pub struct Maximum {
    /// The statute's id, or `own`.
    pub name: String,
    /// In words.
    pub title: frist_register::Text,
    /// The starting point.
    pub from: FactIx,
    /// The periods, by version.
    pub pieces: Vec<Piece>,
    /// A missing starting point means that it has not begun.
    pub open: bool,
    /// Only for such records.
    pub when: Vec<When>,
    /// The grounds that lift it while they are live (a statutory exception), by index.
    pub lifted_by: Vec<usize>,
    /// The register's line.
    pub span: Span,
}

/// A periodic review of what is kept.
#[derive(Debug, Clone)]
pub struct Periodic {
    /// Since when.
    pub from: FactIx,
    /// How often.
    pub term: Term,
    /// What a person must assess.
    pub question: frist_register::Text,
}

/// The rule of one data set.
#[derive(Debug, Clone)]
pub struct RuleSet {
    /// The data set's id.
    pub dataset: String,
    /// Zone and financial years.
    pub calendar: Calendar,
    /// The facts that the rule reads.
    pub facts: Vec<FactRef>,
    /// Reasons to keep.
    pub grounds: Vec<Ground>,
    /// Duties to erase.
    pub maximums: Vec<Maximum>,
    /// Periodic review.
    pub periodic: Option<Periodic>,
    /// What is done when the time is up.
    pub then: Disposition,
}

/// Why a data set's rule cannot be resolved. The checker finds all of these first, with places.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// A purpose that the activity does not have.
    #[error(
        "data set `{dataset}` keeps for the purpose `{purpose}`, which its activity does not have; run `frist check`"
    )]
    UnknownPurpose {
        /// Data set.
        dataset: String,
        /// Purpose.
        purpose: String,
    },
    /// A law that the law book does not have.
    #[error(
        "data set `{dataset}` names the law `{law}`, which the law book does not have; run `frist check`"
    )]
    UnknownLaw {
        /// Data set.
        dataset: String,
        /// Law.
        law: String,
    },
    /// No period anywhere.
    #[error(
        "data set `{dataset}`: `{ground}` has no period, neither its own nor a statute's; run `frist check`"
    )]
    NoPeriod {
        /// Data set.
        dataset: String,
        /// Ground.
        ground: String,
    },
    /// No ground at all: everything would be due at once.
    #[error(
        "data set `{dataset}` has no ground to keep, so that everything in it would be due; say why and how long it is kept in `[[dataset.keep]]`"
    )]
    NoGround {
        /// Data set.
        dataset: String,
    },
    /// A starting point is missing in the register.
    #[error(
        "data set `{dataset}`: `{ground}` has a period but no starting point; run `frist check`"
    )]
    NoStart {
        /// Data set.
        dataset: String,
        /// Ground.
        ground: String,
    },
}

impl RuleSet {
    /// Resolves the rule of `dataset`.
    ///
    /// # Errors
    /// [`RuleError`] when the register names what is not there; the checker says where.
    pub fn resolve(
        register: &Register,
        book: &LawBook,
        dataset: &DataSet,
    ) -> Result<Self, RuleError> {
        let mut rules = RuleSet {
            dataset: dataset.id.value.clone(),
            calendar: register.controller.calendar.clone(),
            facts: Vec::new(),
            grounds: Vec::new(),
            maximums: Vec::new(),
            periodic: None,
            then: dataset.then.value.clone(),
        };
        for keep in &dataset.keep {
            rules.add_keep(register, book, dataset, keep)?;
        }
        if rules.grounds.is_empty() {
            return Err(RuleError::NoGround { dataset: rules.dataset });
        }
        for erase in &dataset.erase {
            rules.add_erase(book, dataset, erase)?;
        }
        for m in &mut rules.maximums {
            let lifts = |g: &Ground| {
                let law = g.law.as_ref().and_then(|l| book.get(l));
                law.is_some_and(|l| l.excepts.as_deref() == Some(m.name.as_str()))
            };
            m.lifted_by =
                (0..rules.grounds.len()).filter(|ix| lifts(&rules.grounds[*ix])).collect();
        }
        if let Some(review) = &dataset.review {
            let from = rules.time_fact(dataset, &review.from);
            rules.periodic = Some(Periodic {
                from,
                term: Term { period: review.every.value, anchor: Anchor::AsIs },
                question: review.question.clone(),
            });
        }
        Ok(rules)
    }

    fn add_keep(
        &mut self,
        register: &Register,
        book: &LawBook,
        dataset: &DataSet,
        keep: &frist_register::Keep,
    ) -> Result<(), RuleError> {
        let id = || dataset.id.value.clone();
        let purpose = register.purpose(dataset, &keep.purpose).ok_or_else(|| {
            RuleError::UnknownPurpose { dataset: id(), purpose: keep.purpose.value.clone() }
        })?;
        let law = match &purpose.law {
            Some(l) => Some(
                book.get(l)
                    .ok_or_else(|| RuleError::UnknownLaw { dataset: id(), law: l.value.clone() })?,
            ),
            None => None,
        };
        let from = keep.from.as_ref().map(|f| self.time_fact(dataset, f));
        let until = keep.until.as_ref().map(|f| self.time_fact(dataset, f));
        let given = keep.given.as_ref().map(|f| self.fact(dataset, f, Use::Presence));
        let when = self.conditions(dataset, &keep.when);
        let ground = Ground {
            name: purpose.id.value.clone(),
            title: purpose.text.value.clone(),
            force: Force::Permits,
            basis: purpose.basis.as_ref().map(|b| b.value),
            law: purpose.law.as_ref().map(|l| l.value.clone()),
            from,
            pieces: Vec::new(),
            open: keep.open,
            when,
            until,
            given,
            review: keep.review.as_ref().map(|r| r.value.clone()),
            ended: purpose.ended.as_ref().map(|d| d.value),
            span: keep.span,
        };
        let own = keep.period.as_ref().map(|p| Term {
            period: p.value,
            anchor: keep.anchor.as_ref().map_or(Anchor::AsIs, |a| a.value),
        });
        let no_start = || RuleError::NoStart { dataset: id(), ground: purpose.id.value.clone() };
        if let Some(law) = law.filter(|l| l.kind.is_minimum()) {
            let pieces = law_pieces(law);
            if from.is_none() && pieces.iter().any(|p| p.term.is_some()) {
                return Err(no_start());
            }
            // A statute demands on its own terms (what ends a purpose does not end the duty), and
            // when it lets go, a person still assesses what the register says must be assessed.
            self.grounds.push(Ground {
                title: law_title(law),
                force: Force::Demands,
                pieces,
                ..ground.clone()
            });
            if let Some(term) = own {
                self.grounds.push(Ground { pieces: vec![Piece::own(Some(term))], ..ground });
            }
            return Ok(());
        }
        if let Some(law) = law.filter(|l| l.kind == LawKind::Maximum) {
            let from = from.ok_or_else(no_start)?;
            self.maximums.push(Maximum {
                name: law.id.clone(),
                title: law_title(law),
                from,
                pieces: law_pieces(law),
                open: keep.open,
                when: ground.when.clone(),
                lifted_by: Vec::new(),
                span: keep.span,
            });
        }
        let pieces = match (own, law) {
            (Some(term), _) => vec![Piece::own(Some(term))],
            (None, Some(law)) => law_pieces(law),
            // A ground without a period lasts while its conditions do, or until it is ended.
            (None, None) if from.is_none() && !(ground.when.is_empty() && until.is_none()) => {
                vec![Piece::own(None)]
            }
            (None, None) => {
                return Err(RuleError::NoPeriod {
                    dataset: id(),
                    ground: purpose.id.value.clone(),
                });
            }
        };
        if from.is_none() && pieces.iter().any(|p| p.term.is_some()) {
            return Err(no_start());
        }
        self.grounds.push(Ground { pieces, ..ground });
        Ok(())
    }

    fn add_erase(
        &mut self,
        book: &LawBook,
        dataset: &DataSet,
        erase: &frist_register::MustErase,
    ) -> Result<(), RuleError> {
        let id = || dataset.id.value.clone();
        let law = match &erase.law {
            Some(l) => Some(
                book.get(l)
                    .ok_or_else(|| RuleError::UnknownLaw { dataset: id(), law: l.value.clone() })?,
            ),
            None => None,
        };
        let from = self.time_fact(dataset, &erase.from);
        let when = self.conditions(dataset, &erase.when);
        let name = law.map_or_else(|| "own".to_owned(), |l| l.id.clone());
        let pieces = match (&erase.period, law) {
            (Some(p), _) => vec![Piece::own(Some(Term {
                period: p.value,
                anchor: erase.anchor.as_ref().map_or(Anchor::AsIs, |a| a.value),
            }))],
            (None, Some(law)) => law_pieces(law),
            (None, None) => return Err(RuleError::NoPeriod { dataset: id(), ground: name }),
        };
        let title = law.map(law_title).unwrap_or_else(|| frist_register::Text {
            da: "egen slettefrist".into(),
            en: "own deadline for erasure".into(),
        });
        self.maximums.push(Maximum {
            name,
            title,
            from,
            pieces,
            open: erase.open,
            when,
            lifted_by: Vec::new(),
            span: erase.span,
        });
        Ok(())
    }

    fn conditions(&mut self, dataset: &DataSet, conditions: &[Condition]) -> Vec<When> {
        let mut out = Vec::with_capacity(conditions.len());
        for c in conditions {
            let usage = match &c.test {
                ConditionTest::Set(_) => Use::Presence,
                ConditionTest::In(l) | ConditionTest::NotIn(l) => match l.first() {
                    Some(Literal::Int(_)) => Use::Int,
                    Some(Literal::Bool(_)) => Use::Bool,
                    _ => Use::Text,
                },
            };
            out.push(When { fact: self.fact(dataset, &c.fact, usage), test: c.test.clone() });
        }
        out
    }

    /// Facts are kept apart by use: a date whose presence is also a condition is two facts.
    fn fact(&mut self, dataset: &DataSet, name: &str, usage: Use) -> FactIx {
        if let Some(ix) = self.facts.iter().position(|f| f.name == name && f.usage == usage) {
            return ix;
        }
        let source = match dataset.facts.get(name) {
            Some(fact) => fact.source.clone(),
            None => FactSource::Field(frist_register::Sp::new(name.to_owned(), dataset.span)),
        };
        self.facts.push(FactRef { name: name.to_owned(), source, usage });
        self.facts.len() - 1
    }

    fn time_fact(&mut self, dataset: &DataSet, name: &str) -> FactIx {
        let declared = dataset.facts.get(name).and_then(|f| f.kind.clone());
        self.fact(dataset, name, Use::Time(declared))
    }
}

fn law_title(law: &Law) -> frist_register::Text {
    frist_register::Text { da: law.title.da.clone(), en: law.title.en.clone() }
}

fn law_pieces(law: &Law) -> Vec<Piece> {
    law.versions
        .iter()
        .map(|v| Piece {
            from: v.in_force_from,
            to: v.in_force_to,
            term: v.term(),
            citation: Some(v.citation.clone()),
            verified: Some(v.verified),
        })
        .collect()
}
