//! Walking a parsed TOML table by hand: typed access with spans, and every complaint collected.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::Text;
use crate::nearest::nearest;
use crate::shape::Shape;
use crate::span::{FileId, Sp, Span};

/// One value as TOML has it.
pub type Value<'a> = Spanned<DeValue<'a>>;

/// No more than this many diagnostics of one weight are kept, so that a register of nonsense stays
/// cheap.
pub(crate) const MOST: usize = 1000;

/// The file being read, and what has been said about it so far.
pub struct File<'a> {
    /// Which file.
    pub id: FileId,
    /// Its text.
    pub text: &'a str,
    /// The tables that files of this kind may have, to say where a field belongs.
    pub shapes: &'static [&'static Shape],
    /// What was said.
    pub said: RefCell<Vec<Diagnostic>>,
}

impl<'a> File<'a> {
    /// Adds a diagnostic.
    pub fn say(&self, diagnostic: Diagnostic) {
        if !self.full() {
            self.said.borrow_mut().push(diagnostic);
        }
    }

    /// Whether nothing more is kept, so that it need not be put into words either.
    pub fn full(&self) -> bool {
        self.said.borrow().len() >= MOST
    }

    /// Where a spanned thing stands; a table with a header is its header's line.
    pub fn span<T>(&self, spanned: &Spanned<T>) -> Span {
        let range = spanned.span();
        let start = range.start.min(self.text.len());
        let mut end = range.end.clamp(start, self.text.len());
        let slice = self.text.get(start..end).unwrap_or("");
        if slice.starts_with('[')
            && let Some(line) = slice.find('\n')
            && header(slice)
        {
            end = start + slice[..line].trim_end().len();
        }
        Span::new(self.id, start..end)
    }

    /// The text of a string value, with the span inside its quotes where that is simple.
    pub fn string(&self, value: &Value<'a>) -> Option<Sp<String>> {
        let text = value.get_ref().as_str()?;
        Some(Sp::new(text.to_owned(), self.span(value)))
    }

    /// Says that a value has the wrong type.
    pub fn wrong_type(&self, value: &Value<'a>, name: &str, wanted: &str) {
        if self.full() {
            return;
        }
        let found = kind_of(value.get_ref());
        self.say(
            Diagnostic::new(
                Code::E0003,
                self.span(value),
                format!("`{name}` must be {wanted}, not {found}"),
            )
            .here(format!("this is {found}")),
        );
    }
}

/// Whether a text that begins with `[` is a header and not a list.
fn header(slice: &str) -> bool {
    let line = slice.lines().next().unwrap_or("");
    let line = line.split('#').next().unwrap_or("").trim();
    let inner = line.trim_start_matches('[').trim_end_matches(']');
    line.ends_with(']') && inner.chars().all(|c| c.is_alphanumeric() || "._- ".contains(c))
}

/// What a value is, in a person's words.
pub(crate) fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A whole number, when it is one that fits.
pub(crate) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let int = value.as_integer()?;
    i64::from_str_radix(&int.as_str().replace('_', ""), int.radix()).ok()
}

/// A table of a known shape.
pub struct Tab<'a> {
    /// The file it is in.
    pub file: &'a File<'a>,
    /// Its fields.
    pub table: &'a DeTable<'a>,
    /// Where it stands.
    pub span: Span,
    shape: &'static Shape,
    /// The table around it, for fields that slipped into the wrong one.
    parent: Option<&'static Shape>,
    asked: RefCell<BTreeSet<&'static str>>,
    failed: Cell<bool>,
}

impl<'a> Tab<'a> {
    /// The table of a value, or a complaint.
    pub fn of(
        file: &'a File<'a>,
        value: &'a Value<'a>,
        shape: &'static Shape,
        parent: Option<&'static Shape>,
    ) -> Option<Self> {
        let Some(table) = value.get_ref().as_table() else {
            file.wrong_type(value, shape.path, "a table");
            return None;
        };
        Some(Self::root(file, table, file.span(value), shape, parent))
    }

    /// A table that is at hand already.
    pub fn root(
        file: &'a File<'a>,
        table: &'a DeTable<'a>,
        span: Span,
        shape: &'static Shape,
        parent: Option<&'static Shape>,
    ) -> Self {
        let asked = RefCell::default();
        Self { file, table, span, shape, parent, asked, failed: Cell::new(false) }
    }

    /// Adds a diagnostic.
    pub fn say(&self, diagnostic: Diagnostic) {
        self.file.say(diagnostic);
    }

    /// The value of a field.
    pub fn raw(&self, name: &'static str) -> Option<&'a Value<'a>> {
        debug_assert!(self.shape.field(name).is_some(), "{name} is not in the shape");
        self.asked.borrow_mut().insert(name);
        self.table.get(name)
    }

    /// Whether the field is there.
    pub fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// A text.
    pub fn str(&self, name: &'static str) -> Option<Sp<String>> {
        let value = self.raw(name)?;
        let text = self.file.string(value);
        if text.is_none() {
            self.file.wrong_type(value, name, "a text");
            self.failed.set(true);
        }
        text
    }

    /// A text that must be there and not be empty.
    pub fn need_str(&self, name: &'static str) -> Option<Sp<String>> {
        let text = self.str(name);
        match &text {
            None if !self.has(name) => self.missing(name),
            Some(t) if t.value.trim().is_empty() => {
                self.say(
                    Diagnostic::new(Code::E0004, t.span, format!("`{name}` is empty"))
                        .here("nothing is written here"),
                );
                return None;
            }
            _ => {}
        }
        text
    }

    /// An id of our own.
    pub fn id(&self) -> Option<Sp<String>> {
        let id = self.need_str("id")?;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if id.value.len() <= 64 && id.value.chars().all(fits) {
            return Some(id);
        }
        let better: String = id.value.to_lowercase().chars().take(64).collect();
        let better = better
            .replace('æ', "ae")
            .replace('ø', "oe")
            .replace('å', "aa")
            .replace(|c| !fits(c), "-");
        self.say(
            Diagnostic::new(Code::E0009, id.span, format!("`{}` cannot be an id", id.value))
                .here("ids are lower case letters a-z, digits, `-` and `_`, at most 64")
                .help(format!("write `{better}`, and say it in words in `title`"))
                .fix(id.span, format!("\"{better}\"")),
        );
        // Read on under the id as written: what refers to it is right all the same.
        Some(id)
    }

    /// Says that a field is missing.
    pub fn missing(&self, name: &'static str) {
        let doc = self.shape.field(name).map_or("", |f| f.doc);
        self.say(
            Diagnostic::new(
                Code::E0004,
                self.span,
                format!("{} lacks `{name}`", self.shape.header),
            )
            .help(format!("`{name}`: {}", crate::walk::sentence(doc))),
        );
    }

    /// A text in one or both languages.
    pub fn text(&self, name: &'static str) -> Option<Sp<Text>> {
        let value = self.raw(name)?;
        let span = self.file.span(value);
        match value.get_ref() {
            DeValue::String(s) => {
                let s = s.trim().to_owned();
                Some(Sp::new(Text { da: s.clone(), en: s }, span))
            }
            DeValue::Table(table) => {
                let mut text = Text::default();
                for (key, value) in table {
                    let slot = match key.get_ref().as_ref() {
                        "da" => &mut text.da,
                        "en" => &mut text.en,
                        other => {
                            self.say(
                                Diagnostic::new(
                                    Code::E0002,
                                    self.file.span(key),
                                    format!("`{other}` is not a language Frist knows"),
                                )
                                .help("write the text as { da = \"...\", en = \"...\" }"),
                            );
                            continue;
                        }
                    };
                    match value.get_ref().as_str() {
                        Some(s) => *slot = s.trim().to_owned(),
                        None => self.file.wrong_type(value, key.get_ref(), "a text"),
                    }
                }
                Some(Sp::new(text, span))
            }
            _ => {
                self.file.wrong_type(value, name, "a text, or { da = \"...\", en = \"...\" }");
                None
            }
        }
    }

    /// A text that must be there.
    pub fn need_text(&self, name: &'static str) -> Option<Sp<Text>> {
        let text = self.text(name);
        match &text {
            None if !self.has(name) => self.missing(name),
            Some(t) if t.value.is_empty() => self.say(
                Diagnostic::new(Code::E0004, t.span, format!("`{name}` is empty"))
                    .here("nothing is written here"),
            ),
            _ => {}
        }
        text
    }

    /// A list of texts; one text counts as a list of one.
    pub fn strings(&self, name: &'static str) -> Vec<Sp<String>> {
        self.raw(name).map(|value| self.list(name, value)).unwrap_or_default()
    }

    fn list(&self, name: &str, value: &'a Value<'a>) -> Vec<Sp<String>> {
        match value.get_ref() {
            DeValue::String(_) => self.file.string(value).into_iter().collect(),
            DeValue::Array(items) => items
                .iter()
                .filter_map(|item| {
                    let text = self.file.string(item);
                    if text.is_none() {
                        self.file.wrong_type(item, name, "a list of texts");
                    }
                    text
                })
                .collect(),
            _ => {
                self.file.wrong_type(value, name, "a list of texts");
                Vec::new()
            }
        }
    }

    /// True or false; false when not said.
    pub fn bool(&self, name: &'static str) -> bool {
        let Some(value) = self.raw(name) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.file.wrong_type(value, name, "true or false");
            false
        })
    }

    /// A whole number from 1 to `most`.
    pub fn count(&self, name: &'static str, most: i64) -> Option<u64> {
        let value = self.raw(name)?;
        match integer(value.get_ref()) {
            Some(n) if (1..=most).contains(&n) => u64::try_from(n).ok(),
            Some(_) => {
                let words = format!("`{name}` must be a whole number from 1 to {most}");
                self.say(Diagnostic::new(Code::E0005, self.file.span(value), words));
                None
            }
            None => {
                self.file.wrong_type(value, name, "a whole number");
                None
            }
        }
    }

    /// A text that is read by its type, whose own error message is the complaint.
    pub fn parsed<T>(&self, name: &'static str) -> Option<Sp<T>>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let text = self.str(name)?;
        match text.value.trim().parse() {
            Ok(value) => Some(Sp::new(value, text.span)),
            Err(error) => {
                self.say(Diagnostic::new(Code::E0005, text.span, error.to_string()));
                self.failed.set(true);
                None
            }
        }
    }

    /// A list of texts, each read by its type; one text counts as a list of one.
    pub fn parsed_list<T>(&self, name: &'static str) -> Vec<Sp<T>>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let texts = self.strings(name);
        let read = |text: Sp<String>| match text.value.trim().parse() {
            Ok(value) => Some(Sp::new(value, text.span)),
            Err(error) => {
                self.say(Diagnostic::new(Code::E0005, text.span, T::Err::to_string(&error)));
                self.failed.set(true);
                None
            }
        };
        texts.into_iter().filter_map(read).collect()
    }

    /// A date, `2026-12-31`, with or without quotes.
    pub fn date(&self, name: &'static str) -> Option<Sp<jiff::civil::Date>> {
        let value = self.raw(name)?;
        let date = crate::read::values::date(self.file, value, name);
        if date.is_none() {
            self.failed.set(true);
        }
        date
    }

    /// A duration of the machine, in milliseconds: `30 s`, `500 ms`, `2 min`.
    pub fn duration_ms(&self, name: &'static str) -> Option<u64> {
        crate::read::values::duration_ms(self, name)
    }

    /// One of a few words.
    pub fn one_of<T: Copy>(
        &self,
        name: &'static str,
        words: &[&'static str],
        values: &[T],
    ) -> Option<T> {
        let text = self.str(name)?;
        if let Some(i) = words.iter().position(|w| *w == text.value) {
            return values.get(i).copied();
        }
        self.none_of(name, words, &text);
        None
    }

    /// A list of some of these texts; what is none of them is said and left out.
    pub fn some_of(&self, name: &'static str, words: &[&'static str]) -> Vec<Sp<String>> {
        let known = |text: &Sp<String>| {
            let known = words.contains(&text.value.as_str());
            if !known {
                self.none_of(name, words, text);
            }
            known
        };
        self.strings(name).into_iter().filter(known).collect()
    }

    fn none_of(&self, name: &str, words: &[&'static str], text: &Sp<String>) {
        let mut said =
            Diagnostic::new(Code::E0005, text.span, format!("`{name}` cannot be `{}`", text.value))
                .here(format!("expected {}", either(words)));
        if let Some(word) = nearest(&text.value, words.iter().copied()) {
            said =
                said.help(format!("did you mean `{word}`?")).fix(text.span, format!("\"{word}\""));
        }
        self.say(said);
        self.failed.set(true);
    }

    /// A table of its own shape.
    pub fn table(&self, name: &'static str, shape: &'static Shape) -> Option<Tab<'a>> {
        let value = self.raw(name)?;
        if value.get_ref().is_array() {
            self.file.wrong_type(value, name, "one table");
            return None;
        }
        Tab::of(self.file, value, shape, Some(self.shape))
    }

    /// A list of tables of one shape.
    pub fn tables(&self, name: &'static str, shape: &'static Shape) -> Vec<Tab<'a>> {
        let Some(value) = self.raw(name) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            let span = self.file.span(value);
            let found = kind_of(value.get_ref());
            let mut said = Diagnostic::new(
                Code::E0003,
                span,
                format!("`{name}` must be a list of tables, not {found}"),
            );
            if value.get_ref().is_table() {
                said = said.help(format!("write {} with two brackets", shape.header));
            }
            self.say(said);
            return Vec::new();
        };
        items.iter().filter_map(|item| Tab::of(self.file, item, shape, Some(self.shape))).collect()
    }

    /// Whether a field that was read could not be understood.
    pub fn failed(&self) -> bool {
        self.failed.get()
    }

    /// Complains about every field that nobody asked for.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        debug_assert!(
            self.shape.fields.iter().all(|f| asked.contains(f.name)),
            "a field of {} is never read: {asked:?}",
            self.shape.path
        );
        for (key, _) in self.table {
            if self.file.full() {
                break;
            }
            let name: &str = key.get_ref();
            if self.shape.field(name).is_none() {
                self.unknown(name, self.file.span(key));
            }
        }
    }

    fn unknown(&self, name: &str, span: Span) {
        if self.shape.path == "store" && ["url", "password", "dsn", "user"].contains(&name) {
            self.say(
                Diagnostic::new(
                    Code::E0007,
                    span,
                    format!("`{name}` does not belong in a register, which many people read"),
                )
                .law("GDPR Art. 32(1)")
                .help("put the URL in an environment variable and name it: url_env = \"ERP_URL\""),
            );
            return;
        }
        let said = Diagnostic::new(
            Code::E0002,
            span,
            format!("{} has no field `{name}`", self.shape.header),
        );
        let own = self.shape.fields.iter().map(|f| f.name);
        let said =
            if let Some(parent) = self.parent.filter(|p| p.field(name).is_some()) {
                said.here(format!("this field belongs to {}", parent.header)).help(format!(
                "in TOML every line after `{}` belongs to it until the next header: move `{name}` \
                 up, before the first table inside {}",
                self.shape.header, parent.header
            ))
            } else if let Some(near) = nearest(name, own) {
                said.help(format!("did you mean `{near}`?")).fix(span, near)
            } else if let Some(other) = self.file.shapes.iter().find(|s| {
                s.path != self.shape.path && !s.path.is_empty() && s.field(name).is_some()
            }) {
                said.help(format!("`{name}` is a field of {}", other.header))
            } else {
                let fields: Vec<&str> = self.shape.fields.iter().map(|f| f.name).collect();
                said.help(format!("it may have {}", either(&fields)))
            };
        self.say(said);
    }
}

/// "`a`, `b` or `c`".
pub(crate) fn either(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// A sentence as part of a message: lower first letter, no full stop.
pub(crate) fn sentence(doc: &str) -> String {
    let doc = doc.trim_end_matches('.');
    let mut chars = doc.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => doc.to_owned(),
    }
}
