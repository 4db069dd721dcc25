//! One part of the register as a form, with what the checker says beside each field.

use askama::Template;
use frist_law::{Basis, LawBook};
use frist_register::{Lang, Register};

use super::super::frame::{Frame, page};
use super::{Desk, Note, note, notes, sound};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::register::fields::{self, Choices, Control, Suggest};
use crate::register::form::{Places, Section, apply, sections};
use crate::register::{self, Part, Said};
use crate::text::register::{RegisterTexts, register_texts};
use crate::words::period_shown;

#[derive(Template)]
#[template(path = "register_part.html")]
struct Page {
    f: Frame,
    t: &'static RegisterTexts,
    kind: &'static str,
    heading: String,
    path: String,
    stands: String,
    file: String,
    open: Option<i64>,
    may_edit: bool,
    seen: String,
    sections: Vec<SectionShown>,
    lists: Vec<(String, Vec<(String, String)>)>,
    said: Vec<Note>,
    elsewhere: Vec<Note>,
}

struct SectionShown {
    heading: String,
    name: String,
    fresh: bool,
    add: &'static str,
    remove: String,
    removed: bool,
    fields: Vec<FieldShown>,
    said: Vec<Note>,
    open: bool,
}

struct FieldShown {
    name: String,
    id: String,
    label: &'static str,
    help: &'static str,
    how: &'static str,
    value: String,
    list: String,
    choices: Vec<(String, String)>,
    said: Vec<Note>,
}

impl FieldShown {
    /// The ids of what is said of it: its help, and what the checker says.
    fn described(&self) -> String {
        let help = (!self.help.is_empty()).then(|| format!("{}-help", self.id));
        let said = (!self.said.is_empty()).then(|| format!("{}-said", self.id));
        help.into_iter().chain(said).collect::<Vec<_>>().join(" ")
    }
}

/// What was typed, when the form comes back.
struct Typed<'a> {
    form: &'a [(String, String)],
    said: Vec<Said>,
    wrong: &'static str,
}

/// The form of a part.
pub(in crate::pages) fn form(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let desk = Desk::of(ctx)?;
    let said = register::look(&desk.files).said;
    shown(ctx, &desk, said, None)
}

/// Checks what was typed; keeps it in the change when there is no error in it.
pub(in crate::pages) fn edit(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::EditRegister, &Facts::default())?;
    let t = register_texts(ctx.lang);
    let desk = Desk::of(ctx)?;
    let (part, form) = wanted(ctx, &desk)?;
    let sections = sections(&desk.files, &part, form);
    let typed = |name: &str| {
        let found = ctx.form.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.clone())
    };
    let back = |said, wrong| Some(Typed { form: &ctx.form, said, wrong });
    if ctx.field("seen") != desk.hash() {
        let said = register::look(&desk.files).said;
        return shown(ctx, &desk, said, back(Vec::new(), t.moved));
    }
    let text = apply(&desk.files, &part, &sections, &typed).ok_or(Refusal::NotFound)?;
    let mut files = desk.files.clone();
    if files[part.file].1 == text {
        let said = register::look(&desk.files).said;
        return shown(ctx, &desk, said, back(Vec::new(), t.nothing_changed));
    }
    files[part.file].1 = text;
    let looked = register::look(&files);
    // What was wrong before is no reason to refuse what makes it better.
    let before = register::look(&desk.files).said;
    let new = |s: &&Said| !before.iter().any(|b| b.same(s));
    let made: Vec<Said> = looked.said.iter().filter(new).cloned().collect();
    if !sound(&made) {
        let changed = Desk { files, base: desk.base.clone(), open: None };
        return returned(ctx, &desk, &changed, looked.said, back(Vec::new(), t.wrong_form));
    }
    let id = desk.keep(ctx, &files)?;
    ctx.about = Some(format!("{}-{}", form.kind, part.id));
    Ok(Reply::to(&format!("/register/change/{id}?done=kept")))
}

/// The part that the path names, and its form.
fn wanted(ctx: &Ctx<'_>, desk: &Desk) -> Result<(Part, &'static fields::Form), Refusal> {
    let form = fields::form(&ctx.id).ok_or(Refusal::NotFound)?;
    // What there is once has no id; its path has its own name again.
    let id = if form.kind == "controller" { "" } else { ctx.part.as_str() };
    let part = register::find(&desk.files, form.kind, id).ok_or(Refusal::NotFound)?;
    Ok((part, form))
}

fn shown(
    ctx: &Ctx<'_>,
    desk: &Desk,
    said: Vec<Said>,
    typed: Option<Typed<'_>>,
) -> Result<Reply, Refusal> {
    returned(ctx, desk, desk, said, typed)
}

/// The form over what the desk has, with what is said of the changed texts.
fn returned(
    ctx: &Ctx<'_>,
    desk: &Desk,
    changed: &Desk,
    said: Vec<Said>,
    typed: Option<Typed<'_>>,
) -> Result<Reply, Refusal> {
    let t = register_texts(ctx.lang);
    let (part, form) = wanted(ctx, desk)?;
    let all = sections(&desk.files, &part, form);
    let beside = match Places::of(&changed.files, &part, &all) {
        Some(places) => places.sort(&said),
        None => return Err(Refusal::NotFound),
    };
    let looked = register::look(&desk.files);
    let typed_in = |name: &str| {
        let typed = typed.as_ref()?;
        Some(typed.form.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str()).to_owned())
    };
    let named = title(looked.register.as_ref(), &part, ctx.lang);
    let mut shown_sections = Vec::new();
    let mut wanted_lists = Vec::new();
    let sorted = beside.fields.into_iter().zip(beside.sections);
    for (n, (section, (field_notes, section_notes))) in all.iter().zip(sorted).enumerate() {
        let mut fields = Vec::new();
        let both = section.fields.iter().zip(&section.values).zip(field_notes);
        for (i, ((field, value), said)) in both.enumerate() {
            let name = section.input(field);
            let (how, list) = how(field.control);
            if let Some(list) = list
                && !wanted_lists.contains(&list)
            {
                wanted_lists.push(list);
            }
            let stands = || match field.control {
                Control::Line(Suggest::Periods) => period_shown(value, ctx.lang),
                _ => value.clone(),
            };
            let value = typed_in(&name).unwrap_or_else(stands);
            fields.push(FieldShown {
                id: format!("f-{n}-{i}"),
                label: (field.label)(t),
                help: field.help.map_or("", |help| help(t)),
                how,
                list: list.map_or_else(String::new, |l| format!("{l:?}").to_lowercase()),
                choices: choices(field.control, &value, t, ctx.lang),
                said: notes(&said, t),
                name,
                value,
            });
        }
        shown_sections.push(SectionShown {
            heading: heading(section, t),
            name: section.name.clone(),
            fresh: section.fresh && section.of.is_some(),
            add: section.of.map_or("", |of| (of.add)(t)),
            remove: section.remove(),
            removed: typed_in(&section.remove()).is_some_and(|v| !v.is_empty()),
            open: typed.is_some()
                && fields.iter().any(|f| !f.value.is_empty() || !f.said.is_empty()),
            fields,
            said: notes(&section_notes, t),
        });
    }
    let lists = wanted_lists.into_iter().map(|list| {
        let words = suggestions(list, looked.register.as_ref(), &part, ctx.lang);
        (format!("{list:?}").to_lowercase(), words)
    });
    // Elsewhere only what is an error, and only when the form was refused for it.
    let elsewhere = match &typed {
        Some(typed) if typed.wrong == t.wrong_form => {
            let is_error = |s: &&Said| s.class() == "late";
            beside.elsewhere.iter().filter(is_error).map(|s| note(s, t)).collect()
        }
        _ => Vec::new(),
    };
    let own_said = typed.as_ref().map_or(&[][..], |typed| &typed.said);
    let f = Frame::new(ctx, &named, "/register");
    page(&Page {
        t,
        kind: (form.name)(t),
        heading: named,
        path: format!("/register/part/{}/{}", ctx.id, ctx.part),
        stands: format!(
            "{} {}, {} {}",
            t.stands_in,
            desk.files[part.file].0,
            t.line,
            desk.files[part.file].1[..part.start].lines().count() + 1
        ),
        file: super::stem(&desk.files[part.file].0).to_owned(),
        open: desk.open.as_ref().map(|p| p.id),
        may_edit: ctx.offers(Action::EditRegister),
        seen: desk.hash(),
        sections: shown_sections,
        lists: lists.collect(),
        said: beside.part.iter().chain(own_said).map(|s| note(s, t)).collect(),
        elsewhere,
        f: f.wrong(typed.map(|typed| typed.wrong.to_owned())),
    })
}

/// What a part is called.
fn title(register: Option<&Register>, part: &Part, lang: Lang) -> String {
    let own = register.and_then(|r| match part.kind.as_str() {
        "controller" => Some(r.controller.contact.name.clone()),
        "activity" => r.activity(&part.id).map(|a| a.title.get(lang).to_owned()),
        "dataset" => r.dataset(&part.id).map(|d| d.title.get(lang).to_owned()),
        "store" => r.store(&part.id).map(|s| s.title.get(lang).to_owned()),
        "recipient" => r
            .recipients
            .iter()
            .find(|x| x.id.value == part.id)
            .map(|x| x.title.get(lang).to_owned()),
        _ => None,
    });
    own.filter(|title| !title.is_empty()).unwrap_or_else(|| part.id.clone())
}

/// What a section is about: `Formål: invoicing`.
fn heading(section: &Section, t: &RegisterTexts) -> String {
    let Some(of) = section.of else { return String::new() };
    let word = (of.heading)(t);
    let id = section.values.first().filter(|_| !section.fresh).cloned().unwrap_or_default();
    if id.is_empty() { word.to_owned() } else { format!("{word}: {id}") }
}

fn how(control: Control) -> (&'static str, Option<Suggest>) {
    let some = |list: Suggest| Some(list).filter(|l| *l != Suggest::Nothing);
    match control {
        Control::Line(list) => ("line", some(list)),
        Control::List(list) => ("line", some(list)),
        Control::Area => ("area", None),
        Control::Choice(_) => ("choice", None),
        Control::Check => ("check", None),
        Control::Day => ("day", None),
        Control::Count => ("line", None),
    }
}

fn choices(control: Control, value: &str, t: &RegisterTexts, lang: Lang) -> Vec<(String, String)> {
    let Control::Choice(choices) = control else { return Vec::new() };
    let basis = |b: &Basis| {
        let label = b.label();
        let label = if lang == Lang::Da { &label.da } else { &label.en };
        (b.reference().to_owned(), format!("{} {label}", b.reference()))
    };
    let mut all = vec![(String::new(), t.choose_none.to_owned())];
    match choices {
        Choices::Basis => all.extend(Basis::ARTICLE_6.iter().map(basis)),
        Choices::SpecialBasis => all.extend(Basis::ARTICLE_9.iter().map(basis)),
        Choices::Words(words) => {
            all.extend(words.iter().map(|(id, word)| ((*id).to_owned(), word(t).to_owned())));
        }
    }
    // What stands there stays, whether it is known or not: the checker says what it thinks of it.
    if !all.iter().any(|(id, _)| id == value) {
        all.push((value.to_owned(), value.to_owned()));
    }
    all
}

/// Words that a field suggests, each with what it means.
fn suggestions(
    list: Suggest,
    register: Option<&Register>,
    part: &Part,
    lang: Lang,
) -> Vec<(String, String)> {
    let own = |id: &str, title: &frist_register::Text| (id.to_owned(), title.get(lang).to_owned());
    let Some(r) = register else { return Vec::new() };
    let dataset = r.dataset(&part.id).filter(|_| part.kind == "dataset");
    match list {
        Suggest::Nothing => Vec::new(),
        Suggest::Laws => {
            let word = |law: &frist_law::book::Law| {
                let title = if lang == Lang::Da { &law.title.da } else { &law.title.en };
                (law.id.clone(), format!("{title}: {}", law.newest().citation))
            };
            LawBook::embedded().iter().map(word).collect()
        }
        Suggest::Purposes => {
            let activity = dataset.and_then(|d| r.activity(&d.activity));
            let purposes = activity.map_or(&[][..], |a| &a.purposes);
            purposes.iter().map(|p| own(&p.id.value, &p.text.value)).collect()
        }
        Suggest::Facts => {
            let facts = dataset.iter().flat_map(|d| &d.facts);
            facts.map(|(name, fact)| own(name, &fact.title)).collect()
        }
        Suggest::Recipients => r.recipients.iter().map(|x| own(&x.id.value, &x.title)).collect(),
        Suggest::Subjects => r.subjects.iter().map(|(id, t)| own(id, &t.value)).collect(),
        Suggest::Categories => r.categories.iter().map(|(id, c)| own(id, &c.title)).collect(),
        Suggest::Measures => r.measures.iter().map(|(id, t)| own(id, &t.value)).collect(),
        Suggest::Activities => r.activities.iter().map(|a| own(&a.id.value, &a.title)).collect(),
        Suggest::Periods => ["30 days", "6 months", "1 year", "3 years", "5 years"]
            .map(|p| (period_shown(p, lang), String::new()))
            .to_vec(),
    }
}
