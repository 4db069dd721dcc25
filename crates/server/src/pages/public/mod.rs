//! What people without an account see, when `server.toml` says so: the form for requests, the status
//! of one by its private link, a package to be fetched, and the published notices.
//!
//! Nothing here tells whether a person is in a register: the form asks no store, and the status says
//! how far the case has come, never what was found.

mod form;
mod notices;
mod package;
mod status;

use std::sync::{Arc, Mutex, PoisonError};

use frist_register::{Identity, IdentityFormat, Lang, Register};
use jiff::{SignedDuration, Timestamp};

use super::frame::Frame;
use crate::ctx::{Ctx, Refusal};
use crate::face::Trouble;
use crate::text::{PublicTexts, public_texts};

pub(super) use form::{describe, form, send};
pub(super) use notices::{notice, notices};
pub(super) use package::{fetch, package};
pub(super) use status::{letter, status};

/// Under this name the public side acts in the ledger. No account can have it.
const WHO: &str = "public/form";
/// For how long what was read from the register is shown without reading it again.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// What strangers see of the register, kept for a moment, so that a page costs no engine.
#[derive(Default)]
pub(crate) struct Published(Mutex<Option<(u64, Timestamp, Arc<Facts>)>>);

/// What strangers see of the register.
struct Facts {
    /// Kinds of number by which people are known, with their names.
    kinds: Vec<(String, frist_register::Text)>,
    /// The kinds that an e-mail address and a telephone number are.
    email: Option<String>,
    phone: Option<String>,
    /// The data protection officer, or the organisation: name, and how to reach it.
    contact: Vec<String>,
    dpo: bool,
    keep: frist_law::Period,
    /// The notices that are whole, Danish and English.
    da: Vec<notices::Published>,
    en: Vec<notices::Published>,
}

impl Facts {
    fn of(register: &Register, revision: &str, on: Option<jiff::civil::Date>) -> Self {
        let of = |format| {
            let found = register.identities.iter().find(|i: &&Identity| i.format == format);
            found.map(|i| i.id.value.clone())
        };
        let plain = register.identities.iter().filter(|i| i.format == IdentityFormat::Text);
        let controller = &register.controller;
        let who = controller.dpo.as_ref().unwrap_or(&controller.contact);
        let lines = [Some(who.name.clone()), who.email.clone(), who.phone.clone()];
        let published = |lang| notices::published(register, revision, lang, on);
        Self {
            kinds: plain.map(|i| (i.id.value.clone(), i.title.clone())).collect(),
            email: of(IdentityFormat::Email),
            phone: of(IdentityFormat::Phone),
            contact: lines.into_iter().flatten().collect(),
            dpo: controller.dpo.is_some(),
            keep: register.requests.keep(),
            da: published(Lang::Da),
            en: published(Lang::En),
        }
    }

    fn notices(&self, lang: Lang) -> &[notices::Published] {
        if lang == Lang::Da { &self.da } else { &self.en }
    }
}

/// What strangers see of the register: the live one, and before there is any the one of the files.
fn facts(ctx: &Ctx<'_>) -> Result<Arc<Facts>, Refusal> {
    let mut kept = ctx.app.published.0.lock().unwrap_or_else(PoisonError::into_inner);
    let stamp = (ctx.app.face.stamp)();
    if let Some((made, at, facts)) = kept.as_ref()
        && *made == stamp
        && ctx.now >= *at
        && ctx.now.duration_since(*at) < FRESH
    {
        return Ok(Arc::clone(facts));
    }
    let facts = ctx.app.engines.engine(WHO, |engine| {
        let zone = engine.register.controller.calendar.zone.clone();
        let live = engine.state.live_revision()?;
        Ok::<_, Trouble>(match (&live, engine.live_register()?) {
            (Some(live), Some(register)) => {
                Facts::of(&register, &live.hash, Some(live.made_live_at.to_zoned(zone).date()))
            }
            _ => Facts::of(&engine.register, &engine.revision.to_string(), None),
        })
    })?;
    let facts = Arc::new(facts);
    *kept = Some((stamp, ctx.now, Arc::clone(&facts)));
    Ok(facts)
}

/// The frame of a public page, with what stands below each of them.
struct Outside {
    f: Frame,
    t: &'static PublicTexts,
    contact: Vec<String>,
    dpo: bool,
    form: bool,
    notices: bool,
    /// Where the same page is in the other language; empty where there is none.
    other: String,
}

impl Outside {
    fn new(ctx: &mut Ctx<'_>, title: &str, other: &str) -> Result<Self, Refusal> {
        let facts = facts(ctx)?;
        let public = ctx.app.settings.config.public;
        Ok(Self {
            f: Frame::new(ctx, title, "").outside(),
            t: public_texts(ctx.lang),
            contact: facts.contact.clone(),
            dpo: facts.dpo,
            form: public.form,
            notices: public.notices,
            other: other.to_owned(),
        })
    }
}

/// Takes the language that the address asks for, and remembers it.
fn choose_language(ctx: &mut Ctx<'_>) {
    if let Some(lang) = ctx.asked("lang").and_then(crate::web::lang_of) {
        ctx.lang = lang;
        ctx.set_cookie("frist-lang", lang.as_str());
    }
}

#[derive(askama::Template)]
#[template(path = "public_error.html")]
struct Error {
    o: Outside,
    heading: &'static str,
    text: &'static str,
}

/// What strangers are told instead of an answer: no more than what they can do about it.
pub(super) fn refused(
    ctx: &mut Ctx<'_>,
    heading: &'static str,
    text: &'static str,
) -> Result<crate::ctx::Reply, Refusal> {
    let o = Outside::new(ctx, heading, "")?;
    super::frame::page(&Error { o, heading, text })
}
