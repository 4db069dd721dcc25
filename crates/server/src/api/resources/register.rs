//! The register: the revision that is followed, and whether a text would be one.

use std::collections::BTreeMap;

use frist_register::{Register, Severity, canonical, check, render, revision_hash};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::call::{Answer, Call, Done, Nothing};
use crate::api::problem::{Kind, Problem};

/// The register.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Register")]
pub(crate) struct Shown {
    /// The revision that is followed: the hash of the register's meaning.
    revision: String,
    /// Whether this very revision is live; else a plan or a sweep makes it so.
    live: bool,
    /// When it was made live.
    live_since: Option<Timestamp>,
    /// By whom.
    by: Option<String>,
    /// The register in its canonical form.
    register: Value,
}

/// The register that is followed.
pub(crate) fn one(call: &mut Call<'_>, _: Nothing, _: Nothing) -> Answer<Shown> {
    call.engine(|engine| {
        let revision = engine.revision.to_string();
        let live = engine.state.live_revision()?.filter(|r| r.hash == revision);
        let register = serde_json::from_str(&canonical(&engine.register))
            .map_err(|_| Problem::new(Kind::Broken, "the register cannot be written"))?;
        Ok(Done::new(Shown {
            live: live.is_some(),
            live_since: live.as_ref().map(|r| r.made_live_at),
            by: live.map(|r| r.by),
            register,
            revision: revision.clone(),
        })
        .version(revision))
    })
}

/// A register to be checked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RegisterText")]
pub(crate) struct Texts {
    /// The text of each file, by name.
    #[schemars(extend("maxProperties" = 500, "propertyNames" = {"minLength": 1, "maxLength": 200}))]
    files: BTreeMap<String, String>,
}

/// What the checker says.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RegisterCheck")]
pub(crate) struct Checked {
    /// Whether it would be a register: no diagnostic is an error.
    sound: bool,
    /// The revision that it would be.
    revision: Option<String>,
    /// Each with `code`, `severity`, `message`, `at`, `labels`, `law`, `help`, `fix`.
    diagnostics: Vec<Value>,
}

/// Checks a text as `frist check --offline` does. Nothing is kept.
pub(crate) fn check_text(call: &mut Call<'_>, _: Nothing, texts: Texts) -> Answer<Checked> {
    let files: Vec<(String, String)> = texts.files.into_iter().collect();
    let book = call.engine(|engine| Ok(engine.book))?;
    let reading = Register::read(&files);
    let mut said = reading.diagnostics;
    if let Some(register) = &reading.register {
        said.extend(check(register, book, &reading.sources));
        let sound = !said.iter().any(|d| d.severity == Severity::Error);
        if sound {
            said.extend(frist_documents::check(register, book));
        }
    }
    said.sort_by_key(|d| d.severity);
    let errors = said.iter().any(|d| d.severity == Severity::Error);
    let sound = reading.register.is_some() && !errors;
    let diagnostics = serde_json::from_str(&render::to_json(&said, &reading.sources))
        .map_err(|_| Problem::new(Kind::Broken, "the diagnostics cannot be written"))?;
    let revision = reading.register.as_ref().filter(|_| sound).map(revision_hash);
    Ok(Done::new(Checked { sound, revision, diagnostics }))
}
