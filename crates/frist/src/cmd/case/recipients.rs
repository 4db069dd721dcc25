//! `frist case recipients` and `frist case tell`: who has had the data, and what they were told (Art. 19).

use frist_cases::recipients::{self, Letter};
use frist_cases::request::{Kept, Notice, Request, StepName};
use frist_law::Calendar;
use frist_register::{Lang, Register};

use super::{Work, number};
use crate::cli::Language;
use crate::cli_case::TellArgs;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, GREEN, YELLOW, day, json, say};
use crate::place::Place;

/// Shows the recipients of a request.
pub fn show(place: &Place, text: &str, lang: Lang, as_json: bool) -> Outcome {
    let mut work = Work::new(place)?;
    let kept = work.desk().load(&number(text))?;
    let register = &work.engine.register;
    let untold = kept.request.untold().count();
    if as_json {
        json(&value(&kept, register, lang))?;
    } else if kept.request.recipients.is_empty() {
        say!("Nothing was erased, rectified or restricted in it that anybody is to be told of.");
    } else {
        lines(&kept.request, register, lang);
        if untold > 0 {
            say!("`frist case tell {} RECIPIENT --letter` writes a letter", kept.case.number);
        }
    }
    Ok(if untold > 0 { Exit::Findings } else { Exit::Done })
}

/// The recipients, a line each, with what they have had and what came of it.
pub fn lines(request: &Request, register: &Register, lang: Lang) {
    let calendar = &register.controller.calendar;
    for one in &request.recipients {
        let what = recipients::categories(register, &one.categories, lang).join(", ");
        let title = recipients::title(register, &one.id, lang);
        say!("  {BOLD}{}{BOLD:#}  {title}: {what}", one.id);
        match &one.notice {
            Some(Notice::Told { on, how }) => say!("      {GREEN}told {on}{GREEN:#}: {how}"),
            Some(Notice::Cannot { why }) => say!("      cannot be told: {why}"),
            None => say!("      {YELLOW}to be told{YELLOW:#}{}", by(request, one, calendar)),
        }
    }
}

fn by(request: &Request, one: &frist_cases::request::Recipient, calendar: &Calendar) -> String {
    let since = day(one.since, &calendar.zone);
    let by = request.tell_by(one, calendar).map_or(String::new(), |d| format!(" by {d}"));
    format!("{by}; carried out {since}")
}

fn value(kept: &Kept, register: &Register, lang: Lang) -> serde_json::Value {
    let calendar = &register.controller.calendar;
    let one = |r: &frist_cases::request::Recipient| {
        serde_json::json!({
            "recipient": r.id,
            "title": recipients::title(register, &r.id, lang),
            "categories": recipients::categories(register, &r.categories, lang),
            "datasets": r.datasets,
            "since": r.since,
            "tell_by": kept.request.tell_by(r, calendar).filter(|_| r.notice.is_none()),
            "notice": r.notice,
        })
    };
    let all: Vec<_> = kept.request.recipients.iter().map(one).collect();
    serde_json::json!({
        "number": kept.case.number, "version": kept.case.version,
        "untold": kept.request.untold().count(), "recipients": all,
    })
}

/// Writes the letter, or puts down what came of telling a recipient.
pub fn tell(place: &Place, args: &TellArgs, lang: Lang, as_json: bool) -> Outcome {
    let mut work = Work::new(place)?;
    let number = number(&args.target.number);
    if args.letter {
        return letter(&mut work, &number, args, as_json);
    }
    let today = work.engine.register.controller.calendar.zone.to_datetime(work.at).date();
    let notice = match (&args.told, &args.cannot) {
        (Some(on), _) => {
            let on = match on.as_str() {
                "" => today,
                text => text.parse().map_err(|_| {
                    Failure::usage("`--told` is not a day").help("write it as YYYY-MM-DD")
                })?,
            };
            Notice::Told { on, how: args.how.clone().unwrap_or_default() }
        }
        (None, Some(why)) => Notice::Cannot { why: why.clone() },
        (None, None) => return Err(Failure::usage("say `--letter`, `--told` or `--cannot`")),
    };
    let (by, at, seen) = (work.by.clone(), work.at, args.target.seen);
    let to = &args.recipient;
    let kept = recipients::tell(&mut work.engine, &by, &number, seen, to, notice, at)?;
    work.publish()?;
    if as_json {
        json(&value(&kept, &work.engine.register, lang))?;
        return Ok(Exit::Done);
    }
    say!("{GREEN}{number}{GREEN:#}: it is in the log");
    let register = &work.engine.register;
    let possible = kept.request.possible(at, &register.controller.calendar);
    match kept.request.untold().count() {
        0 if possible.contains(&StepName::Close) => {
            say!("  nobody is left to be told; `frist case close {number}` closes the case");
        }
        0 => say!("  nobody is left to be told"),
        _ => lines(&kept.request, register, lang),
    }
    Ok(Exit::Done)
}

fn letter(work: &mut Work<'_>, number: &str, args: &TellArgs, as_json: bool) -> Outcome {
    let letter = Letter {
        recipient: args.recipient.clone(),
        lang: args.language.map(|l| if l == Language::Da { Lang::Da } else { Lang::En }),
        address: args.address.clone(),
        without_name: args.without_name,
        identifiers: args.ids.clone(),
        about: args.about.clone(),
        fields: args.field.clone(),
        signed: String::new(),
    };
    if args.preview {
        let text = recipients::draft(&mut work.engine, number, &letter, work.at)?.text();
        match as_json {
            true => json(&serde_json::json!({"text": text}))?,
            false => say!("{}", text.trim_end()),
        }
        return Ok(Exit::Done);
    }
    recipients::write(&mut work.engine, &work.by, number, &letter, work.at)?;
    work.publish()?;
    let to = &args.recipient;
    match as_json {
        true => json(&serde_json::json!({"number": number, "letter": to}))?,
        false => {
            say!("{GREEN}{number}{GREEN:#}: the letter to `{to}` is written");
            say!(
                "  `frist case letter {number}` shows it, `--out FILE.html` or `.pdf` writes it to a file"
            );
            say!("  once it is sent: `frist case tell {number} {to} --told --how ...`");
        }
    }
    Ok(Exit::Done)
}
