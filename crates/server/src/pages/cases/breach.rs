//! A breach of personal data security: its 72 hours, what is known, the notification, the log.

use askama::Template;
use frist_cases::breach::desk::Desk;
use frist_cases::breach::{Amount, Notify, Risk, Status, notification, over};
use frist_cases::request::words;
use frist_paper::{Block, Document, Inline};
use frist_register::Lang;

use super::super::frame::{Frame, number as written, page};
use super::super::sweeps::sure;
use super::open::{Facts as Learnt, instant};
use super::{LogLine, PaperLine, done, found, line, lines, look, named, say, t, titles, told};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::cases::CaseTexts;

#[derive(Template)]
#[template(path = "cases/breach.html")]
struct Page {
    f: Frame,
    t: &'static CaseTexts,
    path: String,
    number: String,
    status: &'static str,
    sentence: String,
    chip: String,
    class: &'static str,
    computed: String,
    next: (&'static str, String),
    facts: Vec<(&'static str, String)>,
    assessed: Vec<(String, &'static str, String)>,
    notified: Vec<String>,
    told: Option<String>,
    risks: Vec<(&'static str, &'static str)>,
    datasets: Vec<(String, String, bool)>,
    open: bool,
    high: bool,
    too_late: bool,
    settled: bool,
    may: bool,
    document: Document,
    lang: &'static str,
    papers: Vec<PaperLine>,
    log: Vec<LogLine>,
    today: jiff::civil::Date,
    time: String,
}

impl Page {
    fn tok(&self, to: &str) -> String {
        self.f.token(&format!("{}{to}", self.path))
    }

    fn tok_paper(&self, id: &i64) -> String {
        self.tok(&format!("/paper/{id}"))
    }

    /// Whether the sending of papers is entered here: of these it is a step of its own.
    fn sends(&self) -> bool {
        false
    }

    fn notes(&self) -> bool {
        self.may
    }

    /// What is known is not filled in again: an empty field leaves it as it is.
    fn typed(&self, _: &str) -> &'static str {
        ""
    }

    fn ticked(&self, dataset: &str) -> bool {
        self.datasets.iter().any(|(id, _, on)| id == dataset && *on)
    }
}

const RISKS: [(&str, Risk); 3] =
    [("unlikely", Risk::Unlikely), ("risk", Risk::Risk), ("high", Risk::High)];

fn label(risk: Risk, lang: Lang) -> &'static str {
    let (da, en) = risk.label();
    if lang == Lang::Da { da } else { en }
}

/// The page.
pub(super) fn shown(ctx: &mut Ctx<'_>, wrong: Option<String>) -> Result<Reply, Refusal> {
    let number = found(ctx)?.number;
    let (lang, now, by) = (ctx.lang, ctx.now, ctx.name().to_owned());
    let t = t(ctx);
    let (breach, titles, document, papers, steps) = look(ctx, |engine| {
        let register = &engine.register;
        let mut desk = Desk { state: &mut engine.state, register, by: &by, at: now };
        let (_, breach) = desk.read(&number)?;
        let document = notification(&breach, &number, &engine.register, lang, now);
        let (papers, log) = (engine.state.papers(&number)?, engine.state.case_log(&number)?);
        Ok((breach, titles(engine, lang), document, papers, log))
    })?;
    let f = Frame::new(ctx, &number, "/cases").wrong(wrong);
    let ends = over(breach.aware);
    let due = breach.due();
    let too_late = ends.is_some_and(|over| now >= over);
    let (sentence, chip, class) = match (due, breach.in_time()) {
        (Some(over), _) => {
            let hours = over.duration_since(now).as_hours();
            let class = match hours {
                _ if now >= over => "late",
                ..=36 => "warn",
                _ => "ok",
            };
            (format!("{} {}.", t.notify_by, f.when(over)), say::hours(over, now, lang), class)
        }
        (None, Some(true)) => (String::new(), t.notified_in_time.to_owned(), "ok"),
        (None, Some(false)) => (String::new(), t.notified_late.to_owned(), "late"),
        (None, None) => (String::new(), t.not_to_notify.to_owned(), ""),
    };
    let status = breach.status();
    let missing: Vec<&str> = breach
        .missing()
        .into_iter()
        .map(|(da, en)| if lang == Lang::Da { da } else { en })
        .collect();
    let next = match status {
        Status::Closed => (t.next_nothing, t.next_nothing_why.to_owned()),
        Status::Settled => (t.next_close_breach, t.next_close_breach_why.to_owned()),
        Status::Open if breach.assessed.is_empty() => (t.next_assess, t.next_assess_why.to_owned()),
        Status::ToNotify => (t.next_notify, t.next_notify_why.to_owned()),
        Status::Open | Status::Notified => {
            (t.next_complete, format!("{}.", say::capital(&missing.join("; "))))
        }
    };
    let amount = |a: Option<Amount>| match a {
        Some(Amount { n, about: true }) => format!("{} {}", t.about_word, written(n, lang)),
        Some(Amount { n, about: false }) => written(n, lang),
        None => t.not_known.to_owned(),
    };
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| t.not_known.to_owned());
    let sets: Vec<String> = breach.datasets.iter().map(|d| named(&titles, d)).collect();
    let facts = vec![
        (t.what_happened, breach.what.clone()),
        (t.occurred, or(&breach.occurred)),
        (t.datasets_word, if sets.is_empty() { t.not_known.to_owned() } else { sets.join(", ") }),
        (t.persons, amount(breach.persons)),
        (t.records_word, amount(breach.records)),
        (t.consequences, or(&breach.consequences)),
        (t.measures, or(&breach.measures)),
    ];
    let assessed = breach.assessed.iter().rev();
    let assessed = assessed
        .map(|a| (format!("{}, {}", f.when(a.at), a.by), label(a.risk, lang), a.reason.clone()))
        .collect();
    let notified = breach.notified.iter().map(|n| {
        let mut parts = vec![format!("{}. {}, {}", n.phase, f.when(n.at), n.by)];
        parts.extend(n.reference.clone());
        parts.extend(n.more.then(|| t.more_follows.to_owned()));
        parts.extend(n.late.as_ref().map(|why| format!("{} {why}", t.late_because)));
        parts.join(" · ")
    });
    let told = breach.told.as_ref().map(|x| {
        let how = match (&x.how, &x.why_not) {
            (Some(how), _) => format!("{}: {how}", t.were_told),
            (None, Some(why)) => format!("{}: {why}", t.were_not_told),
            (None, None) => String::new(),
        };
        format!("{how} ({}, {})", f.when(x.at), x.by)
    });
    let has = |d: &String| breach.datasets.contains(d);
    page(&Page {
        path: format!("/cases/{number}"),
        status: words::status(frist_state::case::CaseKind::Breach, status.word(), lang),
        computed: format!("{} {}. {}", t.aware_on, f.when(breach.aware), t.by_72),
        sentence,
        chip,
        class,
        next,
        facts,
        assessed,
        notified: notified.collect(),
        told,
        risks: RISKS.map(|(word, risk)| (word, label(risk, lang))).into(),
        datasets: titles.iter().map(|(id, title)| (id.clone(), title.clone(), has(id))).collect(),
        open: breach.closed.is_none(),
        high: breach.assessed.last().is_some_and(|a| a.risk == Risk::High),
        too_late: too_late && breach.notified.is_empty(),
        settled: status == Status::Settled,
        may: ctx.could(Action::Account, &Facts::default()),
        document,
        lang: if lang == Lang::En { "en" } else { "da" },
        papers: super::papers(&papers, &steps, &f),
        log: super::log(&steps, &f),
        today: f.day(now),
        time: now.to_zoned(ctx.app.zone.clone()).strftime("%H:%M").to_string(),
        number,
        t,
        f,
    })
}

/// Takes the step that the path names.
pub(in crate::pages) fn step(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::Account, &Facts::default())?;
    let number = found(ctx)?.number;
    let t = t(ctx);
    let (by, at, lang) = (ctx.name().to_owned(), ctx.now, ctx.lang);
    let part = ctx.part.clone();
    let Ok(learnt) = Learnt::of(ctx) else {
        return shown(ctx, Some(t.bad_amount.to_owned()));
    };
    let risk = RISKS.into_iter().find(|(word, _)| *word == ctx.field("risk")).map(|(_, r)| r);
    let reason = lines(ctx.field("reason"), 4_000);
    if part == "assess" && risk.is_some() && reason.is_empty() {
        return shown(ctx, Some(t.say_risk_reason.to_owned()));
    }
    let some = |name: &str| Some(line(ctx, name, 500)).filter(|text| !text.is_empty());
    let (reference, late) = (some("reference"), some("late"));
    let (how, why_not) = (some("how"), some("why-not"));
    if part == "tell" && how.is_some() == why_not.is_some() {
        return shown(ctx, Some(t.say_told.to_owned()));
    }
    let more = ctx.field("more") == "yes";
    let sent = instant(ctx, "sent", "time");
    if part == "notify" {
        sure(ctx)?;
        if sent.is_none() {
            return shown(ctx, Some(t.bad_sent.to_owned()));
        }
    }
    if !["assess", "notify", "tell", "close"].contains(&part.as_str()) {
        return Err(Refusal::NotFound);
    }
    let out = done(ctx, |engine| {
        let register = &engine.register;
        let mut desk = Desk { state: &mut engine.state, register, by: &by, at };
        let (_, before) = desk.read(&number)?;
        match part.as_str() {
            "assess" => {
                let assessed = risk.map(|risk| (risk, reason.as_str()));
                desk.assess(&number, &learnt.facts(), assessed)?;
            }
            "notify" => {
                let sent = sent.unwrap_or(at);
                // Sent twice, it was notified once.
                if before.notified.last().is_none_or(|n| n.at != sent) {
                    let new = Notify {
                        reference: reference.as_deref(),
                        more,
                        late: late.as_deref(),
                        sha256: None,
                    };
                    desk.notify(&number, &new, sent, lang)?;
                }
            }
            "tell" => drop(desk.tell(
                &number,
                how.as_deref(),
                why_not.as_deref(),
                learnt.facts().persons,
            )?),
            _ => drop(desk.close(&number)?),
        }
        Ok(())
    })?;
    match out {
        Ok(()) => Ok(Reply::to(&format!("/cases/{number}?done=saved"))),
        Err(e) => {
            let wrong = told(ctx, &e);
            shown(ctx, Some(wrong))
        }
    }
}
