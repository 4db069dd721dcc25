//! A data set's rule in words that a data subject, a member of staff and an inspector understand.
//!
//! Nothing is written twice: the words are made from the [`RuleSet`] that decides and erases, so that
//! a notice cannot promise what the engine does not do. A starting point is called what the register
//! calls it (`title` of a fact), else what the statute says, else by its field's name in quotes.

use frist_decide::rules::{Force, Ground, Maximum, Piece, Use, When};
use frist_decide::{RuleSet, explain};
use frist_law::book::Verified;
use frist_law::{Anchor, Expiry, Start, Term, expires};
use frist_register::{ConditionTest, DataSet, Literal, StartPoint};
use jiff::civil::Date;
use serde::Serialize;

use crate::source::{Result, Source, sentence, small};

/// What a line of a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A purpose permits keeping.
    Permits,
    /// A statute demands keeping.
    Demands,
    /// A statute, or the organisation itself, demands erasure at the latest.
    Limits,
}

/// A statute or practice behind a period, in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Citation {
    /// Act, number and section.
    pub citation: String,
    /// First day in force, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force_from: Option<Date>,
    /// Last day in force, when it no longer is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force_to: Option<Date>,
    /// The period in words, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    /// How well the law book has checked it: `verified`, `secondary` or `unverified`.
    pub checked: String,
    #[serde(skip)]
    pub(crate) verified: Option<Verified>,
}

impl Citation {
    /// The citation with the days in force, and the law book's reservation where it has one.
    pub fn line(&self, source: &Source<'_>) -> String {
        let mut text = self.citation.clone();
        let day = |d: Date| source.day(d);
        text += &match (self.in_force_from, self.in_force_to, source.da()) {
            (Some(from), Some(to), true) => format!(", i kraft {} til {}", day(from), day(to)),
            (Some(from), Some(to), false) => format!(", in force {} to {}", day(from), day(to)),
            (Some(from), None, true) => format!(", i kraft fra {}", day(from)),
            (Some(from), None, false) => format!(", in force from {}", day(from)),
            (None, Some(to), true) => format!(", i kraft til {}", day(to)),
            (None, Some(to), false) => format!(", in force until {}", day(to)),
            (None, None, _) => String::new(),
        };
        if let Some(verified) = self.verified.filter(|v| *v != Verified::Verified) {
            let mark = if source.da() { verified.text_da().to_owned() } else { said(verified) };
            text += &format!(" [{mark}]");
        }
        text
    }
}

fn said(verified: Verified) -> String {
    match verified {
        Verified::Secondary => "seen in a secondary source only".to_owned(),
        other => other.to_string(),
    }
}

/// One line of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroundWords {
    /// Id of the purpose, or of the statute for a duty to erase.
    pub id: String,
    /// The purpose, or what the statute is about.
    pub title: String,
    /// What it does.
    pub role: Role,
    /// How long, in words: `5 år fra udgangen af regnskabsåret for fakturadatoen`.
    pub words: String,
    /// The period as a register writes it: `5 years from the end of the financial year`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    /// The name of the fact that it runs from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The statutes behind it: the version in force first, then those under which older records
    /// are still kept.
    pub laws: Vec<Citation>,
    /// What a person must assess before anything is erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// Facts that are called by their field's name, for want of words in the register.
    #[serde(skip)]
    pub nameless: Vec<String>,
    #[serde(skip)]
    pub(crate) longest: Option<Term>,
    #[serde(skip)]
    pub(crate) start: Option<StartPoint>,
}

impl GroundWords {
    /// The words with the statute: `..., jf. bogføringsloven (...) § 12, stk. 1`.
    pub fn with_law(&self, source: &Source<'_>) -> String {
        match self.laws.first() {
            Some(law) if source.da() => format!("{}, jf. {}", self.words, inside(&law.citation)),
            Some(law) => format!("{} ({})", self.words, law.citation),
            None => self.words.clone(),
        }
    }
}

/// A Danish citation inside a sentence: acts and orders with a small first letter.
fn inside(citation: &str) -> String {
    let first = citation.split_whitespace().next().unwrap_or_default();
    let name = first.ends_with("loven") || first.ends_with("bekendtgørelsen");
    if name || first == "Praksis" { small(citation) } else { citation.to_owned() }
}

/// The rule of one data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleWords {
    /// The data set's id.
    pub dataset: String,
    /// What the data set is called.
    pub title: String,
    /// Duties and purposes to keep, in the register's order, then duties to erase.
    pub grounds: Vec<GroundWords>,
    /// What is done when the time is up: `slettes`.
    pub disposition: String,
    /// How often what is kept is gone through, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<String>,
}

impl RuleWords {
    /// A sentence for each line of the rule, with its statute.
    pub fn sentences(&self, source: &Source<'_>) -> Vec<String> {
        self.grounds.iter().map(|g| sentence(&g.with_law(source))).collect()
    }

    /// The statutes that it rests on, each once.
    pub fn laws(&self) -> Vec<&Citation> {
        let mut all: Vec<&Citation> = Vec::new();
        for law in self.grounds.iter().flat_map(|g| &g.laws) {
            if !all.contains(&law) {
                all.push(law);
            }
        }
        all
    }
}

/// Puts the rule of a data set in words.
///
/// # Errors
/// When the register names what it does not have; the checker says where.
pub fn rule(source: &Source<'_>, dataset: &DataSet) -> Result<RuleWords> {
    let rules = RuleSet::resolve(source.register, source.book, dataset)?;
    let writer = Writer { source, dataset, rules: &rules };
    let mut grounds: Vec<GroundWords> = rules.grounds.iter().map(|g| writer.ground(g)).collect();
    grounds.extend(rules.maximums.iter().map(|m| writer.maximum(m)));
    Ok(RuleWords {
        dataset: dataset.id.value.clone(),
        title: source.text(&dataset.title, &dataset.id.value),
        grounds,
        disposition: explain::disposition(&rules.then).get(source.lang).to_owned(),
        review: dataset.review.as_ref().map(|r| {
            let every = period(source, r.every.value);
            let question = source.text(&r.question, "");
            format!("{} {every}: {question}", source.pick("hver", "every"))
        }),
    })
}

/// A period in the language.
pub fn period(source: &Source<'_>, period: frist_law::Period) -> String {
    if source.da() { period.text_da() } else { period.to_string() }
}

struct Writer<'a> {
    source: &'a Source<'a>,
    dataset: &'a DataSet,
    rules: &'a RuleSet,
}

impl Writer<'_> {
    fn ground(&self, g: &Ground) -> GroundWords {
        let mut nameless = Vec::new();
        let from = g.from.map(|f| self.rules.facts[f].name.as_str());
        let live = self.live(&g.pieces);
        let consent = g.force == Force::Permits && g.basis.is_some_and(|b| b.is_consent());
        // What the starting point or the consent already says is not said again.
        let given = g.given.map(|f| self.rules.facts[f].name.as_str());
        let said = |w: &&When| {
            let name = self.rules.facts[w.fact].name.as_str();
            w.test != ConditionTest::Set(true) || (from != Some(name) && given != Some(name))
        };
        let when: Vec<&When> = g.when.iter().filter(said).collect();
        let terms = self.terms(&live, from, g.law.as_deref(), &mut nameless);
        let mut words = self.conditions(&terms, &when, &mut nameless);
        if words.is_empty() {
            words = self.open_ended(g.law.as_deref());
        }
        let until = g.until.map(|f| self.rules.facts[f].name.as_str());
        match (consent, until) {
            (true, _) => words = self.consent(&words),
            (false, Some(name)) if g.force == Force::Permits => {
                let what = self.name(name, &mut nameless);
                words += &match self.source.da() {
                    true => format!(", dog ikke efter {what}"),
                    false => format!(", but not after {what}"),
                };
            }
            _ => {}
        }
        if let Some(day) = g.ended.filter(|_| g.force == Force::Permits) {
            let day = self.source.day(day);
            words += &match self.source.da() {
                true => format!(" (formålet er ophørt {day})"),
                false => format!(" (the purpose ended on {day})"),
            };
        }
        GroundWords {
            id: g.name.clone(),
            title: self.source.text(&g.title, &g.name),
            role: if g.force == Force::Demands { Role::Demands } else { Role::Permits },
            words,
            term: live.first().and_then(|p| p.term).map(|t| t.to_string()),
            from: from.map(str::to_owned),
            laws: self.citations(&live),
            question: g.review.as_ref().map(|r| self.source.text(r, "")),
            nameless,
            longest: live.iter().filter_map(|p| p.term).next(),
            start: from.and_then(|f| self.start_point(f)),
        }
    }

    fn maximum(&self, m: &Maximum) -> GroundWords {
        let mut nameless = Vec::new();
        let from = self.rules.facts[m.from].name.as_str();
        let live = self.live(&m.pieces);
        let when: Vec<&When> = m.when.iter().collect();
        let law = self.source.book.get(&m.name).map(|l| l.id.as_str());
        let terms = self.terms(&live, Some(from), law, &mut nameless);
        let words = self.conditions(&terms, &when, &mut nameless);
        GroundWords {
            id: m.name.clone(),
            title: self.source.text(&m.title, &m.name),
            role: Role::Limits,
            words: format!("{} {words}", self.source.pick("højst", "at most")),
            term: live.first().and_then(|p| p.term).map(|t| t.to_string()),
            from: Some(from.to_owned()),
            laws: self.citations(&live),
            question: None,
            nameless,
            longest: live.iter().filter_map(|p| p.term).next(),
            start: self.start_point(from),
        }
    }

    /// The versions under which something can still be kept, the newest first. An old version goes
    /// when the period of its last day is over.
    fn live<'p>(&self, pieces: &'p [Piece]) -> Vec<&'p Piece> {
        let day = self.source.law_day();
        let calendar = &self.rules.calendar;
        let now = day.to_zoned(calendar.zone.clone()).map(|z| z.timestamp()).ok();
        let over = |p: &Piece| match (p.to, p.term, now) {
            (Some(to), Some(term), Some(now)) => {
                expires(term, &Start::Date(to), calendar) <= Expiry::At(now)
            }
            _ => false,
        };
        let begun = |p: &&Piece| p.from.is_none_or(|from| from <= day);
        let mut live: Vec<&Piece> = pieces.iter().filter(begun).filter(|p| !over(p)).collect();
        if live.is_empty() {
            live = pieces.iter().collect();
        }
        live.reverse();
        live
    }

    /// The periods in words: one, unless older records have another.
    fn terms(
        &self,
        live: &[&Piece],
        from: Option<&str>,
        law: Option<&str>,
        nameless: &mut Vec<String>,
    ) -> String {
        let Some(from) = from else { return String::new() };
        let mut distinct: Vec<(&Piece, Term)> = Vec::new();
        for piece in live {
            if let Some(term) = piece.term
                && distinct.iter().all(|(_, t)| *t != term)
            {
                distinct.push((*piece, term));
            }
        }
        let mut parts = Vec::new();
        for (i, (piece, term)) in distinct.iter().enumerate() {
            let start = if i == 0 { self.start(from, law, piece, nameless) } else { String::new() };
            let mut text =
                if i == 0 { self.term(*term, &start) } else { period(self.source, term.period) };
            if let (Some(to), true) = (piece.to, distinct.len() > 1) {
                let to = self.source.day(to);
                text += &match self.source.da() {
                    true => format!(" for det, der er dateret til og med {to}"),
                    false => format!(" for what is dated up to {to}"),
                };
            }
            parts.push(text);
        }
        parts.join("; ")
    }

    /// `5 år fra udgangen af regnskabsåret for fakturadatoen`.
    fn term(&self, term: Term, start: &str) -> String {
        let period = period(self.source, term.period);
        if term.anchor == Anchor::AsIs && period.starts_with("0 ") {
            return format!("{} {start}", self.source.pick("til og med", "up to and including"));
        }
        let year = ["det regnskabsår", "the financial year"].iter().any(|w| start.starts_with(w));
        match (term.anchor, self.source.da()) {
            (Anchor::AsIs, true) => format!("{period} fra {start}"),
            (Anchor::AsIs, false) => format!("{period} from {start}"),
            // The statute's own words: `det regnskabsår, materialet vedrører`.
            (Anchor::EndOfFinancialYear, true) if year => {
                format!("{period} fra udgangen af {start}")
            }
            (Anchor::EndOfFinancialYear, false) if year => {
                format!("{period} from the end of {start}")
            }
            (_, true) => format!("{} for {start}", term.text_da()),
            (_, false) => format!("{term} of {start}"),
        }
    }

    /// What the starting point is called.
    fn start(
        &self,
        from: &str,
        law: Option<&str>,
        piece: &Piece,
        nameless: &mut Vec<String>,
    ) -> String {
        let own = self.dataset.facts.get(from).filter(|f| !f.title.is_empty());
        if own.is_none()
            && let Some(law) = law.and_then(|id| self.source.book.get(id))
        {
            let version =
                law.versions.iter().find(|v| Some(&v.citation) == piece.citation.as_ref());
            if let Some(start) = version.and_then(|v| v.start.as_ref()) {
                return small(self.source.pick(&start.da, &start.en));
            }
        }
        self.name(from, nameless)
    }

    fn name(&self, fact: &str, nameless: &mut Vec<String>) -> String {
        match self.dataset.facts.get(fact).filter(|f| !f.title.is_empty()) {
            Some(fact) => small(fact.title.get(self.source.lang)),
            None => {
                if !nameless.iter().any(|n| n == fact) {
                    nameless.push(fact.to_owned());
                }
                if self.source.da() { format!("»{fact}«") } else { format!("“{fact}”") }
            }
        }
    }

    fn start_point(&self, fact: &str) -> Option<StartPoint> {
        self.dataset.facts.get(fact)?.start.as_ref().map(|s| s.value)
    }

    fn is_time(&self, name: &str) -> bool {
        self.dataset.facts.get(name).is_some_and(|f| f.kind.is_some())
            || self.rules.facts.iter().any(|f| f.name == name && matches!(f.usage, Use::Time(_)))
    }

    /// The period with its conditions; without a period, the conditions alone.
    fn conditions(&self, term: &str, when: &[&When], nameless: &mut Vec<String>) -> String {
        let da = self.source.da();
        let (mut until, mut holds) = (Vec::new(), Vec::new());
        for w in when {
            let fact = self.rules.facts[w.fact].name.as_str();
            let what = self.name(fact, nameless);
            match &w.test {
                ConditionTest::Set(false) if term.is_empty() && self.is_time(fact) => {
                    until.push(what);
                }
                ConditionTest::Set(true) if da => holds.push(format!("{what} er registreret")),
                ConditionTest::Set(true) => holds.push(format!("{what} is recorded")),
                ConditionTest::Set(false) if da => {
                    holds.push(format!("{what} ikke er registreret"));
                }
                ConditionTest::Set(false) => holds.push(format!("{what} is not recorded")),
                ConditionTest::In(these) => {
                    let these = self.source.or(&self.literals(these));
                    let is = if da { "er" } else { "is" };
                    holds.push(format!("{what} {is} {these}"));
                }
                ConditionTest::NotIn(these) => {
                    let these = self.source.or(&self.literals(these));
                    let is = if da { "ikke er" } else { "is not" };
                    holds.push(format!("{what} {is} {these}"));
                }
            }
        }
        let holds = self.source.and(&holds);
        let until = self.source.and(&until);
        match (term.is_empty(), until.is_empty(), holds.is_empty(), da) {
            (false, _, true, _) => term.to_owned(),
            (false, _, false, true) => format!("{term}, når {holds}"),
            (false, _, false, false) => format!("{term}, where {holds}"),
            (true, true, true, _) => String::new(),
            (true, true, false, true) => format!("så længe {holds}"),
            (true, true, false, false) => format!("as long as {holds}"),
            (true, false, true, true) => format!("indtil {until}"),
            (true, false, true, false) => format!("until {until}"),
            (true, false, false, true) => format!("indtil {until}, når {holds}"),
            (true, false, false, false) => format!("until {until}, where {holds}"),
        }
    }

    fn literals(&self, all: &[Literal]) -> Vec<String> {
        let quoted =
            |t: &str| if self.source.da() { format!("»{t}«") } else { format!("“{t}”") };
        all.iter()
            .map(|one| match one {
                Literal::Text(text) => quoted(text),
                Literal::Int(number) => number.to_string(),
                Literal::Bool(true) => quoted(self.source.pick("ja", "yes")),
                Literal::Bool(false) => quoted(self.source.pick("nej", "no")),
            })
            .collect()
    }

    fn consent(&self, words: &str) -> String {
        match (words.is_empty(), self.source.da()) {
            (true, true) => "indtil samtykket trækkes tilbage".to_owned(),
            (true, false) => "until consent is withdrawn".to_owned(),
            (false, true) => format!("{words}, men kun indtil samtykket trækkes tilbage"),
            (false, false) => format!("{words}, but only until consent is withdrawn"),
        }
    }

    /// What the statute says in place of a period.
    fn open_ended(&self, law: Option<&str>) -> String {
        let law = law.and_then(|id| self.source.book.get(id));
        let condition = law.and_then(|l| l.newest().condition.as_ref());
        condition.map_or_else(String::new, |c| small(self.source.pick(&c.da, &c.en)))
    }

    fn citations(&self, live: &[&Piece]) -> Vec<Citation> {
        let one = |p: &&Piece| {
            let citation = p.citation.clone()?;
            let term = |t: Term| if self.source.da() { t.text_da() } else { t.to_string() };
            let checked = p.verified.map_or_else(String::new, |v| v.to_string());
            Some(Citation {
                citation,
                in_force_from: p.from,
                in_force_to: p.to,
                term: p.term.map(term),
                checked,
                verified: p.verified,
            })
        };
        live.iter().filter_map(one).collect()
    }
}
