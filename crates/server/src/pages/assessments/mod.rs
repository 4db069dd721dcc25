//! How long may we keep this? Which data sets have an assessment, one of them, and making one.

mod change;
mod guide;

use askama::Template;
use frist_register::{Assessment, Lang};
use frist_state::KeptAssessment;
use jiff::civil::Date;
use serde_json::Value;

use super::frame::{Frame, page};
use super::today::title;
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::{AssessmentTexts, assessment_texts, texts};

pub(super) use change::change;
pub(super) use guide::{guide, keep};

#[derive(Template)]
#[template(path = "assessments.html")]
struct List {
    f: Frame,
    t: &'static AssessmentTexts,
    rows: Vec<Row>,
    may: bool,
}

struct Row {
    id: String,
    title: String,
    made: Option<String>,
    next: String,
    overdue: bool,
    lawyer: bool,
    newer: bool,
}

#[derive(Template)]
#[template(path = "assessment.html")]
struct One {
    f: Frame,
    t: &'static AssessmentTexts,
    id: String,
    title: String,
    place: String,
    in_register: Option<(String, Vec<(&'static str, String)>)>,
    lawyer: bool,
    kept: Vec<Kept>,
    may: bool,
    may_change: bool,
    path: String,
    said: Vec<super::register::Note>,
}

impl One {
    fn change_token(&self) -> String {
        self.f.token(&format!("{}/change", self.path))
    }
}

/// An assessment that was made here.
struct Kept {
    /// By when it was made it is named.
    made: String,
    /// Whether the register has this one, or a later one.
    taken: bool,
    when: String,
    by: String,
    rule: String,
    assessment: String,
    reasons: Vec<String>,
    doubts: Vec<String>,
    lawyer: bool,
}

fn day(ctx: &Ctx<'_>, f: &Frame, day: Date) -> String {
    day.to_zoned(ctx.app.zone.clone()).map_or(String::new(), |z| f.when(z.timestamp()))
}

/// All data sets, those without an assessment first.
pub(super) fn list(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::SeeDatasets, &Facts::default())?;
    listed(ctx, None)
}

fn listed(ctx: &mut Ctx<'_>, wrong: Option<String>) -> Result<Reply, Refusal> {
    let (t, lang) = (assessment_texts(ctx.lang), ctx.lang);
    let f = Frame::new(ctx, texts(lang).assessments, "/assessments").wrong(wrong);
    let today = ctx.now.to_zoned(ctx.app.zone.clone()).date();
    let zone = ctx.app.zone.clone();
    let kept = ctx.state(|state| state.assessments(None))?;
    let sets: Vec<(String, String, Option<Assessment>)> = ctx.engine(|engine| {
        let sets = engine.register.datasets.iter();
        Ok(sets.map(|d| (d.id.value.clone(), title(d, lang), d.assessment.clone())).collect())
    })?;
    let mut rows: Vec<Row> = Vec::new();
    for (id, title, made) in sets {
        let last = kept.iter().find(|k| k.dataset == id);
        let last = last.map(|k| k.at.to_zoned(zone.clone()).date());
        rows.push(Row {
            newer: last.is_some_and(|at| made.as_ref().is_none_or(|m| m.on.value < at)),
            made: made.as_ref().map(|m| format!("{}, {}", day(ctx, &f, m.on.value), m.by.value)),
            next: made
                .as_ref()
                .and_then(|m| m.next.as_ref())
                .map_or_else(String::new, |n| day(ctx, &f, n.value)),
            overdue: made.as_ref().and_then(|m| m.next.as_ref()).is_some_and(|n| n.value < today),
            lawyer: made.as_ref().is_some_and(|m| m.lawyer),
            id,
            title,
        });
    }
    rows.sort_by_key(|r| (r.made.is_some(), !r.overdue));
    page(&List { rows, may: ctx.could(Action::Assess, &Facts::default()), f, t })
}

/// One data set's assessments.
pub(super) fn one(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::SeeDatasets, &Facts::default())?;
    shown(ctx, None, Vec::new())
}

fn shown(
    ctx: &mut Ctx<'_>,
    wrong: Option<String>,
    said: Vec<super::register::Note>,
) -> Result<Reply, Refusal> {
    let (t, lang, id) = (assessment_texts(ctx.lang), ctx.lang, ctx.id.clone());
    let found = ctx.engine(|engine| {
        Ok(engine.register.dataset(&id).map(|d| {
            let place = format!("{}/{}", d.store.value, d.collection.value);
            (title(d, lang), place, d.assessment.clone())
        }))
    })?;
    let kept = ctx.state(|state| state.assessments(Some(&id)))?;
    let (title, place, made) = match found {
        Some(found) => found,
        None if !kept.is_empty() => (id.clone(), String::new(), None),
        None => return Err(Refusal::NotFound),
    };
    let mut f = Frame::new(ctx, &title, "/assessments").wrong(wrong);
    if ctx.asked("done") == Some("kept") {
        f.notice = Some(t.kept.to_owned());
    }
    let in_register = made.as_ref().map(|m| {
        let said = |label, text: &frist_register::Text| (label, text.get(lang).to_owned());
        let all = vec![
            said(t.q_data, &m.data),
            said(t.q_purpose, &m.purpose),
            said(t.q_so_far, &m.so_far),
            said(t.q_basis, &m.basis),
            said(t.q_doubt, &m.doubt),
        ];
        let next = m.next.as_ref().map_or_else(String::new, |n| {
            format!("; {} {}", t.again.to_lowercase(), day(ctx, &f, n.value))
        });
        let head = format!("{} {} {}{next}", day(ctx, &f, m.on.value), t.by, m.by.value);
        (head, all.into_iter().filter(|(_, text)| !text.is_empty()).collect())
    });
    page(&One {
        lawyer: made.as_ref().is_some_and(|m| m.lawyer),
        in_register,
        kept: kept.iter().map(|k| one_kept(k, made.as_ref(), &f, lang)).collect(),
        may: ctx.could(Action::Assess, &Facts::default()),
        may_change: ctx.could(Action::EditRegister, &Facts::default()),
        said,
        path: format!("/assessments/{id}"),
        place,
        title,
        id,
        f,
        t,
    })
}

fn one_kept(kept: &KeptAssessment, made: Option<&Assessment>, f: &Frame, lang: Lang) -> Kept {
    let p = &kept.proposal;
    let text = |name: &str| p[name].as_str().unwrap_or_default().to_owned();
    let own = if lang == Lang::Da { ("da", 0) } else { ("en", 1) };
    let list = |name: &str, of: &dyn Fn(&Value) -> Option<String>| -> Vec<String> {
        p[name].as_array().into_iter().flatten().filter_map(of).collect()
    };
    Kept {
        made: kept.at.to_string(),
        taken: made.is_some_and(|m| m.on.value >= f.day(kept.at) && m.by.value == kept.by),
        when: f.when(kept.at),
        by: kept.by.clone(),
        rule: text("rule"),
        assessment: text("assessment"),
        reasons: list("reasons", &|r| Some(r[own.1].as_str()?.to_owned())),
        doubts: list("doubts", &|d| Some(d[own.0].as_str()?.to_owned())),
        lawyer: p["lawyer"].as_bool().unwrap_or(false),
    }
}
