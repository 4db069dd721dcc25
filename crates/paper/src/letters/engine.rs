//! Fills a template: bounded, and with nothing in reach but the context.

use frist_register::Lang;
use jiff::civil::Date;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use super::context::LetterContext;
use super::kind::LetterKind;
use super::phrases;
use super::watched::Watched;
use crate::error::PaperError;

/// Steps (and 64 bytes each) that one letter may cost; the longest of ours needs some thousands.
const FUEL: u64 = 500_000;
/// No template is longer.
const LONGEST: usize = 64 * 1024;

/// What can be used besides the context's fields: texts that many letters share.
pub(crate) const PARTS: [&str; 3] = ["complaint", "contact", "closing"];

/// The template's text with every placeholder filled, ready for [`markup`](super::markup).
pub(crate) fn fill(
    kind: LetterKind,
    lang: Lang,
    source: &str,
    context: &LetterContext,
) -> Result<String, PaperError> {
    let refuse = |line, why: String| PaperError::Template { kind, lang, line, why };
    if source.len() > LONGEST {
        return Err(refuse(None, format!("it has more than {LONGEST} bytes")));
    }
    let env = environment(lang);
    let json = serde_json::to_value(context)
        .map_err(|_| refuse(None, "the context cannot be written".to_owned()))?;
    let mut given = match json {
        serde_json::Value::Object(fields) => fields,
        _ => serde_json::Map::new(),
    };
    // The shared parts are templates of ours, filled first.
    let mut parts = Vec::new();
    for name in PARTS {
        let root = Watched::root(given.clone(), &[]);
        let text = env
            .render_str(phrases::part(name, lang), root.value())
            .map_err(|e| refuse(None, format!("`{name}`: {}", said(&e))))?;
        parts.push((name, text));
    }
    given.retain(|name, _| !PARTS.contains(&name.as_str()));
    let root = Watched::root(given, &parts);
    env.render_str(source, root.value()).map_err(|e| {
        let unknown = root.unknown();
        match unknown.first() {
            Some(unknown) if e.kind() == ErrorKind::UndefinedError => {
                refuse(e.line(), unknown.to_string())
            }
            _ => refuse(e.line(), said(&e)),
        }
    })
}

/// Names in the template that stand for nothing, found without filling it.
pub(crate) fn names(source: &str, lang: Lang) -> Vec<String> {
    let env = environment(lang);
    let Ok(template) = env.template_from_str(source) else { return Vec::new() };
    let mut names: Vec<String> = template.undeclared_variables(true).into_iter().collect();
    names.sort();
    names
}

fn environment(lang: Lang) -> Environment<'static> {
    let mut env = Environment::empty();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(50);
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        env.set_syntax(syntax);
    }
    // Any escaping at all makes the engine mark what is already markup as safe.
    env.set_auto_escape_callback(|_| AutoEscape::Custom("markup".into()));
    env.set_formatter(|out, _state, value| {
        if value.is_undefined() || value.is_none() {
            return Ok(());
        }
        match (value.as_str(), value.kind()) {
            (Some(text), _) if value.is_safe() => out.write_str(text)?,
            (Some(text), _) => out.write_str(&escape(text))?,
            (None, ValueKind::Number) => out.write_str(&escape(&value.to_string()))?,
            (None, kind) => {
                return Err(Error::new(
                    ErrorKind::InvalidOperation,
                    format!("a {kind} cannot be written as it is; name one of its fields, or go through it with {{% for %}}"),
                ));
            }
        }
        Ok(())
    });
    use minijinja::{filters, tests};
    env.add_filter("join", filters::join);
    env.add_filter("upper", filters::upper);
    env.add_filter("lower", filters::lower);
    env.add_filter("trim", filters::trim);
    env.add_filter("default", filters::default);
    env.add_filter("length", |v: &Value| v.len().unwrap_or(0));
    env.add_test("none", tests::is_none);
    env.add_test("defined", tests::is_defined);
    env.add_filter("capital", |v: &str| capital(v));
    env.add_filter("date", move |v: &Value| date(v, lang));
    env.add_filter("listed", move |v: &Value| listed(v, lang));
    env.add_filter("alike", move |v: &Value| alike(v, lang));
    env.add_filter("right", move |v: &str| phrases::right(v, lang).to_owned());
    env.add_filter("answer", move |v: &str| phrases::answer(v, lang).to_owned());
    env.add_filter("article", move |v: &str| phrases::article(v, lang));
    env.add_filter("article_text", move |v: &str| phrases::article_text(v, lang).to_owned());
    env
}

/// A date in words; nothing where there is none.
fn date(value: &Value, lang: Lang) -> Result<String, Error> {
    if value.is_none() {
        return Ok(String::new());
    }
    match value.as_str().and_then(|text| text.parse::<Date>().ok()) {
        Some(date) => Ok(super::written(date, lang)),
        None => Err(Error::new(ErrorKind::InvalidOperation, "`date` wants a date")),
    }
}

/// As a line begins: with a capital letter.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// `a, b og c`.
fn listed(value: &Value, lang: Lang) -> Result<String, Error> {
    let items: Vec<String> = value.try_iter()?.map(|v| v.to_string()).collect();
    let and = if lang == Lang::Da { "og" } else { "and" };
    // Where a name has an "and" or a comma of its own, nobody could tell where it ends.
    let within = |item: &String| item.contains(',') || item.contains(&format!(" {and} "));
    let between = if items.len() > 1 && items.iter().any(within) { "; " } else { ", " };
    Ok(match items.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, first)) if between == "; " => format!("{}; {last}", first.join(between)),
        Some((last, first)) => format!("{} {and} {last}", first.join(between)),
    })
}

/// Decisions with the same answer on the same ground as one, so that its reason is given once: `what` names
/// all of them, and `until` is the day of all of them, if it is.
fn alike(value: &Value, lang: Lang) -> Result<Value, Error> {
    const SAME: [&str; 3] = ["answer", "article", "ground"];
    let mut groups: Vec<([Value; 3], Vec<String>, Value)> = Vec::new();
    for line in value.try_iter()? {
        let of = |name: &str| line.get_attr(name);
        let same = [of(SAME[0])?, of(SAME[1])?, of(SAME[2])?];
        let (what, until) = (of("what")?.to_string(), of("until")?);
        match groups.iter_mut().find(|(known, ..)| *known == same) {
            Some((_, whats, day)) => {
                if *day != until {
                    *day = Value::from(());
                }
                if !whats.contains(&what) {
                    whats.push(what);
                }
            }
            None => groups.push((same, vec![what], until)),
        }
    }
    let one = |(same, whats, until): ([Value; 3], Vec<String>, Value)| {
        let whats = whats.into_iter().enumerate();
        let whats: Vec<String> = whats.map(|(n, w)| if n == 0 { w } else { small(&w) }).collect();
        let what = Value::from(listed(&Value::from(whats), lang)?);
        let fields = SAME.into_iter().zip(same);
        Ok(Value::from_pairs(fields.chain([("what", what), ("until", until)])))
    };
    groups.into_iter().map(one).collect::<Result<Vec<Value>, Error>>().map(Value::from)
}

/// As a name stands inside a sentence: with a small letter, unless it is an abbreviation.
fn small(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), text.chars().nth(1)) {
        (Some(first), second) if second.is_none_or(|c| !c.is_uppercase()) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

/// A value as text that [`markup`](super::markup) reads back letter by letter.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let text = text.replace("\r\n", "\n");
    for c in text.trim_matches(['\n', '\r']).chars() {
        match c {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{b}' | '\u{c}' | '\u{85}' => {
                out.push_str("\\n")
            }
            c if c.is_ascii_punctuation() => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// What the engine says about an error, without values.
fn said(error: &Error) -> String {
    let what = match error.kind() {
        ErrorKind::UndefinedError => "it names something that is not there".to_owned(),
        ErrorKind::OutOfFuel => "it takes too long".to_owned(),
        ErrorKind::UnknownFilter => {
            format!("unknown filter{}", detail(error))
        }
        kind => format!("{kind}{}", detail(error)),
    };
    what.chars().take(300).collect()
}

fn detail(error: &Error) -> String {
    error.detail().map(|d| format!(": {d}")).unwrap_or_default()
}
