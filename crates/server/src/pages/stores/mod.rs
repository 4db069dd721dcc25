//! Stores: whether they answer, whether the rules fit them, and what no rule covers; `connect` takes a
//! new one in.

mod connect;

pub(super) use connect::{connect, connect_form};

use std::time::Instant;

use askama::Template;
use frist_decide::RuleSet;
use frist_law::LawBook;
use frist_register::{Lang, Register, StoreKind};
use frist_stores::StoreError;
use frist_stores::names::{Weight, field};
use jiff::Timestamp;

use super::frame::{Frame, page};
use super::today::title;
use crate::access::Action;
use crate::ctx::{Ctx, Refusal, Reply};
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
