//! The guided assessment: a few questions at a time, the answers so far travelling in the form; then
//! the proposal, which can be kept.

use askama::Template;
use frist_cases::CasesError;
use frist_cases::assess::{self, Answers, Doubt, Look, Proposal, Question, Wants};
use frist_ledger::entry::{Entry, Kind};
use frist_register::Lang;
use frist_state::KeptAssessment;

use super::super::frame::{Frame, page};
use super::listed;
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::people::one_line;
use crate::text::{AssessmentTexts, assessment_texts};
use crate::words::{period_shown, period_written};

/// Answers that one assessment may have, and signs that one may have.
const ANSWERS: usize = 120;
const LONG: usize = 2_000;

#[derive(Template)]
#[template(path = "assessment_step.html")]
struct Step {
    f: Frame,
    t: &'static AssessmentTexts,
    what: String,
    path: String,
    step: usize,
    seen: Option<Seen>,
    answered: Vec<(String, String)>,
    said: Vec<(String, String)>,
    asked: Vec<Asked>,
    back_path: String,
    back: Vec<(usize, &'static str)>,
}

/// What lies there.
struct Seen {
    records: u64,
    from: String,
    oldest: Option<String>,
    older: Vec<(String, u64)>,
    unreadable: u64,
}

struct Asked {
    id: String,
    text: String,
    help: String,
    value: String,
    wrong: Option<&'static str>,
    choices: Vec<(String, String)>,
    kind: &'static str,
    needed: bool,
}

#[derive(Template)]
#[template(path = "assessment_proposal.html")]
struct Proposed {
    f: Frame,
    t: &'static AssessmentTexts,
    what: String,
    path: String,
    answered: Vec<(String, String)>,
    proposal: Proposal,
    reasons: Vec<String>,
    refusals: Vec<String>,
    doubts: Vec<String>,
    files: Vec<String>,
    said: Vec<(String, String)>,
    back_path: String,
    back: Vec<(usize, &'static str)>,
}

/// What came of the answers so far.
enum So {
    Ask(Box<Look>, Vec<Question>, Answers, Vec<(String, String)>, Vec<(String, String)>),
    Done(Box<Proposal>, Answers, Vec<(String, String)>),
}

fn failed(e: CasesError) -> Trouble {
    Trouble { message: e.to_string(), help: None }
}

/// The answers that the form carries, by the question's id; the empty ones too.
fn carried(ctx: &Ctx<'_>) -> impl Iterator<Item = (String, String)> {
    let answers =
        ctx.form.iter().filter_map(|(name, value)| Some((name.strip_prefix("a:")?, value)));
    answers
        .filter(|(name, _)| name.len() <= 64)
        .take(ANSWERS)
        .map(|(name, value)| (name.to_owned(), one_line(value, LONG).unwrap_or_default()))
}

/// The step to which somebody goes back.
fn back_to(ctx: &Ctx<'_>) -> Option<usize> {
    ctx.field("from").parse().ok()
}

/// The answers that count: all, or those before the step to which somebody goes back.
fn sent(ctx: &Ctx<'_>) -> Vec<(String, String)> {
    let from = back_to(ctx).unwrap_or(usize::MAX);
    carried(ctx).filter(|(id, _)| step_of(id) < from).collect()
}

/// The steps with answers that can be changed.
fn back(answers: &Answers, t: &'static AssessmentTexts) -> Vec<(usize, &'static str)> {
    let steps = [(1, t.step_data), (2, t.step_purpose), (3, t.step_so_far)];
    steps.into_iter().filter(|(n, _)| answers.keys().any(|id| step_of(id) == *n)).collect()
}

/// Questions and answers in words.
fn told(questions: &[Question], answers: &Answers, lang: Lang) -> Vec<(String, String)> {
    let t = crate::text::texts(lang);
    let words = |q: &Question, answer: &String| match &q.wants {
        Wants::OneOf(all) => all
            .iter()
            .find(|(id, ..)| id == answer)
            .map(|(_, da, en)| pick(lang, da, en))
            .filter(|label| !label.is_empty())
            .map_or_else(|| answer.clone(), str::to_owned),
        Wants::YesNo => if answer == "yes" { t.yes } else { t.no }.to_owned(),
        Wants::Period => period_shown(answer, lang),
        Wants::Day | Wants::Categories | Wants::Words => answer.clone(),
    };
    let told = questions.iter().filter_map(|q| {
        let answer = answers.get(&q.id).filter(|a| !a.is_empty())?;
        Some((pick(lang, &q.da, &q.en).to_owned(), words(q, answer)))
    });
    told.collect()
}

/// What is assessed: a data set, or `store/collection`.
fn what(ctx: &Ctx<'_>) -> String {
    match ctx.id.as_str() {
        "new" => ctx.field("at").chars().take(200).collect(),
        id => id.to_owned(),
    }
}

/// Works out what is to be asked next, or the proposal.
fn so(ctx: &Ctx<'_>, what: &str) -> Result<Option<So>, Refusal> {
    let (now, by, sent, lang) = (ctx.now, ctx.name().to_owned(), sent(ctx), ctx.lang);
    ctx.engine(|engine| {
        let look = match assess::look(engine, what, now) {
            // Of a collection that is not there nothing can be seen.
            Ok(look) if !look.known && look.fields.is_empty() => return Ok(None),
            Ok(look) => look,
            Err(CasesError::NotFound { .. } | CasesError::Input { .. }) => return Ok(None),
            Err(CasesError::Sweep(frist_sweep::Error::UnknownDataset(_))) => return Ok(None),
            Err(e) => return Err(failed(e)),
        };
        let (register, book) = (engine.register.clone(), engine.book);
        let mut answers: Answers = sent.iter().filter(|(_, a)| !a.is_empty()).cloned().collect();
        let mut wrong: Vec<(String, String)> = Vec::new();
        // What was shown and left empty has its usual answer; what does not fit is asked again. An
        // answer changes which questions there are, so this goes on until nothing changes.
        let said = loop {
            let questions = assess::questions(&look, &register, book, &answers);
            let mut changed = false;
            for q in &questions {
                let left = sent.iter().any(|(id, a)| *id == q.id && a.is_empty());
                if matches!(q.wants, Wants::Period)
                    && let Some(typed) = answers.get_mut(&q.id)
                {
                    *typed = period_written(typed);
                }
                match answers.get(&q.id) {
                    None if left && q.usual.is_some() => {
                        answers.insert(q.id.clone(), q.usual.clone().unwrap_or_default());
                        changed = true;
                    }
                    None if left && !wrong.iter().any(|(id, _)| *id == q.id) => {
                        wrong.push((q.id.clone(), String::new()));
                    }
                    Some(a) if assess::fits(q, &register, a).is_err() => {
                        wrong.push((q.id.clone(), a.clone()));
                        answers.remove(&q.id);
                        changed = true;
                    }
                    _ => {}
                }
            }
            if !changed {
                let said = told(&questions, &answers, lang);
                let open = questions.into_iter().filter(|q| !answers.contains_key(&q.id));
                let open: Vec<Question> = open.collect();
                if !open.is_empty() {
                    return Ok(Some(So::Ask(Box::new(look), open, answers, wrong, said)));
                }
                break said;
            }
        };
        let today = now.to_zoned(register.controller.calendar.zone.clone()).date();
        let files = engine.files().to_vec();
        let proposal = assess::propose(&look, &register, book, &answers, &files, &by, today);
        Ok(Some(So::Done(Box::new(proposal.map_err(failed)?), answers, said)))
    })
}

/// The step that a question belongs to.
fn step_of(id: &str) -> usize {
    match id {
        "so_far" | "lawyer" => 3,
        id if id.starts_with("purpose.") => 2,
        _ => 1,
    }
}

/// The questions that are asked together: of one step and one purpose, and none whose wording hangs on
/// an answer before it.
fn together(open: Vec<Question>) -> Vec<Question> {
    let Some(first) = open.first() else { return open };
    let step = step_of(&first.id);
    let purpose = |id: &str| id.split('.').nth(1).unwrap_or_default().to_owned();
    let which = purpose(&first.id);
    let mut out = Vec::new();
    for q in open {
        if step_of(&q.id) != step || purpose(&q.id) != which {
            break;
        }
        let decides = [".for", ".basis", ".law", ".more"].iter().any(|end| q.id.ends_with(end));
        // Whether there is another purpose is asked by itself, when this one is whole.
        if q.id.ends_with(".more") && !out.is_empty() {
            break;
        }
        out.push(q);
        if decides {
            break;
        }
    }
    out
}

fn pick<'t>(lang: Lang, da: &'t str, en: &'t str) -> &'t str {
    if lang == Lang::Da { da } else { en }
}

/// A step of the dialogue, or its end.
pub(in super::super) fn guide(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::Assess, &Facts::default())?;
    let (t, lang, what) = (assessment_texts(ctx.lang), ctx.lang, what(ctx));
    let Some(so) = so(ctx, &what)? else {
        return match ctx.id.as_str() {
            "new" => listed(ctx, Some(t.no_place.to_owned())),
            _ => Err(Refusal::NotFound),
        };
    };
    let path = format!("/assessments/{}", ctx.id);
    let f = Frame::new(ctx, &what, "/assessments");
    match so {
        So::Ask(look, open, answers, wrong, said) => {
            let open = together(open);
            let step = open.first().map_or(1, |q| step_of(&q.id));
            // Who goes back finds what was answered there.
            let earlier: Answers = match back_to(ctx) {
                Some(_) => carried(ctx).filter(|(_, a)| !a.is_empty()).collect(),
                None => Answers::new(),
            };
            let asked = open.iter().map(|q| asked(q, &wrong, &earlier, t, lang)).collect();
            let back = back(&answers, t);
            let answered = answers.into_iter().collect();
            page(&Step {
                seen: seen(&look, &f, lang),
                back,
                back_path: path.clone(),
                what,
                path,
                step,
                answered,
                said,
                asked,
                f,
                t,
            })
        }
        So::Done(proposal, answers, said) => {
            let doubt = |d: &Doubt| {
                let code = d.code.as_ref().map_or(String::new(), |c| format!("{c}: "));
                let law = d.law.as_ref().map_or(String::new(), |l| format!(" ({l})"));
                format!("{code}{}{law}", pick(lang, &d.da, &d.en))
            };
            let reasons = proposal.reasons.iter().map(|(da, en)| pick(lang, da, en).to_owned());
            page(&Proposed {
                reasons: reasons.collect(),
                refusals: proposal.refusals.iter().map(doubt).collect(),
                doubts: proposal.doubts.iter().map(doubt).collect(),
                files: proposal.assessed.iter().map(|file| file.name.clone()).collect(),
                back: back(&answers, t),
                said,
                answered: answers.into_iter().collect(),
                proposal: *proposal,
                path: format!("{path}/keep"),
                back_path: path,
                what,
                f,
                t,
            })
        }
    }
}

fn asked(
    q: &Question,
    wrong: &[(String, String)],
    earlier: &Answers,
    t: &'static AssessmentTexts,
    lang: Lang,
) -> Asked {
    let mistake = wrong.iter().find(|(id, _)| *id == q.id);
    let (kind, hint) = match &q.wants {
        Wants::OneOf(_) => ("choice", t.w_choice),
        Wants::YesNo => ("yes-no", t.w_choice),
        Wants::Period => ("line", t.w_period),
        Wants::Day => ("day", t.w_day),
        Wants::Categories => ("line", t.w_categories),
        Wants::Words => ("words", t.w_needed),
    };
    let choices = match &q.wants {
        Wants::OneOf(all) => all
            .iter()
            .map(|(id, da, en)| {
                let label = pick(lang, da, en);
                let label = if label.is_empty() { id.clone() } else { format!("{label} ({id})") };
                (id.clone(), label)
            })
            .collect(),
        _ => Vec::new(),
    };
    let usual = match (&q.wants, earlier.get(&q.id).or(q.usual.as_ref())) {
        (Wants::Period, Some(usual)) => period_shown(usual, lang),
        (_, usual) => usual.cloned().unwrap_or_default(),
    };
    Asked {
        id: q.id.clone(),
        text: pick(lang, &q.da, &q.en).to_owned(),
        help: pick(lang, &q.help_da, &q.help_en).to_owned(),
        value: mistake.map_or(usual, |(_, typed)| typed.clone()),
        wrong: mistake.map(|(_, typed)| if typed.is_empty() { t.w_needed } else { hint }),
        choices,
        kind,
        needed: q.usual.is_none(),
    }
}

fn seen(look: &Look, f: &Frame, lang: Lang) -> Option<Seen> {
    let ages = look.ages.as_ref()?;
    let words = |text: &String| {
        text.parse::<frist_law::Period>().map_or_else(
            |_| text.clone(),
            |p| if lang == Lang::Da { p.text_da() } else { p.to_string() },
        )
    };
    let day =
        |d: jiff::civil::Date| d.to_zoned(f.zone().clone()).ok().map(|z| f.when(z.timestamp()));
    Some(Seen {
        records: look.records,
        from: ages.from.clone(),
        oldest: ages.oldest.and_then(day),
        older: ages.older.iter().filter(|(_, n)| *n > 0).map(|(p, n)| (words(p), *n)).collect(),
        unreadable: ages.unreadable,
    })
}

/// Keeps the assessment.
pub(in super::super) fn keep(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::Assess, &Facts::default())?;
    let what = what(ctx);
    let Some(So::Done(proposal, answers, _)) = so(ctx, &what)? else { return guide(ctx) };
    if !proposal.refusals.is_empty() {
        return guide(ctx);
    }
    let broken = |_| Refusal::Broken;
    let case = frist_ledger::Id::new(format!("assessment-{}", proposal.dataset)).map_err(broken)?;
    let step = frist_ledger::Id::new("assessed").map_err(broken)?;
    let by = frist_ledger::Id::new(ctx.name()).map_err(broken)?;
    let entry = Entry::new(ctx.now, Kind::Case { case, step, by });
    let made = KeptAssessment {
        dataset: proposal.dataset.clone(),
        at: ctx.now,
        by: ctx.name().to_owned(),
        answers: serde_json::to_value(&answers).map_err(|_| Refusal::Broken)?,
        proposal: serde_json::to_value(&*proposal).map_err(|_| Refusal::Broken)?,
    };
    ctx.about = Some(proposal.dataset.clone());
    let face = &ctx.app.face;
    ctx.engine(|engine| {
        // A second click keeps nothing new.
        let last = engine.state.assessments(Some(&made.dataset))?.into_iter().next();
        let same = |k: &KeptAssessment| (&k.by, &k.answers) == (&made.by, &made.answers);
        if !last.as_ref().is_some_and(same) {
            engine.state.keep_assessment(&made, &entry)?;
        }
        (face.publish)(engine)
    })?;
    Ok(Reply::to(&format!("/assessments/{}?done=kept", proposal.dataset)))
}
