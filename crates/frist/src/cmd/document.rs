//! `frist document`: what the register says, written for people.

use std::fs;
use std::io::Write;
use std::path::Path;

use frist_documents::{Kind, Notice, Source, notice::What};
use frist_law::LawBook;
use frist_register::{Lang, Register};
use frist_sweep::Loaded;
use jiff::civil::Date;

use crate::cli_document::{DocumentArgs, DocumentCommand, DocumentFormat as Format, NoticeArgs};
use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, DIM, GREEN, RED, YELLOW, counted, json, say};
use crate::place::Place;

impl From<frist_documents::Error> for Failure {
    fn from(e: frist_documents::Error) -> Self {
        match &e {
            frist_documents::Error::NoSubject { .. } => Failure::usage(e.to_string()),
            frist_documents::Error::NoFormat { .. } => Failure::usage(e.to_string())
                .help("`html`, `pdf`, `text` and `json` are there for every document"),
            _ => Failure::new(e.to_string()),
        }
    }
}

/// Writes a document, or all.
pub fn document(place: &Place, command: &DocumentCommand, lang: Lang, as_json: bool) -> Outcome {
    let loaded = place.sound()?;
    let revision = loaded.revision.to_string();
    let source = |date: Option<Date>| -> Outcome<Source<'_>> {
        let date = match date {
            Some(date) => Some(date),
            None => live_since(place, &loaded)?,
        };
        let register = &loaded.register;
        Ok(Source { register, book: LawBook::embedded(), revision: &revision, lang, date })
    };
    match command {
        DocumentCommand::Notice(args) => notice(place, args, &source(args.common.date)?, as_json),
        DocumentCommand::All { out_dir, date } => all(out_dir, &source(*date)?, as_json),
        DocumentCommand::Record(args) => one(Kind::Record, args, &source(args.date)?, as_json),
        DocumentCommand::Schedule(args) => one(Kind::Schedule, args, &source(args.date)?, as_json),
        DocumentCommand::Guidelines(args) => {
            one(Kind::Guidelines, args, &source(args.date)?, as_json)
        }
    }
}

/// The day on which this very register was last made live.
fn live_since(place: &Place, loaded: &Loaded) -> Outcome<Option<Date>> {
    if !place.has_state() {
        return Ok(None);
    }
    let hash = loaded.revision.to_string();
    let zone = &loaded.register.controller.calendar.zone;
    let live = place.state()?.revisions()?.into_iter().rfind(|r| r.hash == hash);
    Ok(live.map(|r| r.at.to_zoned(zone.clone()).date()))
}

fn one(kind: Kind, args: &DocumentArgs, source: &Source<'_>, as_json: bool) -> Outcome {
    let format = format(args, as_json)?;
    let bytes = frist_documents::write(&kind, written(format), source)?;
    put(args.out.as_deref(), format, &bytes)
}

/// The format that was asked for, else that of the file's name, else text.
fn format(args: &DocumentArgs, as_json: bool) -> Outcome<Format> {
    let named = args.out.as_deref().and_then(Path::extension).and_then(|x| x.to_str());
    Ok(match (args.format, as_json, named) {
        (Some(format), _, _) => format,
        (None, true, _) | (None, _, Some("json")) => Format::Json,
        (None, _, Some("html" | "htm")) => Format::Html,
        (None, _, Some("pdf")) => Format::Pdf,
        (None, _, Some("csv")) => Format::Csv,
        (None, _, Some("jsonld")) => Format::Jsonld,
        (None, _, Some("txt" | "text") | None) => Format::Text,
        (None, _, Some(other)) => {
            return Err(Failure::usage(format!("`.{other}` does not tell the format"))
                .help("say it with `--format html|pdf|text|csv|json|jsonld`"));
        }
    })
}

fn written(format: Format) -> frist_documents::Format {
    use frist_documents::Format as F;
    match format {
        Format::Html => F::Html,
        Format::Pdf => F::Pdf,
        Format::Text => F::Text,
        Format::Csv => F::Csv,
        Format::Json => F::Json,
        Format::Jsonld => F::Jsonld,
    }
}

fn put(out: Option<&Path>, format: Format, bytes: &[u8]) -> Outcome {
    use std::io::IsTerminal;
    match out {
        Some(path) => fs::write(path, bytes).map_err(|e| Failure::file("write", path, &e))?,
        None if format == Format::Pdf && std::io::stdout().is_terminal() => {
            return Err(Failure::usage("a PDF cannot be shown here").help("name a file: `--out`"));
        }
        None => {
            let mut stdout = std::io::stdout().lock();
            let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
            written.map_err(|e| Failure::new(format!("cannot write the document: {e}")))?;
        }
    }
    Ok(Exit::Done)
}

fn notice(place: &Place, args: &NoticeArgs, source: &Source<'_>, as_json: bool) -> Outcome {
    if let Some(revision) = &args.against {
        return against(place, revision, args.subject.as_deref(), source, as_json);
    }
    let format = format(&args.common, as_json)?;
    let notices = match &args.subject {
        Some(subject) => vec![frist_documents::notice(source, subject)?],
        None => frist_documents::notices(source)?,
    };
    if let Some(folder) = &args.out_dir {
        let folder = made(folder)?;
        for one in &notices {
            let name = format!("notice-{}.{}", one.subject.id, written(format).extension());
            put(Some(&folder.join(name)), format, &as_bytes(one, format, source)?)?;
        }
        return told(&notices);
    }
    match (notices.as_slice(), format) {
        ([only], _) => {
            put(args.common.out.as_deref(), format, &as_bytes(only, format, source)?)?;
        }
        (all, Format::Json) => {
            let mut text = serde_json::to_vec_pretty(all)
                .map_err(|e| Failure::new(format!("cannot write the notices as JSON: {e}")))?;
            text.push(b'\n');
            put(args.common.out.as_deref(), format, &text)?;
        }
        (all, Format::Text) => {
            let texts: Outcome<Vec<Vec<u8>>> =
                all.iter().map(|n| as_bytes(n, format, source)).collect();
            put(args.common.out.as_deref(), format, &texts?.join(&b"\n\n\n"[..]))?;
        }
        (all, _) => {
            let names: Vec<&str> = all.iter().map(|n| n.subject.id.as_str()).collect();
            return Err(Failure::usage(format!("there are {} notices", all.len())).help(format!(
                "name one with `--subject` ({}), or a folder for all with `--out-dir`",
                names.join(", ")
            )));
        }
    }
    told(&notices)
}

/// Says on standard error what a notice lacks, for it is not to be handed out.
fn told(notices: &[Notice]) -> Outcome {
    let drafts: Vec<&Notice> = notices.iter().filter(|n| !n.missing.is_empty()).collect();
    for draft in &drafts {
        anstream::eprintln!(
            "{YELLOW}draft{YELLOW:#}: the notice for `{}` lacks what the law demands; see it with `frist check`",
            draft.subject.id
        );
    }
    Ok(if drafts.is_empty() { Exit::Done } else { Exit::Findings })
}

fn as_bytes(notice: &Notice, format: Format, source: &Source<'_>) -> Outcome<Vec<u8>> {
    let kind = Kind::Notice(notice.subject.id.clone());
    Ok(frist_documents::write(&kind, written(format), source)?)
}

fn made(folder: &Path) -> Outcome<&Path> {
    fs::create_dir_all(folder).map_err(|e| Failure::file("make the folder", folder, &e))?;
    Ok(folder)
}

fn all(folder: &Path, source: &Source<'_>, as_json: bool) -> Outcome {
    let folder = made(folder)?;
    let notices = frist_documents::notices(source)?;
    let mut files = Vec::new();
    let mut no_pdf = None;
    let mut write = |name: String, bytes: Outcome<Vec<u8>>, format: Format| -> Outcome<()> {
        let bytes = match bytes {
            Err(failure) if format == Format::Pdf => {
                no_pdf = Some(failure);
                return Ok(());
            }
            other => other?,
        };
        put(Some(&folder.join(&name)), format, &bytes)?;
        files.push(name);
        Ok(())
    };
    use Format::{Csv, Html, Json, Jsonld, Pdf};
    for (name, kind, formats) in [
        ("record", Kind::Record, &[Html, Pdf, Csv, Json, Jsonld][..]),
        ("schedule", Kind::Schedule, &[Html, Pdf, Csv, Json][..]),
        ("guidelines", Kind::Guidelines, &[Html, Pdf, Json][..]),
    ] {
        for format in formats {
            let name = format!("{name}.{}", written(*format).extension());
            let bytes = frist_documents::write(&kind, written(*format), source);
            write(name, bytes.map_err(Failure::from), *format)?;
        }
    }
    for notice in &notices {
        for format in [Html, Pdf, Json] {
            let name = format!("notice-{}.{}", notice.subject.id, written(format).extension());
            write(name, as_bytes(notice, format, source), format)?;
        }
    }
    match as_json {
        true => json(&serde_json::json!({"folder": folder, "files": files}))?,
        false => {
            let n = counted(files.len() as u64, "file", "files");
            say!("{GREEN}written{GREEN:#}: {n} in `{}`", folder.display());
        }
    }
    if let Some(failure) = no_pdf {
        anstream::eprintln!("{YELLOW}no PDF{YELLOW:#}: {}", failure.message);
    }
    told(&notices)
}

fn against(
    place: &Place,
    revision: &str,
    subject: Option<&str>,
    source: &Source<'_>,
    as_json: bool,
) -> Outcome {
    let old = kept(place, revision)?;
    let mut changes = frist_documents::wrong(&old, source.register, source.book, source.lang)?;
    if let Some(subject) = subject {
        changes.retain(|c| c.subject == subject);
    }
    let exit = if changes.is_empty() { Exit::Done } else { Exit::Findings };
    if as_json {
        json(&changes)?;
        return Ok(exit);
    }
    let da = source.da();
    match changes.len() {
        0 if da => say!("{GREEN}Ingen oplysningstekst er blevet forkert.{GREEN:#}"),
        0 => say!("{GREEN}no privacy notice is wrong{GREEN:#}"),
        1 if da => say!("{YELLOW}Én oplysningstekst er nu forkert:{YELLOW:#}"),
        n if da => say!("{YELLOW}{n} oplysningstekster er nu forkerte:{YELLOW:#}"),
        n => {
            let n = counted(n as u64, "privacy notice is", "privacy notices are");
            say!("{YELLOW}{n} wrong now:{YELLOW:#}");
        }
    }
    for change in &changes {
        let what = match (change.what, da) {
            (What::New, true) => " (ny: de har ikke fået nogen)",
            (What::New, false) => " (new: they have had none)",
            (What::Gone, true) => " (bortfaldet: der behandles ikke længere oplysninger om dem)",
            (What::Gone, false) => " (gone: no data about them is processed any more)",
            (What::Changed, _) => "",
        };
        say!("\n{BOLD}{}{BOLD:#} {DIM}{}{DIM:#}{what}", change.name, change.subject);
        for item in &change.items {
            say!("  {}", item.heading);
            for line in &item.removed {
                say!("    {RED}- {line}{RED:#}");
            }
            for line in &item.added {
                say!("    {GREEN}+ {line}{GREEN:#}");
            }
        }
    }
    Ok(exit)
}

/// A register that was live once, by its hash, the first digits of it, or `live`.
fn kept(place: &Place, revision: &str) -> Outcome<Register> {
    let none = || {
        Failure::new("no register has been live yet: there is nothing to compare with")
            .help("the first plan or sweep makes one live")
    };
    if !place.has_state() {
        return Err(none());
    }
    let mut state = place.state()?;
    if revision == "live" {
        let live = state.live_revision()?.ok_or_else(none)?;
        return register_of(&live);
    }
    let hashes = frist_sweep::effects::revisions_like(&mut state, revision)?;
    match hashes.as_slice() {
        [hash] => register_of(&state.revision(hash)?.ok_or_else(none)?),
        [] => Err(Failure::usage(format!("no revision `{revision}` was ever live"))
            .help("give its hash or the first digits of it, or `live`")),
        many => {
            let n = many.len();
            Err(Failure::usage(format!("{n} revisions begin with `{revision}`"))
                .help("give more digits"))
        }
    }
}

fn register_of(found: &frist_state::Revision) -> Outcome<Register> {
    frist_sweep::effects::register_of(&found.text)
        .map_err(|why| Failure::new(format!("the revision {} is damaged: {why}", found.hash)))
}
