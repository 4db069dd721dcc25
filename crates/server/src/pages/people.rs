//! People and roles: accounts made and closed by administrators, roles that show personal data and
//! the need to know granted by data protection officers, and the log of who looked at what.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use frist_register::Lang;
use frist_state::{Account, Look, LookPage};

use super::frame::{Frame, page};
use super::sign_in::taken;
use super::today::title;
use crate::access::{Action, Condition, Facts, Role};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::people::{self, NewPerson, ProblemWithPerson, one_line, reads, roles};
use crate::text::texts;
use crate::words::{log_word, role as role_text};

/// Lines of the log on a page.
const LINES: u32 = 300;

#[derive(Template)]
#[template(path = "people.html")]
struct List {
    f: Frame,
    people: Vec<Row>,
    may_log: bool,
    may_sign_ins: bool,
    may_add: bool,
    name: String,
    title: String,
}

struct Row {
    name: String,
    title: String,
    roles: String,
    datasets: String,
    factor: bool,
    closed: bool,
}

/// The roles of an account in words.
pub(super) fn role_words(account: &Account, lang: Lang) -> String {
    let words: Vec<&str> = roles(account).into_iter().map(|r| role_text(r, lang).0).collect();
    words.join(", ")
}

/// All accounts.
pub(super) fn list(ctx: &mut Ctx<'_>, wrong: Option<String>) -> Result<Reply, Refusal> {
    let f = Frame::new(ctx, texts(ctx.lang).people, "/people").wrong(wrong);
    let accounts = ctx.state(frist_state::State::accounts)?;
    let lang = ctx.lang;
    // Accounts are managed also while the register cannot be read: then data sets go by their ids.
    let titles = ctx.engine(|engine| {
        let sets = engine.register.datasets.iter();
        Ok(sets.map(|d| (d.id.value.clone(), title(d, lang))).collect::<BTreeMap<_, _>>())
    });
    let titles = titles.unwrap_or_default();
    let named = |id: &String| titles.get(id).unwrap_or(id).clone();
    let rows = accounts.iter().map(|a| Row {
        name: a.name.clone(),
        title: a.title.clone(),
        roles: role_words(a, ctx.lang),
        datasets: a.datasets.iter().map(named).collect::<Vec<_>>().join(", "),
        factor: a.totp.is_some(),
        closed: a.disabled_at.is_some(),
    });
    let none = Facts::default();
    page(&List {
        people: rows.collect(),
        may_log: ctx.could(Action::SeeAccessLog, &none),
        may_sign_ins: ctx.could(Action::SeeSignIns, &none),
        may_add: ctx.offers(Action::ManageAccounts),
        name: ctx.field("name").to_owned(),
        title: ctx.field("title").to_owned(),
        f,
    })
}

/// Makes an account without roles, and a link for it.
pub(super) fn add(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    // A new account is another person's.
    ctx.may(Action::ManageAccounts, &Facts::default().with(Condition::NotOneself, true))?;
    let t = texts(ctx.lang);
    let new = NewPerson {
        name: ctx.field("name").to_owned(),
        title: one_line(ctx.field("title"), 120).unwrap_or_default(),
        roles: BTreeSet::new(),
        by: ctx.name().to_owned(),
        at: ctx.now,
    };
    let made = ctx.app.engines.state(|state| Ok(people::add_person(state, &new)))?;
    if let Err(e) = made {
        let wrong = match &e {
            e if taken(e) => t.account_exists.to_owned(),
            ProblemWithPerson::Name(..) => t.bad_name.to_owned(),
            e => e.to_string(),
        };
        return list(ctx, Some(wrong));
    }
    ctx.id = new.name.trim().to_owned();
    let link = linked(ctx)?;
    one(ctx, Some((link, None)))
}

#[derive(Template)]
#[template(path = "person.html")]
struct One {
    f: Frame,
    name: String,
    title: String,
    by: String,
    made: String,
    closed: bool,
    oneself: bool,
    link: Option<(String, String)>,
    quiet: Vec<Choice>,
    reading: Vec<Choice>,
    datasets: Vec<Choice>,
    may_other: bool,
    may_reading: bool,
    may_manage: bool,
    may_invite: bool,
    roles_path: String,
    reading_path: String,
    link_path: String,
    open_path: String,
    close_path: String,
}

struct Choice {
    word: String,
    title: String,
    text: &'static str,
    has: bool,
}

/// A link to show once, with until when it works; and something to say.
type Made = ((String, String), Option<&'static str>);

fn account(ctx: &Ctx<'_>) -> Result<Account, Refusal> {
    ctx.state(|state| state.account(&ctx.id))?.ok_or(Refusal::NotFound)
}

/// What holds of an account for the one who looks at it.
fn facts(ctx: &Ctx<'_>, account: &Account) -> Result<Facts, Refusal> {
    Ok(Facts::default()
        .with(Condition::NotOneself, account.name != ctx.name())
        .with(Condition::NoDpo, !any_dpo(ctx)?))
}

/// Whether anybody is data protection officer.
pub(super) fn any_dpo(ctx: &Ctx<'_>) -> Result<bool, Refusal> {
    let accounts = ctx.state(frist_state::State::accounts)?;
    let dpo = |a: &Account| a.disabled_at.is_none() && roles(a).contains(&Role::Dpo);
    Ok(accounts.iter().any(dpo))
}

/// One account.
pub(super) fn one(ctx: &mut Ctx<'_>, made: Option<Made>) -> Result<Reply, Refusal> {
    let account = account(ctx)?;
    let lang = ctx.lang;
    let facts = facts(ctx, &account)?;
    let sets = ctx.engine(|engine| {
        let sets = engine.register.datasets.iter();
        Ok(sets.map(|d| (d.id.value.clone(), title(d, lang))).collect::<Vec<_>>())
    })?;
    let has = roles(&account);
    let choice = |r: Role| {
        let (title, text) = role_text(r, lang);
        Choice { word: r.as_str().into(), title: title.into(), text, has: has.contains(&r) }
    };
    let choices = |reading: bool| -> Vec<Choice> {
        Role::ALL.into_iter().filter(|r| r.reads() == reading).map(choice).collect()
    };
    let (link, say) = made.map_or((None, None), |(link, say)| (Some(link), say));
    let mut f = Frame::new(ctx, &account.title, "/people");
    f.notice = say.map(str::to_owned).or(f.notice);
    let name = &account.name;
    let path = |what: &str| format!("/people/account/{name}/{what}");
    let datasets = sets.into_iter().map(|(id, title)| Choice {
        has: account.datasets.contains(&id),
        word: id,
        title,
        text: "",
    });
    page(&One {
        title: account.title.clone(),
        by: account.created_by.clone(),
        made: f.when(account.created_at),
        closed: account.disabled_at.is_some(),
        oneself: account.name == ctx.name(),
        link,
        quiet: choices(false),
        reading: choices(true),
        datasets: datasets.collect(),
        may_other: ctx.could(Action::GrantOther, &facts),
        may_reading: ctx.could(Action::GrantReading, &facts),
        may_manage: ctx.could(Action::ManageAccounts, &facts),
        may_invite: may_invite(ctx, &account, &facts),
        roles_path: path("roles"),
        reading_path: path("reading"),
        link_path: path("link"),
        open_path: path("open"),
        close_path: path("close"),
        name: account.name.clone(),
        f,
    })
}

/// A link opens the account to whoever has it: where the account shows personal data, that is as
/// much as granting it.
fn may_invite(ctx: &Ctx<'_>, account: &Account, facts: &Facts) -> bool {
    ctx.could(Action::ManageAccounts, facts)
        && (!reads(account) || ctx.could(Action::GrantReading, facts))
}

/// A new link for the account of this page, and until when it works.
fn linked(ctx: &Ctx<'_>) -> Result<(String, String), Refusal> {
    let (name, by, now) = (ctx.id.clone(), ctx.name().to_owned(), ctx.now);
    let invited = ctx.people(|state| people::invite(state, &name, &by, now))?;
    let until = Frame::new(ctx, "", "").when(invited.until);
    Ok((invited.path, until))
}

/// The roles that were ticked, of those that this form has.
fn ticked(ctx: &Ctx<'_>, reading: bool) -> Result<BTreeSet<Role>, Refusal> {
    let mut out = BTreeSet::new();
    for word in ctx.all("role") {
        match Role::parse(word).filter(|r| r.reads() == reading) {
            Some(role) => drop(out.insert(role)),
            None => return Err(Refusal::Unclear(one_line(word, 40).unwrap_or_default())),
        }
    }
    Ok(out)
}

fn words(roles: impl IntoIterator<Item = Role>) -> BTreeSet<String> {
    roles.into_iter().map(|r| r.as_str().to_owned()).collect()
}

/// Grants and takes away the roles that show no personal data.
pub(super) fn grant_other(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let account = account(ctx)?;
    ctx.may(Action::GrantOther, &facts(ctx, &account)?)?;
    let kept = roles(&account).into_iter().filter(|r| r.reads());
    let now = words(kept.chain(ticked(ctx, false)?));
    let (by, at) = (ctx.name().to_owned(), ctx.now);
    ctx.state(|state| state.set_roles(account.id, &now, &by, at))?;
    Ok(Reply::to(&format!("/people/account/{}?done=saved", account.name)))
}

/// Grants and takes away what shows personal data: roles, and the data sets that a person needs to
/// know. An account that showed none before gets a new link: whoever made the old one may know its
/// password.
pub(super) fn grant_reading(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let account = account(ctx)?;
    ctx.may(Action::GrantReading, &facts(ctx, &account)?)?;
    let ticked = ticked(ctx, true)?;
    let known: BTreeSet<String> = ctx.engine(|engine| {
        Ok(engine.register.datasets.iter().map(|d| d.id.value.clone()).collect())
    })?;
    let datasets: BTreeSet<String> = ctx.all("dataset").map(str::to_owned).collect();
    if let Some(odd) = datasets.iter().find(|d| !known.contains(*d)) {
        return Err(Refusal::Unclear(one_line(odd, 80).unwrap_or_default()));
    }
    let kept = roles(&account).into_iter().filter(|r| !r.reads());
    let now = words(kept.chain(ticked.iter().copied()));
    let fresh = !reads(&account) && (!ticked.is_empty() || !datasets.is_empty());
    let (by, at, id) = (ctx.name().to_owned(), ctx.now, account.id);
    ctx.state(|state| {
        if fresh {
            // First, so that no moment is left in which the old password shows anything.
            state.forget_password(id)?;
        }
        state.set_roles(id, &now, &by, at)?;
        state.set_need_to_know(id, &datasets)
    })?;
    // Whoever came through the provider goes on so: nobody else ever had that.
    let goes_on = fresh && !ctx.state(|state| state.identities(id))?.is_empty();
    if !fresh || goes_on {
        return Ok(Reply::to(&format!("/people/account/{}?done=saved", account.name)));
    }
    let link = linked(ctx)?;
    let say = texts(ctx.lang).reset_by_grant;
    one(ctx, Some((link, Some(say))))
}

/// Closes an account, or opens it again.
pub(super) fn close(ctx: &mut Ctx<'_>, closed: bool) -> Result<Reply, Refusal> {
    let account = account(ctx)?;
    ctx.may(Action::ManageAccounts, &facts(ctx, &account)?)?;
    let since = closed.then_some(ctx.now);
    ctx.state(|state| state.set_disabled(account.id, since))?;
    Ok(Reply::to(&format!("/people/account/{}?done=saved", account.name)))
}

/// Makes a link for an account.
pub(super) fn invite(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let account = account(ctx)?;
    let facts = facts(ctx, &account)?;
    ctx.may(Action::ManageAccounts, &facts)?;
    if !may_invite(ctx, &account, &facts) {
        return Err(Refusal::Denied);
    }
    let link = linked(ctx)?;
    one(ctx, Some((link, None)))
}

#[derive(Template)]
#[template(path = "log.html")]
struct Log {
    f: Frame,
    heading: &'static str,
    rows: Vec<Line>,
    newest: bool,
    older: Option<i64>,
}

/// A line of the log, in words.
pub(super) struct Line {
    pub(super) at: String,
    pub(super) who: String,
    pub(super) what: String,
    pub(super) about: String,
    pub(super) denied: bool,
}

/// What tells of signing in, and nothing of what anybody looked at.
const SIGN_INS: [&str; 10] = [
    "sign-in",
    "sign-in-failed",
    "locked-out",
    "sign-out",
    "password",
    "code-failed",
    "account-made",
    "account-linked",
    "account-unlinked",
    "roles-by-group",
];

fn line(look: Look, f: &Frame) -> Line {
    let denied = look.what.strip_prefix("denied:");
    Line {
        at: f.when(look.at),
        what: log_word(denied.unwrap_or(&look.what), f.lang),
        denied: denied.is_some(),
        who: look.who,
        about: look.about,
    }
}

/// The newest lines of the log about one person, in words.
pub(super) fn lines(ctx: &Ctx<'_>, f: &Frame, who: &str, limit: u32) -> Result<Vec<Line>, Refusal> {
    let looks = ctx.state(|state| state.looks(Some(who), limit))?;
    Ok(looks.into_iter().map(|look| line(look, f)).collect())
}

/// The log of access, or only of signing in; page by page, back to its first line.
pub(super) fn log(ctx: &mut Ctx<'_>, sign_ins: bool) -> Result<Reply, Refusal> {
    let t = texts(ctx.lang);
    let heading = if sign_ins { t.sign_ins } else { t.access_log };
    let f = Frame::new(ctx, heading, "/people");
    let before = ctx.asked("before").and_then(|n| n.parse().ok());
    let what: &[&str] = if sign_ins { &SIGN_INS } else { &[] };
    let wanted = LookPage { who: None, what, before, limit: LINES };
    let (looks, older) = ctx.state(|state| state.look_page(&wanted))?;
    let rows = looks.into_iter().map(|look| line(look, &f)).collect();
    page(&Log { f, heading, rows, newest: before.is_none(), older })
}
