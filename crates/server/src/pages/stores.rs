//! Stores: whether they answer, whether the rules fit them, and what no rule covers; and how a new one
//! is connected.

use std::time::Instant;

use askama::Template;
use frist_decide::RuleSet;
use frist_law::LawBook;
use frist_register::{Lang, Register, StoreKind};
use frist_stores::StoreError;
use frist_stores::names::{Weight, field};
use jiff::Timestamp;

use super::frame::{Frame, page};
use super::register::Desk;
use super::today::title;
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::people::one_line;
use crate::register;
use crate::text::stores::{StoresTexts, stores_texts};

/// Clocks that differ by less are called the same, seconds.
const SAME_CLOCK: i64 = 5;

#[derive(Template)]
#[template(path = "stores.html")]
struct List {
    f: Frame,
    t: &'static StoresTexts,
    broken: bool,
    asked: String,
    may_connect: bool,
    may_datasets: bool,
    stores: Vec<Shown>,
}

struct Shown {
    id: String,
    title: String,
    kind: String,
    problem: Option<String>,
    version: String,
    speed: String,
    clock: String,
    clock_off: bool,
    backups: String,
    no_backups: bool,
    sets: Vec<SetShown>,
    uncovered: Vec<Uncovered>,
    cover_problem: Option<String>,
    exempt: Vec<(String, String)>,
}

struct SetShown {
    id: String,
    title: String,
    at: String,
    index: Result<String, ()>,
    rights: String,
    problem: Option<String>,
}

struct Uncovered {
    at: String,
    files: Option<u64>,
    columns: Vec<(String, bool)>,
}

/// The page.
pub(super) fn list(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let t = stores_texts(ctx.lang);
    let files = (ctx.app.face.read)()?;
    let register = register::look(&files).register;
    let f = Frame::new(ctx, t.stores, "/stores");
    let stores = register.iter().flat_map(|r| r.stores.iter().map(move |s| (r, s)));
    let stores = stores.map(|(r, s)| ask(ctx, &f, r, s, t)).collect();
    page(&List {
        t,
        broken: register.is_none(),
        asked: f.time(ctx.now),
        may_connect: ctx.offers(Action::EditRegister),
        may_datasets: ctx.offers(Action::SeeDatasets),
        stores,
        f,
    })
}

fn ask(
    ctx: &Ctx<'_>,
    f: &Frame,
    register: &Register,
    store: &frist_register::Store,
    t: &'static StoresTexts,
) -> Shown {
    let lang = ctx.lang;
    let named = store.title.get(lang);
    let mut shown = Shown {
        id: store.id.value.clone(),
        title: if named.is_empty() { store.id.value.clone() } else { named.to_owned() },
        kind: match &store.kind {
            StoreKind::Sqlite { .. } => "SQLite".to_owned(),
            StoreKind::Postgresql { schema, .. } => format!("PostgreSQL ({schema})"),
            StoreKind::Files { .. } => t.folder.to_owned(),
            StoreKind::Vault { .. } => "Frist vault".to_owned(),
        },
        problem: None,
        version: String::new(),
        speed: String::new(),
        clock: String::new(),
        clock_off: false,
        backups: store.backups.as_ref().map_or_else(
            || t.backups_unsaid.to_owned(),
            |b| if lang == Lang::Da { b.value.text_da() } else { b.value.to_string() },
        ),
        no_backups: store.backups.is_none(),
        sets: Vec::new(),
        uncovered: Vec::new(),
        cover_problem: None,
        exempt: store
            .exempt
            .iter()
            .map(|e| (e.at.value.clone(), e.why.value.get(lang).to_owned()))
            .collect(),
    };
    if let Err(e) = look(ctx, f, register, store, t, &mut shown) {
        shown.problem = Some(e.to_string());
    }
    shown
}

fn look(
    ctx: &Ctx<'_>,
    f: &Frame,
    register: &Register,
    store: &frist_register::Store,
    t: &StoresTexts,
    shown: &mut Shown,
) -> Result<(), StoreError> {
    let began = Instant::now();
    let mut open = (ctx.app.face.store)(store)?;
    let opened = began.elapsed();
    let began = Instant::now();
    let catalogue = open.catalogue()?;
    let read = began.elapsed();
    shown.speed =
        format!("{} {} ms, {} {} ms", t.opened, opened.as_millis(), t.catalogue, read.as_millis());
    shown.version = open.version()?.unwrap_or_default();
    let ours: Timestamp = ctx.now;
    (shown.clock, shown.clock_off) = match open.clock()? {
        None => (t.no_clock.to_owned(), false),
        Some(theirs) => match theirs.duration_since(ours).as_secs() {
            off if off.abs() <= SAME_CLOCK => (t.clock_same.to_owned(), false),
            off => (format!("{} {}", t.clock_off, f.span(off.unsigned_abs())), true),
        },
    };
    for d in register.datasets.iter().filter(|d| d.store.value == store.id.value) {
        let bound = RuleSet::resolve(register, LawBook::embedded(), d)
            .map_err(|e| e.to_string())
            .and_then(|rules| open.bind(register, d, &rules).map_err(|e| e.to_string()));
        let mut set = SetShown {
            id: d.id.value.clone(),
            title: title(d, f.lang),
            at: d.collection.value.clone(),
            index: Err(()),
            rights: String::new(),
            problem: None,
        };
        match bound {
            Ok(bound) => {
                set.index = bound.common().driver.clone().map_err(drop);
                match open.lacking(&bound) {
                    Ok(lacking) => set.rights = lacking.join(", "),
                    Err(e) => set.problem = Some(e.to_string()),
                }
            }
            Err(e) => set.problem = Some(e),
        }
        shown.sets.push(set);
    }
    match open.unnamed(&frist_sweep::fit::named(register, store)) {
        Err(e) => shown.cover_problem = Some(e.to_string()),
        Ok(rest) => {
            let uncovered = rest.into_iter().map(|u| {
                let info = catalogue.iter().find(|c| c.name.eq_ignore_ascii_case(&u.at));
                let columns = info.map_or(&[][..], |c| &c.fields);
                let tells =
                    |name: &str| field(name).is_some_and(|t| !matches!(t.weight, Weight::Adds));
                Uncovered {
                    columns: columns.iter().map(|c| (c.name.clone(), tells(&c.name))).collect(),
                    at: u.at,
                    files: u.files,
                }
            });
            shown.uncovered = uncovered.collect();
            // What looks most like personal data comes first.
            shown.uncovered.sort_by_key(|u| {
                std::cmp::Reverse(u.columns.iter().filter(|(_, tells)| *tells).count())
            });
        }
    }
    Ok(())
}

#[derive(Template)]
#[template(path = "store_connect.html")]
struct Connect {
    f: Frame,
    t: &'static StoresTexts,
    may_edit: bool,
    files: Vec<(String, String)>,
    kinds: Vec<(&'static str, &'static str)>,
    new: Typed,
    said: Vec<super::register::Note>,
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
    file: String,
}

/// How a database is connected, step by step.
pub(super) fn connect_form(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    shown(ctx, None, Typed::default(), Vec::new())
}

fn shown(
    ctx: &Ctx<'_>,
    wrong: Option<String>,
    new: Typed,
    said: Vec<super::register::Note>,
) -> Result<Reply, Refusal> {
    let t = stores_texts(ctx.lang);
    let desk = Desk::of(ctx)?;
    let stem =
        |(name, _): &(String, String)| (name.clone(), super::register::stem(name).to_owned());
    page(&Connect {
        t,
        may_edit: ctx.offers(Action::EditRegister),
        files: desk.files.iter().map(stem).collect(),
        kinds: vec![("sqlite", t.sqlite), ("postgresql", t.postgresql), ("files", t.folder)],
        new,
        said,
        f: Frame::new(ctx, t.connect, "/stores").wrong(wrong),
    })
}

/// Adds a store to the register, as a change.
pub(super) fn connect(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::EditRegister, &Facts::default())?;
    let t = stores_texts(ctx.lang);
    let text = |name: &str, most| one_line(ctx.field(name), most).unwrap_or_default();
    let new = Typed {
        id: text("id", 64),
        title_da: text("title_da", 200),
        title_en: text("title_en", 200),
        kind: text("kind", 16),
        at: text("at", 500),
        backups: text("backups", 40),
        file: text("file", 200),
    };
    let missing =
        |label: &str| Some(format!("{} {label}", crate::text::texts(ctx.lang).missing_field));
    let env = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let key = match new.kind.as_str() {
        "sqlite" => "path",
        "files" => "root",
        "postgresql" if !new.at.chars().all(env) => {
            // What was typed may be an address with its password: it is not shown again.
            let new = Typed { at: String::new(), ..new };
            return shown(ctx, Some(t.bad_env.to_owned()), new, Vec::new());
        }
        "postgresql" => "url_env",
        _ => return shown(ctx, missing(t.kind), new, Vec::new()),
    };
    if new.id.is_empty() || new.at.is_empty() {
        let label = if new.id.is_empty() { t.id } else { t.where_ };
        return shown(ctx, missing(label), new, Vec::new());
    }
    let mut store = toml_edit::Table::new();
    let mut put = |key: &str, value: &str| {
        if !value.is_empty() {
            store.insert(key, toml_edit::value(value));
        }
    };
    put("id", &new.id);
    put("kind", &new.kind);
    put(key, &new.at);
    put("backups", &new.backups);
    if !new.title_da.is_empty() || !new.title_en.is_empty() {
        let mut title = toml_edit::InlineTable::new();
        for (lang, text) in [("da", &new.title_da), ("en", &new.title_en)] {
            if !text.is_empty() {
                title.insert(lang, text.as_str().into());
            }
        }
        store.insert("title", toml_edit::value(title));
    }
    let desk = Desk::of(ctx)?;
    let at = desk.files.iter().position(|(n, _)| super::register::stem(n) == new.file);
    let at = at.ok_or(Refusal::NotFound)?;
    let mut files = desk.files.clone();
    files[at].1 = format!("{}\n\n[[store]]\n{store}", files[at].1.trim_end());
    let before = register::look(&desk.files).said;
    let said = register::look(&files).said;
    let made: Vec<_> = said.into_iter().filter(|s| !before.iter().any(|b| b.same(s))).collect();
    // A store without a data set is an error that the next step settles: until then the change is a
    // draft that nobody can send for approval.
    let settled_later = |code: &str| code == frist_register::Code::E0035.as_str();
    if made.iter().any(|s| s.class() == "late" && !settled_later(s.code)) {
        let notes = super::register::notes_of(&made, ctx.lang);
        let wrong = crate::text::register::register_texts(ctx.lang).wrong_form;
        return shown(ctx, Some(wrong.to_owned()), new, notes);
    }
    let id = desk.keep(ctx, &files)?;
    Ok(Reply::to(&format!("/register/change/{id}?done=kept")))
}
