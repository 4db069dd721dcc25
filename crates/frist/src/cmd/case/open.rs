//! `frist case open`: from options, or from a file that a form or another system gives.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use frist_cases::request::{Known, NewRequest, Person, Right, words};
use frist_register::Lang;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{Work, as_value, paper};
use crate::cli::Language;
use crate::cli_case::{OpenArgs, RightName};
use crate::error::{Exit, Failure, Outcome};
use crate::output::{GREEN, YELLOW, json, say, when};
use crate::place::Place;

/// A request as a form or another system gives it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    right: Right,
    #[serde(default)]
    marketing: bool,
    received: Option<String>,
    channel: Option<String>,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    #[serde(default)]
    id: BTreeMap<String, String>,
    words: Option<String>,
    language: Option<String>,
}

/// Opens a case.
pub fn open(place: &Place, args: &OpenArgs, lang: Lang, as_json: bool) -> Outcome {
    let mut work = Work::new(place)?;
    let zone = work.engine.register.controller.calendar.zone.clone();
    let new = match &args.from {
        Some(file) => from_file(file, work.at, &zone)?,
        None => from_options(args, work.at, &zone)?,
    };
    let papers =
        args.letter.iter().map(|file| paper(file, work.at)).collect::<Outcome<Vec<_>>>()?;
    let opened = work.desk().open(new, &papers)?;
    work.publish()?;
    let calendar = &work.engine.register.controller.calendar;
    let kept = &opened.kept;
    if as_json {
        let mut value = as_value(kept, work.at, calendar);
        value["receipt"] = opened.no_receipt.is_none().into();
        json(&value)?;
    } else {
        let standing = kept.request.standing(work.at, calendar);
        let right = words::right(kept.request.right, kept.request.marketing, lang);
        let article = kept.request.right.article();
        say!("{GREEN}opened{GREEN:#}: {} ({right}, Art. {article})", kept.case.number);
        if let (Some(day), Some(left)) = (standing.last_day, standing.days_left) {
            say!("  answer by {day}: {}", words::days_left(left, lang));
        }
        if let Some(until) = standing.extension_until {
            say!("  can be extended until {until}, with a reason and a letter");
        }
        match &opened.no_receipt {
            None => say!("  the receipt is written: `frist case letter {}`", kept.case.number),
            Some(e) => say!("{YELLOW}no receipt{YELLOW:#}: {e}; the case is open all the same"),
        }
    }
    Ok(if opened.no_receipt.is_some() { Exit::Findings } else { Exit::Done })
}

fn from_options(args: &OpenArgs, at: Timestamp, zone: &TimeZone) -> Outcome<NewRequest> {
    let known = |text: &String| {
        let (kind, value) = text.split_once('=').ok_or_else(|| {
            Failure::usage("an `--id` is not of the form KIND=VALUE")
                .help("write it like `--id customer=4711`")
        })?;
        Ok(Known { kind: kind.trim().to_owned(), value: value.trim().to_owned() })
    };
    Ok(NewRequest {
        right: args.right.map(right).ok_or_else(|| Failure::usage("say the right"))?,
        marketing: args.marketing,
        received: args.received.as_deref().map_or(Ok(at), |text| when(text, zone))?,
        channel: args.channel.clone(),
        person: Person {
            name: args.name.clone().unwrap_or_default(),
            email: args.email.clone(),
            phone: args.phone.clone(),
            address: args.address.as_ref().map(|a| a.replace("\\n", "\n")),
        },
        lang: if args.language == Language::Da { Lang::Da } else { Lang::En },
        known: args.ids.iter().map(known).collect::<Outcome<_>>()?,
        words: args.words.clone(),
    })
}

fn from_file(file: &Path, at: Timestamp, zone: &TimeZone) -> Outcome<NewRequest> {
    let mut text = String::new();
    let read = match file == Path::new("-") {
        true => std::io::stdin().read_to_string(&mut text),
        false => std::fs::File::open(file).and_then(|mut f| f.read_to_string(&mut text)),
    };
    read.map_err(|e| Failure::file("read", file, &e))?;
    // serde's own message can repeat a value, which may be about a person: the place is enough.
    let form: Form = serde_json::from_str(&text).map_err(|e| {
        let shown = file.display();
        let what = match e.to_string() {
            told if told.starts_with("unknown field") || told.starts_with("missing field") => {
                told.split(" at line").next().unwrap_or_default().to_owned()
            }
            told if told.starts_with("unknown variant") => "an unknown right".to_owned(),
            _ => "it is not JSON of the right shape".to_owned(),
        };
        Failure::usage(format!("`{shown}`, line {}, column {}: {what}", e.line(), e.column())).help(
            "it is an object with `right` and `name`, and perhaps marketing, received, channel, \
             email, phone, address, id (an object such as {\"customer\": \"4711\"}), words, language",
        )
    })?;
    let lang = match form.language.as_deref() {
        None | Some("da") => Lang::Da,
        Some("en") => Lang::En,
        Some(_) => return Err(Failure::usage("the language is neither `da` nor `en`")),
    };
    Ok(NewRequest {
        right: form.right,
        marketing: form.marketing,
        received: form.received.as_deref().map_or(Ok(at), |text| when(text, zone))?,
        channel: form.channel.unwrap_or_else(|| "form".to_owned()),
        person: Person {
            name: form.name,
            email: form.email,
            phone: form.phone,
            address: form.address,
        },
        lang,
        known: form.id.into_iter().map(|(kind, value)| Known { kind, value }).collect(),
        words: form.words,
    })
}

fn right(name: RightName) -> Right {
    match name {
        RightName::Access => Right::Access,
        RightName::Rectification => Right::Rectification,
        RightName::Erasure => Right::Erasure,
        RightName::Restriction => Right::Restriction,
        RightName::Portability => Right::Portability,
        RightName::Objection => Right::Objection,
        RightName::ConsentWithdrawal => Right::ConsentWithdrawal,
    }
}
