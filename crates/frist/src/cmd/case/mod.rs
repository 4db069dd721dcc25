//! `frist case`: people's requests, from receipt to answer.

mod acts;
mod list;
mod open;
mod recipients;
mod show;

use std::path::Path;

use frist_cases::request::{Actor, Desk, Kept};
use frist_register::Lang;
use frist_state::case::{CaseKind, Paper};
use frist_sweep::Engine;
use jiff::Timestamp;

use crate::cli_case::{CaseCommand, KindName};
use crate::cmd::proof;
use crate::error::{Failure, Outcome};
use crate::place::{Place, now};

pub use acts::tell;
pub use list::{brief, brief_json};

/// Does what `case` was asked.
pub fn case(place: &Place, command: &CaseCommand, lang: Lang, as_json: bool) -> Outcome {
    match command {
        CaseCommand::Open(args) => open::open(place, args, lang, as_json),
        CaseCommand::List { all, urgent, mine, kind } => {
            let kind = kind.map(|kind| match kind {
                KindName::Request => CaseKind::Request,
                KindName::Inquiry => CaseKind::Inquiry,
                KindName::Breach => CaseKind::Breach,
            });
            list::list(
                place,
                &list::Which { all: *all, urgent: *urgent, mine: *mine, kind },
                lang,
                as_json,
            )
        }
        CaseCommand::Show { number } => show::show(place, number, lang, as_json),
        CaseCommand::Log { number } => show::log(place, number, as_json),
        CaseCommand::Letter { number, paper, out, write: None, .. } => {
            show::letter(place, number, paper.as_deref(), out.as_deref(), as_json)
        }
        CaseCommand::Recipients { number } => recipients::show(place, number, lang, as_json),
        CaseCommand::Tell(args) => recipients::tell(place, args, lang, as_json),
        CaseCommand::Exec(command) => crate::cmd::case_exec::exec(place, command, lang, as_json),
        other => acts::act(place, other, lang, as_json),
    }
}

/// What a command works with: the engine for the register, the database and publishing.
struct Work<'p> {
    place: &'p Place,
    engine: Engine,
    by: String,
    at: Timestamp,
}

impl<'p> Work<'p> {
    fn new(place: &'p Place) -> Outcome<Self> {
        let engine = place.engine()?;
        Ok(Self { place, engine, by: place.operator()?.to_string(), at: now() })
    }

    /// The desk, where whoever acts is a person.
    fn desk(&mut self) -> Desk<'_> {
        Desk {
            state: &mut self.engine.state,
            register: &self.engine.register,
            by: Actor::Person(&self.by),
            at: self.at,
            signed: "",
        }
    }

    /// Publishes the ledger after what was done.
    fn publish(&mut self) -> Outcome<()> {
        proof::publish(self.place, &mut self.engine).map(drop)
    }
}

/// A number as people write it: also in small letters.
fn number(text: &str) -> String {
    text.trim().to_uppercase()
}

/// A file as a paper that came in.
fn paper(path: &Path, at: Timestamp) -> Outcome<Paper> {
    let bytes = std::fs::read(path).map_err(|e| Failure::file("read", path, &e))?;
    let name = path.file_name().map_or_else(|| "file".into(), |n| n.to_string_lossy().into_owned());
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    let media_type = match extension.as_deref() {
        Some("pdf") => "application/pdf",
        Some("txt") => "text/plain; charset=utf-8",
        Some("html" | "htm") => "text/html; charset=utf-8",
        Some("eml") => "message/rfc822",
        Some("json") => "application/json",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    Ok(Paper {
        kind: "received".to_owned(),
        lang: None,
        media_type: media_type.to_owned(),
        name,
        bytes,
        made_at: at,
    })
}

/// One request as JSON, for programs.
fn as_value(kept: &Kept, at: Timestamp, calendar: &frist_law::Calendar) -> serde_json::Value {
    let request = &kept.request;
    serde_json::json!({
        "number": kept.case.number,
        "version": kept.case.version,
        "owner": kept.case.owner,
        "due": kept.case.due,
        "closed": kept.case.closed,
        "standing": request.standing(at, calendar),
        "possible": request.possible(at, calendar).iter().map(|s| s.as_str()).collect::<Vec<_>>(),
        "request": kept.case.body,
    })
}
