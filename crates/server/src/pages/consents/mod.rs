//! Consents: entered, found by the person (never by an address of the page), shown with their proof,
//! withdrawn with one click.

mod give;

use askama::Template;
use frist_cases::CasesError;
use frist_cases::consent::{self, Follows, Route};
use frist_register::{IdentityFormat, Lang, Register};
use frist_state::Consent;

use super::frame::{Frame, page};
use super::today::title;
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::people::one_line;
use crate::text::{ConsentTexts, consent_texts, texts};

pub(super) use give::give;

/// Of whom consents are asked for or entered.
struct Asked {
    kind: String,
    who: String,
    /// Whether they are to be found; else the person only stays in the form.
    found: bool,
}

/// The form for a new consent as it was filled in.
struct Typed {
    /// Whether anything was sent, so that it is shown open.
    sent: bool,
    lang: Lang,
    channel: String,
    day: String,
    time: String,
    age: String,
    guardian: bool,
}

impl Typed {
    fn of(ctx: &Ctx<'_>) -> Self {
        let text = |name: &str, most| one_line(ctx.raw(name), most).unwrap_or_default();
        let sent = !ctx.field("once").is_empty();
        Self {
            sent,
            lang: match ctx.field("lang") {
                "da" => Lang::Da,
                "en" => Lang::En,
                _ => ctx.lang,
            },
            channel: if sent { text("channel", 100) } else { String::new() },
            day: text("day", 10),
            time: text("time", 8),
            age: text("age", 3),
            guardian: ctx.field("guardian") == "yes",
        }
    }
}

#[derive(Template)]
#[template(path = "consents.html")]
struct Found {
    f: Frame,
    t: &'static ConsentTexts,
    kinds: Vec<(String, String)>,
    kind: String,
    who: String,
    searched: bool,
    hidden: bool,
    consents: Vec<Shown>,
    may_withdraw: bool,
    may_give: bool,
    choices: Vec<give::Choice>,
    typed: Typed,
    once: String,
    today: jiff::civil::Date,
}

struct Shown {
    id: String,
    in_force: bool,
    given: String,
    withdrawn: Option<String>,
    purposes: String,
    text: String,
    words: Option<String>,
    hash: String,
    by: String,
    kept: String,
    goes: Option<String>,
    path: String,
}

#[derive(Template)]
#[template(path = "consent_withdrawn.html")]
struct Withdrawn {
    f: Frame,
    t: &'static ConsentTexts,
    gone: Vec<(String, Option<String>)>,
    follows: Vec<(Follows, String)>,
}

fn failed(e: CasesError) -> Trouble {
    Trouble { message: e.to_string(), help: None }
}

/// By what consent records name people: numbers, never names or civil registration numbers.
fn kinds(register: &Register, lang: Lang) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    let mut add = |id: &str, label: &str| {
        if !out.iter().any(|(known, _)| known == id) {
            out.push((
                id.to_owned(),
                if label.is_empty() { id.to_owned() } else { label.to_owned() },
            ));
        }
    };
    let pseudonym =
        |f| matches!(f, IdentityFormat::Text | IdentityFormat::Email | IdentityFormat::Phone);
    for identity in register.identities.iter().filter(|i| pseudonym(i.format)) {
        add(&identity.id.value, identity.title.get(lang));
    }
    for (id, text) in &register.subjects {
        if register
            .datasets
            .iter()
            .any(|d| d.subjects.iter().any(|(k, f)| k.value == *id && f.is_some()))
        {
            add(id, text.value.get(lang));
        }
    }
    out
}

/// Whether somebody needs to know a consent: it is about one of the data sets that they know.
fn knows(ctx: &Ctx<'_>, register_says: &[String]) -> bool {
    ctx.could(Action::SeeConsents, &Facts::default())
        || register_says.iter().any(|d| ctx.could(Action::SeeConsents, &ctx.knows(Some(d))))
}

/// The form.
pub(super) fn form(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let first = ctx.who()?.account.datasets.iter().next().cloned();
    ctx.may(Action::SeeConsents, &ctx.knows(first.as_deref()))?;
    ctx.about = Some("consents".into());
    shown(ctx, None, None)
}

/// A person's consents.
pub(super) fn find(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let first = ctx.who()?.account.datasets.iter().next().cloned();
    ctx.may(Action::SeeConsents, &ctx.knows(first.as_deref()))?;
    ctx.about = Some("consents".into());
    let text = |name: &str, most| one_line(ctx.raw(name), most).unwrap_or_default();
    let (kind, who) = (text("kind", 64), text("who", 200));
    let wrong =
        (kind.is_empty() || who.is_empty()).then(|| consent_texts(ctx.lang).missing.to_owned());
    let found = wrong.is_none();
    shown(ctx, wrong, Some(Asked { kind, who, found }))
}

fn shown(ctx: &mut Ctx<'_>, wrong: Option<String>, asked: Option<Asked>) -> Result<Reply, Refusal> {
    let (t, lang) = (consent_texts(ctx.lang), ctx.lang);
    let f = Frame::new(ctx, texts(lang).consents, "/consents").wrong(wrong);
    let searched = asked.as_ref().is_some_and(|a| a.found);
    let (kind, who) = asked.map(|a| (a.kind, a.who)).unwrap_or_default();
    let (kinds, choices, all) = ctx.engine(|engine| {
        let kinds = kinds(&engine.register, lang);
        let found = match searched {
            true => consent::of(engine, &kind, &who).map_err(failed)?,
            false => Vec::new(),
        };
        let all: Vec<(Consent, Vec<String>, Shown)> = found
            .into_iter()
            .map(|c| {
                let about = consent::follows(&engine.register, &c.purposes);
                let sets = about.into_iter().map(|follow| follow.dataset).collect();
                let shown = one(&engine.register, &c, &f, t);
                (c, sets, shown)
            })
            .collect();
        Ok((kinds, give::choices(&engine.register, lang), all))
    })?;
    let mut choices = choices;
    for choice in &mut choices {
        choice.chosen = ctx.all("yes").any(|chosen| chosen == choice.value);
    }
    let n = all.len();
    let mine = all.into_iter().filter(|(_, sets, _)| knows(ctx, sets));
    let consents: Vec<Shown> = mine.map(|(_, _, shown)| shown).collect();
    page(&Found {
        hidden: consents.len() < n,
        may_withdraw: ctx.could(Action::WithdrawConsent, &Facts::default()),
        may_give: ctx.could(Action::RecordConsent, &Facts::default()),
        choices,
        typed: Typed::of(ctx),
        once: give::once()?,
        today: f.day(ctx.now),
        kinds,
        kind,
        who,
        searched,
        consents,
        f,
        t,
    })
}

/// One consent with its proof.
fn one(register: &Register, c: &Consent, f: &Frame, t: &ConsentTexts) -> Shown {
    let text = register.consents.iter().find(|x| x.id.value == c.text_id);
    let same = text.filter(|x| x.version.value == c.text_version);
    let read = if c.lang == "en" { Lang::En } else { Lang::Da };
    let proof = text.and_then(|x| x.proof.as_ref()).map(|p| match f.lang {
        Lang::Da => p.value.text_da(),
        Lang::En => p.value.to_string(),
    });
    let purposes = c.purposes.iter().map(|name| {
        let found = name
            .split_once('/')
            .and_then(|(a, p)| register.activity(a)?.purposes.iter().find(|x| x.id.value == p));
        found.map_or_else(|| name.clone(), |p| p.text.value.get(f.lang).to_owned())
    });
    Shown {
        id: c.id.clone(),
        in_force: c.withdrawn_at.is_none(),
        given: format!("{}, {}", f.when(c.given_at), c.channel),
        withdrawn: c.withdrawn_at.map(|at| {
            let route = c.route.clone().unwrap_or_default();
            format!("{}, {route}", f.when(at))
        }),
        purposes: purposes.collect::<Vec<_>>().join("; "),
        text: format!("{} {} ({})", c.text_id, c.text_version, c.lang),
        words: same.map(|x| x.text.value.get(read).to_owned()),
        hash: c.text_hash.clone(),
        by: c.given_by.clone(),
        kept: proof.map_or_else(|| t.kept_only.to_owned(), |p| format!("{} {p}", t.kept_da)),
        goes: c.erase_at.map(|at| f.when(at)),
        path: format!("/consents/{}/withdraw", c.id),
    }
}

/// A withdrawal, by the consent's number or by the person's own code.
pub(super) fn withdraw(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::WithdrawConsent, &Facts::default())?;
    let (t, lang, now) = (consent_texts(ctx.lang), ctx.lang, ctx.now);
    let route = match ctx.id.as_str() {
        "by-code" => Route::Token(ctx.field("code").to_owned()),
        id => Route::Id(id.to_owned()),
    };
    let by_code = matches!(route, Route::Token(_));
    let channel = one_line(ctx.raw("channel"), 100);
    let by = frist_ledger::Id::new(ctx.name()).map_err(|_| Refusal::Broken)?;
    let face = &ctx.app.face;
    let done = ctx.engine(|engine| {
        let gone = match consent::withdraw(engine, &route, channel.as_deref(), &by, now) {
            Ok(gone) => gone,
            Err(CasesError::NotFound { .. }) => return Ok(None),
            Err(e) => return Err(failed(e)),
        };
        let follows: Vec<(Follows, String)> = gone
            .iter()
            .flat_map(|c| consent::follows(&engine.register, &c.purposes))
            .map(|follow| {
                let set = engine.register.dataset(&follow.dataset);
                let title = set.map_or_else(|| follow.dataset.clone(), |d| title(d, lang));
                (follow, title)
            })
            .collect();
        // Where no time after the withdrawal is wanted, the record goes at once.
        consent::tidy(engine, now).map_err(failed)?;
        (face.publish)(engine)?;
        Ok(Some((gone, follows)))
    })?;
    ctx.app.engines.changed();
    let Some((gone, follows)) = done else {
        let wrong = if by_code { t.no_token } else { t.already };
        return shown(ctx, Some(wrong.to_owned()), None);
    };
    let f = Frame::new(ctx, t.was_withdrawn, "/consents");
    let goes = |c: &Consent| c.erase_at.filter(|at| *at > now).map(|at| f.when(at));
    let gone = gone.iter().map(|c| (c.id.clone(), goes(c))).collect();
    page(&Withdrawn { gone, follows, f, t })
}
