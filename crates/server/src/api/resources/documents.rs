//! Documents made from the register: the Art. 30 record, notices, the schedule, the guidelines.

use frist_documents::Source;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::call::{Answer, Call, Done, Nothing, Tongue};
use crate::api::problem::Problem;

/// What can be had.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DocumentLine")]
pub(crate) struct Line {
    /// Its id, for its address.
    id: String,
    /// What it is, in the register's words where it has some.
    title: String,
}

/// All documents.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Documents {
    /// The documents.
    items: Vec<Line>,
}

/// In which language and form.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DocumentForm")]
pub(crate) struct Form {
    /// The language; English, when it is not said.
    #[serde(default)]
    lang: Tongue,
    /// The form.
    #[serde(default)]
    format: Format,
}

/// A form of a document.
#[derive(Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "DocumentFormat")]
pub(crate) enum Format {
    /// Plain text.
    #[default]
    Text,
    /// HTML.
    Html,
    /// JSON, as text.
    Json,
}

/// A document.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Document")]
pub(crate) struct Shown {
    /// Its id.
    id: String,
    /// The language.
    lang: Tongue,
    /// The form.
    format: Format,
    /// The revision of the register that it says.
    revision: String,
    /// Whether it lacks what the law demands, so that it is not to be handed out.
    draft: bool,
    /// The document.
    content: String,
}

const FIXED: [(&str, &str, &str); 3] = [
    (
        "record",
        "Fortegnelse over behandlingsaktiviteter (art. 30)",
        "Record of processing activities (Art. 30)",
    ),
    ("schedule", "Slettefrister", "Retention schedule"),
    ("guidelines", "Retningslinjer", "Guidelines"),
];
/// Before the id of the people that a notice is for.
const NOTICE: &str = "notice-";

/// What can be had.
pub(crate) fn list(
    call: &mut Call<'_>,
    tongue: crate::api::call::InTongue,
    _: Nothing,
) -> Answer<Documents> {
    let da = tongue.lang == Tongue::Da;
    let fixed = FIXED.map(|(id, own, en)| Line {
        id: id.to_owned(),
        title: if da { own } else { en }.to_owned(),
    });
    let own: &Call<'_> = call;
    let notices = own.engine(|engine| {
        let (revision, date) = live(engine)?;
        let register = &engine.register;
        let lang = tongue.lang.into();
        let source = Source { register, book: engine.book, revision: &revision, lang, date };
        Ok(frist_documents::notices(&source)?)
    })?;
    let notices = notices
        .into_iter()
        .map(|n| Line { title: n.subject.name.clone(), id: format!("{NOTICE}{}", n.subject.id) });
    Ok(Done::new(Documents { items: fixed.into_iter().chain(notices).collect() }))
}

/// The revision, and the day on which it was last made live.
fn live(engine: &mut frist_sweep::Engine) -> Result<(String, Option<Date>), Problem> {
    let revision = engine.revision.to_string();
    let zone = engine.register.controller.calendar.zone.clone();
    let all = engine.state.revisions()?;
    let found = all.into_iter().rfind(|r| r.hash == revision);
    Ok((revision, found.map(|r| r.at.to_zoned(zone).date())))
}

/// One document.
pub(crate) fn one(call: &mut Call<'_>, form: Form, _: Nothing) -> Answer<Shown> {
    let id = call.name("document").to_owned();
    call.engine(|engine| {
        let (revision, date) = live(engine)?;
        let register = &engine.register;
        let lang = form.lang.into();
        let source = Source { register, book: engine.book, revision: &revision, lang, date };
        let written = |document: frist_paper::Document| match form.format {
            Format::Html => document.html(),
            _ => document.text(),
        };
        let json = matches!(form.format, Format::Json);
        let (content, draft) = match id.as_str() {
            "record" => {
                let own = frist_documents::record(&source)?;
                (if json { own.json()? } else { written(own.document(&source)?) }, false)
            }
            "schedule" => {
                let own = frist_documents::schedule(&source)?;
                (if json { own.json()? } else { written(own.document(&source)) }, false)
            }
            "guidelines" => {
                let own = frist_documents::guidelines(&source)?;
                (if json { own.json()? } else { written(own.document(&source)) }, false)
            }
            other => {
                let subject = other.strip_prefix(NOTICE).ok_or_else(Problem::none)?;
                let own = frist_documents::notice(&source, subject)?;
                let draft = !own.missing.is_empty();
                (if json { own.json()? } else { written(own.document(&source)) }, draft)
            }
        };
        let version = revision.clone();
        let (lang, format) = (form.lang, form.format);
        Ok(Done::new(Shown { id, lang, format, revision, draft, content }).version(version))
    })
}
