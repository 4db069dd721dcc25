//! Looking into the store: its catalogue, and how dates are written in a few records.
//!
//! Values are read to see their form; none is kept, printed or written anywhere.

use std::collections::BTreeMap;

use frist_decide::RuleSet;
use frist_law::LawBook;
use frist_register::Register;
use frist_stores::{CollectionInfo, Store, StoreError};

use super::toml::{key, text};
use super::words;

/// How a date is written, in the register's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// `2026-12-31`.
    Date,
    /// `2026-12-31 12:00:00`.
    DateTime,
    /// `2026-12-31T12:00:00Z`.
    Instant,
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMs,
}

impl Form {
    /// The register's word.
    pub fn word(self) -> &'static str {
        match self {
            Form::Date => "date",
            Form::DateTime => "datetime",
            Form::Instant => "instant",
            Form::Unix => "unix",
            Form::UnixMs => "unix-ms",
        }
    }
}

/// How many records of a collection are looked at, and at most how many times that.
const SAMPLE: usize = 50;
const MOST: usize = 10;

/// The forms of the fields of one collection in which dates were seen.
pub type Forms = BTreeMap<String, Form>;

/// Looks at some records of a table. What cannot be looked at, such as a table without a key, gives
/// nothing: then the register asks.
pub fn forms(store: &mut dyn Store, store_text: &str, info: &CollectionInfo) -> Forms {
    sample(store, store_text, info).unwrap_or_default()
}

fn sample(
    store: &mut dyn Store,
    store_text: &str,
    info: &CollectionInfo,
) -> Result<Forms, StoreError> {
    let Some(first) = info.key.first() else { return Ok(Forms::new()) };
    // A data set with no rule but "is there", so that the store gives out records to look at.
    let register = format!(
        "[controller]\nname = \"-\"\n\n{store_text}\n[[activity]]\nid = \"look\"\ntitle = \"-\"\n\n\
         [[activity.purpose]]\nid = \"look\"\ntext = \"-\"\nbasis = \"6(1)(b)\"\n\n\
         [[dataset]]\nid = \"look\"\nactivity = \"look\"\nat = {}\nsubjects = [\"user\"]\n\
         categories = [\"identity\"]\n\n[[dataset.keep]]\nfor = \"look\"\nwhen = {{ {} = {{ set = true }} }}\n",
        text(&format!("look/{}", info.name)),
        key(first)
    );
    let reading = Register::read(&[("look.toml", register.as_str())]);
    let Some(register) = reading.register else { return Ok(Forms::new()) };
    let Some(dataset) = register.datasets.first() else { return Ok(Forms::new()) };
    let Ok(rules) = RuleSet::resolve(&register, LawBook::embedded(), dataset) else {
        return Ok(Forms::new());
    };
    let bound = store.bind(&register, dataset, &rules)?;
    let mut seen: BTreeMap<String, Vec<Option<Form>>> = BTreeMap::new();
    let silent = |seen: &BTreeMap<String, Vec<_>>| {
        let wanted = info.fields.iter().filter(|f| words::sounds_like_date(&f.name));
        wanted.into_iter().any(|f| !seen.contains_key(&f.name))
    };
    let mut after = None;
    for page in 0..MOST {
        // An end date is empty in most records: only for such fields is it worth to look on.
        if page > 0 && !silent(&seen) {
            break;
        }
        let records = store.keys(&bound, after.as_ref(), SAMPLE)?;
        for record in &records {
            for (field, value) in store.fields(&bound, record)?.unwrap_or_default() {
                if let Some(value) = value {
                    seen.entry(field).or_default().push(form(&value));
                }
            }
        }
        match records.last() {
            Some(last) if records.len() == SAMPLE => after = Some(last.clone()),
            _ => break,
        }
    }
    Ok(seen.into_iter().filter_map(|(field, forms)| Some((field, usual(&forms)?))).collect())
}

/// The form of four values in five, or of all but one: real data has a wrong one here and there.
fn usual(forms: &[Option<Form>]) -> Option<Form> {
    let mut counts: BTreeMap<Form, usize> = BTreeMap::new();
    for form in forms.iter().flatten() {
        *counts.entry(*form).or_default() += 1;
    }
    let (form, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let wrong = forms.len() - count;
    (wrong * 4 <= count || (wrong == 1 && count > 1)).then_some(form)
}

/// The form in which a value is a date, if it is one.
fn form(value: &str) -> Option<Form> {
    let bytes = value.as_bytes();
    if bytes.iter().all(u8::is_ascii_digit) {
        // From 1985 to 2128; a date as eight digits is none that a rule can read.
        return match value.len() {
            9 | 10 => Some(Form::Unix),
            12 | 13 => Some(Form::UnixMs),
            _ => None,
        };
    }
    if bytes.len() < 10 || !value.is_char_boundary(10) {
        return None;
    }
    let (date, time) = value.split_at(10);
    date.parse::<jiff::civil::Date>().ok().filter(|_| bytes[4] == b'-')?;
    if time.is_empty() {
        return Some(Form::Date);
    }
    let time = time.strip_prefix([' ', 'T'])?;
    let (time, form) = match time.strip_suffix('Z') {
        Some(time) => (time, Form::Instant),
        None => (time, Form::DateTime),
    };
    time.contains(':').then(|| time.parse::<jiff::civil::Time>().ok()).flatten().map(|_| form)
}

/// What the store's own type tells: nothing, that it is a date of this form which need not be
/// declared, or one that must be.
pub fn of_type(type_name: &str) -> Option<Form> {
    let name = type_name.to_lowercase();
    if name == "date" {
        Some(Form::Date)
    } else if name.contains("with time zone") || name == "timestamptz" || name == "instant" {
        Some(Form::Instant)
    } else if name == "datetime" || name.starts_with("timestamp") {
        Some(Form::DateTime)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_values() {
        for (value, wanted) in [
            ("2026-02-28", Some(Form::Date)),
            ("2026-02-30", None),
            ("2026-02-28 10:00:00", Some(Form::DateTime)),
            ("2026-02-28T10:00", Some(Form::DateTime)),
            ("2026-02-28T10:00:00.123Z", Some(Form::Instant)),
            ("1767225600", Some(Form::Unix)),
            ("1767225600000", Some(Form::UnixMs)),
            ("20260228", None),
            ("4711", None),
            ("", None),
            ("ukendt", None),
            ("ææææææææææ", None),
            ("28-02-2026", None),
        ] {
            assert_eq!(form(value), wanted, "{value}");
        }
        let (date, bad) = (Some(Form::Date), None);
        assert_eq!(usual(&[date, date, date, date, bad]), date);
        assert_eq!(usual(&[date, date, bad]), date);
        assert_eq!(usual(&[date, bad]), None);
        assert_eq!(usual(&[date, date, date, bad, bad]), None);
        assert_eq!(usual(&[]), None);
    }
}
