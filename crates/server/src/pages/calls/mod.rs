//! Calls: under way and recorded, consent, the hours that are left, listening with a reason, evidence,
//! the kill switch. All of it is asked of the server of calls, which keeps its own log.

mod listenings;

pub(super) use listenings::listenings;

use std::collections::BTreeMap;

use askama::Template;
use base64::Engine as _;
use frist_register::{Lang, Register, StoreKind};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::frame::{Frame, page};
use super::sweeps::sure;
use crate::access::{Action, Condition, Facts};
use crate::calls::{CallsConfig, encode};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::routes::Method;
use crate::text::calls::{CallsTexts, calls_texts};

#[derive(Template)]
#[template(path = "calls.html")]
struct List {
    f: Frame,
    t: &'static CallsTexts,
    how: How,
    live: Vec<Call>,
    recorded: Vec<Call>,
    transfers: Vec<Transfer>,
    stopped: bool,
    may_stop: bool,
    may_start: bool,
    may_handle: bool,
    may_listen: bool,
    may_transfer: bool,
    may_log: bool,
    /// Forms are shown, and the page does not come again by itself: nothing typed is lost.
    still: bool,
}

/// What there is to show.
#[derive(PartialEq, Eq)]
enum How {
    /// No calls in the register.
    None,
    /// Calls, but no server to ask.
    Apart,
    /// No token of this person.
    NoToken,
    /// The server's answer.
    Asked,
    /// Why there is none.
    Silent(String),
}

struct Call {
    /// Whether a recording of it is under way, paused or not.
    taped: bool,
    id: String,
    path: String,
    began: String,
    recording_now: bool,
    flagged: bool,
    live: bool,
    consent: Vec<(String, &'static str)>,
    purposes: Vec<(String, String)>,
    recordings: Vec<Recording>,
    /// Whether its forms are open.
    open: bool,
    why: String,
}

struct Recording {
    id: String,
    /// Id, and in words.
    purposes: Vec<(String, String)>,
    /// What was typed, where it was refused.
    typed: Option<Typed>,
    left: String,
    class: &'static str,
    there: bool,
    under_way: bool,
    /// That sound is missing in it, or that it stops before the call does; empty for one that is whole.
    lacks: String,
    listen_path: String,
    transfer_path: String,
}

/// What was typed for one recording.
#[derive(Default, Clone)]
struct Typed {
    reason: String,
    grounds: String,
    legal_basis: String,
    matter: String,
    keep_until: String,
}

/// What purposes are called.
struct Purposes(BTreeMap<String, String>);

impl Purposes {
    fn of(&self, id: &str) -> String {
        self.0.get(id).filter(|text| !text.is_empty()).map_or_else(|| id.to_owned(), Clone::clone)
    }
}

/// The purposes that callers are asked for, in words.
fn named(register: &Register, lang: Lang) -> Purposes {
    let asked = register.announcements.iter().filter_map(|a| register.activity(&a.activity.value));
    let purposes = asked.flat_map(|activity| &activity.purposes);
    Purposes(purposes.map(|p| (p.id.value.clone(), p.text.value.get(lang).to_owned())).collect())
}

struct Transfer {
    matter: String,
    status: &'static str,
    lacks: String,
    asked_by: String,
    approved_by: String,
    keep_until: String,
    path: String,
    may_approve: bool,
}

/// The data sets of recordings.
fn recordings(register: &Register) -> Vec<String> {
    let vault =
        |id: &str| register.store(id).is_some_and(|s| matches!(s.kind, StoreKind::Vault { .. }));
    let sets = register.datasets.iter().filter(|d| vault(&d.store.value));
    sets.map(|d| d.id.value.clone()).collect()
}

/// What holds for this person of the calls.
fn facts(ctx: &Ctx<'_>, sets: &[String]) -> Facts {
    let known = sets.iter().find(|d| ctx.could(Action::SeeCalls, &ctx.knows(Some(d))));
    let mine = |d: &String| ctx.me.as_ref().is_some_and(|m| m.account.datasets.contains(d));
    let needs = known.is_some_and(mine) || sets.iter().any(mine);
    let named = ctx.app.settings.config.calls.as_ref().is_some_and(|c| c.knows(ctx.name()));
    Facts::default().with(Condition::NeedToKnow, needs).with(Condition::Named, named)
}

fn sets(ctx: &Ctx<'_>) -> Result<(Vec<String>, bool), Refusal> {
    ctx.engine(|engine| {
        let sets = recordings(&engine.register);
        let any = !sets.is_empty() || !engine.register.announcements.is_empty();
        Ok((sets, any))
    })
}

/// The page.
pub(super) fn list(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    shown(ctx, None)
}

fn shown(ctx: &mut Ctx<'_>, wrong: Option<String>) -> Result<Reply, Refusal> {
    let t = calls_texts(ctx.lang);
    let (sets, any) = sets(ctx)?;
    let facts = facts(ctx, &sets);
    // Without calls there is nothing that anybody would have to need to know.
    if any {
        ctx.may(Action::SeeCalls, &facts)?;
    } else {
        ctx.granted = true;
    }
    let f = Frame::new(ctx, t.calls, "/calls").wrong(wrong);
    let mut list = List {
        t,
        how: How::None,
        live: Vec::new(),
        recorded: Vec::new(),
        transfers: Vec::new(),
        stopped: false,
        may_stop: ctx.could(Action::StopRecording, &facts),
        may_start: ctx.could(Action::StartRecording, &facts),
        may_handle: ctx.could(Action::HandleCall, &facts),
        may_listen: ctx.could(Action::Listen, &facts),
        may_transfer: ctx.could(Action::TransferCall, &facts),
        may_log: ctx.could(Action::SeeListenings, &facts),
        still: ctx.route.method == Method::Post || ctx.asked("still").is_some(),
        f,
    };
    let config = ctx.app.settings.config.calls.as_ref();
    list.how = match config {
        _ if !any => How::None,
        None => How::Apart,
        Some(config) if !config.knows(ctx.name()) => How::NoToken,
        Some(config) => match fill(ctx, config, &mut list) {
            Ok(()) => How::Asked,
            Err(why) => How::Silent(why),
        },
    };
    // While calls are under way the page comes again by itself, without anything to fill in; where
    // nothing is under way, or somebody types, it stands still.
    list.still |= list.live.is_empty();
    if list.how == How::Asked && !list.still {
        list.f.refresh = Some(10);
    }
    page(&list)
}

fn fill(ctx: &Ctx<'_>, config: &CallsConfig, list: &mut List) -> Result<(), String> {
    let t = list.t;
    let ask = |path: &str| {
        let told = config.ask(&ctx.app.face, ctx.name(), path, None);
        told.map_err(|e| e.message)?.json()
    };
    let calls = ask("/v1/calls?limit=200")?;
    let named = ctx.engine(|engine| Ok(named(&engine.register, ctx.lang)));
    let named = named.unwrap_or_else(|_| Purposes(BTreeMap::new()));
    for call in calls["calls"].as_array().into_iter().flatten() {
        let shown = one(ctx, &list.f, t, &named, call);
        match shown.live {
            true => list.live.push(shown),
            false if shown.recordings.is_empty() => {}
            false => list.recorded.push(shown),
        }
    }
    // Those who may not read figures or transfers there see the calls all the same.
    list.stopped = ask("/v1/figures").is_ok_and(|figures| !figures["stop"].is_null());
    if let Ok(all) = ask("/v1/transfers") {
        for x in all["transfers"].as_array().into_iter().flatten() {
            let (status, by) = (text(x, "status"), text(x, "asked_by"));
            let facts = Facts::default()
                .with(Condition::NotMaker, by != ctx.name())
                .with(Condition::TwoPersons, true);
            list.transfers.push(Transfer {
                may_approve: status == "asked" && ctx.could(Action::ApproveTransfer, &facts),
                path: format!("/calls/transfer/{}/approve", encode(&text(x, "id"))),
                matter: text(x, "matter"),
                approved_by: text(x, "approved_by"),
                keep_until: when(&list.f, &x["keep_until"]),
                asked_by: by,
                status: match status.as_str() {
                    "asked" => t.waits,
                    "approved" | "copied" => t.under_way,
                    "lapsed" => t.lapsed,
                    _ => t.transferred,
                },
                lacks: lacks(t, x),
            });
        }
    }
    Ok(())
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

fn when(f: &Frame, value: &Value) -> String {
    instant(value).map_or_else(String::new, |at| f.when(at))
}

fn one(ctx: &Ctx<'_>, f: &Frame, t: &'static CallsTexts, named: &Purposes, call: &Value) -> Call {
    let id = text(call, "id");
    let list = |v: &Value| -> Vec<(String, String)> {
        let words = v.as_array().into_iter().flatten().filter_map(Value::as_str);
        words.map(|id| (id.to_owned(), named.of(id))).collect()
    };
    // What was refused is there to be put right.
    let post = ctx.route.method == Method::Post;
    let typed = |id: &str| {
        let field = |name| asked(ctx, name);
        (post && ctx.id == id).then(|| Typed {
            reason: field("reason"),
            grounds: field("grounds"),
            legal_basis: field("legal_basis"),
            matter: field("matter"),
            keep_until: field("keep_until"),
        })
    };
    let consent = call["consent"].as_array().into_iter().flatten().map(|c| {
        let words = match (c["withdrawn_at"].is_null(), text(c, "decision").as_str()) {
            (false, _) => t.took_back,
            (true, "granted") => t.gave,
            (true, _) => t.refused_it,
        };
        (text(c, "purpose"), words)
    });
    let consent: Vec<_> = consent.collect();
    let granted = consent.iter().filter(|(_, w)| *w == t.gave);
    let granted = granted.map(|(id, _)| (id.clone(), named.of(id))).collect();
    let consent = consent.iter().map(|(id, words)| (named.of(id), *words)).collect();
    let recordings: Vec<Recording> = call["recordings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|r| {
            let gone = !r["destroyed_at"].is_null();
            let (left, class) = match (gone, instant(&r["due_at"])) {
                (true, _) => (format!("{} {}", t.destroyed, when(f, &r["destroyed_at"])), ""),
                (false, None) => (t.no_end.to_owned(), ""),
                (false, Some(due)) if due <= ctx.now => (t.over.to_owned(), "late"),
                (false, Some(due)) => {
                    let minutes = due.duration_since(ctx.now).as_secs() / 60;
                    let words = match minutes {
                        0..120 => format!("{minutes} {}", t.minutes),
                        _ => format!("{} {}", minutes / 60, t.hours),
                    };
                    let class = if minutes < 24 * 60 { "warn" } else { "info" };
                    (format!("{words} ({} {})", t.until, f.when(due)), class)
                }
            };
            let id = text(r, "id");
            Recording {
                listen_path: format!("/calls/recording/{id}/listen"),
                transfer_path: format!("/calls/recording/{id}/transfer"),
                purposes: list(&r["purposes"]),
                under_way: !gone && r["ended_at"].is_null(),
                there: !gone && !r["ended_at"].is_null(),
                lacks: if gone { String::new() } else { lacks(t, r) },
                typed: typed(&id),
                id,
                left,
                class,
            }
        })
        .collect();
    Call {
        path: format!("/calls/call/{id}"),
        began: when(f, &call["began_at"]),
        taped: recordings.iter().any(|r: &Recording| r.under_way),
        recording_now: call["recording_now"].as_bool().unwrap_or(false),
        flagged: call["flagged"].as_bool().unwrap_or(false),
        live: call["ended_at"].is_null(),
        recordings,
        consent,
        purposes: granted,
        open: post && ctx.id == id || ctx.asked("still") == Some(id.as_str()),
        why: if post && ctx.id == id { asked(ctx, "why") } else { String::new() },
        id,
    }
}

/// What a recording is without, in words.
fn lacks(t: &CallsTexts, recording: &Value) -> String {
    let mut said = Vec::new();
    if let Some(ms) = recording["missing_ms"].as_u64().filter(|ms| *ms > 0) {
        // At least a tenth of a second is said, so that a hole is never none.
        let tenths = ms.div_ceil(100);
        said.push(format!("{} {}{}{} {}", t.lacks, tenths / 10, t.decimal, tenths % 10, t.seconds));
    }
    match recording["ending"].as_str() {
        Some("failed" | "crashed") => said.push(t.broke_off.to_owned()),
        Some("stopped") => said.push(t.was_stopped.to_owned()),
        Some("withdrawn") => said.push(t.until_withdrawn.to_owned()),
        _ => {}
    }
    said.join("; ")
}

/// What was asked of the server of calls, and its answer; or the page with why not.
fn done(ctx: &mut Ctx<'_>, path: &str, body: &Value) -> Result<Result<Value, String>, Refusal> {
    let config = ctx.app.settings.config.calls.as_ref().ok_or(Refusal::NotFound)?;
    let told = config.ask(&ctx.app.face, ctx.name(), path, Some(body))?;
    let t = calls_texts(ctx.lang);
    Ok(told.json().map_err(|why| format!("{} {why}", t.refused)))
}

fn after(ctx: &mut Ctx<'_>, done: Result<Value, String>) -> Result<Reply, Refusal> {
    match done {
        Ok(_) => Ok(Reply::to("/calls?done=saved")),
        Err(why) => shown(ctx, Some(why)),
    }
}

fn asked(ctx: &Ctx<'_>, name: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    ctx.field(name).chars().map(clean).take(2_000).collect()
}

/// The kill switch.
pub(super) fn switch(ctx: &mut Ctx<'_>, stop: bool) -> Result<Reply, Refusal> {
    let action = if stop { Action::StopRecording } else { Action::StartRecording };
    ctx.may(action, &Facts::default())?;
    sure(ctx)?;
    let (path, body) = match stop {
        true => ("/v1/recording/stop", json!({ "why": asked(ctx, "why") })),
        false => ("/v1/recording/start", json!({})),
    };
    let told = done(ctx, path, &body)?;
    after(ctx, told)
}

/// Pause, go on, flag, withdraw for the caller.
pub(super) fn handle(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let (sets, _) = sets(ctx)?;
    ctx.may(Action::HandleCall, &facts(ctx, &sets))?;
    let call = encode(&ctx.id);
    let (step, body) = match ctx.field("act") {
        "pause" => ("pause", json!({})),
        "resume" => ("resume", json!({})),
        "flag" => ("flag", json!({ "why": asked(ctx, "why") })),
        "withdraw" => match ctx.field("purpose") {
            "" => ("withdraw", json!({})),
            purpose => ("withdraw", json!({ "purpose": purpose })),
        },
        _ => return Err(Refusal::NotFound),
    };
    let told = done(ctx, &format!("/v1/calls/{call}/{step}"), &body)?;
    after(ctx, told)
}

#[derive(Template)]
#[template(path = "call_heard.html")]
struct Heard {
    f: Frame,
    t: &'static CallsTexts,
    recording: String,
    purpose: String,
    sound: String,
}

/// Listens. The server of calls has it in its log before the first byte is sent.
pub(super) fn listen(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let (sets, _) = sets(ctx)?;
    ctx.may(Action::Listen, &facts(ctx, &sets))?;
    let t = calls_texts(ctx.lang);
    let config = ctx.app.settings.config.calls.as_ref().ok_or(Refusal::NotFound)?;
    let (purpose, reason) = (asked(ctx, "purpose"), asked(ctx, "reason"));
    let path = format!(
        "/v1/recordings/{}/audio?purpose={}&reason={}",
        encode(&ctx.id),
        encode(&purpose),
        encode(&reason)
    );
    let told = config.ask(&ctx.app.face, ctx.name(), &path, None)?;
    if told.status != 200 {
        let why = format!("{} {}", t.refused, told.why());
        return shown(ctx, Some(why));
    }
    let sound = base64::engine::general_purpose::STANDARD.encode(&told.body);
    let recording = ctx.id.clone();
    let purpose = ctx.engine(|engine| Ok(named(&engine.register, ctx.lang).of(&purpose)))?;
    let f = Frame::new(ctx, t.heard, "/calls");
    let mut reply = page(&Heard { f, t, recording, purpose, sound })?;
    // On this one page, sound that is in the page itself, and from nowhere else.
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; media-src data:; \
                  form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    reply.headers.push((axum::http::header::CONTENT_SECURITY_POLICY, policy.to_owned()));
    Ok(reply)
}

/// Transfers a recording as evidence.
pub(super) fn transfer(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let (sets, _) = sets(ctx)?;
    ctx.may(Action::TransferCall, &facts(ctx, &sets))?;
    let body = json!({
        "grounds": asked(ctx, "grounds"), "legal_basis": asked(ctx, "legal_basis"),
        "matter": asked(ctx, "matter"), "keep_until": asked(ctx, "keep_until"),
    });
    let told = done(ctx, &format!("/v1/recordings/{}/transfer", encode(&ctx.id)), &body)?;
    after(ctx, told)
}

/// Approves another's transfer.
pub(super) fn approve(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let config = ctx.app.settings.config.calls.as_ref().ok_or(Refusal::NotFound)?;
    let all = config.ask(&ctx.app.face, ctx.name(), "/v1/transfers", None)?.json();
    let all = all.unwrap_or_default();
    let mut found = all["transfers"].as_array().into_iter().flatten();
    let found = found.find(|x| x["id"].as_str() == Some(ctx.id.as_str()));
    let found = found.ok_or(Refusal::NotFound)?;
    let facts = Facts::default()
        .with(Condition::NotMaker, text(found, "asked_by") != ctx.name())
        .with(Condition::TwoPersons, text(found, "status") == "asked");
    ctx.may(Action::ApproveTransfer, &facts)?;
    sure(ctx)?;
    let told = done(ctx, &format!("/v1/transfers/{}/approve", encode(&ctx.id)), &json!({}))?;
    after(ctx, told)
}
