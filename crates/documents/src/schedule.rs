//! The deletion schedule (sletteplan): every data set by its deletion class.
//!
//! In the words of ISO/IEC 27555: a data set is a *cluster of PII* with exactly one *deletion rule*; a
//! *deletion class* is a standard period with a type of starting point. A rule with several grounds
//! belongs to the class of the one that can last longest, and a duty to erase goes before all others;
//! the whole rule stands beside it.

use std::cmp::Ordering;

use frist_law::{Anchor, Term};
use frist_paper::{Block, Cell, Document, Inline};
use frist_register::{Role as ActivityRole, StartPoint};
use jiff::civil::Date;
use serde::Serialize;

use crate::layout::{bullets, document, heading, lines, note, rules, table};
use crate::record::{LimitView, Named, limit};
use crate::source::{Result, Source, capital};
use crate::words::{Role, RuleWords, period};

/// The schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Schedule {
    /// The form of this data, `frist-schedule/1`.
    pub schema: &'static str,
    /// The language of its texts.
    pub language: &'static str,
    /// The hash of the register's revision.
    pub revision: String,
    /// The document's date, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// The day whose law it states.
    pub law_as_of: Date,
    /// The deletion classes, by starting point and length.
    pub classes: Vec<Class>,
    /// How long backups live: data is truly gone when they are.
    pub backups: Vec<Backup>,
    /// The data sets that nobody has justified or assessed (Art. 5(2)).
    pub not_assessed: Vec<Named>,
}

/// A deletion class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Class {
    /// The type of starting point; none when the register does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<&'static str>,
    /// The standard period as a register writes it; none while conditions alone decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// Both in words.
    pub title: String,
    /// The clusters of it.
    pub clusters: Vec<Cluster>,
    #[serde(skip)]
    key: (Option<StartPoint>, Option<Term>),
}

/// A cluster of PII: one data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cluster {
    /// The activity that is responsible for it.
    pub activity: Named,
    /// Whether it is held on behalf of others.
    pub as_processor: bool,
    /// Where it lies, whom it is about, and its deletion rule.
    pub data: LimitView,
    /// Why these periods, in the organisation's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// The day of the last assessment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assessed_on: Option<Date>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assessed_by: Option<String>,
    /// When it is to be made again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assess_next: Option<Date>,
    /// Whether a person with legal training must look at it.
    pub needs_lawyer: bool,
}

/// How long the backups of a store live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// The store.
    pub store: Named,
    /// The period; none when the register does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<String>,
}

/// Makes the schedule.
///
/// # Errors
/// When the register has an error.
pub fn schedule(source: &Source<'_>) -> Result<Schedule> {
    let register = source.register;
    let mut classes: Vec<Class> = Vec::new();
    let mut not_assessed = Vec::new();
    for dataset in &register.datasets {
        let data = limit(source, dataset)?;
        let key = class_of(&data.rule);
        let activity = register.activity(&dataset.activity);
        let assessment = dataset.assessment.as_ref();
        let justification = dataset.justification.as_ref().filter(|j| !j.is_empty());
        if assessment.is_none() && justification.is_none() {
            not_assessed
                .push(Named { id: dataset.id.value.clone(), name: data.rule.title.clone() });
        }
        let cluster = Cluster {
            activity: Named {
                id: dataset.activity.value.clone(),
                name: activity.map_or_else(
                    || dataset.activity.value.clone(),
                    |a| source.text(&a.title, &a.id.value),
                ),
            },
            as_processor: activity
                .is_some_and(|a| matches!(a.role, ActivityRole::Processor { .. })),
            data,
            justification: justification.map(|j| source.text(j, "")),
            assessed_on: assessment.map(|a| a.on.value),
            assessed_by: assessment.map(|a| a.by.value.clone()),
            assess_next: assessment.and_then(|a| a.next.as_ref()).map(|d| d.value),
            needs_lawyer: assessment.is_some_and(|a| a.lawyer),
        };
        match classes.iter_mut().find(|c| c.key == key) {
            Some(class) => class.clusters.push(cluster),
            None => classes.push(Class {
                start: key.0.map(StartPoint::as_str),
                period: key.1.map(|t| t.to_string()),
                title: title(source, key),
                clusters: vec![cluster],
                key,
            }),
        }
    }
    classes.sort_by(|a, b| {
        let unsaid = |c: &Class| c.key.0.is_none();
        unsaid(a)
            .cmp(&unsaid(b))
            .then(a.key.0.cmp(&b.key.0))
            .then_with(|| longer(a.key.1, b.key.1))
            .then_with(|| a.period.cmp(&b.period))
    });
    let backups = register.stores.iter().map(|s| Backup {
        store: Named { id: s.id.value.clone(), name: source.text(&s.title, &s.id.value) },
        keep: s.backups.as_ref().map(|b| period(source, b.value)),
    });
    Ok(Schedule {
        schema: "frist-schedule/1",
        language: source.lang.as_str(),
        revision: source.revision.to_owned(),
        date: source.date,
        law_as_of: source.law_day(),
        backups: backups.collect(),
        classes,
        not_assessed,
    })
}

/// The starting point and the period that decide the class.
fn class_of(rule: &RuleWords) -> (Option<StartPoint>, Option<Term>) {
    let limits = rule.grounds.iter().filter(|g| g.role == Role::Limits);
    let limit = limits.min_by(|a, b| longer(a.longest, b.longest));
    let longest = rule.grounds.iter().filter(|g| g.role != Role::Limits);
    // Of equals the first: the register's order.
    let longest = longest.fold(None, |best: Option<&crate::words::GroundWords>, g| match best {
        Some(b) if longer(g.longest, b.longest) != Ordering::Greater => Some(b),
        _ => Some(g),
    });
    limit.or(longest).map_or((None, None), |g| (g.start, g.longest))
}

/// Which period lasts longer; one that cannot be told is taken as equal. None is the shortest.
fn longer(a: Option<Term>, b: Option<Term>) -> Ordering {
    let anchor = |t: Term| match t.anchor {
        Anchor::AsIs => 0,
        Anchor::EndOfMonth => 1,
        Anchor::EndOfCalendarYear | Anchor::EndOfFinancialYear => 2,
    };
    match (a, b) {
        (Some(a), Some(b)) => {
            a.period.compare(b.period).unwrap_or(Ordering::Equal).then(anchor(a).cmp(&anchor(b)))
        }
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

fn start_text(source: &Source<'_>, start: Option<StartPoint>) -> &'static str {
    match (start, source.da()) {
        (Some(StartPoint::Collection), true) => "Indsamling",
        (Some(StartPoint::Collection), false) => "Collection",
        (Some(StartPoint::EndOfProcess), true) => "Afslutning af en proces",
        (Some(StartPoint::EndOfProcess), false) => "End of a process",
        (Some(StartPoint::EndOfRelationship), true) => "Ophør af relationen",
        (Some(StartPoint::EndOfRelationship), false) => "End of the relationship",
        (None, true) => "Startpunkt ikke angivet",
        (None, false) => "Starting point not stated",
    }
}

fn term_text(source: &Source<'_>, term: Option<Term>) -> String {
    match term {
        Some(term) if source.da() => term.text_da(),
        Some(term) => term.to_string(),
        None => {
            source.pick("så længe betingelserne er opfyldt", "while conditions hold").to_owned()
        }
    }
}

fn title(source: &Source<'_>, key: (Option<StartPoint>, Option<Term>)) -> String {
    format!("{}: {}", start_text(source, key.0), term_text(source, key.1))
}

impl Schedule {
    /// The schedule as JSON.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn json(&self) -> Result<String> {
        crate::layout::json(self, "JSON")
    }

    /// The schedule as CSV (RFC 4180, UTF-8), a line for each data set.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn csv(&self, source: &Source<'_>) -> Result<String> {
        crate::schedule_csv::write(self, source)
    }

    /// The schedule as a document.
    pub fn document(&self, source: &Source<'_>) -> Document {
        let title = source.pick("Sletteplan", "Deletion schedule");
        let subtitle = source.pick(
            "Databeskyttelsesforordningens artikel 5, stk. 1, litra e; begreber efter ISO/IEC 27555",
            "GDPR Article 5(1)(e); terms of ISO/IEC 27555",
        );
        let mut doc = document(source, title, subtitle.to_owned());
        let b = &mut doc.blocks;
        b.push(Block::paragraph(source.pick(
            "Hvert datasæt (cluster of PII) har én sletteregel og hører til én sletteklasse: en type startpunkt og en standardfrist. Har reglen flere frister, bestemmer den, der kan løbe længst, klassen; en slettepligt går dog forud. Reglerne er dem, der faktisk sletter.",
            "Each data set (cluster of PII) has one deletion rule and belongs to one deletion class: a type of starting point and a standard period. Where a rule has several periods, the one that can run longest decides the class, except that a duty to erase goes first. The rules are the ones that actually erase.",
        )));
        b.push(heading(1, source.pick("Sletteklasserne", "The deletion classes")));
        b.push(self.overview(source));
        b.push(heading(1, source.pick("Datasættene", "The data sets")));
        for class in &self.classes {
            b.push(heading(2, class.title.as_str()));
            b.push(clusters(source, class));
        }
        b.push(heading(1, source.pick("Vurdering", "Assessment")));
        b.push(self.assessment(source));
        if !self.not_assessed.is_empty() {
            b.push(note(source.pick(
                "Ingen har begrundet eller vurderet disse frister (artikel 5, stk. 2):",
                "Nobody has justified or assessed these periods (Article 5(2)):",
            )));
            b.push(bullets(self.not_assessed.iter().map(|n| n.name.as_str())));
        }
        b.push(heading(1, source.pick("Sikkerhedskopier", "Backups")));
        b.push(Block::paragraph(source.pick(
            "Det, der er slettet, ligger i sikkerhedskopier, til de udløber. Efter en genindlæsning slettes det igen.",
            "What has been erased remains in backups until they expire. After a restore it is erased again.",
        )));
        let rows = self.backups.iter().map(|s| {
            let keep = s.keep.clone().unwrap_or_else(|| {
                source.pick("Ingen sikkerhedskopier er angivet", "No backups are stated").to_owned()
            });
            vec![Cell::from(s.store.name.clone()), Cell::from(keep)]
        });
        b.push(table(
            source.pick("Sikkerhedskopiernes levetid", "How long backups live"),
            &[source.pick("Sted", "Place"), source.pick("Udløber efter", "Expire after")],
            rows.collect(),
            &[3, 2],
        ));
        doc
    }

    /// Periods against starting points, as the standard draws them.
    fn overview(&self, source: &Source<'_>) -> Block {
        let mut starts: Vec<Option<StartPoint>> = Vec::new();
        let mut terms: Vec<Option<Term>> = Vec::new();
        for class in &self.classes {
            if !starts.contains(&class.key.0) {
                starts.push(class.key.0);
            }
            if !terms.contains(&class.key.1) {
                terms.push(class.key.1);
            }
        }
        terms.sort_by(|a, b| longer(*a, *b));
        let mut head = vec![source.pick("Standardfrist", "Standard period")];
        head.extend(starts.iter().map(|s| start_text(source, *s)));
        let rows = terms.iter().map(|term| {
            let mut row = vec![Cell::from(capital(&term_text(source, *term)))];
            for start in &starts {
                let class = self.classes.iter().find(|c| c.key == (*start, *term));
                let names: Vec<&str> = class.map_or_else(Vec::new, |c| {
                    c.clusters.iter().map(|c| c.data.rule.title.as_str()).collect()
                });
                row.push(lines(&names));
            }
            row
        });
        table(
            source.pick(
                "Datasæt efter frist og startpunkt",
                "Data sets by period and starting point",
            ),
            &head,
            rows.collect(),
            &[],
        )
    }

    fn assessment(&self, source: &Source<'_>) -> Block {
        let rows = self.classes.iter().flat_map(|c| &c.clusters).map(|c| {
            let on = match (c.assessed_on, &c.assessed_by) {
                (Some(day), Some(by)) => format!("{}\n{by}", source.day(day)),
                _ if c.justification.is_some() => {
                    source.pick("Begrundet, uden dato", "Justified, not dated").to_owned()
                }
                _ => source.pick("Ikke vurderet", "Not assessed").to_owned(),
            };
            let next = c.assess_next.map_or_else(|| "–".to_owned(), |d| source.day(d));
            let mut why = c.justification.clone().unwrap_or_default();
            if c.needs_lawyer {
                why += source.pick(" Kræver en jurist.", " Needs a person with legal training.");
            }
            vec![
                Cell::from(vec![Inline::Strong(c.data.rule.title.clone())]),
                Cell::from(on),
                Cell::from(next),
                Cell::from(why.trim()),
            ]
        });
        table(
            source.pick("Hvorfor disse frister", "Why these periods"),
            &[
                source.pick("Datasæt", "Data set"),
                source.pick("Senest vurderet", "Last assessed"),
                source.pick("Næste gang", "Next"),
                source.pick("Begrundelse", "Justification"),
            ],
            rows.collect(),
            &[3, 3, 2, 8],
        )
    }
}

fn clusters(source: &Source<'_>, class: &Class) -> Block {
    let rows = class.clusters.iter().map(|c| {
        let place = match c.as_processor {
            true => {
                format!("{}\n{}", c.activity.name, source.pick("(databehandler)", "(processor)"))
            }
            false => c.activity.name.clone(),
        };
        vec![
            Cell::from(vec![Inline::Strong(c.data.rule.title.clone())]),
            Cell::from(place),
            Cell::from(c.data.store.name.clone()),
            rules(&c.data.rule.sentences(source)),
            Cell::from(capital(&c.data.rule.disposition)),
        ]
    });
    table(
        source
            .pick("Datasæt og sletteregler i klassen", "Data sets and deletion rules of the class"),
        &[
            source.pick("Datasæt", "Data set"),
            source.pick("Ansvarlig aktivitet", "Responsible activity"),
            source.pick("Sted", "Place"),
            source.pick("Sletteregel", "Deletion rule"),
            source.pick("Derefter", "Then"),
        ],
        rows.collect(),
        &[4, 4, 4, 7, 2],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_of_several_periods_is_told() {
        let term = |text: &str| text.parse::<Term>().ok();
        let five = term("5 years from end of financial year");
        assert_eq!(longer(term("5 years"), five), Ordering::Less);
        assert_eq!(longer(term("5 years"), term("36 months")), Ordering::Greater);
        assert_eq!(longer(None, term("1 days")), Ordering::Less);
    }
}
