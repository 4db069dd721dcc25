//! `frist letter list|show|preview`: what people are sent, and in whose words.

use std::fs;
use std::io::{IsTerminal, Write};

use frist_paper::letters::{self, LetterKind};
use frist_register::{Lang, Letter, Register};

use crate::cli_letter::{LetterCommand, PreviewArgs};
use crate::error::{Exit, Failure, Outcome};
use crate::output::{json, say, table};
use crate::place::Place;

/// Lists the letters, shows a text, or writes a letter about an invented case.
pub fn letter(place: &Place, command: &LetterCommand, lang: Lang, as_json: bool) -> Outcome {
    let register = register(place)?;
    match command {
        LetterCommand::List => list(register.as_ref(), lang, as_json),
        LetterCommand::Show { kind, built_in } => {
            let kind: LetterKind = kind.parse()?;
            let own = register.as_ref().filter(|_| !built_in).and_then(|r| own(r, kind, lang));
            let text = own.map_or(kind.built_in(lang), |l| text_of(l, lang));
            if as_json {
                let version = own.map(|l| l.version.value.as_str());
                json(&serde_json::json!({
                    "kind": kind.id(), "law": kind.law(), "own": version, "text": text,
                }))?;
            } else {
                say!("{}", text.trim_end());
            }
            Ok(Exit::Done)
        }
        LetterCommand::Preview(args) => preview(register.as_ref(), args, lang, as_json),
    }
}

/// The register, where there is one: the built-in letters can be seen without.
fn register(place: &Place) -> Outcome<Option<Register>> {
    if place.register_files().is_err() {
        return Ok(None);
    }
    let checked = place.check()?;
    match checked.register {
        Some(register) => Ok(Some(register)),
        None => Err(Failure {
            exit: Exit::Findings,
            ..Failure::new("the register cannot be read").help("see why with `frist check`")
        }),
    }
}

fn list(register: Option<&Register>, lang: Lang, as_json: bool) -> Outcome {
    let version =
        |kind| register.and_then(|r| own(r, kind, lang)).map(|l| l.version.value.as_str());
    if as_json {
        let all: Vec<_> = LetterKind::ALL
            .iter()
            .map(|k| {
                serde_json::json!({
                    "kind": k.id(), "law": k.law(), "title": k.title(lang), "own": version(*k),
                })
            })
            .collect();
        json(&all)?;
        return Ok(Exit::Done);
    }
    let mut rows = vec![["kind", "GDPR", "letter", "text"].map(str::to_owned).to_vec()];
    for kind in LetterKind::ALL {
        let text = version(*kind).map_or("built-in".to_owned(), |v| format!("own, version {v}"));
        rows.push(vec![kind.id().into(), kind.law().into(), kind.title(lang).into(), text]);
    }
    say!("{}", table(&rows).trim_end());
    Ok(Exit::Done)
}

fn preview(register: Option<&Register>, args: &PreviewArgs, lang: Lang, as_json: bool) -> Outcome {
    let kind: LetterKind = args.kind.parse()?;
    let mut context = letters::sample(kind, lang);
    if let Some(register) = register {
        // The organisation's own letterhead; everybody else is invented.
        context.controller = (&register.controller).into();
        context.dpo = register.controller.dpo.as_ref().map(Into::into);
    }
    let context = serde_json::to_value(&context)
        .map_err(|e| Failure::new(format!("the invented case cannot be written: {e}")))?;
    let own = register.and_then(|r| own(r, kind, lang));
    let document = letters::render(kind, lang, own, &context)?;
    let (bytes, media) = match (args.pdf, args.html) {
        (true, _) => (document.pdf()?, "application/pdf"),
        (_, true) => (document.html().into_bytes(), "text/html"),
        _ => (document.text().into_bytes(), "text/plain"),
    };
    let Some(path) = &args.out else {
        let mut out = std::io::stdout().lock();
        if args.pdf && out.is_terminal() {
            return Err(Failure::usage("a PDF cannot be shown on a terminal")
                .help("write it to a file: `--out FILE`"));
        }
        return match out.write_all(&bytes) {
            // Whoever reads may stop when they have seen enough.
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::new(format!("cannot write to standard output: {e}")))
            }
            _ => Ok(Exit::Done),
        };
    };
    fs::write(path, &bytes).map_err(|e| Failure::file("write", path, &e))?;
    if as_json {
        json(&serde_json::json!({
            "kind": kind.id(), "file": path.display().to_string(), "media_type": media, "bytes": bytes.len(),
        }))?;
    } else {
        say!("wrote {}", path.display());
    }
    Ok(Exit::Done)
}

/// The organisation's own words for this letter in this language.
fn own(register: &Register, kind: LetterKind, lang: Lang) -> Option<&Letter> {
    let letter = register.letters.iter().find(|l| l.id.value == kind.id())?;
    (!text_of(letter, lang).trim().is_empty()).then_some(letter)
}

fn text_of(letter: &Letter, lang: Lang) -> &str {
    match lang {
        Lang::Da => &letter.text.value.da,
        Lang::En => &letter.text.value.en,
    }
}
