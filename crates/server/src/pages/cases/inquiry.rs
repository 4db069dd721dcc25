//! An authority's inquiry: its deadline, questions and answers, what was sent, how it ended.

use askama::Template;
use frist_cases::inquiry::desk::Desk;
use frist_cases::inquiry::{Deadline, FollowUp, Inquiry, Outcome, Power, Status};
use frist_cases::request::{clock::days_between, words};
use frist_register::Lang;
use jiff::civil::Date;

use super::super::frame::{Frame, page};
use super::super::sweeps::sure;
use super::{LogLine, PaperLine, done, found, line, lines, look, say, signs, t, told, urgency};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::cases::CaseTexts;

#[derive(Template)]
#[template(path = "cases/inquiry.html")]
struct Page {
    f: Frame,
    t: &'static CaseTexts,
    path: String,
    number: String,
    inquiry: Inquiry,
    status: &'static str,
    sentence: String,
    chip: String,
    class: &'static str,
    computed: Vec<String>,
    next: (String, &'static str),
    questions: Vec<Question>,
    sendings: Vec<String>,
    powers: Vec<(&'static str, &'static str)>,
    outcome: Option<(String, String)>,
    follow_ups: Vec<Follow>,
    altered: Vec<u32>,
    open: bool,
    sendable: bool,
    may: bool,
    papers: Vec<PaperLine>,
    log: Vec<LogLine>,
    today: Date,
}

struct Question {
    number: u32,
    text: String,
    answers: Vec<(String, String)>,
    draft: String,
}

struct Follow {
    number: u32,
    what: String,
    due: String,
    done: Option<String>,
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
}

fn both(lang: Lang, (da, en): (&'static str, &'static str)) -> &'static str {
    if lang == Lang::Da { da } else { en }
}

fn word(power: Power) -> &'static str {
    match power {
        Power::NoRemark => "no-remark",
        Power::Warning => "warning",
        Power::Criticism => "criticism",
        Power::SeriousCriticism => "serious-criticism",
        Power::Order => "order",
        Power::Ban => "ban",
        Power::Fine => "fine",
    }
}

/// The page.
pub(super) fn shown(ctx: &mut Ctx<'_>, wrong: Option<String>) -> Result<Reply, Refusal> {
    let number = found(ctx)?.number;
    let (lang, now, by) = (ctx.lang, ctx.now, ctx.name().to_owned());
    let t = t(ctx);
    let (inquiry, papers, steps) = look(ctx, |engine| {
        let register = &engine.register;
        let mut desk = Desk { state: &mut engine.state, register, by: &by, at: now };
        let (_, inquiry) = desk.read(&number)?;
        Ok((inquiry, engine.state.papers(&number)?, engine.state.case_log(&number)?))
    })?;
    let f = Frame::new(ctx, &number, "/cases").wrong(wrong);
    let today = f.day(now);
    let status = inquiry.status();
    let left = inquiry.next_day().map(|day| days_between(today, day));
    let sentence = match (status, inquiry.next_day()) {
        (Status::Open, Some(day)) => format!("{} {}.", t.answer_by, say::date(day, lang)),
        (Status::FollowUp, Some(day)) => format!("{} {}.", t.follow_up_by, say::date(day, lang)),
        _ => String::new(),
    };
    let mut computed = vec![match &inquiry.deadline.within {
        Some(within) => format!(
            "{} {}. {} {} ({}).",
            t.received_on,
            say::date(inquiry.received, lang),
            t.authority_gave,
            period(within, lang),
            t.by_1182
        ),
        None => format!(
            "{} {}. {}",
            t.received_on,
            say::date(inquiry.received, lang),
            t.authority_named
        ),
    }];
    if let Some(why) = &inquiry.deadline.why {
        computed.push(why.clone());
    }
    for old in &inquiry.earlier {
        computed.push(format!("{} {}.", t.before_that, say::date(old.last_day, lang)));
    }
    let ready =
        inquiry.questions.iter().any(|q| q.answers.last().is_some_and(|a| a.sent.is_none()));
    let unanswered = inquiry.questions.iter().filter(|q| q.answers.is_empty()).count();
    let next = match status {
        Status::Open if inquiry.questions.is_empty() => (t.next_questions, t.next_questions_why),
        Status::Open if unanswered > 0 => (t.next_answers, t.next_answers_why),
        Status::Open => (t.next_send_answers, t.next_send_answers_why),
        Status::Answered => (t.next_authority, t.next_authority_why),
        Status::FollowUp => (t.next_follow_up, t.next_follow_up_why),
        Status::Closed => (t.next_nothing, t.next_nothing_why),
    };
    let answered = |a: &frist_cases::inquiry::Answer| {
        let sent = match a.sent {
            Some(n) => format!("{} {n}", t.sent_no),
            None => t.not_sent.to_owned(),
        };
        (format!("{}, {}, {sent}", f.when(a.at), a.by), a.text.clone())
    };
    let questions = inquiry.questions.iter().map(|q| Question {
        number: q.number,
        text: q.text.clone(),
        answers: q.answers.iter().map(answered).collect(),
        draft: q
            .answers
            .last()
            .filter(|a| a.sent.is_none())
            .map(|a| a.text.clone())
            .unwrap_or_default(),
    });
    let sendings = inquiry.sent.iter().map(|s| {
        let of: Vec<String> = s.questions.iter().map(u32::to_string).collect();
        format!(
            "{}. {}, {}, {} {} · SHA-256 {}",
            s.number,
            f.when(s.at),
            s.how,
            t.questions_word,
            of.join(", "),
            s.sha256
        )
    });
    let outcome = inquiry.outcome.as_ref().map(|o| {
        let powers: Vec<&str> = o.powers.iter().map(|p| both(lang, p.label())).collect();
        (
            format!("{}: {}", say::date(o.decided, lang), powers.join(", ")),
            o.text.clone().unwrap_or_default(),
        )
    });
    let follow = |x: &FollowUp| Follow {
        number: x.number,
        what: x.what.clone(),
        due: say::date(x.due, lang),
        done: x.done.as_ref().map(|(at, who, how)| format!("{}, {who}: {how}", f.when(*at))),
    };
    page(&Page {
        path: format!("/cases/{number}"),
        status: words::status(frist_state::case::CaseKind::Inquiry, status.word(), lang),
        chip: match (left, status) {
            (Some(days), _) => words::days_left(days, lang),
            (None, Status::Closed) => t.closed_word.to_owned(),
            (None, _) => t.nothing_due.to_owned(),
        },
        class: urgency(left, left.is_some_and(|days| days < 0)),
        sentence,
        computed,
        next: (next.0.to_owned(), next.1),
        questions: questions.collect(),
        sendings: sendings.collect(),
        powers: Power::ALL.map(|p| (word(p), both(lang, p.label()))).into(),
        outcome,
        follow_ups: inquiry.follow_ups.iter().map(follow).collect(),
        altered: inquiry.altered(),
        open: inquiry.outcome.is_none(),
        sendable: ready && inquiry.outcome.is_none(),
        may: ctx.could(Action::Account, &Facts::default()),
        papers: super::papers(&papers, &steps, &f),
        log: super::log(&steps, &f),
        today,
        inquiry,
        number,
        t,
        f,
    })
}

/// A period as the register of periods writes it, in the reader's language.
fn period(text: &str, lang: Lang) -> String {
    let read: Result<frist_law::Period, _> = text.parse();
    match (read, lang) {
        (Ok(period), Lang::Da) => period.text_da(),
        _ => text.to_owned(),
    }
}

/// Takes the step that the path names.
pub(in crate::pages) fn step(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::Account, &Facts::default())?;
    let number = found(ctx)?.number;
    let t = t(ctx);
    let (by, at, signed, lang) = (ctx.name().to_owned(), ctx.now, signs(ctx), ctx.lang);
    let text = lines(ctx.field("text"), 20_000);
    let how = line(ctx, "how", 300);
    let n: u32 = ctx.field("n").parse().unwrap_or(0);
    let on = super::day(ctx.field("on"));
    let today = at.to_zoned(ctx.app.zone.clone()).date();
    let part = ctx.part.clone();
    let missing = match part.as_str() {
        "question" | "answer" | "postpone" => text.is_empty(),
        "send" | "done" => how.is_empty(),
        "close" => false,
        _ => return Err(Refusal::NotFound),
    };
    if missing || (part == "postpone" && on.is_none()) {
        return shown(ctx, Some(t.say_all.to_owned()));
    }
    if part == "send" {
        sure(ctx)?;
    }
    let powers: Vec<Power> = Power::ALL
        .into_iter()
        .filter(|p| ctx.all("power").any(|chosen| chosen == word(*p)))
        .collect();
    if part == "close" && powers.is_empty() {
        return shown(ctx, Some(t.say_power.to_owned()));
    }
    let mut next: Vec<(Date, String)> = Vec::new();
    for n in 0..3 {
        let what = line(ctx, &format!("what-{n}"), 500);
        match (super::day(ctx.field(&format!("due-{n}"))), what.is_empty()) {
            (Some(due), false) => next.push((due, what)),
            (None, true) => {}
            _ => return shown(ctx, Some(t.say_follow_up.to_owned())),
        }
    }
    let binds = powers.iter().any(|p| matches!(p, Power::Order | Power::Ban));
    if binds && next.is_empty() {
        return shown(ctx, Some(t.say_follow_up.to_owned()));
    }
    let out = done(ctx, |engine| {
        let register = &engine.register;
        let mut desk = Desk { state: &mut engine.state, register, by: &by, at };
        match part.as_str() {
            "question" => {
                let (_, inquiry) = desk.read(&number)?;
                // Sent twice, it is asked once.
                if inquiry.questions.last().is_none_or(|q| q.text != text) {
                    desk.ask(&number, &text)?;
                }
            }
            "answer" => desk.answer(&number, n, &text, &[])?,
            "postpone" => {
                let (_, inquiry) = desk.read(&number)?;
                let deadline = Deadline::set(inquiry.received, None, on, Some(&text))?;
                if inquiry.deadline != deadline {
                    desk.postpone(&number, deadline)?;
                }
            }
            "send" => drop(desk.send(&number, &[], &how, &signed, lang)?),
            "close" => {
                let text = Some(text).filter(|text| !text.is_empty());
                let outcome =
                    Outcome { decided: on.unwrap_or(today), powers, text, at, by: by.clone() };
                desk.close(&number, outcome, &next)?;
            }
            _ => drop(desk.followed_up(&number, n, &how)?),
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
