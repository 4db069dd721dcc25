//! The form for requests, in two steps. The first step's answers travel sealed in the second's form:
//! nothing is kept before that is sent.

use askama::Template;
use frist_cases::request::{Actor, Desk, Known, NewRequest, Person, Right};
use jiff::SignedDuration;

use super::super::frame::page;
use super::super::sign_in::bind;
use super::{Outside, WHO, choose_language, facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::factor::sha256;
use crate::people::{one_line, random};
use crate::public::{First, seal, secret, unseal};
use crate::text::{PublicTexts, public_texts};

/// Signs that the person's own words may have.
const WORDS: usize = 4_000;
/// Nobody reads and fills in the second step faster.
const PATIENCE: SignedDuration = SignedDuration::from_secs(3);

#[derive(Template)]
#[template(path = "public_form.html")]
struct Describe {
    o: Outside,
    rights: Vec<Choice>,
    right: String,
    words: String,
}

#[derive(Template)]
#[template(path = "public_details.html")]
struct Details {
    o: Outside,
    right: &'static str,
    words: String,
    sealed: String,
    typed: Typed,
    kinds: Vec<(String, String, String)>,
    trapped: bool,
    keep: String,
}

struct Choice {
    id: &'static str,
    label: &'static str,
    help: &'static str,
}

/// The second step as it was filled in.
#[derive(Default)]
struct Typed {
    name: String,
    email: String,
    phone: String,
    address: String,
    known: Vec<(String, String)>,
    trap: String,
}

/// What can be chosen: the word that the form sends, the right, and whether it is about marketing.
const RIGHTS: [(&str, Right, bool); 8] = [
    ("access", Right::Access, false),
    ("rectification", Right::Rectification, false),
    ("erasure", Right::Erasure, false),
    ("marketing", Right::Objection, true),
    ("consent-withdrawal", Right::ConsentWithdrawal, false),
    ("objection", Right::Objection, false),
    ("restriction", Right::Restriction, false),
    ("portability", Right::Portability, false),
];

fn choice(id: &'static str, t: &'static PublicTexts) -> Choice {
    let (label, help) = match id {
        "access" => (t.r_access, t.h_access),
        "rectification" => (t.r_rectification, t.h_rectification),
        "erasure" => (t.r_erasure, t.h_erasure),
        "marketing" => (t.r_marketing, t.h_marketing),
        "consent-withdrawal" => (t.r_consent, t.h_consent),
        "restriction" => (t.r_restriction, t.h_restriction),
        "portability" => (t.r_portability, t.h_portability),
        _ => (t.r_objection, t.h_objection),
    };
    Choice { id, label, help }
}

fn open(ctx: &Ctx<'_>) -> Result<(), Refusal> {
    if ctx.app.settings.config.public.form { Ok(()) } else { Err(Refusal::NotFound) }
}

/// Words of several lines, without signs that are not seen.
fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect::<String>().trim().to_owned()
}

/// Step 1.
pub(in super::super) fn form(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    open(ctx)?;
    choose_language(ctx);
    let right = ctx.asked("right").unwrap_or_default().to_owned();
    first(ctx, None, right, String::new())
}

fn first(
    ctx: &mut Ctx<'_>,
    wrong: Option<String>,
    right: String,
    words: String,
) -> Result<Reply, Refusal> {
    bind(ctx)?;
    let t = public_texts(ctx.lang);
    let mut o = Outside::new(ctx, t.form_title, "/p")?;
    o.f = o.f.wrong(wrong);
    let rights = RIGHTS.iter().map(|(id, ..)| choice(id, t)).collect();
    page(&Describe { o, rights, right, words })
}

/// Step 1 was sent, or is to be changed: step 2, or step 1 again.
pub(in super::super) fn describe(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    open(ctx)?;
    let t = public_texts(ctx.lang);
    if !ctx.raw("back").is_empty() {
        return match unseal(&ctx.app.face.people_key, ctx.raw("sealed"), ctx.now) {
            Some(step) => first(ctx, None, step.right, step.words),
            None => first(ctx, Some(t.too_old.to_owned()), String::new(), String::new()),
        };
    }
    let (right, words) = (ctx.field("right").to_owned(), lines(ctx.raw("words")));
    if !RIGHTS.iter().any(|(id, ..)| *id == right) {
        return first(ctx, Some(t.no_right.to_owned()), right, words);
    }
    let n = words.chars().count();
    if n > WORDS {
        return first(ctx, Some(format!("{} {n}", t.too_long)), right, words);
    }
    let step = First { at: ctx.now, once: random()?, right, words };
    let sealed = seal(&ctx.app.face.people_key, &step)?;
    second(ctx, None, &step, sealed, Typed::default())
}

fn second(
    ctx: &mut Ctx<'_>,
    wrong: Option<String>,
    step: &First,
    sealed: String,
    typed: Typed,
) -> Result<Reply, Refusal> {
    let (t, lang) = (public_texts(ctx.lang), ctx.lang);
    let facts = facts(ctx)?;
    let mut o = Outside::new(ctx, t.form_title, "")?;
    o.f = o.f.wrong(wrong);
    let id = RIGHTS.iter().find(|(id, ..)| *id == step.right).map_or("access", |(id, ..)| id);
    let kinds = facts.kinds.iter().map(|(id, title)| {
        let label = title.get(lang);
        let label = if label.is_empty() { id } else { label };
        let value = typed.known.iter().find(|(k, _)| k == id).map(|(_, v)| v.clone());
        (id.clone(), label.to_owned(), value.unwrap_or_default())
    });
    let keep = match lang {
        frist_register::Lang::Da => facts.keep.text_da(),
        frist_register::Lang::En => facts.keep.to_string(),
    };
    page(&Details {
        right: choice(id, t).label,
        words: step.words.clone(),
        sealed,
        kinds: kinds.collect(),
        trapped: !typed.trap.is_empty(),
        typed,
        keep,
        o,
    })
}

/// Step 2 was sent: the case is opened.
pub(in super::super) fn send(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    open(ctx)?;
    let t = public_texts(ctx.lang);
    let sealed = ctx.raw("sealed").to_owned();
    let Some(step) = unseal(&ctx.app.face.people_key, &sealed, ctx.now) else {
        return first(ctx, Some(t.too_old.to_owned()), String::new(), String::new());
    };
    let facts = facts(ctx)?;
    let text = |name: &str, most| one_line(ctx.raw(name), most).unwrap_or_default();
    let typed = Typed {
        name: text("name", 200),
        email: text("email", 254),
        phone: text("phone", 40),
        address: lines(ctx.raw("address")).chars().take(500).collect(),
        known: facts
            .kinds
            .iter()
            .map(|(id, _)| (id.clone(), text(&format!("known-{id}"), 100)))
            .filter(|(_, value)| !value.is_empty())
            .collect(),
        trap: text("website", 100),
    };
    let secret = secret(&ctx.app.face.people_key, &step);
    let hash = sha256(&secret);
    let at = format!("/p/s/{secret}?done=sent");
    // Sent twice is sent once.
    if ctx.state(|state| state.linked_case(&hash))?.is_some() {
        return Ok(Reply::to(&at));
    }
    if let Some(wrong) = wrong(ctx, t, &step, &typed) {
        return second(ctx, Some(wrong), &step, sealed, typed);
    }
    let everybody = std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
    let paces = &ctx.app.public;
    if !paces.sent.take(ctx.address, ctx.now) || !paces.all.take(everybody, ctx.now) {
        let wrong = format!("{} {}", t.too_many, facts.contact.join(", "));
        let mut reply = second(ctx, Some(wrong), &step, sealed, typed)?;
        reply.status = axum::http::StatusCode::TOO_MANY_REQUESTS;
        return Ok(reply);
    }
    let new = request(ctx, &step, typed, &facts)?;
    let (face, now) = (&ctx.app.face, ctx.now);
    ctx.app.engines.engine(WHO, |engine| {
        let mut desk = Desk {
            state: &mut engine.state,
            register: &engine.register,
            by: Actor::Program(WHO),
            at: now,
            signed: "",
        };
        let opened = desk.open_linked(new, &hash).map_err(|e| Trouble {
            message: format!("the request could not be kept: {e}"),
            help: None,
        })?;
        if let Some(why) = opened.no_receipt {
            // The case is open all the same; somebody must look at the letter.
            let line = serde_json::json!({
                "at": now, "log": "trouble", "route": "/p/send",
                "message": format!("no receipt was written for {}: {why}", opened.kept.case.number),
            });
            (face.log)(&line.to_string());
        }
        (face.publish)(engine)
    })?;
    Ok(Reply::to(&at))
}

/// What is missing or odd in the second step.
fn wrong(ctx: &Ctx<'_>, t: &PublicTexts, step: &First, typed: &Typed) -> Option<String> {
    let email = &typed.email;
    let one = |text: &str| (!text.is_empty()).then_some(());
    let odd = || {
        let (name, host) = email.rsplit_once('@')?;
        one(name)?;
        (host.contains('.') && !email.contains(char::is_whitespace)).then_some(())
    };
    let text = if typed.name.is_empty() {
        t.no_name
    } else if email.is_empty() && typed.phone.is_empty() && typed.address.is_empty() {
        t.no_reach
    } else if !email.is_empty() && odd().is_none() {
        t.bad_email
    } else if !typed.trap.is_empty() {
        t.trapped
    } else if ctx.now.duration_since(step.at) < PATIENCE {
        t.too_fast
    } else {
        return None;
    };
    Some(text.to_owned())
}

/// The request that the two steps make.
fn request(
    ctx: &Ctx<'_>,
    step: &First,
    typed: Typed,
    facts: &super::Facts,
) -> Result<NewRequest, Refusal> {
    let found = RIGHTS.iter().find(|(id, ..)| *id == step.right);
    let (_, right, marketing) = *found.ok_or(Refusal::Form)?;
    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    let mut known: Vec<Known> =
        typed.known.into_iter().map(|(kind, value)| Known { kind, value }).collect();
    // What the answer goes to is also what a person is found by.
    for (kind, value) in [(&facts.email, &typed.email), (&facts.phone, &typed.phone)] {
        if let (Some(kind), Some(value)) = (kind, some(value)) {
            known.push(Known { kind: kind.clone(), value });
        }
    }
    Ok(NewRequest {
        right,
        marketing,
        received: ctx.now,
        channel: "form".into(),
        person: Person {
            name: typed.name,
            email: some(&typed.email),
            phone: some(&typed.phone),
            address: some(&typed.address),
        },
        lang: ctx.lang,
        known,
        words: some(&step.words),
    })
}
