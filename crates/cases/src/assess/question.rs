//! The dialogue as a value: the next question, given the answers so far.
//!
//! Answers go by the question's id: `data`, `so_far`, and for each purpose `purpose.1.text`,
//! `purpose.1.basis` and so on. As a file they are TOML, with `[[purpose]]` for each.

use std::collections::BTreeMap;

use frist_law::book::Kind;
use frist_law::{Basis, LawBook, Period};
use frist_register::{CategoryClass, ControllerKind, Register, Text};

use super::look::Look;
use crate::{CasesError, Result};

/// Answers, by the question's id.
pub type Answers = BTreeMap<String, String>;

/// How many purposes one data set may have here.
const PURPOSES: usize = 8;

/// A question.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Question {
    /// Its id.
    pub id: String,
    /// What is asked, Danish.
    pub da: String,
    /// What is asked, English.
    pub en: String,
    /// What one should know before answering, Danish.
    pub help_da: String,
    /// The same in English.
    pub help_en: String,
    /// What the answer looks like.
    pub wants: Wants,
    /// What is taken when nothing is answered; none when an answer is needed.
    pub usual: Option<String>,
}

/// What an answer looks like.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wants {
    /// Words.
    Words,
    /// One of these, with what each means.
    OneOf(Vec<(String, String, String)>),
    /// Ids of categories of personal data, divided by commas.
    Categories,
    /// `yes` or `no`.
    YesNo,
    /// A period such as `3 years`.
    Period,
    /// A day.
    Day,
}

/// The next question; none when everything is answered. Answers that do not fit their question are refused.
///
/// # Errors
/// [`CasesError::Input`] when an answer does not fit, and says which.
pub fn next(
    look: &Look,
    register: &Register,
    book: &LawBook,
    answers: &Answers,
) -> Result<Option<Question>> {
    for q in questions(look, register, book, answers) {
        let answer = answers.get(&q.id).cloned().or_else(|| q.usual.clone());
        match answers.get(&q.id) {
            None => return Ok(Some(q)),
            Some(_) => fits(&q, register, answer.as_deref().unwrap_or_default())?,
        }
    }
    Ok(None)
}

/// Whether an answer fits its question.
///
/// # Errors
/// [`CasesError::Input`] with what would do.
pub fn fits(q: &Question, register: &Register, answer: &str) -> Result<()> {
    let answer = answer.trim();
    let no = |why: String| {
        Err(CasesError::Input { what: "an answer", why: format!("`{}`: {why}", q.id) })
    };
    if answer.is_empty() {
        return match q.usual.as_deref() {
            Some("") => Ok(()),
            _ => no("it needs an answer".into()),
        };
    }
    match &q.wants {
        Wants::Words => Ok(()),
        Wants::OneOf(choices) if choices.iter().any(|(id, ..)| id == answer) => Ok(()),
        Wants::OneOf(choices) => {
            let ids: Vec<&str> = choices.iter().map(|(id, ..)| id.as_str()).collect();
            no(format!("one of {}", ids.join(", ")))
        }
        Wants::YesNo if matches!(answer, "yes" | "no") => Ok(()),
        Wants::YesNo => no("yes or no".into()),
        Wants::Period => match answer.parse::<Period>() {
            Ok(_) => Ok(()),
            Err(e) => no(e.to_string()),
        },
        Wants::Day => match answer.parse::<jiff::civil::Date>() {
            Ok(_) => Ok(()),
            Err(_) => no("a day such as 2026-12-31".into()),
        },
        Wants::Categories => {
            let unknown =
                answer.split(',').map(str::trim).find(|c| !register.categories.contains_key(*c));
            match unknown {
                None => Ok(()),
                Some(c) => {
                    let known: Vec<&str> = register.categories.keys().map(String::as_str).collect();
                    no(format!("`{c}` is no category; there are {}", known.join(", ")))
                }
            }
        }
    }
}

/// Reads answers from TOML: tables and lists of tables become `purpose.1.text`.
///
/// # Errors
/// [`CasesError::Input`] when it is not TOML.
pub fn flatten(text: &str) -> Result<Answers> {
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| CasesError::Input {
        what: "the file of answers",
        why: e.message().to_owned(),
    })?;
    let mut out = Answers::new();
    put(&mut out, "", &toml::Value::Table(table));
    Ok(out)
}

fn put(out: &mut Answers, at: &str, value: &toml::Value) {
    let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    match value {
        toml::Value::Table(table) => table.iter().for_each(|(name, v)| put(out, &below(name), v)),
        toml::Value::Array(list) if list.iter().all(toml::Value::is_table) => {
            list.iter().enumerate().for_each(|(ix, v)| put(out, &below(&(ix + 1).to_string()), v));
        }
        toml::Value::Array(list) => {
            let texts: Vec<String> = list.iter().map(word).collect();
            out.insert(at.to_owned(), texts.join(", "));
        }
        other => {
            out.insert(at.to_owned(), word(other));
        }
    }
}

fn word(value: &toml::Value) -> String {
    match value {
        toml::Value::String(s) => s.clone(),
        toml::Value::Boolean(true) => "yes".into(),
        toml::Value::Boolean(false) => "no".into(),
        other => other.to_string(),
    }
}

/// The categories that the answers, or else the register, name.
pub(super) fn categories(look: &Look, register: &Register, answers: &Answers) -> Vec<String> {
    match answers.get("categories") {
        Some(text) => {
            text.split(',').map(|c| c.trim().to_owned()).filter(|c| !c.is_empty()).collect()
        }
        None => register
            .dataset(&look.dataset)
            .map(|d| d.categories.iter().map(|c| c.value.clone()).collect())
            .unwrap_or_default(),
    }
}

/// Whether any of the categories is of this class.
pub(super) fn has(register: &Register, categories: &[String], class: CategoryClass) -> bool {
    categories.iter().any(|c| register.categories.get(c).is_some_and(|known| known.class == class))
}

/// The activity of the data set.
pub(super) fn activity<'a>(
    look: &Look,
    register: &'a Register,
    answers: &'a Answers,
) -> Option<&'a str> {
    match register.dataset(&look.dataset) {
        Some(d) => Some(d.activity.value.as_str()),
        None => answers.get("activity").map(String::as_str),
    }
}

/// All questions, answered or not, as far as the answers so far tell which there are.
pub fn questions(
    look: &Look,
    register: &Register,
    book: &LawBook,
    answers: &Answers,
) -> Vec<Question> {
    let mut out = Vec::new();
    let dataset = register.dataset(&look.dataset);
    out.push(ask(
        "data",
        ("Hvilke oplysninger er det?", "Which data is it?"),
        (
            "Sig med egne ord, hvad der ligger der, og om hvem.",
            "Say in your own words what lies there, and about whom.",
        ),
        Wants::Words,
        None,
    ));
    if dataset.is_none() {
        let of: Vec<_> = register
            .activities
            .iter()
            .map(|a| (a.id.value.clone(), a.title.da.clone(), a.title.en.clone()))
            .collect();
        out.push(ask(
            "activity",
            (
                "Hvilken behandlingsaktivitet hører det til?",
                "Which processing activity does it belong to?",
            ),
            ("", ""),
            Wants::OneOf(of),
            None,
        ));
        let who: Vec<_> = register
            .subjects
            .iter()
            .map(|(id, text)| (id.clone(), text.value.da.clone(), text.value.en.clone()))
            .collect();
        out.push(ask(
            "subject",
            ("Hvem handler oplysningerne om?", "Whom is the data about?"),
            ("", ""),
            Wants::OneOf(who),
            None,
        ));
        out.push(ask("categories", ("Hvilke kategorier af personoplysninger?", "Which categories of personal data?"), (
            "Flere skilles med komma. Helbred, fagforening, tro og lignende er følsomme (art. 9).",
            "Several are divided by commas. Health, trade union, faith and the like are special (Art. 9).",
        ), Wants::Categories, None));
    }
    let known: Vec<_> = activity(look, register, answers)
        .and_then(|a| register.activity(a))
        .map(|a| {
            a.purposes
                .iter()
                .map(|p| (p.id.value.clone(), p.text.value.da.clone(), p.text.value.en.clone()))
                .collect()
        })
        .unwrap_or_default();
    for n in 1..=PURPOSES {
        purpose(&mut out, n, look, register, book, answers, &known);
        let more = format!("purpose.{n}.more");
        // A file that goes on with another purpose has said so.
        let goes_on = answers.keys().any(|k| k.starts_with(&format!("purpose.{}.", n + 1)));
        if !goes_on {
            out.push(ask(&more, ("Er der et formål mere, som de samme oplysninger opbevares til?", "Is there another purpose for which the same data is kept?"), (
                "Hvert formål har sit eget grundlag og sin egen frist; oplysningerne slettes, når det sidste er udløbet.",
                "Each has its own basis and period; the data goes when the last has ended.",
            ), Wants::YesNo, Some("no")));
            if answers.get(&more).map(String::as_str) != Some("yes") {
                break;
            }
        }
    }
    out.push(ask(
        "so_far",
        (
            "Hvor længe er de opbevaret hidtil, og hvem har besluttet det?",
            "How long were they kept so far, and who decided that?",
        ),
        ("Se ovenfor, hvor gammelt det er, der ligger der.", "See above how old what is there is."),
        Wants::Words,
        None,
    ));
    out.push(ask(
        "lawyer",
        ("Har en jurist set på det?", "Has a person with legal training looked at it?"),
        (
            "Nej er et gyldigt svar: så står det i vurderingen.",
            "No is a valid answer: the assessment then says so.",
        ),
        Wants::YesNo,
        Some("no"),
    ));
    out
}

fn purpose(
    out: &mut Vec<Question>,
    n: usize,
    look: &Look,
    register: &Register,
    book: &LawBook,
    answers: &Answers,
    known: &[(String, String, String)],
) {
    let id = |name: &str| format!("purpose.{n}.{name}");
    let said = |name: &str| answers.get(&id(name)).map(String::as_str);
    let mut choices = known.to_vec();
    choices.push(("new".into(), "et nyt formål".into(), "a new purpose".into()));
    out.push(ask(
        &id("for"),
        ("Hvad er formålet?", "What is the purpose?"),
        ("Et af aktivitetens formål, eller `new`.", "One of the activity's purposes, or `new`."),
        Wants::OneOf(choices),
        if known.is_empty() { Some("new") } else { None },
    ));
    let new = said("for").is_none_or(|f| f == "new");
    let a = activity(look, register, answers).and_then(|a| register.activity(a));
    let existing = a.and_then(|a| a.purposes.iter().find(|p| Some(p.id.as_str()) == said("for")));
    let mut law = existing.and_then(|p| p.law.as_ref()).map(|l| l.value.clone());
    let mut basis = existing.and_then(|p| p.basis.as_ref()).map(|b| b.value);
    if new {
        out.push(ask(
            &id("id"),
            ("En kort betegnelse", "A short name"),
            (
                "Små bogstaver og bindestreg, fx `warranty`.",
                "Small letters and hyphens, such as `warranty`.",
            ),
            Wants::Words,
            None,
        ));
        out.push(ask(
            &id("text"),
            (
                "Hvad bruges oplysningerne til, i ord, den registrerede forstår?",
                "What is the data used for, in words that the data subject understands?",
            ),
            ("\"Rart at have\" er ikke et formål.", "\"Nice to have\" is not a purpose."),
            Wants::Words,
            None,
        ));
        out.push(ask(
            &id("basis"),
            ("Hvad er behandlingsgrundlaget (art. 6)?", "What is the legal basis (Art. 6)?"),
            ("", ""),
            Wants::OneOf(bases(register)),
            None,
        ));
        basis = said("basis").and_then(|b| b.parse().ok());
        if basis == Some(Basis::LegitimateInterests) {
            out.push(ask(&id("interest"), ("Hvilken legitim interesse forfølges, og hvorfor vejer den tungere end den registreredes?", "Which legitimate interest is pursued, and why does it weigh more than the data subject's?"), ("", ""), Wants::Words, None));
        }
        if basis == Some(Basis::LegalObligation) {
            let laws = book.iter().filter(|l| l.kind.is_minimum());
            let laws =
                laws.map(|l| (l.id.clone(), l.title.da.clone(), l.title.en.clone())).collect();
            out.push(ask(
                &id("law"),
                ("Hvilken lov kræver det?", "Which statute demands it?"),
                ("Se `frist law show`.", "See `frist law show`."),
                Wants::OneOf(laws),
                None,
            ));
            law = said("law").map(str::to_owned);
        }
    }
    let special = has(register, &categories(look, register, answers), CategoryClass::Special);
    if special && existing.is_none_or(|p| p.special_basis.is_none()) && new {
        let nines = Basis::ARTICLE_9.into_iter().map(named);
        let mut choices: Vec<_> = nines.collect();
        choices.push(("none".into(), "intet grundlag".into(), "no basis".into()));
        out.push(ask(
            &id("special"),
            (
                "Oplysningerne er følsomme: hvilket grundlag i art. 9, stk. 2?",
                "The data is special: which basis in Art. 9(2)?",
            ),
            (
                "Uden et grundlag må oplysningerne ikke behandles til dette formål.",
                "Without one, the data may not be processed for this purpose.",
            ),
            Wants::OneOf(choices),
            None,
        ));
    }
    let starts: Vec<_> =
        look.starts.iter().map(|(name, _)| (name.clone(), String::new(), String::new())).collect();
    out.push(ask(
        &id("from"),
        ("Fra hvilken dato regnes fristen?", "From which date is the period counted?"),
        (
            "Skæringsdatoen: et felt, der siger, hvornår det, formålet handler om, var slut.",
            "The starting point: a field that says when what the purpose is about was over.",
        ),
        Wants::OneOf(starts),
        None,
    ));
    let statute = law.as_deref().and_then(|l| book.get(l)).filter(|l| l.newest().period.is_some());
    let duty = statute.is_some_and(|l| matches!(l.kind, Kind::Minimum | Kind::Maximum));
    if !duty {
        out.push(ask(&id("period"), ("Hvor længe er oplysningerne nødvendige til det?", "How long is the data needed for it?"), (
            "Fx `1 year`. Sjældent mere end et til to år uden en lov, en kontrakt eller et krav, der kan komme.",
            "Such as `1 year`. Seldom more than one or two years without a statute, a contract or a claim that may come.",
        ), Wants::Period, None));
        out.push(ask(
            &id("why"),
            ("Hvorfor netop så længe?", "Why just so long?"),
            (
                "Nævn loven eller fristen for krav, hvis det er den, fx `dk.foraeldelse`.",
                "Name the statute or limitation period if that is it, such as `dk.foraeldelse`.",
            ),
            Wants::Words,
            None,
        ));
    }
    if basis.is_some_and(Basis::is_consent) {
        let fields =
            || look.fields.iter().map(|f| (f.clone(), String::new(), String::new())).collect();
        out.push(ask(
            &id("given"),
            (
                "Hvilket felt siger, hvornår samtykket blev givet?",
                "Which field says when consent was given?",
            ),
            ("", ""),
            Wants::OneOf(fields()),
            None,
        ));
        out.push(ask(
            &id("until"),
            (
                "Hvilket felt siger, hvornår det blev trukket tilbage?",
                "Which field says when it was withdrawn?",
            ),
            ("", ""),
            Wants::OneOf(fields()),
            None,
        ));
    }
    out.push(ask(
        &id("condition"),
        (
            "Gælder det kun nogle af posterne? Så: FELT=VÆRDI",
            "Only for some of the records? Then: FIELD=VALUE",
        ),
        ("Tomt: alle.", "Empty: all."),
        Wants::Words,
        Some(""),
    ));
    out.push(ask(&id("review"), ("Skal en medarbejder tage stilling, før der slettes? Så: spørgsmålet", "Must a person assess it before it is erased? Then: the question"), (
        "Tomt: nej. Fx \"Er korrespondancen led i en aftale, en garanti eller en reklamation?\"",
        "Empty: no. Such as \"Is this correspondence part of a contract, warranty or complaint?\"",
    ), Wants::Words, Some("")));
}

fn bases(register: &Register) -> Vec<(String, String, String)> {
    let public = register.controller.kind == ControllerKind::PublicAuthority;
    // A public authority does not even get it offered.
    Basis::ARTICLE_6
        .into_iter()
        .filter(|b| !(public && *b == Basis::LegitimateInterests))
        .map(named)
        .collect()
}

fn named(basis: Basis) -> (String, String, String) {
    let label = basis.label();
    (basis.reference().to_owned(), label.da.clone(), label.en.clone())
}

fn ask(
    id: &str,
    text: (&str, &str),
    help: (&str, &str),
    wants: Wants,
    usual: Option<&str>,
) -> Question {
    Question {
        id: id.to_owned(),
        da: text.0.to_owned(),
        en: text.1.to_owned(),
        help_da: help.0.to_owned(),
        help_en: help.1.to_owned(),
        wants,
        usual: usual.map(str::to_owned),
    }
}

/// A text said in one language stands for both.
pub(super) fn both(text: &str) -> Text {
    Text { da: text.to_owned(), en: text.to_owned() }
}
