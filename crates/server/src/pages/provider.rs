//! Signing in through the provider of `server.toml`, and linking one's account to it.

use std::collections::BTreeSet;

use frist_state::{Account, AccountId, Identity, Linking, Stage, Via};
use jiff::SignedDuration;

use super::account::{self, Shown};
use super::nav::home;
use super::sign_in::{self, bind};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::factor::sha256;
use crate::oidc::{Known, Problem, Provider, Purpose, Round, word};
use crate::people::{self, Attempt};
use crate::text::provider::{ProviderTexts, provider_texts};

/// Who signed in through the provider so lately is not asked for a password.
const LATELY: SignedDuration = SignedDuration::from_mins(10);

fn provider<'a>(ctx: &Ctx<'a>) -> Result<&'a Provider, Refusal> {
    ctx.app.provider.as_ref().ok_or(Refusal::NotFound)
}

fn begin_round(ctx: &Ctx<'_>, purpose: Purpose) -> Result<Round, Refusal> {
    let random = people::random::<32>()?;
    Ok(Round::begin(&ctx.app.keys.forms, &ctx.binding, purpose, ctx.now, &random))
}

/// Sends somebody to the provider to sign in.
pub(super) fn begin(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let provider = provider(ctx)?;
    if ctx.here.as_ref().is_some_and(|here| here.stage == Stage::Whole) {
        return Ok(Reply::to(home(ctx)));
    }
    bind(ctx)?;
    let round = begin_round(ctx, Purpose::SignIn)?;
    match provider.begin(&round, ctx.lang.as_str(), ctx.now) {
        Ok(url) => Ok(Reply::to(&url)),
        Err(problem) => said(ctx, &problem),
    }
}

/// Somebody comes back from the provider.
pub(super) fn back(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let provider = provider(ctx)?;
    let t = provider_texts(ctx.lang);
    let asked = |name: &str| ctx.asked(name).unwrap_or_default().to_owned();
    let (state, code, error) = (asked("state"), asked("code"), asked("error"));
    let issuer = ctx.asked("iss").map(str::to_owned);
    let (now, address, keys) = (ctx.now, ctx.address, &ctx.app.keys);
    if let Some(until) = ctx.people(|state| people::too_often(state, keys, address, now))? {
        sign_in::log_as(ctx, "-", "locked-out")?;
        return sign_in::waits(ctx, until, |ctx, wrong| sign_in::shown(ctx, wrong, ""));
    }
    let Some(round) = Round::back(&keys.forms, &ctx.binding, &state, now) else {
        return sign_in::shown(ctx, Some(t.stale.to_owned()), "");
    };
    // Once, whatever comes of it.
    if !ctx.state(|state| state.use_once(&sha256(&round.state), Round::until(now)))? {
        return sign_in::shown(ctx, Some(t.stale.to_owned()), "");
    }
    let known = provider.is_answer(issuer.as_deref(), now).and_then(|()| match error.is_empty() {
        false => Err(Problem::Refused(word(&error))),
        true => provider.finish(&round, &code, now),
    });
    let known = match known {
        Ok(known) => known,
        Err(problem) => return said(ctx, &problem),
    };
    match round.purpose {
        Purpose::SignIn => signed_in(ctx, provider, &known),
        Purpose::Link(id) => linked(ctx, provider, id, &known),
    }
}

fn signed_in(ctx: &mut Ctx<'_>, provider: &Provider, known: &Known) -> Result<Reply, Refusal> {
    let t = provider_texts(ctx.lang);
    let (issuer, now) = (provider.config.issuer.clone(), ctx.now);
    let found = ctx.state(|state| state.account_by_identity(&issuer, &known.subject))?;
    let found = match found {
        None if provider.config.newcomers => Some(newcomer(ctx, issuer, known)?),
        found => found,
    };
    let Some(account) = found else {
        sign_in::log_as(ctx, "-", "sign-in-failed")?;
        return told(ctx, t, t.unknown);
    };
    if account.disabled_at.is_some() {
        sign_in::log_as(ctx, &account.name, "sign-in-failed")?;
        return sign_in::shown(ctx, Some(t.closed.to_owned()), "");
    }
    let account = with_roles(ctx, provider, account, known)?;
    if account.roles.is_empty() {
        sign_in::log_as(ctx, &account.name, "sign-in-failed")?;
        return sign_in::shown(ctx, Some(format!("{}: {}", t.no_roles, account.name)), "");
    }
    if let Some(here) = ctx.here.take() {
        ctx.me = None;
        ctx.state(|state| state.end_session(&here.hash))?;
    }
    let (keys, address) = (&ctx.app.keys, ctx.address);
    let attempt = ctx.people(|state| {
        let how = (known.proven, known.token.as_str());
        people::sign_in_by_provider(state, keys, &account, how, (address, now))
    })?;
    match attempt {
        Attempt::Half(secret) => {
            ctx.set_cookie("frist", &secret);
            Ok(Reply::to("/sign-in/code"))
        }
        Attempt::Whole(secret) => {
            sign_in::log_as(ctx, &account.name, "sign-in")?;
            ctx.set_cookie("frist", &secret);
            Ok(Reply::to("/"))
        }
        Attempt::Wrong(_) | Attempt::Wait(_) => Err(Refusal::Broken),
    }
}

/// An account without roles, for somebody who came for the first time.
fn newcomer(ctx: &Ctx<'_>, issuer: String, known: &Known) -> Result<Account, Refusal> {
    let (subject, now) = (known.subject.clone(), ctx.now);
    let identity = Identity { issuer, subject, linked_at: now, how: Linking::Origin };
    let names = (known.name.as_deref(), known.title.as_deref());
    let id = ctx.people(|state| people::add_newcomer(state, names, &identity, now))?;
    let account = ctx.state(|state| state.account_by_id(id))?.ok_or(Refusal::Broken)?;
    sign_in::log_as(ctx, &account.name, "account-made")?;
    Ok(account)
}

/// The account with the roles that its groups have now; other roles stay as they are.
fn with_roles(
    ctx: &Ctx<'_>,
    provider: &Provider,
    mut account: Account,
    known: &Known,
) -> Result<Account, Refusal> {
    let ruled = provider.config.ruled();
    let kept = account.roles.iter().filter(|r| !ruled.contains(r.as_str())).cloned();
    let roles: BTreeSet<String> = kept.chain(known.roles.iter().cloned()).collect();
    if roles != account.roles {
        let (id, now) = (account.id, ctx.now);
        ctx.state(|state| state.set_roles(id, &roles, "provider", now))?;
        sign_in::log_as(ctx, &account.name, "roles-by-group")?;
        account.roles = roles;
    }
    Ok(account)
}

fn linked(
    ctx: &mut Ctx<'_>,
    provider: &Provider,
    id: AccountId,
    known: &Known,
) -> Result<Reply, Refusal> {
    let t = provider_texts(ctx.lang);
    // Still signed in, in the same account.
    let whole = ctx.here.as_ref().is_some_and(|here| here.stage == Stage::Whole);
    let Some(me) = ctx.me.as_ref().filter(|me| whole && me.account.id == id) else {
        return sign_in::shown(ctx, Some(t.stale.to_owned()), "");
    };
    let name = me.account.name.clone();
    let identity = Identity {
        issuer: provider.config.issuer.clone(),
        subject: known.subject.clone(),
        linked_at: ctx.now,
        how: Linking::Person,
    };
    let done = ctx.people(|state| Ok(state.link_identity(id, &identity)?));
    match done {
        Ok(()) => {
            sign_in::log_as(ctx, &name, "account-linked")?;
            Ok(Reply::to("/account?done=linked"))
        }
        Err(_) if is_taken(ctx, &identity)? => Ok(Reply::to("/account?done=link-taken")),
        Err(refusal) => Err(refusal),
    }
}

fn is_taken(ctx: &Ctx<'_>, identity: &Identity) -> Result<bool, Refusal> {
    let found = ctx.state(|s| s.account_by_identity(&identity.issuer, &identity.subject))?;
    Ok(found.is_some())
}

/// The sign-in page with what went wrong; the log has the details.
fn said(ctx: &mut Ctx<'_>, problem: &Problem) -> Result<Reply, Refusal> {
    let t = provider_texts(ctx.lang);
    let detail = match problem {
        Problem::Provider(why) | Problem::Token(why) | Problem::Refused(why) => why.as_str(),
        Problem::Factor => "the second factor is not proved by `acr` or `amr`",
    };
    let line = serde_json::json!({"at": ctx.now, "log": "provider", "message": detail});
    (ctx.app.face.log)(&line.to_string());
    sign_in::log_as(ctx, "-", "sign-in-failed")?;
    match problem {
        Problem::Provider(_) => told(ctx, t, t.away),
        Problem::Token(_) => told(ctx, t, t.token),
        Problem::Factor => told(ctx, t, t.factor),
        Problem::Refused(why) => told(ctx, t, &format!("{} {why}", t.refused)),
    }
}

fn told(ctx: &mut Ctx<'_>, _: &ProviderTexts, text: &str) -> Result<Reply, Refusal> {
    let called = provider(ctx)?.config.called();
    sign_in::shown(ctx, Some(format!("{called} {text}")), "")
}

/// Begins to link the account: the password was right, and the provider is a click away.
pub(super) fn link(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let provider = provider(ctx)?;
    let typed = ctx.raw("password").to_owned();
    if let Err(why) = account::again(ctx, &typed)? {
        return account::page_of(ctx, Shown::wrong(&why));
    }
    let id = ctx.who()?.account.id;
    let round = begin_round(ctx, Purpose::Link(id))?;
    match provider.begin(&round, ctx.lang.as_str(), ctx.now) {
        // A link, not a redirect: the policy lets no form lead to another address.
        Ok(url) => account::page_of(ctx, Shown::go(url)),
        Err(_) => {
            let t = provider_texts(ctx.lang);
            let why = format!("{} {}", provider.config.called(), t.away);
            account::page_of(ctx, Shown::wrong(&why))
        }
    }
}

/// Takes the link away, when there is a password by which to sign in.
pub(super) fn unlink(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    provider(ctx)?;
    let typed = ctx.raw("password").to_owned();
    if ctx.who()?.account.password.is_none() {
        let why = provider_texts(ctx.lang).only_way;
        return account::page_of(ctx, Shown::wrong(why));
    }
    if let Err(why) = account::again(ctx, &typed)? {
        return account::page_of(ctx, Shown::wrong(&why));
    }
    let (id, name) = (ctx.who()?.account.id, ctx.name().to_owned());
    ctx.state(|state| state.unlink_identities(id))?;
    sign_in::log_as(ctx, &name, "account-unlinked")?;
    Ok(Reply::to("/account?done=unlinked"))
}

/// Whether somebody without a password was signed in by the provider a moment ago.
pub(super) fn lately(ctx: &Ctx<'_>) -> bool {
    ctx.here.as_ref().is_some_and(|here| {
        here.opened.via != Via::Password && ctx.now.duration_since(here.since) <= LATELY
    })
}

/// Where to go on to when a session ends that the provider opened.
pub(super) fn leave(ctx: &Ctx<'_>, here: &crate::ctx::Here) -> Option<String> {
    let provider = ctx.app.provider.as_ref().filter(|_| here.opened.via != Via::Password)?;
    let hint = here.opened.hint.as_deref().and_then(|h| people::unseal(&here.seal, h));
    provider.sign_out(hint.as_ref().map(|h| h.as_str()), ctx.now)
}
