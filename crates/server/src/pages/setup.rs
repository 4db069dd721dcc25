//! Setting up: what the scheduler does, which alarms stand, and what could not be delivered.

use askama::Template;
use frist_register::Lang;
use frist_state::{Alarm, Message};
use frist_watch::words;

use super::frame::{Frame, page};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::texts;
use crate::text::watch::{WatchTexts, watch_texts};

/// Messages shown.
const SHOWN: u32 = 50;

#[derive(Template)]
#[template(path = "setup.html")]
struct Page {
    f: Frame,
    t: &'static WatchTexts,
    alarms: Vec<AlarmShown>,
    ended: Vec<AlarmShown>,
    on: bool,
    hours: String,
    every: String,
    late: String,
    signs: Vec<Sign>,
    servers: Vec<ServerShown>,
    ways: Vec<WayShown>,
    messages: Vec<MessageShown>,
    may: bool,
}

struct AlarmShown {
    title: String,
    text: String,
    advice: String,
    when: String,
}

struct Sign {
    name: &'static str,
    ago: String,
    class: &'static str,
}

struct ServerShown {
    name: String,
    started: String,
    ago: String,
    class: &'static str,
}

struct WayShown {
    way: String,
    title: String,
    to: String,
    events: String,
}

struct MessageShown {
    id: i64,
    title: String,
    made: String,
    dead: bool,
    tries: u64,
    next: String,
    problem: String,
}

/// What data sets are called, by id.
type Titles = std::collections::BTreeMap<String, String>;

fn shown(a: &Alarm, f: &Frame, zone: &jiff::tz::TimeZone, titles: &Titles) -> AlarmShown {
    // People know a data set by what it is called.
    let mut what = a.what.clone();
    let (id, rest) = what.about.split_once('/').unwrap_or((&what.about, ""));
    if let Some(title) = titles.get(id) {
        what.about = if rest.is_empty() { title.clone() } else { format!("{title} ({rest})") };
    }
    let mut title = words::title(&what, f.lang);
    let mut letters = title.chars();
    if let Some(first) = letters.next() {
        title = first.to_uppercase().chain(letters).collect();
    }
    AlarmShown {
        title,
        text: words::alarm(&what, f.lang, zone),
        advice: words::advice(&what, f.lang),
        when: f.when(a.ended_at.unwrap_or(a.since)),
    }
}

/// The page.
pub(super) fn page_of(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    with(ctx, None)
}

fn with(ctx: &mut Ctx<'_>, wrong: Option<String>) -> Result<Reply, Refusal> {
    let t = watch_texts(ctx.lang);
    let f = Frame::new(ctx, texts(ctx.lang).setup, "/setup").wrong(wrong);
    let (now, zone) = (ctx.now, ctx.app.zone.clone());
    let c = &ctx.app.settings.config;
    let (alarms, ended, servers, unsent) =
        ctx.state(|s| Ok((s.alarms()?, s.ended_alarms(10)?, s.servers(now)?, s.unsent(SHOWN)?)))?;
    let lang = ctx.lang;
    // The page is there also when the register cannot be read.
    let titles = ctx.engine(|engine| {
        let sets = engine.register.datasets.iter();
        Ok(sets.map(|d| (d.id.value.clone(), super::today::title(d, lang))).collect::<Titles>())
    });
    let titles = titles.unwrap_or_default();
    let scheduled = c.schedule.on || servers.iter().any(|s| s.schedules);
    let mut signs = Vec::new();
    let named =
        [(frist_watch::look::SCHEDULER, t.scheduler), (frist_watch::look::WATCHDOG, t.watchdog)];
    for (mark, name) in named {
        if mark == frist_watch::look::SCHEDULER && !scheduled {
            continue;
        }
        let seen = ctx.state(|s| s.mark(mark, now))?;
        let late = seen.as_ref().is_none_or(|m| m.age > c.alarms.stalled.0);
        let ago = seen.as_ref().map_or_else(|| t.never.to_owned(), |m| ago(m.age.as_secs(), &f));
        signs.push(Sign { name, ago, class: if late { "late" } else { "ok" } });
    }
    let dead = frist_watch::Pace::default().dead;
    let servers = servers.iter().map(|s| ServerShown {
        // Host and process are enough to find it.
        name: short(&s.name),
        started: f.when(s.started_at),
        ago: ago(s.silent.as_secs(), &f),
        class: if s.silent > dead { "late" } else { "ok" },
    });
    let servers = servers.collect();
    let mail = c.mail.iter().map(|m| WayShown {
        way: "mail".into(),
        title: t.mail.to_owned(),
        to: m.to.join(", "),
        events: events(&m.events, t),
    });
    let hooks = c.webhook.iter().map(|h| WayShown {
        way: format!("webhook/{}", h.name),
        title: format!("{} {}", t.webhook, h.name),
        to: host(&h.url),
        events: events(&h.events, t),
    });
    let ways = mail.chain(hooks).collect();
    let message = |m: &Message| MessageShown {
        id: m.id,
        title: format!("{} · {}", m.what.way, m.what.event),
        made: f.when(m.made_at),
        dead: m.dead_at.is_some(),
        tries: u64::from(m.tries),
        next: f.when(m.next_at),
        problem: m.problem.clone().unwrap_or_default(),
    };
    page(&Page {
        alarms: alarms.iter().map(|a| shown(a, &f, &zone, &titles)).collect(),
        ended: ended.iter().map(|a| shown(a, &f, &zone, &titles)).collect(),
        on: scheduled,
        hours: match c.schedule.hours.is_empty() {
            true => t.always.to_owned(),
            false => {
                c.schedule.hours.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            }
        },
        every: f.span(c.schedule.every.0.as_secs().unsigned_abs()),
        late: f.span(c.alarms.late.0.as_secs().unsigned_abs()),
        signs,
        servers,
        ways,
        messages: unsent.iter().map(message).collect(),
        may: ctx.could(Action::Configure, &Facts::default()),
        t,
        f,
    })
}

/// Events as people call them.
fn events(list: &[String], t: &'static WatchTexts) -> String {
    let word = |e: &String| match e.as_str() {
        "*" => t.all_events.to_owned(),
        "alarm.*" => t.event_alarms.to_owned(),
        "plan.*" | "plan.waits" => t.event_plans.to_owned(),
        "sweep.*" | "sweep.ended" => t.event_sweeps.to_owned(),
        "case.*" => t.event_cases.to_owned(),
        "case.deadline_near" => t.event_near.to_owned(),
        "register.*" | "register.changed" => t.event_register.to_owned(),
        other => other.to_owned(),
    };
    list.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// How long ago, as people say it.
fn ago(seconds: i64, f: &Frame) -> String {
    let span = f.span(seconds.max(0).unsigned_abs());
    match f.lang {
        Lang::Da => format!("for {span} siden"),
        Lang::En => format!("{span} ago"),
    }
}

/// Host and process of a server's name.
fn short(name: &str) -> String {
    let parts: Vec<&str> = name.split('/').collect();
    match parts.as_slice() {
        [host, _, process, ..] => format!("{host} ({process})"),
        _ => name.to_owned(),
    }
}

/// The host of an address: its path may be as good as a secret.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest).to_owned()
}

/// Sends a message by one way at once, and says whether it arrived.
pub(super) fn test(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let t = watch_texts(ctx.lang);
    let way = ctx.field("way").to_owned();
    ctx.about = Some(way.clone());
    let tried = match ctx.app.watch.get() {
        Some(watch) => watch.test(&way),
        None => Err(t.not_running.to_owned()),
    };
    match tried {
        Ok(()) => Ok(Reply::to("/setup?done=way")),
        Err(e) => with(ctx, Some(format!("{} {e}", t.did_not_arrive))),
    }
}

/// Tries a message again that was given up or waits.
pub(super) fn retry(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let id: i64 = ctx.id.parse().map_err(|_| Refusal::NotFound)?;
    let now = ctx.now;
    let found = ctx.state(|s| match s.retry_message(id, now) {
        Err(frist_state::Error::NotFound { .. }) => Ok(false),
        done => done.map(|()| true),
    })?;
    if !found {
        return Err(Refusal::NotFound);
    }
    if let Some(watch) = ctx.app.watch.get() {
        watch.ring();
    }
    Ok(Reply::to("/setup?done=again"))
}
