//! What a law file must be, beyond its form. Whoever adds a law reads these messages.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::article::{id_of, is_reference};
use super::{File, Kind, Law, LawBook, Text, Verified, Version};
use crate::{Anchor, LawError};

pub(super) fn wrong(file: &str, entry: &str, problem: &str) -> LawError {
    let (file, entry) = (file.to_owned(), entry.to_owned());
    LawError::LawEntry { file, entry, problem: problem.to_owned() }
}

/// A file that is not TOML, or not of the form.
pub(super) fn unreadable(file: &str, text: &str, error: &toml::de::Error) -> LawError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let problem = error.message().trim().replace('\n', " ");
    LawError::LawFile { file: file.to_owned(), line, problem }
}

/// The entries of one file, each by itself. Fills in the ids of articles.
pub(super) fn file(name: &str, file: &mut File) -> Result<(), LawError> {
    let country = name.strip_suffix(".toml").unwrap_or_default();
    if !is_name(country) {
        let problem = "the file is not named after a country, such as `dk.toml`";
        return Err(wrong(name, name, problem));
    }
    for law in &file.law {
        check_id(country, &law.id)
            .and_then(|()| check_law(law))
            .map_err(|p| wrong(name, &law.id, p))?;
    }
    for regulation in &mut file.regulation {
        let mut seen = BTreeSet::new();
        check_id(country, &regulation.id)
            .and_then(|()| check_text(&regulation.title))
            .and_then(|()| check_text(&regulation.citation))
            .map_err(|p| wrong(name, &regulation.id, p))?;
        for article in &mut regulation.articles {
            let problem = if !is_reference(&article.reference) {
                Some("the article is not written as `6(1)(b)`")
            } else if !seen.insert(article.reference.clone()) {
                Some("the article is there twice")
            } else {
                check_text(&article.label).err()
            };
            if let Some(problem) = problem {
                return Err(wrong(name, &article.reference, problem));
            }
            article.id = format!("{}.{}", regulation.id, id_of(&article.reference));
        }
    }
    Ok(())
}

/// Exceptions, which name a maximum that may be in another file.
pub(super) fn exceptions(book: &LawBook) -> Result<(), LawError> {
    for law in book.iter() {
        let lifts_maximum = match &law.excepts {
            Some(id) => book.get(id).is_some_and(|other| other.kind == Kind::Maximum),
            None => true,
        };
        if !lifts_maximum {
            return Err(wrong("the law book", &law.id, "`excepts` does not name a maximum"));
        }
    }
    Ok(())
}

fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.bytes().all(plain)
}

fn check_id(country: &str, id: &str) -> Result<(), &'static str> {
    let Some((first, rest)) = id.split_once('.') else {
        return Err("the id has no name after the country");
    };
    if first != country {
        Err("the id does not begin with the country that the file is named after")
    } else if !rest.split('.').all(is_name) {
        Err("the id has other characters than a-z, 0-9, `-` and points")
    } else {
        Ok(())
    }
}

fn check_text(text: &Text) -> Result<(), &'static str> {
    let empty = |text: &str| text.trim().is_empty();
    if empty(&text.da) || empty(&text.en) { Err("a text is empty") } else { Ok(()) }
}

fn check_law(law: &Law) -> Result<(), &'static str> {
    check_text(&law.title)?;
    if law.excepts.is_some() != (law.kind == Kind::Exception) {
        return Err("`excepts` belongs to kind `exception`, and to no other");
    }
    if law.versions.is_empty() {
        return Err("it has no version");
    }
    for version in &law.versions {
        check_version(law.kind, version)?;
    }
    for pair in law.versions.windows(2) {
        let (to, from): (Option<Date>, Option<Date>) = (pair[0].in_force_to, pair[1].in_force_from);
        if to.is_none() || from.is_none() || to >= from {
            return Err("the versions overlap, or the oldest is not first");
        }
    }
    Ok(())
}

fn check_version(kind: Kind, version: &Version) -> Result<(), &'static str> {
    let texts = [&version.start, &version.condition, &version.note];
    texts.into_iter().flatten().try_for_each(check_text)?;
    if version.citation.trim().is_empty() {
        return Err("the citation is empty");
    }
    if let (Some(from), Some(to)) = (version.in_force_from, version.in_force_to)
        && to < from
    {
        return Err("a version is out of force before it is in force");
    }
    if kind.is_open_ended() {
        if version.period.is_some() || version.anchor != Anchor::AsIs {
            return Err("what is open-ended has no `period` and no `anchor`");
        }
        if version.condition.is_none() {
            return Err("what is open-ended needs a `condition`");
        }
    } else {
        if version.period.is_none() {
            return Err("the `period` is missing");
        }
        if version.condition.is_some() {
            return Err("a `condition` belongs to what is open-ended");
        }
    }
    if version.verified != Verified::Verified && version.note.is_none() {
        return Err("what is not verified needs a `note` that says which part is not");
    }
    Ok(())
}
