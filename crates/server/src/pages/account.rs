//! One's own account: password, second factor, language, sessions, and what the log says.

use askama::Template;
use frist_register::Lang;
use frist_state::Via;

use super::frame::{Frame, page};
use super::people::{Line, lines, role_words};
use super::provider::lately;
use super::qr::{self, Picture};
use super::sign_in::chosen_well;
use crate::ctx::{Ctx, Refusal, Reply};
use crate::factor;
use crate::people::{self, Attempt};
use crate::text::provider::{ProviderTexts, provider_texts};
use crate::text::texts;
use crate::web::lang_of;

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    f: Frame,
    name: String,
    title: String,
    roles: String,
    datasets: String,
    has_factor: bool,
    left: u64,
    codes: Vec<String>,
    pending: Option<Pending>,
    rows: Vec<Line>,
    p: &'static ProviderTexts,
    provider: Option<Linkage>,
    has_password: bool,
}

/// A second factor that was begun.
struct Pending {
    secret: String,
    link: String,
    picture: Option<Picture>,
}

/// The provider by which the person may sign in, and since when the account is linked to it.
struct Linkage {
    called: String,
    since: Option<String>,
    go: Option<String>,
}

/// What else the page shows, once.
#[derive(Default)]
pub(super) struct Shown {
    wrong: Option<String>,
    codes: Vec<String>,
    /// Where to go on to link the account.
    go: Option<String>,
}

impl Shown {
    /// Something that is wrong.
    pub(super) fn wrong(text: &str) -> Self {
        Self { wrong: Some(text.to_owned()), ..Self::default() }
    }

    /// Where to go on.
    pub(super) fn go(to: String) -> Self {
        Self { go: Some(to), ..Self::default() }
    }
}

fn wrong(text: &str) -> Shown {
    Shown::wrong(text)
}

/// The page.
pub(super) fn page_of(ctx: &mut Ctx<'_>, shown: Shown) -> Result<Reply, Refusal> {
    let t = texts(ctx.lang);
    let must = must_set(ctx) && shown.codes.is_empty();
    let taken = ctx.asked("done") == Some("link-taken");
    let taken = taken.then(|| provider_texts(ctx.lang).taken.to_owned());
    let said = shown.wrong.or(taken).or_else(|| must.then(|| t.factor_must.to_owned()));
    let f = Frame::new(ctx, t.my_account, "/account").wrong(said);
    // Read anew: what was done a moment ago is to be seen.
    let id = ctx.who()?.account.id;
    let account = ctx.state(|state| state.account_by_id(id))?.ok_or(Refusal::SignIn)?;
    let left = ctx.state(|state| state.recovery_left(id))?;
    let pending = ctx.here.as_ref().and_then(|h| h.pending.as_deref());
    let pending = pending.filter(|_| account.totp.is_none()).map(|kept| {
        let factor = ctx.app.keys.factor(&account, kept);
        let link = factor.link(&account.name, &format!("Frist {}", ctx.app.organisation));
        Pending { secret: factor.text(), picture: qr::picture(&link), link }
    });
    let provider = match &ctx.app.provider {
        None => None,
        Some(provider) => {
            let links = ctx.state(|state| state.identities(id))?;
            let link = links.into_iter().find(|l| l.issuer == provider.config.issuer);
            Some(Linkage {
                called: provider.config.called(),
                since: link.map(|l| f.when(l.linked_at)),
                go: shown.go,
            })
        }
    };
    let rows = lines(ctx, &f, &account.name, 20)?;
    page(&Page {
        roles: role_words(&account, ctx.lang),
        datasets: account.datasets.iter().cloned().collect::<Vec<_>>().join(", "),
        has_factor: account.totp.is_some(),
        left,
        codes: shown.codes,
        pending,
        rows,
        p: provider_texts(ctx.lang),
        provider,
        has_password: account.password.is_some(),
        name: account.name,
        title: account.title,
        f,
    })
}

/// Whether the person must turn a second factor on.
pub(super) fn must_set(ctx: &Ctx<'_>) -> bool {
    let proven = ctx.here.as_ref().is_some_and(|here| here.opened.via == Via::Proven);
    let none = ctx.me.as_ref().is_some_and(|me| me.account.totp.is_none());
    ctx.app.settings.second_factor && none && !proven
}

/// Whether this is the person's password, asked again; else what to say.
pub(super) fn again(ctx: &Ctx<'_>, password: &str) -> Result<Result<(), String>, Refusal> {
    let account = ctx.who()?.account.clone();
    if account.password.is_none() {
        let why = provider_texts(ctx.lang).own_password;
        return Ok(if lately(ctx) { Ok(()) } else { Err(why.to_owned()) });
    }
    let (keys, now) = (&ctx.app.keys, ctx.now);
    let attempt = ctx.people(|state| people::again(state, keys, &account, password, now))?;
    let t = texts(ctx.lang);
    Ok(match attempt {
        Attempt::Whole(_) | Attempt::Half(_) => Ok(()),
        Attempt::Wrong(_) => Err(t.password_wrong.to_owned()),
        Attempt::Wait(until) => {
            let seconds = until.duration_since(now).as_secs().max(0).unsigned_abs() + 1;
            let span = Frame::new(ctx, "", "").span(seconds);
            let after = if ctx.lang == Lang::Da { "om" } else { "in" };
            Err(format!("{} {after} {span}", t.wait_sign_in))
        }
    })
}

/// Another password.
pub(super) fn password(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let (old, chosen, repeated) =
        (ctx.raw("old").to_owned(), ctx.raw("password").to_owned(), ctx.raw("again").to_owned());
    if let Err(why) = again(ctx, &old)? {
        return page_of(ctx, wrong(&why));
    }
    let account = ctx.who()?.account.clone();
    if let Err(why) = chosen_well(ctx, (&chosen, &repeated), &[&account.name, &account.title]) {
        return page_of(ctx, wrong(why(texts(ctx.lang))));
    }
    let salt = people::random::<16>()?;
    let sum = ctx.app.keys.compute(|p| p.hash(&chosen, salt)).map_err(|_| Refusal::Broken)?;
    let now = ctx.now;
    ctx.state(|state| state.set_password(account.id, &sum, now))?;
    ctx.set_cookie("frist", "");
    Ok(Reply::to("/sign-in?done=password"))
}

/// Begins to turn the second factor on: its secret is shown, and must be proved.
pub(super) fn begin_factor(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let typed = ctx.raw("password").to_owned();
    if let Err(why) = again(ctx, &typed)? {
        return page_of(ctx, wrong(&why));
    }
    let kept = people::random::<20>()?;
    let hash = ctx.here.as_ref().map(|h| h.hash).ok_or(Refusal::SignIn)?;
    ctx.state(|state| state.set_pending(&hash, Some(&kept)))?;
    Ok(Reply::to("/account"))
}

/// Turns the second factor on, once a code has shown that the app has it.
pub(super) fn set_factor(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let account = ctx.who()?.account.clone();
    let here = ctx.here.as_ref().ok_or(Refusal::SignIn)?;
    let hash = here.hash;
    let Some(kept) = here.pending.clone().filter(|_| account.totp.is_none()) else {
        return Ok(Reply::to("/account"));
    };
    let step = ctx.app.keys.factor(&account, &kept).step(ctx.field("code"), ctx.now.as_second());
    let Some(step) = step else {
        let said = texts(ctx.lang).wrong_code;
        return page_of(ctx, wrong(said));
    };
    let codes = factor::recovery(&people::random()?);
    let hashes: Vec<[u8; 32]> = codes.iter().map(|c| factor::recovery_hash(c)).collect();
    ctx.state(|state| {
        state.set_totp(account.id, Some((&kept, step)), &hashes)?;
        state.set_pending(&hash, None)?;
        // Whoever signed in by the password alone is out.
        state.end_sessions(account.id, Some(&hash))
    })?;
    page_of(ctx, Shown { codes, ..Shown::default() })
}

/// Turns the second factor off.
pub(super) fn remove_factor(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let typed = ctx.raw("password").to_owned();
    if let Err(why) = again(ctx, &typed)? {
        return page_of(ctx, wrong(&why));
    }
    let id = ctx.who()?.account.id;
    ctx.state(|state| state.set_totp(id, None, &[]))?;
    Ok(Reply::to("/account?done=factor-off"))
}

/// The language of the pages.
pub(super) fn language(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let lang = lang_of(ctx.field("lang")).ok_or(Refusal::Unclear(String::new()))?;
    let id = ctx.who()?.account.id;
    ctx.state(|state| state.set_lang(id, lang.as_str()))?;
    Ok(Reply::to("/account?done=saved"))
}

/// Ends all other sessions.
pub(super) fn end_sessions(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let id = ctx.who()?.account.id;
    let hash = ctx.here.as_ref().map(|h| h.hash);
    ctx.state(|state| state.end_sessions(id, hash.as_ref()))?;
    Ok(Reply::to("/account?done=sessions"))
}
