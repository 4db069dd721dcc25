//! From an assessment that was kept to a change of the register: the rule that follows from its
//! answers, written into the change under way of whoever does it, for another person to approve.

use frist_cases::CasesError;
use frist_cases::assess::{self, Answers};
use frist_register::Register;

use super::super::register::{Desk, notes_of};
use super::shown;
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::register;
use crate::text::assessment_texts;

/// Makes it.
pub(in super::super) fn change(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::EditRegister, &Facts::default())?;
    let t = assessment_texts(ctx.lang);
    let id = ctx.id.clone();
    let kept = ctx.state(|state| state.assessments(Some(&id)))?;
    let made = ctx.field("made");
    let kept = kept.into_iter().find(|k| k.at.to_string() == made).ok_or(Refusal::NotFound)?;
    let answers: Answers =
        serde_json::from_value(kept.answers.clone()).map_err(|_| Refusal::Broken)?;
    let desk = Desk::of(ctx)?;
    let Some(register) = Register::read(&desk.files).register else {
        return shown(ctx, Some(t.broken.to_owned()), Vec::new());
    };
    let stands = register.dataset(&id).and_then(|d| d.assessment.as_ref()).is_some_and(|a| {
        let day = kept.at.to_zoned(ctx.app.zone.clone()).date();
        let data = answers.get("data").map_or("", |d| d.trim());
        (a.on.value, &a.by.value) == (day, &kept.by) && a.data.da == data
    });
    if stands {
        return shown(ctx, Some(t.is_there.to_owned()), Vec::new());
    }
    // What is in no data set yet is known by where it lies.
    let place = place_of(kept.proposal["rule"].as_str().unwrap_or_default());
    let files = desk.files.clone();
    let (at, by, zone) = (kept.at, kept.by.clone(), ctx.app.zone.clone());
    let made = ctx.engine(|engine| {
        let known = engine.register.dataset(&id).is_some();
        let what = place.filter(|_| !known).unwrap_or(id);
        let proposed = assess::look(engine, &what, at).and_then(|look| {
            let day = at.to_zoned(zone).date();
            assess::propose(&look, &register, engine.book, &answers, &files, &by, day)
        });
        match proposed {
            Ok(proposal) => Ok(Ok(proposal)),
            Err(e @ (CasesError::Input { .. } | CasesError::NotFound { .. })) => Ok(Err(e)),
            Err(e) => Err(Trouble { message: e.to_string(), help: None }),
        }
    })?;
    let Ok(proposal) = made else {
        return shown(ctx, Some(t.no_longer.to_owned()), Vec::new());
    };
    let mut files = desk.files.clone();
    for file in &proposal.ruled {
        if let Some((_, text)) = files.iter_mut().find(|(name, _)| *name == file.name) {
            text.clone_from(&file.text);
        }
    }
    if files == desk.files {
        return shown(ctx, Some(t.is_there.to_owned()), Vec::new());
    }
    let before = register::look(&desk.files).said;
    let said = register::look(&files).said;
    let new: Vec<_> = said.into_iter().filter(|s| !before.iter().any(|b| b.same(s))).collect();
    if new.iter().any(|s| s.class() == "late") {
        let notes = notes_of(&new, ctx.lang);
        return shown(ctx, Some(t.refused.to_owned()), notes);
    }
    let change = desk.keep(ctx, &files)?;
    Ok(Reply::to(&format!("/register/change/{change}?done=kept")))
}

/// Where the data set of a rule lies, `store/collection`.
fn place_of(rule: &str) -> Option<String> {
    let rule = toml_edit::Document::parse(rule).ok()?;
    let set = rule.as_table().get("dataset")?.as_array_of_tables()?.get(0)?;
    set.get("at")?.as_str().map(str::to_owned)
}
