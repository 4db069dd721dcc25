//! A store is connected, step by step: where it is; what lies there and what is proposed for it, with
//! the questions that only a person can answer; then a change of the register that another approves.
//!
//! Only who may change the register comes here. The store is read, never changed, and what is seen of
//! it are names and the form of dates. A path into Frist's own folder is refused, and PostgreSQL is
//! named by a variable of the server's, so that no page leads to an address somebody types.

use std::collections::BTreeMap;

use askama::Template;
use frist_law::{Basis, LawBook};
use frist_propose::propose::{Proposal, Set};
use frist_propose::write::{Asked, asked, because, cite};
use frist_propose::{Beside, Place, ProposeError, Said};
use frist_register::{Lang, Register};

use super::super::frame::{Frame, page};
use super::super::register::{Desk, stem};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::on_disk::Files;
use crate::people::one_line;
use crate::text::stores::{StoresTexts, stores_texts};
use crate::words::{period_shown, period_written};

#[derive(Template)]
#[template(path = "store_connect.html")]
struct Connect {
    f: Frame,
    t: &'static StoresTexts,
    may_edit: bool,
    kinds: Vec<(&'static str, &'static str)>,
    new: Typed,
}

#[derive(Template)]
#[template(path = "store_look.html")]
struct Looked {
    f: Frame,
    t: &'static StoresTexts,
    new: Typed,
    sets: Vec<SetShown>,
    purposes: Vec<PurposeShown>,
    exempt: Vec<(String, String)>,
    left_alone: Vec<String>,
    bases: Vec<(String, String)>,
    exceptions: Vec<(String, String)>,
    laws: Vec<(String, String)>,
    periods: Vec<String>,
}

/// The form as it was filled in.
#[derive(Default)]
struct Typed {
    id: String,
    title_da: String,
    title_en: String,
    kind: String,
    at: String,
    backups: String,
}

struct SetShown {
    n: usize,
    at: String,
    about: String,
    categories: String,
    because: String,
    starts: Vec<String>,
    law: String,
    keyless: bool,
    taken: bool,
    from: String,
    period: String,
}

struct PurposeShown {
    name: String,
    title: &'static str,
    text: &'static str,
    law: String,
    basis: bool,
    special: bool,
    for_: String,
    said: Said,
}

/// The first step.
pub(in crate::pages) fn connect_form(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    first(ctx, None, Typed::default())
}

fn first(ctx: &Ctx<'_>, wrong: Option<String>, new: Typed) -> Result<Reply, Refusal> {
    let t = stores_texts(ctx.lang);
    page(&Connect {
        t,
        may_edit: ctx.offers(Action::EditRegister),
        kinds: vec![("sqlite", t.sqlite), ("postgresql", t.postgresql), ("files", t.folder)],
        new,
        f: Frame::new(ctx, t.connect, "/stores").wrong(wrong),
    })
}

/// Looks into the store; then, with the answers, makes the change.
pub(in crate::pages) fn connect(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::EditRegister, &Facts::default())?;
    let t = stores_texts(ctx.lang);
    let text = |name: &str, most| one_line(ctx.field(name), most).unwrap_or_default();
    let mut new = Typed {
        id: text("id", 64),
        title_da: text("title_da", 200),
        title_en: text("title_en", 200),
        kind: text("kind", 16),
        at: text("at", 500),
        backups: text("backups", 40),
    };
    if !ctx.field("back").is_empty() {
        return first(ctx, None, new);
    }
    let desk = Desk::of(ctx)?;
    let place = match place(&new, t) {
        Ok(place) => place,
        Err(wrong) => {
            if wrong == t.bad_env {
                // What was typed may be an address with its password: it is not shown again.
                new.at.clear();
            }
            let missing = crate::text::texts(ctx.lang).missing_field;
            let whole = [t.bad_env, t.own_folder, t.bad_id].contains(&wrong);
            let wrong = if whole { wrong.to_owned() } else { format!("{missing} {wrong}") };
            return first(ctx, Some(wrong), new);
        }
    };
    let file = format!("{}{}.toml", folder(&desk.files), new.id);
    let register = Register::read(&desk.files).register;
    let taken = register.as_ref().is_some_and(|r| r.store(&new.id).is_some());
    if taken || desk.files.iter().any(|(name, _)| stem(name) == new.id) {
        return first(ctx, Some(t.taken.to_owned()), new);
    }
    ctx.about = Some(new.id.clone());
    let ctx = &*ctx;
    let open = |store: &frist_register::Store| (ctx.app.face.store)(store);
    let proposal = match frist_propose::read(&new.id, &place, &open) {
        Ok(proposal) => proposal,
        Err(e @ (ProposeError::Store(_) | ProposeError::Place(_))) => {
            let plain = super::super::register::plain(&e.to_string());
            return first(ctx, Some(format!("{} {plain}", t.cannot_look)), new);
        }
        Err(e) => return Err(Trouble { message: e.to_string(), help: None }.into()),
    };
    if ctx.field("step") != "add" {
        return look(ctx, new, &proposal, register.as_ref(), None);
    }
    let (answered, beside) = match answers(ctx, proposal, register.as_ref(), &new.id) {
        Ok(answered) => answered,
        Err((wrong, proposal)) => {
            return look(ctx, new, &proposal, register.as_ref(), Some(wrong));
        }
    };
    let (_, made) = frist_propose::file(&new.id, &place, &answered, &beside, ctx.lang)
        .map_err(|e| Trouble { message: e.to_string(), help: None })?;
    let mut files = desk.files.clone();
    let at = files.partition_point(|(name, _)| *name < file);
    files.insert(at, (file, described(&made, &new).ok_or(Refusal::Broken)?));
    // What is still to be answered is said on the change's page, with the way to each form; until then
    // it is a draft that nobody can send for approval.
    let id = desk.keep(ctx, &files)?;
    Ok(Reply::to(&format!("/register/change/{id}?done=kept")))
}

/// Where the store is, or what is missing.
fn place(new: &Typed, t: &'static StoresTexts) -> Result<Place, &'static str> {
    let env = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if new.kind == "postgresql" && !new.at.chars().all(env) {
        return Err(t.bad_env);
    }
    if new.id.is_empty() {
        return Err(t.id);
    }
    if !new.id.chars().all(plain) || new.id.starts_with('-') {
        return Err(t.bad_id);
    }
    if new.at.is_empty() {
        return Err(t.where_);
    }
    if std::path::Path::new(&new.at).components().any(|c| c.as_os_str() == ".frist") {
        return Err(t.own_folder);
    }
    match new.kind.as_str() {
        "sqlite" => Ok(Place::Sqlite(new.at.clone())),
        "files" => Ok(Place::Folder(new.at.clone())),
        "postgresql" => Ok(Place::Postgres(new.at.clone())),
        _ => Err(t.kind),
    }
}

/// The folder of the register's files, as their names have it.
fn folder(files: &Files) -> String {
    let first = files.first().map_or("", |(name, _)| name);
    first.rfind('/').map_or_else(String::new, |at| first[..=at].to_owned())
}

/// What the person chose and answered, put into the proposal.
fn answers(
    ctx: &Ctx<'_>,
    mut proposal: Proposal,
    register: Option<&Register>,
    store: &str,
) -> Result<(Proposal, Beside), (String, Proposal)> {
    let t = stores_texts(ctx.lang);
    let text = |name: &str, most| one_line(ctx.field(name), most).unwrap_or_default();
    let mut bad = None;
    let mut wanted: Vec<String> = Vec::new();
    for (n, set) in proposal.sets.iter_mut().enumerate() {
        if ctx.field(&format!("take-{n}")) == "yes" {
            wanted.push(set.collection.clone());
        }
        let from = text(&format!("from-{n}"), 200);
        if !from.is_empty() {
            set.count_from(&from);
        }
        let period = period_written(&text(&format!("period-{n}"), 40));
        if !period.is_empty() {
            if period.parse::<frist_law::Period>().is_err() {
                bad = Some(format!("{}: {}", set.collection, t.bad_period));
            }
            set.period = Some(period);
        }
    }
    let mut beside = Beside::default();
    for purpose in asked(&proposal) {
        let field = |what: &str, most| text(&format!("{what}:{}", purpose.name), most);
        let said = Said {
            text: field("text", 500),
            basis: field("basis", 40),
            special: field("special", 40),
            law: field("law", 100),
            interest: field("interest", 500),
        };
        beside.said.insert(purpose.name, said);
    }
    if let Some(bad) = bad {
        return Err((bad, proposal));
    }
    if let Some(r) = register {
        beside.datasets = r.datasets.iter().map(|d| d.id.value.clone()).collect();
        beside.activities = r.activities.iter().map(|a| a.id.value.clone()).collect();
        beside.subjects = r.subjects.keys().cloned().collect();
    }
    proposal.only(|collection| wanted.iter().any(|w| w == collection));
    proposal.rename(store, &beside.datasets);
    Ok((proposal, beside))
}

/// The file's text with what was typed of the store itself.
fn described(text: &str, new: &Typed) -> Option<String> {
    let mut doc: toml_edit::DocumentMut = text.parse().ok()?;
    let store = doc.get_mut("store")?.as_array_of_tables_mut()?.get_mut(0)?;
    if !new.backups.is_empty() {
        store.insert("backups", toml_edit::value(period_written(&new.backups)));
    }
    let mut title = toml_edit::InlineTable::new();
    for (lang, text) in [("da", &new.title_da), ("en", &new.title_en)] {
        if !text.is_empty() {
            title.insert(lang, text.as_str().into());
        }
    }
    if !title.is_empty() {
        store.insert("title", toml_edit::value(title));
    }
    frist_register::format(&doc.to_string()).ok()
}

/// The second step: what lies there, what is proposed, and the questions.
fn look(
    ctx: &Ctx<'_>,
    new: Typed,
    proposal: &Proposal,
    register: Option<&Register>,
    wrong: Option<String>,
) -> Result<Reply, Refusal> {
    let (t, lang) = (stores_texts(ctx.lang), ctx.lang);
    let again = ctx.field("step") == "add";
    let typed = |name: &str| one_line(ctx.field(name), 500).unwrap_or_default();
    let questions = asked(proposal);
    let named: BTreeMap<String, String> = register.map_or_else(BTreeMap::new, |r| {
        let subjects = r.subjects.iter().map(|(id, x)| (id.clone(), x.value.get(lang).to_owned()));
        let categories =
            r.categories.iter().map(|(id, x)| (id.clone(), x.title.get(lang).to_owned()));
        subjects.chain(categories).filter(|(_, title)| !title.is_empty()).collect()
    });
    let name = |id: &str| named.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let set = |(n, s): (usize, &Set)| {
        let question = questions.iter().find(|q| q.datasets.contains(&s.id));
        let law = question.filter(|q| !q.period).and_then(|q| q.law);
        let field = |what: &str| typed(&format!("{what}-{n}"));
        SetShown {
            n,
            at: s.collection.clone(),
            about: s.subjects.iter().map(|(who, _)| name(who)).collect::<Vec<_>>().join(", "),
            categories: s.categories.iter().map(|c| name(c)).collect::<Vec<_>>().join(", "),
            because: super::super::register::plain(&because(&s.reasons, lang)),
            starts: s.starts(),
            law: law.map_or_else(String::new, |l| short(l, lang)),
            keyless: s.keyless,
            taken: !again || field("take") == "yes",
            from: field("from"),
            period: field("period"),
        }
    };
    let purpose = |q: &Asked| {
        let field = |what: &str| typed(&format!("{what}:{}", q.name));
        PurposeShown {
            title: if lang == Lang::Da { q.title.0 } else { q.title.1 },
            text: q.text.map_or("", |(da, en)| if lang == Lang::Da { da } else { en }),
            law: q.law.map_or_else(String::new, |l| super::super::register::plain(&cite(l, lang))),
            basis: q.basis,
            special: q.special,
            for_: q.datasets.join(", "),
            said: Said {
                text: field("text"),
                basis: field("basis"),
                special: field("special"),
                law: field("law"),
                interest: field("interest"),
            },
            name: q.name.clone(),
        }
    };
    let basis = |b: &Basis| {
        let label = b.label();
        let label = if lang == Lang::Da { &label.da } else { &label.en };
        (b.reference().to_owned(), format!("{} {label}", b.reference()))
    };
    let law = |law: &frist_law::book::Law| {
        let title = if lang == Lang::Da { &law.title.da } else { &law.title.en };
        (law.id.clone(), title.clone())
    };
    let title = format!("{}: {}", t.connect, new.id);
    page(&Looked {
        sets: proposal.sets.iter().enumerate().map(set).collect(),
        purposes: questions.iter().map(purpose).collect(),
        exempt: proposal.exempt.iter().map(|e| (e.at.clone(), e.look_at.join(", "))).collect(),
        left_alone: proposal.left_alone.clone(),
        bases: Basis::ARTICLE_6.iter().map(basis).collect(),
        exceptions: Basis::ARTICLE_9.iter().map(basis).collect(),
        laws: LawBook::embedded().iter().map(law).collect(),
        periods: ["30 days", "6 months", "1 year", "3 years", "5 years"]
            .map(|period| period_shown(period, lang))
            .to_vec(),
        f: Frame::new(ctx, &title, "/stores").wrong(wrong),
        new,
        t,
    })
}

/// What a law is called, and where.
fn short(id: &str, lang: Lang) -> String {
    let Some(law) = LawBook::embedded().get(id) else { return id.to_owned() };
    let term = law.newest().term();
    let term = term.map(|t| if lang == Lang::Da { t.text_da() } else { t.to_string() });
    let citation = &law.newest().citation;
    term.map_or_else(|| citation.clone(), |term| format!("{term}, {citation}"))
}
