//! `frist init`: makes a register, by questions or by reading a store.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use frist_law::{FinancialYears, LawBook};
use frist_propose::propose::{Proposal, Set};
use frist_propose::write::{because, say as tell};
use frist_propose::{self as parts, Answers, Place as Where};
use frist_register::{Lang, Register, Severity};
use serde_json::json;

use crate::cli::InitArgs;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{self, BOLD, DIM, GREEN, YELLOW, ask, can_ask, say};
use crate::place::Place;

/// Makes a register, with comments and questions in the language given. Nothing is written before
/// everything is known.
pub fn init(place: &Place, args: &InitArgs, lang: Lang, as_json: bool) -> Outcome {
    refuse_second(place)?;
    let asking = can_ask() && !args.yes && !as_json;
    let mut answers = Answers {
        name: args.name.clone().filter(|n| !n.trim().is_empty()),
        public_authority: args.public_authority,
        email: args.email.clone().filter(|e| !e.trim().is_empty()),
        ..Answers::default()
    };
    let mut from = args.from.clone();
    if asking {
        questions(&mut answers, &mut from, lang)?;
    }
    let store = match &from {
        Some(from) => {
            let (id, at) = locate(from, &place.dir)?;
            let open = |store: &frist_register::Store| {
                frist_stores::open(store, &place.dir, &|name| std::env::var(name).ok())
            };
            let proposal = parts::read(&id, &at, &open)?;
            Some((id, at, proposal))
        }
        None => None,
    };
    let store = store.as_ref().map(|(id, at, proposal)| (id.as_str(), at, proposal));
    let files = parts::files(&answers, store, lang)?;
    let open = still_open(&answers, store, lang)?;
    let written = write(&place.dir.join("register"), &files)?;
    match as_json {
        true => output::json(&as_value(&written, store, open))?,
        false => report(&written, store, open, lang),
    }
    Ok(Exit::Done)
}

/// A register that is there is never written over.
fn refuse_second(place: &Place) -> Outcome<()> {
    let Ok(files) = place.register_files() else { return Ok(()) };
    let sub = place.dir.join("register");
    let register = |path: &PathBuf| {
        // Other programs keep `*.toml` in their folders too.
        let text = fs::read_to_string(path).unwrap_or_default();
        let header = |l: &str| {
            ["[controller]", "[[store]]", "[[activity]]", "[[dataset]]"].contains(&l.trim())
        };
        path.starts_with(&sub) || text.lines().any(header)
    };
    match files.iter().find(|p| register(p)) {
        None => Ok(()),
        Some(path) => Err(Failure::new(format!(
            "there is a register already: `{}`; nothing was changed",
            path.display()
        ))
        .help(
            "go on with it: `frist check` says what is missing; or name another folder with `-C`",
        )),
    }
}

fn questions(answers: &mut Answers, from: &mut Option<String>, lang: Lang) -> Outcome<()> {
    let line = |da: &str, en: &str| -> Outcome<Option<String>> {
        let answer = ask(&format!("{} ", tell(lang, da, en)))?;
        Ok(Some(answer).filter(|a| !a.is_empty()))
    };
    say!(
        "{DIM}{}{DIM:#}",
        tell(
            lang,
            "Tryk Enter, hvor du ikke ved det endnu: så står spørgsmålet i fortegnelsen.",
            "Press Enter where you do not know yet: the question then stands in the register.",
        )
    );
    if answers.name.is_none() {
        answers.name = line("Hvad hedder den dataansvarlige?", "What is the controller called?")?;
    }
    if !answers.public_authority {
        answers.public_authority = output::confirm(tell(
            lang,
            "Er det en offentlig myndighed?",
            "Is it a public authority?",
        ))?;
    }
    if answers.email.is_none() {
        answers.email = line(
            "Hvilken e-mail kan den registrerede skrive til?",
            "Which e-mail address can people write to?",
        )?;
    }
    let dpo = line(
        "Hvad hedder databeskyttelsesrådgiveren, hvis der er en?",
        "What is the data protection officer called, if there is one?",
    )?;
    if let Some(name) = dpo {
        answers.dpo = Some((name, line("Og dennes e-mail?", "And the officer's e-mail address?")?));
    }
    while let Some(end) = line(
        "Hvornår slutter regnskabsåret (MM-DD, f.eks. 12-31)?",
        "When does the financial year end (MM-DD, such as 12-31)?",
    )? {
        match FinancialYears::new(&end) {
            Ok(_) => {
                answers.year_end = Some(end);
                break;
            }
            Err(e) => say!("{YELLOW}{e}{YELLOW:#}"),
        }
    }
    if from.is_none() {
        *from = line(
            "Hvilken datakilde skal læses (en SQLite-fil, env:NAVN med en PostgreSQL-URL, eller en mappe)?",
            "Which store should be read (a SQLite file, env:NAME with a PostgreSQL URL, or a folder)?",
        )?;
    }
    Ok(())
}

/// What `--from` names, with an id for it. A path is kept relative to the organisation's folder
/// when it lies below it, so that the whole can be moved.
fn locate(from: &str, dir: &Path) -> Outcome<(String, Where)> {
    if let Some(name) = from.strip_prefix("env:") {
        let id = parts::toml::id(name);
        let id = id.strip_suffix("-url").unwrap_or(&id);
        return Ok((free(id), Where::Postgres(name.to_owned())));
    }
    if from.contains("://") {
        return Err(Failure::usage(
            "a URL may hold a password, which must not stand on a command line",
        )
        .help("put it into an environment variable and name that: `--from env:ERP_URL`"));
    }
    // As seen from where we are, or else from the organisation's folder.
    let here = PathBuf::from(from);
    let path = if here.exists() { here } else { dir.join(from) };
    let path = path.canonicalize().map_err(|e| {
        Failure::file("read", Path::new(from), &e)
            .help("name a SQLite file, a folder, or `env:NAME` for a PostgreSQL URL in an environment variable")
    })?;
    let below = dir.canonicalize().ok().and_then(|d| path.strip_prefix(d).ok());
    let stem = if path.is_dir() { path.file_name() } else { path.file_stem() };
    let id = free(&parts::toml::id(&stem.unwrap_or_default().to_string_lossy()));
    let text = below.unwrap_or(&path).to_str().ok_or_else(|| {
        Failure::new("the path is not UTF-8, and a register is").help("rename the file or folder")
    })?;
    let text = if text.is_empty() { "." } else { text }.to_owned();
    Ok((id, if path.is_dir() { Where::Folder(text) } else { Where::Sqlite(text) }))
}

/// The store's file must not be the controller's.
fn free(id: &str) -> String {
    match id {
        "controller" => "controller-store".into(),
        id => id.to_owned(),
    }
}

/// How many things the checker will ask for. Also the proof that what will be written can be read.
fn still_open(
    answers: &Answers,
    store: Option<(&str, &Where, &Proposal)>,
    lang: Lang,
) -> Outcome<usize> {
    let named = Answers {
        name: Some(answers.name.clone().unwrap_or_else(|| "-".into())),
        ..answers.clone()
    };
    let reading = Register::read(&parts::files(&named, store, lang)?);
    let Some(register) = reading.register else {
        let what = reading.diagnostics.first().map_or("", |d| d.message.as_str());
        return Err(Failure::new(format!(
            "what was proposed is no register ({what}); nothing was written"
        ))
        .help("this is a fault in frist: please report it with the names of the tables"));
    };
    let said = frist_register::check(&register, LawBook::embedded(), &reading.sources);
    let errors = said.iter().filter(|d| d.severity == Severity::Error).count();
    Ok(errors + usize::from(answers.name.is_none()))
}

/// Writes the files; one that is there is never replaced, and a failure takes back the others.
fn write(folder: &Path, files: &[(String, String)]) -> Outcome<Vec<PathBuf>> {
    fs::create_dir_all(folder).map_err(|e| Failure::file("make the folder", folder, &e))?;
    let mut written: Vec<PathBuf> = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        let done = fs::File::create_new(&path).and_then(|mut file| {
            written.push(path.clone());
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all())
        });
        if let Err(e) = done {
            for path in &written {
                // At worst a file stays behind, and the next `init` names it.
                let _ = fs::remove_file(path);
            }
            return Err(Failure::file("write", &path, &e));
        }
    }
    Ok(written)
}

fn as_value(
    written: &[PathBuf],
    store: Option<(&str, &Where, &Proposal)>,
    open: usize,
) -> serde_json::Value {
    let set = |s: &Set| {
        json!({
            "id": s.id,
            "at": s.collection,
            "subjects": s.subjects.iter().map(|(who, _)| who).collect::<Vec<_>>(),
            "categories": s.categories,
            "reasons": s.reasons,
            "complete": s.complete(),
        })
    };
    let files: Vec<String> = written.iter().map(|p| p.display().to_string()).collect();
    json!({
        "files": files,
        "store": store.map(|(id, _, _)| id),
        "personal": store.map(|(_, _, p)| p.sets.iter().map(set).collect::<Vec<_>>()).unwrap_or_default(),
        "exempt": store.map(|(_, _, p)| p.exempt.clone()).unwrap_or_default(),
        "left_alone": store.map(|(_, _, p)| p.left_alone.clone()).unwrap_or_default(),
        "to_fill_in": open,
        "next": "frist check",
    })
}

fn report(written: &[PathBuf], store: Option<(&str, &Where, &Proposal)>, open: usize, lang: Lang) {
    for path in written {
        say!("{GREEN}{}{GREEN:#} {}", tell(lang, "skrev", "wrote"), path.display());
    }
    if let Some((_, _, proposal)) = store {
        personal(proposal, lang);
        if !proposal.exempt.is_empty() {
            let words =
                tell(lang, "Ikke anset for personoplysninger", "Not taken as personal data");
            say!("\n{BOLD}{words}{BOLD:#}");
            for e in &proposal.exempt {
                let look = match e.look_at.is_empty() {
                    true => String::new(),
                    false => format!(
                        "  {YELLOW}{} {}{YELLOW:#}",
                        tell(lang, "se efter:", "look at:"),
                        e.look_at.join(", ")
                    ),
                };
                say!("  {}{look}", e.at);
            }
        }
        if !proposal.left_alone.is_empty() {
            let words =
                tell(lang, "Ikke rørt (visninger og lignende)", "Left alone (views and the like)");
            say!("\n{BOLD}{words}{BOLD:#}\n  {}", proposal.left_alone.join(", "));
        }
    }
    let next = tell(lang, "Næste skridt", "Next");
    let what = match (open, lang) {
        (0, Lang::Da) => "forslaget kan læses og køres; se det igennem".to_owned(),
        (0, Lang::En) => "the proposal can be read and run; look it through".to_owned(),
        (n, Lang::Da) => format!("{n} ting mangler, før noget kan slettes; de er mærket UDFYLD"),
        (1, Lang::En) => {
            "one thing is missing before anything can be erased; it is marked FILL IN".into()
        }
        (n, Lang::En) => {
            format!("{n} things are missing before anything can be erased; they are marked FILL IN")
        }
    };
    say!("\n{BOLD}{next}:{BOLD:#} frist check\n{DIM}{what}{DIM:#}");
}

fn personal(proposal: &Proposal, lang: Lang) {
    if proposal.sets.is_empty() {
        return;
    }
    let words = tell(lang, "Anset for personoplysninger", "Taken as personal data");
    say!("\n{BOLD}{words}{BOLD:#}");
    let mut rows = vec![vec![
        tell(lang, "samling", "collection").to_owned(),
        tell(lang, "om", "about").to_owned(),
        tell(lang, "fordi", "because").to_owned(),
    ]];
    for set in &proposal.sets {
        let who: Vec<&str> = set.subjects.iter().map(|(who, _)| *who).collect();
        rows.push(vec![set.collection.clone(), who.join(", "), because(&set.reasons, lang)]);
    }
    for line in output::table(&rows).lines() {
        say!("  {line}");
    }
}
