//! The package of a request for access, for whoever has its private link and its code. The link alone
//! opens nothing and tells nothing: what lies here is encrypted with the code, which is kept nowhere.

use askama::Template;
use axum::http::{StatusCode, header};
use frist_cases::access::{self, Fetched};

use super::super::frame::page;
use super::super::sign_in::bind;
use super::{Outside, WHO, choose_language};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::text::public_texts;

#[derive(Template)]
#[template(path = "public_package.html")]
struct Page {
    o: Outside,
    path: String,
    until: Option<String>,
}

fn open(ctx: &Ctx<'_>) -> Result<(), Refusal> {
    if ctx.app.settings.config.public.packages { Ok(()) } else { Err(Refusal::NotFound) }
}

fn trouble(e: &frist_cases::CasesError) -> Trouble {
    Trouble { message: e.to_string(), help: None }
}

/// Asks for the code.
pub(in super::super) fn package(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    open(ctx)?;
    choose_language(ctx);
    shown(ctx, None)
}

/// The same page for a link that never was and for one that is over, so that guessing tells nothing.
fn shown(ctx: &mut Ctx<'_>, wrong: Option<String>) -> Result<Reply, Refusal> {
    bind(ctx)?;
    let (secret, now) = (ctx.id.clone(), ctx.now);
    let until = ctx.app.engines.engine(WHO, |engine| {
        access::until(&mut engine.state, &secret, now).map_err(|e| trouble(&e))
    })?;
    let path = format!("/p/d/{secret}");
    let mut o = Outside::new(ctx, public_texts(ctx.lang).p_title, &path)?;
    o.f = o.f.wrong(wrong);
    let mut reply = page(&Page { until: until.map(|at| o.f.when(at)), path, o })?;
    // The link is a secret: where somebody goes from here does not hear of it.
    reply.headers.push((header::REFERRER_POLICY, "no-referrer".into()));
    if until.is_none() {
        reply.status = StatusCode::NOT_FOUND;
    }
    Ok(reply)
}

/// The code was sent: the file, if it is the right one.
pub(in super::super) fn fetch(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    open(ctx)?;
    let t = public_texts(ctx.lang);
    // Trying a code costs the server work.
    if !ctx.app.public.codes.take(ctx.address, ctx.now) {
        let mut reply = shown(ctx, Some(t.p_too_many.to_owned()))?;
        reply.status = StatusCode::TOO_MANY_REQUESTS;
        return Ok(reply);
    }
    let code = zeroize::Zeroizing::new(ctx.raw("code").to_owned());
    let (secret, now, face) = (ctx.id.clone(), ctx.now, &ctx.app.face);
    let fetched = ctx.app.engines.engine(WHO, |engine| {
        let fetched = access::fetch(&mut engine.state, &secret, &code, WHO, now);
        let fetched = fetched.map_err(|e| trouble(&e))?;
        (face.publish)(engine)?;
        Ok::<_, Trouble>(fetched)
    })?;
    match fetched {
        Fetched::File { name, bytes } => {
            let mut reply = Reply::file("application/zip", &name, bytes);
            reply.headers.push((header::REFERRER_POLICY, "no-referrer".into()));
            Ok(reply)
        }
        Fetched::WrongCode { left } => {
            let wrong = format!("{} {left}.", t.p_wrong);
            shown(ctx, Some(wrong))
        }
        Fetched::Gone => shown(ctx, None),
    }
}
