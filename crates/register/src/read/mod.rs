//! Reading a register: TOML files in, the model and every complaint out.
//!
//! The TOML is walked by hand and not by derive, because people write it: one pass names every
//! mistake, each with its place.

mod activity;
mod announcement;
mod controller;
mod dataset;
mod facts;
mod rights;
mod rules;
mod store;
pub(crate) mod values;

use std::cell::RefCell;
use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeTable;

use crate::builtin;
use crate::codes::Code;
use crate::diag::{Diagnostic, Severity};
use crate::model::{
    Category, CategoryClass, Controller, Recipient, RecipientRole, Register, Requests, Text,
};
use crate::shape;
use crate::source::Sources;
use crate::span::{Sp, Span};
use crate::walk::{File, MOST, Tab};

/// What reading gave.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The register; none when a text could not be understood.
    pub register: Option<Register>,
    /// The texts, for messages.
    pub sources: Sources,
    /// What is wrong with how it is written; what it means is for [`crate::check`].
    pub diagnostics: Vec<Diagnostic>,
}

/// The parts of a register as they come in from file after file.
#[derive(Default)]
struct Parts {
    register: Register,
    controller: Option<Controller>,
    subjects: Vec<(Sp<String>, Sp<Text>)>,
    categories: Vec<(Sp<String>, Category)>,
    measures: Vec<(Sp<String>, Sp<Text>)>,
    requests: Option<Requests>,
}

impl Register {
    /// Reads the files of one folder, given as name and text. The order of files does not matter.
    ///
    /// The register is there only when nothing in the texts was an error, so that nothing is ever
    /// run by half a rule.
    pub fn read<N: AsRef<str>, T: AsRef<str>>(files: &[(N, T)]) -> Reading {
        let mut sources = Sources::default();
        let mut parts = Parts::default();
        let mut diagnostics = Vec::new();
        for (name, text) in files {
            let id = sources.add(name.as_ref(), text.as_ref());
            let shapes = shape::ALL;
            let file = File { id, text: text.as_ref(), shapes, said: RefCell::default() };
            read_file(&file, &mut parts);
            diagnostics.append(&mut file.said.into_inner());
        }
        let register = parts.finish(&mut diagnostics);
        diagnostics.sort_by_key(|d| (d.severity, d.span()));
        // Errors come first, so that none is cut off while anything else stays.
        diagnostics.truncate(MOST);
        let failed = diagnostics.iter().any(|d| d.severity == Severity::Error);
        Reading { register: (!failed).then_some(register), sources, diagnostics }
    }
}

/// The text as TOML; what is not TOML is said, and what could be made out is read on.
pub(crate) fn parse<'a>(file: &File<'a>) -> Spanned<DeTable<'a>> {
    let (root, errors) = DeTable::parse_recoverable(file.text);
    for error in &errors {
        let mut range = error.span().unwrap_or(0..0);
        range.start = range.start.min(file.text.len());
        range.end = range.end.clamp(range.start, file.text.len());
        let message = error.message().trim().replace('\n', "; ");
        let span = Span::new(file.id, range);
        let said = if message.starts_with("duplicate key") {
            Diagnostic::new(Code::E0006, span, message).help("keep one of the two")
        } else if message.contains("recurs") {
            Diagnostic::new(Code::E0001, span, "tables or lists are nested too deeply")
                .help("a register needs a handful of levels; a bracket is probably not closed")
        } else {
            let said = Diagnostic::new(Code::E0001, span, message);
            match values::danish_date_on_line(file.text, span.start) {
                Some(date) => said.help(format!("a date is written year first: \"{date}\"")),
                None => said,
            }
        };
        file.say(said);
    }
    root
}

fn read_file(file: &File<'_>, parts: &mut Parts) {
    let root = parse(file);
    let start = Span::new(file.id, 0..0);
    // A shape with its own complaints: what is at the top of a file.
    let tab = Tab::root(file, root.get_ref(), start, &shape::ROOT, None);
    if let Some(table) = tab.table("controller", &shape::CONTROLLER) {
        let controller = controller::read(&table);
        match &parts.controller {
            None => parts.controller = Some(controller),
            Some(first) => file.say(
                Diagnostic::new(Code::E0006, table.span, "a register has one `[controller]`")
                    .here("declared again here")
                    .label(first.span, "first declared here")
                    .help("joint controllers belong in its `joint` list"),
            ),
        }
    }
    for table in tab.tables("subject", &shape::SUBJECT) {
        let (id, title) = (table.id(), table.need_text("title"));
        parts.subjects.extend(id.zip(title));
        table.finish();
    }
    for table in tab.tables("category", &shape::CATEGORY) {
        let (id, title) = (table.id(), table.need_text("title"));
        let classes = [
            CategoryClass::Ordinary,
            CategoryClass::NationalId,
            CategoryClass::Special,
            CategoryClass::Criminal,
        ];
        let class = table.one_of("class", shape::CLASSES, &classes);
        if let Some((id, title)) = id.zip(title) {
            let class = class.unwrap_or(CategoryClass::Ordinary);
            let span = Some(table.span);
            parts.categories.push((id, Category { title: title.value, class, span }));
        }
        table.finish();
    }
    for table in tab.tables("recipient", &shape::RECIPIENT) {
        parts.register.recipients.extend(recipient(&table));
    }
    for table in tab.tables("measure", &shape::MEASURE) {
        let (id, text) = (table.id(), table.need_text("text"));
        parts.measures.extend(id.zip(text));
        table.finish();
    }
    for table in tab.tables("store", &shape::STORE) {
        parts.register.stores.extend(store::read(&table));
    }
    for table in tab.tables("activity", &shape::ACTIVITY) {
        parts.register.activities.extend(activity::read(&table));
    }
    for table in tab.tables("dataset", &shape::DATASET) {
        parts.register.datasets.extend(dataset::read(&table));
    }
    for table in tab.tables("announcement", &shape::ANNOUNCEMENT) {
        parts.register.announcements.extend(announcement::read(&table));
    }
    for table in tab.tables("identity", &shape::IDENTITY) {
        parts.register.identities.extend(rights::identity(&table));
    }
    for table in tab.tables("letter", &shape::LETTER) {
        parts.register.letters.extend(rights::letter(&table));
    }
    for table in tab.tables("notice", &shape::NOTICE) {
        parts.register.notices.extend(rights::notice(&table));
    }
    for table in tab.tables("consent", &shape::CONSENT) {
        parts.register.consents.extend(rights::consent(&table));
    }
    for table in tab.tables("guideline", &shape::GUIDELINE) {
        parts.register.guidelines.extend(rights::guideline(&table));
    }
    if let Some(table) = tab.table("requests", &shape::REQUESTS) {
        let requests = rights::requests(&table);
        match &parts.requests {
            None => parts.requests = Some(requests),
            Some(first) => file.say(
                Diagnostic::new(Code::E0006, table.span, "a register has one `[requests]`")
                    .here("declared again here")
                    .label(first.span, "first declared here"),
            ),
        }
    }
    tab.finish();
}

fn recipient(table: &Tab<'_>) -> Option<Recipient> {
    let (id, title) = (table.id(), table.need_text("title"));
    let roles = [RecipientRole::Processor, RecipientRole::Controller, RecipientRole::Authority];
    let role = table.one_of("role", shape::RECIPIENT_ROLES, &roles);
    let country = table.str("country");
    let safeguard = table.text("safeguard");
    table.finish();
    let role = role.unwrap_or(RecipientRole::Controller);
    let (id, title) = id.zip(title)?;
    Some(Recipient { id, title: title.value, role, country, safeguard })
}

impl Parts {
    fn finish(mut self, said: &mut Vec<Diagnostic>) -> Register {
        let mut register = self.register;
        match self.controller.take() {
            Some(controller) => register.controller = controller,
            None => said.push(
                Diagnostic::new(Code::E0004, Span::default(), "the register has no `[controller]`")
                    .law("GDPR Art. 30(1)(a)")
                    .help("begin with [controller] and its name, address, email and kind"),
            ),
        }
        register.requests = self.requests.take().unwrap_or_default();
        register.subjects = builtin::subjects();
        register.categories = builtin::categories();
        let built_in: Vec<&str> = builtin::SUBJECTS.iter().map(|s| s.0).collect();
        let ids: Vec<&Sp<String>> = self.subjects.iter().map(|(id, _)| id).collect();
        unique("subject", &ids, &built_in, said);
        let built_in: Vec<&str> = builtin::CATEGORIES.iter().map(|c| c.0).collect();
        let ids: Vec<&Sp<String>> = self.categories.iter().map(|(id, _)| id).collect();
        unique("category", &ids, &built_in, said);
        let ids: Vec<&Sp<String>> = self.measures.iter().map(|(id, _)| id).collect();
        unique("measure", &ids, &[], said);
        let ids: Vec<&Sp<String>> = register.recipients.iter().map(|x| &x.id).collect();
        unique("recipient", &ids, &[], said);
        let ids: Vec<&Sp<String>> = register.stores.iter().map(|x| &x.id).collect();
        unique("store", &ids, &[], said);
        let ids: Vec<&Sp<String>> = register.activities.iter().map(|x| &x.id).collect();
        unique("activity", &ids, &[], said);
        let ids: Vec<&Sp<String>> = register.datasets.iter().map(|x| &x.id).collect();
        unique("dataset", &ids, &[], said);
        let ids: Vec<&Sp<String>> = register.announcements.iter().map(|x| &x.id).collect();
        unique("announcement", &ids, &[], said);
        let ids: Vec<&Sp<String>> = register.identities.iter().map(|x| &x.id).collect();
        unique("identity", &ids, &[], said);
        let ids: Vec<&Sp<String>> = register.letters.iter().map(|x| &x.id).collect();
        unique("letter", &ids, &[], said);
        let ids: Vec<&Sp<String>> = register.notices.iter().map(|x| &x.id).collect();
        unique("notice", &ids, &[], said);
        let ids: Vec<&Sp<String>> = register.consents.iter().map(|x| &x.id).collect();
        unique("consent", &ids, &[], said);
        let ids: Vec<&Sp<String>> = register.guidelines.iter().map(|x| &x.id).collect();
        unique("guideline", &ids, &[], said);
        for announcement in &register.announcements {
            let ids: Vec<&Sp<String>> = announcement.questions.iter().map(|q| &q.purpose).collect();
            unique("question for the purpose", &ids, &[], said);
        }
        for activity in &register.activities {
            let ids: Vec<&Sp<String>> = activity.purposes.iter().map(|x| &x.id).collect();
            unique("purpose", &ids, &[], said);
        }
        for (id, title) in self.subjects {
            register.subjects.entry(id.value).or_insert(title);
        }
        for (id, category) in self.categories {
            register.categories.entry(id.value).or_insert(category);
        }
        for (id, text) in self.measures {
            register.measures.entry(id.value).or_insert(text);
        }
        register
    }
}

/// Complains about ids that are there twice.
fn unique(what: &str, ids: &[&Sp<String>], built_in: &[&str], said: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for id in ids {
        if built_in.contains(&id.value.as_str()) {
            said.push(
                Diagnostic::new(Code::E0006, id.span, format!("{what} `{}` is built in", id.value))
                    .help("leave it out, or choose another id"),
            );
        } else if let Some(first) = seen.insert(&id.value, id.span) {
            let message = format!("{what} `{}` is declared twice", id.value);
            said.push(
                Diagnostic::new(Code::E0006, id.span, message)
                    .here("declared again here")
                    .label(first, "first declared here"),
            );
        }
    }
}

/// The title, or the id where none was written.
fn title_or_id(title: Option<Sp<Text>>, id: &Sp<String>) -> Text {
    title
        .map(|t| t.value)
        .filter(|t| !t.is_empty())
        .unwrap_or_else(|| Text { da: id.value.clone(), en: id.value.clone() })
}
