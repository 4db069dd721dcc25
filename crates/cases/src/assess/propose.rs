//! The rule that follows from the answers, held against the law book, with its reasons and its doubts.

use frist_law::book::{Kind, Verified};
use frist_law::{Basis, LawBook, Period};
use frist_register::{CategoryClass, Register, Severity, Text};
use jiff::civil::Date;

use super::look::Look;
use super::question::{self, Answers, both, categories, has};
use super::write::{self, Edit, File, Ground, NewPurpose};
use crate::{CasesError, Result};

/// A reason for doubt, or for refusing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Doubt {
    /// The checker's code, when it is the checker's.
    pub code: Option<String>,
    /// In Danish.
    pub da: String,
    /// In English.
    pub en: String,
    /// The law or practice behind it.
    pub law: Option<String>,
    /// Whether a person with legal training must settle it.
    pub lawyer: bool,
}

/// What is proposed.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Proposal {
    /// The data set.
    pub dataset: String,
    /// The rule, as TOML.
    pub rule: String,
    /// The assessment, as TOML: `[dataset.assessment]`.
    pub assessment: String,
    /// Why, ground by ground: Danish and English.
    pub reasons: Vec<(String, String)>,
    /// What forbids the rule as it stands; while there is any, it is not written.
    pub refusals: Vec<Doubt>,
    /// What remains in doubt.
    pub doubts: Vec<Doubt>,
    /// Whether a person with legal training must look at it.
    pub lawyer: bool,
    /// The register's files with the assessment only: those that change.
    #[serde(skip)]
    pub assessed: Vec<File>,
    /// The register's files with assessment and rule: those that change.
    #[serde(skip)]
    pub ruled: Vec<File>,
}

/// Writes the rule down and holds it against the law book. `files` are the register's, name and text.
///
/// # Errors
/// When an answer is missing, or the register's files cannot be changed.
pub fn propose(
    look: &Look,
    register: &Register,
    book: &LawBook,
    answers: &Answers,
    files: &[(String, String)],
    by: &str,
    today: Date,
) -> Result<Proposal> {
    let get = |id: &str| answers.get(id).map(|a| a.trim()).filter(|a| !a.is_empty());
    let need = |id: &str| {
        get(id).ok_or_else(|| CasesError::Input {
            what: "the answers",
            why: format!("`{id}` is missing"),
        })
    };
    let activity = question::activity(look, register, answers).unwrap_or_default().to_owned();
    let mut doubts = Vec::new();
    let (mut reasons, mut grounds, mut purposes) = (Vec::new(), Vec::new(), Vec::new());
    let (mut about, mut bases) = (Vec::<Text>::new(), Vec::new());
    for n in 1.. {
        let id = |name: &str| format!("purpose.{n}.{name}");
        let Some(which) = get(&id("for")) else { break };
        let known = register
            .activity(&activity)
            .and_then(|a| a.purposes.iter().find(|p| p.id.value == which));
        let (name, text, basis, law) = match known {
            Some(p) => (
                which.to_owned(),
                p.text.value.clone(),
                p.basis.as_ref().map(|b| b.value),
                p.law.as_ref().map(|l| l.value.clone()),
            ),
            None => {
                let basis: Option<Basis> = get(&id("basis")).and_then(|b| b.parse().ok());
                let name = need(&id("id"))?.to_owned();
                let text = both(need(&id("text"))?);
                purposes.push(NewPurpose {
                    id: name.clone(),
                    text: text.clone(),
                    basis: need(&id("basis"))?.to_owned(),
                    special: get(&id("special")).filter(|s| *s != "none").map(str::to_owned),
                    law: get(&id("law")).map(str::to_owned),
                    interest: get(&id("interest")).map(both),
                });
                (name, text, basis, get(&id("law")).map(str::to_owned))
            }
        };
        let period = get(&id("period"));
        let ground = Ground {
            purpose: name.clone(),
            from: need(&id("from"))?.to_owned(),
            period: period.map(str::to_owned),
            given: get(&id("given")).map(str::to_owned),
            until: get(&id("until")).map(str::to_owned),
            when: get(&id("condition")).map(str::to_owned),
            review: get(&id("review")).map(both),
        };
        let own: Option<Period> = period.and_then(|p| p.parse().ok());
        reasons.push(reason(&text, basis, law.as_deref(), own, get(&id("why")), book));
        weigh(&mut doubts, basis, law.as_deref(), own, get(&id("why")), book);
        about.push(text);
        bases.push((basis, law));
        grounds.push(ground);
    }
    if grounds.is_empty() {
        return Err(CasesError::Input { what: "the answers", why: "no purpose is named".into() });
    }
    sensitive(&mut doubts, register, &categories(look, register, answers));
    if look.ages.as_ref().is_some_and(|a| a.unreadable > 0) {
        let n = look.ages.as_ref().map_or(0, |a| a.unreadable);
        doubts.push(doubt(
            format!("{n} poster har ingen læsbar skæringsdato; de slettes ikke, før den er bragt i orden"),
            format!("{n} records have no readable starting point; they are not erased until it is put right"),
            None,
            false,
        ));
    }
    let seen = get("lawyer") == Some("yes");
    let lawyer = !seen && doubts.iter().any(|d: &Doubt| d.lawyer);
    let assessment = write::Made {
        on: today,
        by: by.to_owned(),
        next: next_day(register, today),
        data: both(need("data")?),
        purpose: joined(&about),
        so_far: so_far(look, need("so_far")?),
        basis: basis_text(&bases, book),
        doubt: Text {
            da: doubts.iter().map(|d| d.da.as_str()).collect::<Vec<_>>().join("; "),
            en: doubts.iter().map(|d| d.en.as_str()).collect::<Vec<_>>().join("; "),
        },
        lawyer,
    };
    let new = match look.known {
        true => None,
        false => Some((need("subject")?.to_owned(), categories(look, register, answers))),
    };
    let mut edit = Edit {
        dataset: look.dataset.clone(),
        place: look.place.clone(),
        activity,
        new,
        facts: look
            .starts
            .iter()
            .filter_map(|(n, form)| Some((n.clone(), form.clone()?)))
            .collect(),
        purposes,
        grounds,
        assessment,
        rule: true,
    };
    edit.facts.retain(|(name, _)| edit.grounds.iter().any(|g| g.from == *name));
    let (rule, assessment) = (write::rule(&edit), write::assessment(&edit));
    let ruled = write::write(files, &edit)?;
    let refusals = held_against_the_book(book, files, &ruled, &mut doubts);
    edit.rule = false;
    // A data set that the register does not have cannot have an assessment without its rule.
    let assessed = if look.known { write::write(files, &edit)? } else { ruled.clone() };
    let lawyer = lawyer || (!seen && refusals.iter().any(|d| d.lawyer));
    Ok(Proposal {
        dataset: look.dataset.clone(),
        rule,
        assessment,
        reasons,
        refusals,
        doubts,
        lawyer,
        assessed,
        ruled,
    })
}

/// Why this ground.
fn reason(
    text: &Text,
    basis: Option<Basis>,
    law: Option<&str>,
    own: Option<Period>,
    why: Option<&str>,
    book: &LawBook,
) -> (String, String) {
    let statute = law.and_then(|l| book.get(l)).map(|l| l.newest());
    let (mut da, mut en) = (text.da.clone(), text.en.clone());
    if let Some(b) = basis {
        da += &format!(" ({})", b.reference());
        en += &format!(" ({})", b.reference());
    }
    if let Some(term) = statute.and_then(|s| s.term()) {
        da += &format!(": {}", term.text_da());
        en += &format!(": {term}");
    } else if let Some(own) = own {
        da += &format!(": {}", own.text_da());
        en += &format!(": {own}");
    }
    if let Some(s) = statute {
        da += &format!(", {}", s.citation);
        en += &format!(", {}", s.citation);
    }
    if let Some(why) = why {
        da += &format!(". {why}");
        en += &format!(". {why}");
    }
    (da, en)
}

/// What the law book has to say about one ground beyond what the checker refuses.
fn weigh(
    doubts: &mut Vec<Doubt>,
    basis: Option<Basis>,
    law: Option<&str>,
    own: Option<Period>,
    why: Option<&str>,
    book: &LawBook,
) {
    // The laws that the purpose rests on, and those that the reason names.
    let words = why.unwrap_or_default();
    let named = words
        .split(|c: char| !(c.is_alphanumeric() || ".-".contains(c)))
        .filter_map(|w| book.get(w.trim_matches('.')));
    let laws: Vec<_> = law.and_then(|l| book.get(l)).into_iter().chain(named).collect();
    for law in &laws {
        let version = law.newest();
        if version.verified != Verified::Verified {
            let note = version.note.as_ref();
            doubts.push(doubt(
                format!(
                    "`{}` er i lovbogen {}: kontrollér bestemmelsen. {}",
                    law.id,
                    version.verified.text_da(),
                    note.map_or("", |n| &n.da)
                )
                .trim()
                .to_owned(),
                format!(
                    "`{}` is in the law book as {}: look it up. {}",
                    law.id,
                    version.verified,
                    note.map_or("", |n| &n.en)
                )
                .trim()
                .to_owned(),
                Some(version.citation.clone()),
                false,
            ));
        }
        let longer =
            |limit: Period| own.and_then(|own| own.compare(limit)).is_some_and(|o| o.is_gt());
        if law.kind == Kind::Limitation {
            doubts.push(doubt(
                format!("`{}` er en forældelsesfrist: den kan begrunde et behov, men pålægger ingen at opbevare", law.id),
                format!("`{}` is a limitation period: it can support a need, and obliges nobody to keep", law.id),
                Some(version.citation.clone()),
                false,
            ));
        }
        if law.kind == Kind::Guideline && version.period.is_some_and(longer) {
            doubts.push(doubt(
                format!("perioden er længere end den vejledende frist i `{}`", law.id),
                format!("the period is longer than the guideline `{}`", law.id),
                Some(version.citation.clone()),
                true,
            ));
        }
    }
    let long = own.and_then(|own| own.compare(Period::years(2))).is_some_and(|o| o.is_gt());
    if long && laws.is_empty() {
        doubts.push(doubt(
            "mere end to år uden en lov eller en frist for krav: der er sjældent et legitimt formål så længe".into(),
            "more than two years without a statute or a limitation period: there is seldom a legitimate purpose so long".into(),
            Some("GDPR Art. 5(1)(e)".into()),
            true,
        ));
    }
    match basis {
        Some(Basis::LegitimateInterests) => doubts.push(doubt(
            "interesseafvejningen skal kunne dokumenteres".into(),
            "the balancing test must be documented".into(),
            Some("GDPR Art. 6(1)(f)".into()),
            false,
        )),
        Some(b) if b.is_consent() => doubts.push(doubt(
            "trækkes samtykket tilbage, skal oplysningerne slettes; programmet, der har dem, skal skrive datoen".into(),
            "when consent is withdrawn the data must go; the program that has it must write the date".into(),
            Some("GDPR Art. 7(3)".into()),
            false,
        )),
        _ => {}
    }
}

fn sensitive(doubts: &mut Vec<Doubt>, register: &Register, categories: &[String]) {
    if has(register, categories, CategoryClass::Special) {
        doubts.push(doubt(
            "følsomme oplysninger: grundlaget i art. 9 bør ses af en jurist".into(),
            "special categories: a person with legal training should look at the Art. 9 basis"
                .into(),
            Some("GDPR Art. 9".into()),
            true,
        ));
    }
    if has(register, categories, CategoryClass::Criminal) {
        doubts.push(doubt(
            "oplysninger om strafbare forhold kræver hjemmel i lov".into(),
            "data on criminal offences needs a statute that permits it".into(),
            Some("GDPR Art. 10".into()),
            true,
        ));
    }
}

/// What the register's own checker says of the changed register that it did not say before: errors, and
/// purposes that are only nice to have, refuse; the rest is doubt.
fn held_against_the_book(
    book: &LawBook,
    files: &[(String, String)],
    changed: &[File],
    doubts: &mut Vec<Doubt>,
) -> Vec<Doubt> {
    let after: Vec<(String, String)> = files
        .iter()
        .map(|(name, text)| {
            let new = changed.iter().find(|f| f.name == *name);
            (name.clone(), new.map_or_else(|| text.clone(), |f| f.text.clone()))
        })
        .collect();
    let said = |files: &[(String, String)]| {
        let named: Vec<(&str, &str)> =
            files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        let reading = Register::read(&named);
        let mut all = reading.diagnostics;
        if let Some(read) = &reading.register {
            all.extend(frist_register::check(read, book, &reading.sources));
        }
        all.into_iter()
            .map(|d| (d.code.to_string(), d.message, d.law, d.severity))
            .collect::<Vec<Said>>()
    };
    let before: Vec<String> =
        said(files).into_iter().map(|(code, text, ..)| code + &text).collect();
    let mut refusals = Vec::new();
    for (code, message, law, severity) in said(&after) {
        if before.contains(&(code.clone() + &message)) {
            continue;
        }
        let refuses = severity == Severity::Error || code == "W0001";
        let lawyer = matches!(
            code.as_str(),
            "E0042" | "E0043" | "E0044" | "E0057" | "W0003" | "W0004" | "W0009"
        );
        let d = Doubt {
            da: code.parse::<frist_register::Code>().map_or_else(
                |_| message.clone(),
                |known| format!("{} ({message})", known.title_da()),
            ),
            en: message,
            code: Some(code),
            law,
            lawyer,
        };
        match refuses {
            true => refusals.push(d),
            // The law book's own marks are told already, and a purpose's title is no doubt.
            false if severity == Severity::Warning => doubts.push(d),
            false => {}
        }
    }
    refusals
}

/// Code, message, citation, weight.
type Said = (String, String, Option<String>, Severity);

fn doubt(da: String, en: String, law: Option<String>, lawyer: bool) -> Doubt {
    Doubt { code: None, da, en, law, lawyer }
}

fn joined(texts: &[Text]) -> Text {
    let of =
        |pick: fn(&Text) -> &String| texts.iter().map(pick).cloned().collect::<Vec<_>>().join("; ");
    Text { da: of(|t| &t.da), en: of(|t| &t.en) }
}

fn so_far(look: &Look, said: &str) -> Text {
    let Some(ages) = &look.ages else { return both(said) };
    let older = ages.older.iter().rev().find(|(_, n)| *n > 0);
    let n = look.records;
    let (mut da, mut en) =
        (format!("{said}. I datakilden: {n} poster"), format!("{said}. In the store: {n} records"));
    if let Some(day) = ages.oldest {
        da += &format!(", den ældste fra {day} ({})", ages.from);
        en += &format!(", the oldest of {day} ({})", ages.from);
    }
    if let Some((period, n)) = older {
        let in_danish = period.parse::<Period>().map_or_else(|_| period.clone(), Period::text_da);
        da += &format!("; {n} er ældre end {in_danish}");
        en += &format!("; {n} are older than {period}");
    }
    Text { da, en }
}

fn basis_text(bases: &[(Option<Basis>, Option<String>)], book: &LawBook) -> Text {
    let mut texts: Vec<Text> = Vec::new();
    for (basis, law) in bases {
        let Some(basis) = basis else { continue };
        let label = basis.label();
        let cite =
            law.as_deref().and_then(|l| book.get(l)).map(|l| format!(", {}", l.newest().citation));
        let cite = cite.unwrap_or_default();
        let text = Text {
            da: format!("art. {}: {}{cite}", basis.reference(), label.da),
            en: format!("Art. {}: {}{cite}", basis.reference(), label.en),
        };
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    joined(&texts)
}

/// When the assessment is to be looked at again: as often as the register reviews, else after a year.
fn next_day(register: &Register, today: Date) -> Date {
    let every = register.requests.review_every.as_ref().map_or(Period::years(1), |p| p.value);
    let term = frist_law::Term::from(every);
    let start = frist_law::Start::Date(today);
    frist_law::last_day(term, &start, &register.controller.calendar).unwrap_or(today)
}
