//! Signing in and out, the second factor, and the links that work once.

use askama::Template;
use frist_state::{LinkFor, Stage};

use super::frame::{Frame, page};
use super::nav::home;
use super::provider;
use crate::access::Role;
use crate::ctx::{Ctx, Refusal, Reply};
use crate::factor::{sha256, token};
use crate::password::{self, Weak};
use crate::people::{self, Attempt, NewPerson, ProblemWithPerson};
use crate::text::provider::{ProviderTexts, provider_texts};
use crate::text::{Texts, texts};
use crate::web::lang_of;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    f: Frame,
    p: &'static ProviderTexts,
    name: String,
    provider: Option<String>,
}

#[derive(Template)]
#[template(path = "code.html")]
struct Code {
    f: Frame,
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct Welcome {
    f: Frame,
    first: bool,
    secret: String,
    path: String,
    name: String,
    title: String,
}

#[derive(Template)]
#[template(path = "error.html")]
struct Dead {
    f: Frame,
    heading: &'static str,
    text: &'static str,
    detail: Option<String>,
    help: Option<String>,
}

/// Before there is a session, forms are bound to a cookie.
pub(super) fn bind(ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
    if ctx.binding.is_empty() {
        let secret = token(&people::random::<32>()?);
        ctx.set_cookie("frist-form", &secret);
        ctx.binding = secret;
    }
    Ok(())
}

/// The form to sign in with.
pub(super) fn form(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    if ctx.here.as_ref().is_some_and(|here| here.stage == Stage::Whole) {
        return Ok(Reply::to(home(ctx)));
    }
    let t = texts(ctx.lang);
    let wrong = ctx.asked("first").map(|_| t.sign_in_first.to_owned());
    shown(ctx, wrong, "")
}

pub(super) fn shown(
    ctx: &mut Ctx<'_>,
    wrong: Option<String>,
    name: &str,
) -> Result<Reply, Refusal> {
    bind(ctx)?;
    let f = Frame::new(ctx, texts(ctx.lang).sign_in, "").wrong(wrong);
    let provider = ctx.app.provider.as_ref().map(|p| p.config.called());
    page(&SignIn { f, p: provider_texts(ctx.lang), name: name.to_owned(), provider })
}

/// A name and a password.
pub(super) fn sign_in(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let (name, password) = (ctx.field("name").to_owned(), ctx.raw("password").to_owned());
    let keys = &ctx.app.keys;
    let (address, now) = (ctx.address, ctx.now);
    // Whatever session the browser had: it ends, and its token is worth nothing.
    if let Some(here) = ctx.here.take() {
        ctx.me = None;
        ctx.state(|state| state.end_session(&here.hash))?;
    }
    let attempt =
        ctx.people(|state| people::sign_in(state, keys, (&name, &password), address, now))?;
    let t = texts(ctx.lang);
    match attempt {
        Attempt::Wrong(whose) => {
            log_as(ctx, whose.as_deref().unwrap_or("-"), "sign-in-failed")?;
            shown(ctx, Some(t.wrong_sign_in.to_owned()), &name)
        }
        Attempt::Wait(until) => {
            log_as(ctx, "-", "locked-out")?;
            waits(ctx, until, |ctx, wrong| shown(ctx, wrong, &name))
        }
        Attempt::Half(secret) => {
            ctx.set_cookie("frist", &secret);
            Ok(Reply::to("/sign-in/code"))
        }
        Attempt::Whole(secret) => {
            log_as(ctx, &name, "sign-in")?;
            ctx.set_cookie("frist", &secret);
            Ok(Reply::to("/"))
        }
    }
}

/// The page again with how long to wait, and the header that says it to programs.
pub(super) fn waits<'a>(
    ctx: &mut Ctx<'a>,
    until: jiff::Timestamp,
    again: impl FnOnce(&mut Ctx<'a>, Option<String>) -> Result<Reply, Refusal>,
) -> Result<Reply, Refusal> {
    let seconds = until.duration_since(ctx.now).as_secs().max(0).unsigned_abs() + 1;
    let t = texts(ctx.lang);
    let after = match ctx.lang {
        frist_register::Lang::Da => "om",
        frist_register::Lang::En => "in",
    };
    let span = Frame::new(ctx, "", "").span(seconds);
    let mut reply = again(ctx, Some(format!("{} {after} {span}", t.wait_sign_in)))?;
    reply.status = axum::http::StatusCode::TOO_MANY_REQUESTS;
    reply.headers.push((axum::http::header::RETRY_AFTER, seconds.to_string()));
    Ok(reply)
}

pub(super) fn log_as(ctx: &Ctx<'_>, who: &str, what: &str) -> Result<(), Refusal> {
    let look = people::look(ctx.now, who, what, "");
    Ok(ctx.app.engines.log(look)?)
}

/// The form for the second factor.
pub(super) fn code_form(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    match ctx.here.as_ref().map(|here| here.stage) {
        None => Ok(Reply::to("/sign-in")),
        Some(Stage::Whole) => Ok(Reply::to(home(ctx))),
        Some(Stage::Half) => code_shown(ctx, None),
    }
}

fn code_shown(ctx: &mut Ctx<'_>, wrong: Option<String>) -> Result<Reply, Refusal> {
    page(&Code { f: Frame::new(ctx, texts(ctx.lang).code_heading, "").wrong(wrong) })
}

/// The second factor.
pub(super) fn code(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let (Some(me), Some(here)) = (&ctx.me, &ctx.here) else { return Err(Refusal::SignIn) };
    if here.stage != Stage::Half {
        return Ok(Reply::to("/"));
    }
    let (account, hash, via) = (me.account.clone(), here.hash, here.opened.via);
    let (keys, now, code) = (&ctx.app.keys, ctx.now, ctx.field("code").to_owned());
    let attempt =
        ctx.people(|state| people::second(state, keys, (&account, &hash, via), &code, now))?;
    match attempt {
        Attempt::Whole(secret) | Attempt::Half(secret) => {
            log_as(ctx, &account.name, "sign-in")?;
            ctx.set_cookie("frist", &secret);
            Ok(Reply::to("/"))
        }
        Attempt::Wrong(_) => {
            log_as(ctx, &account.name, "code-failed")?;
            let t = texts(ctx.lang);
            code_shown(ctx, Some(t.wrong_code.to_owned()))
        }
        Attempt::Wait(until) => {
            log_as(ctx, &account.name, "locked-out")?;
            waits(ctx, until, code_shown)
        }
    }
}

/// Ends the session.
pub(super) fn sign_out(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let mut next = "/sign-in?done=signed-out".to_owned();
    if let Some(here) = ctx.here.take() {
        ctx.state(|state| state.end_session(&here.hash))?;
        log_as(ctx, ctx.name(), "sign-out")?;
        // The provider ends its own session and sends the person back.
        next = provider::leave(ctx, &here).unwrap_or(next);
    }
    ctx.set_cookie("frist", "");
    ctx.set_cookie("frist-form", "");
    let mut reply = Reply::to(&next);
    // Nothing of what was seen stays in the browser.
    let clear = axum::http::HeaderName::from_static("clear-site-data");
    reply.headers.push((clear, "\"cache\", \"storage\"".into()));
    Ok(reply)
}

/// The language of somebody who is not signed in.
pub(super) fn language(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let lang = lang_of(&ctx.id).ok_or(Refusal::NotFound)?;
    ctx.set_cookie("frist-lang", lang.as_str());
    Ok(Reply::to("/sign-in"))
}

/// The account that a link is for, none where the first one is to be made; and the link's hash.
type Linked = (Option<frist_state::Account>, [u8; 32]);

/// Whom a link is for, if it works.
fn linked(ctx: &Ctx<'_>) -> Result<Option<Linked>, Refusal> {
    let (hash, now) = (sha256(&ctx.id), ctx.now);
    let found = ctx.state(|state| {
        Ok(match state.link(&hash, now)? {
            None => None,
            // Somebody may have made the first account by another way since.
            Some(LinkFor::Setup) => state.accounts()?.is_empty().then_some(None),
            Some(LinkFor::Account(id)) => {
                state.account_by_id(id)?.filter(|a| a.disabled_at.is_none()).map(Some)
            }
        })
    })?;
    Ok(found.map(|account| (account, hash)))
}

fn dead(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let t = texts(ctx.lang);
    let f = Frame::new(ctx, t.link_dead, "");
    let (heading, text) = (t.link_dead, t.link_dead_text);
    let mut reply = page(&Dead { f, heading, text, detail: None, help: None })?;
    reply.status = axum::http::StatusCode::NOT_FOUND;
    Ok(reply)
}

/// What somebody with a link sees.
pub(super) fn welcome_form(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let Some((account, _)) = linked(ctx)? else { return dead(ctx) };
    welcome_shown(ctx, account.as_ref(), None)
}

fn welcome_shown(
    ctx: &mut Ctx<'_>,
    account: Option<&frist_state::Account>,
    wrong: Option<String>,
) -> Result<Reply, Refusal> {
    bind(ctx)?;
    let f = Frame::new(ctx, texts(ctx.lang).welcome, "").wrong(wrong);
    let secret = ctx.id.clone();
    let name = account.map_or_else(|| ctx.field("name").to_owned(), |a| a.name.clone());
    page(&Welcome {
        f,
        first: account.is_none(),
        path: format!("/welcome/{secret}"),
        secret,
        name,
        title: ctx.field("title").to_owned(),
    })
}

/// A password is chosen; the first account is made.
pub(super) fn welcome(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let Some((account, hash)) = linked(ctx)? else { return dead(ctx) };
    let (chosen, again) = (ctx.raw("password").to_owned(), ctx.raw("again").to_owned());
    let name = account.as_ref().map_or(ctx.field("name"), |a| a.name.as_str()).to_owned();
    let title = account.as_ref().map_or(ctx.field("title"), |a| a.title.as_str()).to_owned();
    let t = texts(ctx.lang);
    if let Err(why) = chosen_well(ctx, (&chosen, &again), &[&name, &title]) {
        let why = why(t).to_owned();
        return welcome_shown(ctx, account.as_ref(), Some(why));
    }
    let salt = people::random::<16>()?;
    let sum = ctx.app.keys.compute(|p| p.hash(&chosen, salt)).map_err(|_| Refusal::Broken)?;
    let now = ctx.now;
    let made = ctx.people(|state| {
        // Used before anything else: of two at once, one comes too late.
        if !state.use_link(&hash, now)? {
            return Ok(None);
        }
        let id = match &account {
            Some(account) => account.id,
            None => {
                let roles = [Role::Administrator].into();
                let new = NewPerson {
                    name: name.clone(),
                    title: title.clone(),
                    roles,
                    by: "setup".into(),
                    at: now,
                };
                match people::add_person(state, &new) {
                    Ok(id) => id,
                    Err(e) => {
                        // The link goes on working: nothing was made with it.
                        let until = now + jiff::SignedDuration::from_hours(1);
                        state.add_link(&hash, LinkFor::Setup, until, "setup")?;
                        return Err(e);
                    }
                }
            }
        };
        state.set_password(id, &sum, now)?;
        Ok(Some(id))
    });
    match made {
        Err(Refusal::Unclear(_)) => {
            welcome_shown(ctx, account.as_ref(), Some(t.bad_name.to_owned()))
        }
        Err(refusal) => Err(refusal),
        Ok(None) => dead(ctx),
        Ok(Some(_)) => {
            log_as(ctx, &name, "password")?;
            Ok(Reply::to("/sign-in?done=password"))
        }
    }
}

/// Whether a new password may be chosen.
pub(super) fn chosen_well(
    ctx: &Ctx<'_>,
    (chosen, again): (&str, &str),
    names: &[&str],
) -> Result<(), fn(&Texts) -> &'static str> {
    if chosen != again {
        return Err(|t| t.not_the_same);
    }
    let mut names = names.to_vec();
    names.push(&ctx.app.organisation);
    password::check(chosen, &names).map_err(|weak| -> fn(&Texts) -> &'static str {
        match weak {
            Weak::Short => |t| t.weak_short,
            Weak::Long => |t| t.weak_long,
            Weak::Common => |t| t.weak_common,
            Weak::Name => |t| t.weak_name,
        }
    })
}

impl From<frist_sweep::Error> for Refusal {
    fn from(e: frist_sweep::Error) -> Self {
        Refusal::Trouble(e.into())
    }
}

// Kept here so that `ProblemWithPerson` is matched in one place only.
pub(super) fn taken(e: &ProblemWithPerson) -> bool {
    matches!(e, ProblemWithPerson::State(frist_state::Error::Refused { .. }))
}
