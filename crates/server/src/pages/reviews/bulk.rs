//! One answer for many records, picked by what they say: shown first, given when it was seen.

use askama::Template;
use frist_cases::CasesError;
use frist_cases::review::{self, Condition};

use super::super::frame::{Frame, page};
use super::answer::give;
use super::{Typed, dataset, failed, tasks_of};
use crate::access::Action;
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::{ReviewTexts, review_texts};

/// Records shown before the answer is given.
const SAMPLE: usize = 8;

#[derive(Template)]
#[template(path = "review_bulk.html")]
struct Picked {
    f: Frame,
    t: &'static ReviewTexts,
    id: String,
    title: String,
    n: u64,
    waiting: u64,
    sample: Vec<(String, Vec<(String, String)>)>,
    typed: Typed,
    code: String,
    path: String,
}

/// Picks, and gives the answer when what was picked is what was seen.
pub(in super::super) fn bulk(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let id = ctx.id.clone();
    ctx.may(Action::Review, &ctx.knows(Some(&id)))?;
    let title = dataset(ctx)?;
    let (t, now, typed) = (review_texts(ctx.lang), ctx.now, Typed::of(ctx));
    let meant = match typed.meant(ctx) {
        Ok(meant) => meant,
        Err(wrong) => return tasks_of(ctx, Some(wrong.to_owned()), typed),
    };
    let lines = typed.conditions.lines().map(str::trim).filter(|l| !l.is_empty());
    let mut conditions: Vec<Condition> = Vec::new();
    for line in lines {
        match line.parse() {
            Ok(condition) => conditions.push(condition),
            Err(_) => {
                let wrong = format!("{} {line}", t.bad_condition);
                return tasks_of(ctx, Some(wrong), typed);
            }
        }
    }
    let picked =
        ctx.engine(|engine| match review::pick(engine, &id, &conditions, now, SAMPLE) {
            Ok(picked) => Ok(Ok(picked)),
            Err(CasesError::Input { why, .. }) => Ok(Err(why)),
            Err(e) => Err(failed(e)),
        })?;
    let picked = match picked {
        Ok(picked) => picked,
        Err(why) => return tasks_of(ctx, Some(format!("{} {why}", t.bad_condition)), typed),
    };
    if picked.keys.is_empty() {
        return tasks_of(ctx, Some(t.none_picked.to_owned()), typed);
    }
    let (code, said) = (picked.code(&meant), ctx.field("code").to_owned());
    if said == code && ctx.field("sure") == "yes" {
        return give(ctx, &picked.keys, &meant);
    }
    let changed = (!said.is_empty() && said != code).then(|| t.changed.to_owned());
    let f = Frame::new(ctx, &title, "/reviews").wrong(changed);
    let sample = picked.sample.into_iter().map(|(key, fields)| {
        let filled = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let short = filled.map(|(name, value)| (name, value.chars().take(80).collect()));
        (key, short.collect())
    });
    page(&Picked {
        title,
        n: picked.keys.len() as u64,
        waiting: picked.waiting,
        sample: sample.collect(),
        typed,
        code,
        path: format!("/reviews/{id}/bulk"),
        id,
        f,
        t,
    })
}
