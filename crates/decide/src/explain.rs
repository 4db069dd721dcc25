//! A decision in words, Danish and English, down to the paragraph.

use frist_law::Start;
use frist_law::book::Verified;
use frist_register::{Lang, Text};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::Outcome;
use crate::answer::Verdict;
use crate::decide::{Decision, Reason, Role, Standing};
use crate::rules::{Force, RuleSet};

/// One line of an explanation: what, and the sentences under it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    /// The purpose or statute, and its role.
    pub head: String,
    /// What follows from it for this record.
    pub body: String,
    /// The paragraph.
    pub citation: Option<String>,
    /// Said when the law book has not verified the paragraph in its source.
    pub caution: Option<String>,
}

/// The decision in one sentence.
pub fn sentence(decision: &Decision, zone: &TimeZone, lang: Lang) -> String {
    let day = |t: Timestamp| day_of(t, zone, lang);
    let da = lang == Lang::Da;
    if let Some(verdict) = decision.answered {
        return match (verdict, decision.outcome, da) {
            (Verdict::Keep { until }, _, true) => {
                format!("Opbevares efter en konkret vurdering; vurderes igen {}.", day(until))
            }
            (Verdict::Keep { until }, _, false) => {
                format!("Kept by a person's assessment; asked again on {}.", day(until))
            }
            (Verdict::Erase { since }, Outcome::Due, true) => {
                format!("Skal slettes: det blev afgjort ved en konkret vurdering {}.", day(since))
            }
            (Verdict::Erase { since }, Outcome::Due, false) => {
                format!("Due: a person decided so on {}.", day(since))
            }
            (Verdict::Erase { .. }, _, true) => {
                "Begrænset (spærret): skal slettes, så snart loven ikke længere kræver opbevaring."
                    .into()
            }
            (Verdict::Erase { .. }, _, false) => {
                "Restricted: a person decided to erase it, and a statute still demands it.".into()
            }
        };
    }
    match decision.outcome {
        Outcome::Due => match decision.due_since {
            Some(t) if da => format!(
                "Skal slettes: fristen udløb, og sletning har været mulig siden {}.",
                day(t)
            ),
            Some(t) => format!("Due: its time was up on {}.", day(t)),
            None if da => "Skal slettes: intet grundlag for opbevaring er tilbage.".into(),
            None => "Due: no ground to keep it is left.".into(),
        },
        Outcome::Keep => match (decision.next_change, da) {
            (Some(t), true) => format!("Opbevares. Det kan tidligst ændre sig {}.", day(t)),
            (Some(t), false) => format!("Kept. This can change on {} at the earliest.", day(t)),
            (None, true) => "Opbevares; intet udløb kan beregnes endnu.".into(),
            (None, false) => "Kept; no end can be computed yet.".into(),
        },
        Outcome::Restrict => match (decision.next_change, da) {
            (Some(t), true) => format!(
                "Begrænset (spærret): opbevares kun, fordi loven kræver det, til {}.",
                day(t)
            ),
            (Some(t), false) => {
                format!("Restricted: kept only because a statute demands it, until {}.", day(t))
            }
            (None, true) => "Begrænset (spærret): opbevares kun, fordi loven kræver det.".into(),
            (None, false) => "Restricted: kept only because a statute demands it.".into(),
        },
        Outcome::Held if da => {
            "Tilbageholdt: slettes ikke, før tilbageholdelsen er ophævet.".into()
        }
        Outcome::Held => "Held: not erased until the hold is released.".into(),
        Outcome::Unclear if da => {
            "Uafklaret: slettes ikke, før en oplysning er bragt i orden.".into()
        }
        Outcome::Unclear => "Unclear: not erased until a fact is put right.".into(),
        Outcome::Review if da => "Til vurdering: en medarbejder skal tage stilling.".into(),
        Outcome::Review => "Review: a person must assess it.".into(),
    }
}

/// Everything that was considered, a line each.
pub fn lines(decision: &Decision, zone: &TimeZone, lang: Lang) -> Vec<Line> {
    decision.reasons.iter().map(|r| line(r, zone, lang)).collect()
}

fn line(r: &Reason, zone: &TimeZone, lang: Lang) -> Line {
    let da = lang == Lang::Da;
    let role = match (r.role, da) {
        (Role::Permits, true) => "formål",
        (Role::Permits, false) => "purpose",
        (Role::Demands, true) => "opbevaringspligt",
        (Role::Demands, false) => "duty to keep",
        (Role::Limits, true) => "slettepligt",
        (Role::Limits, false) => "duty to erase",
        (Role::Reviews, true) => "periodisk gennemgang",
        (Role::Reviews, false) => "periodic review",
    };
    let title = match r.title.get(lang) {
        "" => r.name.as_str(),
        t => t,
    };
    let day = |t: Timestamp| day_of(t, zone, lang);
    let mut body = Vec::new();
    if let Some(term) = r.term {
        let start = match &r.start {
            Some((name, Some(start))) => format!("{name} {}", start_text(start, zone, lang)),
            Some((name, None)) => name.clone(),
            None => String::new(),
        };
        let term = if da { term.text_da() } else { term.to_string() };
        let from = if da { "fra" } else { "from" };
        body.push(if start.is_empty() { term } else { format!("{term}, {from} {start}") });
        if let Some(d) = r.last_day {
            let last = date_text(d, lang);
            body.push(if da { format!("sidste dag {last}") } else { format!("last day {last}") });
        }
    }
    body.push(match (&r.standing, r.role) {
        (Standing::Live(Some(t)), Role::Reviews) if da => format!("næste gang {}", day(*t)),
        (Standing::Live(Some(t)), Role::Reviews) => format!("next on {}", day(*t)),
        (Standing::Live(Some(t)), Role::Limits) if da => format!("udløber {}", day(*t)),
        (Standing::Live(Some(t)), Role::Limits) => format!("runs out on {}", day(*t)),
        (Standing::Live(Some(t)), _) if da => format!("gælder til {}", day(*t)),
        (Standing::Live(Some(t)), _) => format!("runs until {}", day(*t)),
        (Standing::Live(None), _) if da => "løber uden kendt udløb".into(),
        (Standing::Live(None), _) => "runs with no known end".into(),
        (Standing::Ended(Some(t)), Role::Reviews) if da => format!("skulle være sket {}", day(*t)),
        (Standing::Ended(Some(t)), Role::Reviews) => format!("was to be done on {}", day(*t)),
        (Standing::Ended(Some(t)), _) if da => format!("udløbet {}", day(*t)),
        (Standing::Ended(Some(t)), _) => format!("ended on {}", day(*t)),
        (Standing::Ended(None), _) if da => "udløbet".into(),
        (Standing::Ended(None), _) => "ended".into(),
        (Standing::NotApplicable, _) if da => "gælder ikke for denne post".into(),
        (Standing::NotApplicable, _) => "does not concern this record".into(),
        (Standing::Unknown { fact, problem }, _) if da => {
            format!("kan ikke afgøres: oplysningen `{fact}` {}", problem.text_da())
        }
        (Standing::Unknown { fact, problem }, _) => {
            format!("cannot be decided: the fact `{fact}` {}", problem.text())
        }
    });
    let caution = match r.verified {
        Some(Verified::Secondary) if da => {
            Some("bestemmelsen er kun set i en sekundær kilde; kontrollér den".into())
        }
        Some(Verified::Secondary) => Some("seen in a secondary source only; check it".into()),
        Some(Verified::Unverified) if da => {
            Some("bestemmelsen er ikke kontrolleret i kilden; kontrollér den".into())
        }
        Some(Verified::Unverified) => Some("not verified in its source; check it".into()),
        _ => None,
    };
    Line {
        head: format!("{role}: {title}"),
        body: body.join("; "),
        citation: r.citation.clone(),
        caution,
    }
}

fn date_text(d: jiff::civil::Date, lang: Lang) -> String {
    match lang {
        Lang::Da => d.strftime("%-d.%-m.%Y").to_string(),
        Lang::En => d.to_string(),
    }
}

fn day_of(t: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let z = t.to_zoned(zone.clone());
    let date = date_text(z.date(), lang);
    if z.time() == jiff::civil::Time::midnight() {
        date
    } else {
        format!("{date} {}", z.strftime("%H:%M"))
    }
}

fn start_text(start: &Start, zone: &TimeZone, lang: Lang) -> String {
    match start {
        Start::Date(d) => date_text(*d, lang),
        Start::Local(dt, _) => format!("{} {}", date_text(dt.date(), lang), dt.strftime("%H:%M")),
        Start::Instant(t) => day_of(*t, zone, lang),
    }
}

impl RuleSet {
    /// The rule in one line, as it goes into plans, receipts and the ledger.
    pub fn summary(&self, lang: Lang) -> String {
        let mut parts = Vec::new();
        for g in &self.grounds {
            let term = g.pieces.iter().rev().find_map(|p| p.term);
            let from = g.from.map(|f| self.facts[f].name.as_str());
            let what = match (term, from, lang) {
                (Some(t), Some(f), Lang::Da) => format!("{} fra {f}", t.text_da()),
                (Some(t), Some(f), Lang::En) => format!("{t} from {f}"),
                (_, _, Lang::Da) => "så længe betingelserne er opfyldt".to_owned(),
                (_, _, Lang::En) => "while its conditions hold".to_owned(),
            };
            let role = match (g.force, lang) {
                (Force::Demands, Lang::Da) => "skal",
                (Force::Demands, Lang::En) => "must",
                (Force::Permits, Lang::Da) => "må",
                (Force::Permits, Lang::En) => "may",
            };
            parts.push(format!("{}: {role} {what}", g.name));
        }
        for m in &self.maximums {
            let term = m.pieces.iter().rev().find_map(|p| p.term);
            let fact = &self.facts[m.from].name;
            parts.push(match (term, lang) {
                (Some(t), Lang::Da) => {
                    format!("{}: slettes senest {} fra {fact}", m.name, t.text_da())
                }
                (Some(t), Lang::En) => format!("{}: erased at the latest {t} from {fact}", m.name),
                (None, _) => m.name.clone(),
            });
        }
        parts.join("; ")
    }

    /// Every paragraph that the rule rests on, once.
    pub fn citations(&self) -> Vec<String> {
        let grounds = self.grounds.iter().flat_map(|g| &g.pieces);
        let maximums = self.maximums.iter().flat_map(|m| &m.pieces);
        let mut out: Vec<String> = Vec::new();
        for citation in grounds.chain(maximums).filter_map(|p| p.citation.clone()) {
            if !out.contains(&citation) {
                out.push(citation);
            }
        }
        out
    }
}

/// A disposition in words.
pub fn disposition(then: &frist_register::Disposition) -> Text {
    use frist_register::Disposition as D;
    let (da, en) = match then {
        D::Erase => ("slettes", "erased"),
        D::Anonymise(_) => ("anonymiseres", "anonymised"),
        D::Transfer(_) => {
            ("overføres til arkiv og slettes", "transferred to an archive and erased")
        }
    };
    Text { da: da.into(), en: en.into() }
}
