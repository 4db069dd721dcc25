//! A consent that was given by telephone, on paper or at the counter is entered, and the person gets
//! the code by which it is withdrawn.

use std::collections::BTreeMap;

use askama::Template;
use frist_cases::CasesError;
use frist_cases::consent::{self, Given};
use frist_register::{Lang, Register};
use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::super::frame::{Frame, page};
use super::{Asked, failed, shown};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::factor::mac;
use crate::people::one_line;
use crate::text::{ConsentTexts, consent_texts};

#[derive(Template)]
#[template(path = "consent_given.html")]
struct Receipts {
    f: Frame,
    t: &'static ConsentTexts,
    given: Vec<Receipt>,
}

struct Receipt {
    id: String,
    token: String,
    words: String,
    withdraw: String,
}

/// What can be consented to: a text, for announcements one of its purposes, and its words.
pub(super) struct Choice {
    /// `text`, or `announcement/purpose`.
    pub(super) value: String,
    pub(super) purpose: String,
    pub(super) words: String,
    /// Whether it was ticked in a form that is shown again.
    pub(super) chosen: bool,
}

/// All of it, as the register has it now.
pub(super) fn choices(register: &Register, lang: Lang) -> Vec<Choice> {
    let purpose = |activity: &str, id: &str| {
        let found = register.activity(activity);
        let found = found.and_then(|a| a.purposes.iter().find(|p| p.id.value == id));
        found.map_or_else(|| id.to_owned(), |p| p.text.value.get(lang).to_owned())
    };
    let texts = register.consents.iter().map(|c| Choice {
        value: c.id.value.clone(),
        purpose: purpose(&c.activity.value, &c.purpose.value),
        words: c.text.value.get(lang).to_owned(),
        chosen: false,
    });
    let spoken = register.announcements.iter().flat_map(|a| {
        a.questions.iter().map(move |q| Choice {
            value: format!("{}/{}", a.id.value, q.purpose.value),
            purpose: purpose(&a.activity.value, &q.purpose.value),
            words: q.spoken.text.value.get(lang).to_owned(),
            chosen: false,
        })
    });
    texts.chain(spoken).collect()
}

/// A mark that each form has of its own: sent twice, it enters the same consents.
pub(super) fn once() -> Result<String, Refusal> {
    let drawn = crate::people::random::<16>()?;
    Ok(drawn.iter().map(|b| format!("{b:02x}")).collect())
}

/// Enters it.
pub(in crate::pages) fn give(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::RecordConsent, &Facts::default())?;
    ctx.about = Some("consents".into());
    let (t, lang, now) = (consent_texts(ctx.lang), ctx.lang, ctx.now);
    let text = |name: &str, most| one_line(ctx.raw(name), most).unwrap_or_default();
    let (kind, who, channel) = (text("kind", 64), text("who", 200), text("channel", 100));
    let asked = Asked { kind: kind.clone(), who: who.clone(), found: false };
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for chosen in ctx.all("yes").take(100) {
        let (id, purpose) = chosen.split_once('/').map_or((chosen, None), |(i, p)| (i, Some(p)));
        texts.entry(id.to_owned()).or_default().extend(purpose.map(str::to_owned));
    }
    let age = text("age", 3);
    let wrong = match () {
        () if kind.is_empty() || who.is_empty() => Some(t.missing),
        () if texts.is_empty() => Some(t.say_what),
        () if channel.is_empty() => Some(t.say_channel),
        () if !age.is_empty() && age.parse::<u8>().is_err() => Some(t.bad_age),
        () => None,
    };
    let at = when(ctx);
    let wrong = wrong.or_else(|| match at {
        None => Some(t.bad_when),
        Some(at) if at > now => Some(t.not_yet),
        Some(_) => None,
    });
    let (None, Some(at)) = (wrong, at) else {
        return shown(ctx, wrong.map(str::to_owned), Some(asked));
    };
    let once = text("once", 64);
    let shown_in = if ctx.field("lang") == "en" { Lang::En } else { Lang::Da };
    let by = frist_ledger::Id::new(ctx.name()).map_err(|_| Refusal::Broken)?;
    let seed = mac(&*ctx.app.keys.forms, &[b"consent", ctx.name().as_bytes(), once.as_bytes()]);
    let guardian = ctx.field("guardian") == "yes";
    let face = &ctx.app.face;
    let made = ctx.engine(|engine| {
        let mut made = Vec::new();
        for (text, purposes) in texts {
            let drawn = mac(&seed, &[text.as_bytes()]);
            let mut random = [0; 22];
            random.copy_from_slice(&drawn[..22]);
            let given = Given {
                kind: kind.clone(),
                who: who.clone(),
                text: text.clone(),
                purposes,
                channel: channel.clone(),
                lang: shown_in,
                at,
                age: age.parse().ok(),
                guardian,
            };
            let known = choices(&engine.register, shown_in);
            let words = known.into_iter().filter(|c| {
                let whole = c.value == text;
                whole || given.purposes.iter().any(|p| c.value == format!("{text}/{p}"))
            });
            let words: Vec<String> = words.map(|c| c.words).collect();
            match consent::give(engine, &given, &by, random) {
                Ok(receipt) => made.push(Receipt {
                    id: receipt.id,
                    token: receipt.token,
                    words: words.join("\n"),
                    withdraw: receipt.withdraw.get(lang).to_owned(),
                }),
                Err(e @ (CasesError::Input { .. } | CasesError::NotFound { .. })) => {
                    return Ok(Err(e));
                }
                Err(e) => return Err(failed(e)),
            }
        }
        (face.publish)(engine)?;
        Ok(Ok(made))
    })?;
    let given = match made {
        Ok(given) => given,
        Err(CasesError::Input { what: "the person's age", .. }) => {
            return shown(ctx, Some(t.too_young.to_owned()), Some(asked));
        }
        Err(CasesError::Input { what: "the person", .. }) => {
            return shown(ctx, Some(t.no_pseudonym.to_owned()), Some(asked));
        }
        Err(e) => return shown(ctx, Some(e.to_string()), Some(asked)),
    };
    let f = Frame::new(ctx, t.was_given, "/consents");
    page(&Receipts { given, t, f })
}

/// When it was given: now, when nothing is said.
fn when(ctx: &Ctx<'_>) -> Option<Timestamp> {
    let day = ctx.field("day");
    if day.is_empty() {
        return Some(ctx.now);
    }
    let day: Date = day.parse().ok()?;
    let time = ctx.field("time");
    let time: Time = if time.is_empty() { Time::midnight() } else { time.parse().ok()? };
    day.to_datetime(time).to_zoned(ctx.app.zone.clone()).ok().map(|z| z.timestamp())
}
