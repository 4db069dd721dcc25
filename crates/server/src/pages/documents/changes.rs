//! Which privacy notices became wrong since an earlier revision of the register.

use askama::Template;
use frist_documents::{NoticeChange, notice::What};
use frist_sweep::effects::{register_of, revisions_like};

use super::super::frame::{Frame, page};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::text::{DocumentTexts, document_texts};

#[derive(Template)]
#[template(path = "document_changes.html")]
struct Changes {
    f: Frame,
    t: &'static DocumentTexts,
    /// Hash and day of each revision, the newest first.
    revisions: Vec<(String, String)>,
    against: Option<String>,
    changes: Vec<(NoticeChange, &'static str)>,
}

/// The comparison.
pub(in super::super) fn changes(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::SeeDocuments, &Facts::default())?;
    let (t, lang) = (document_texts(ctx.lang), ctx.lang);
    let f = Frame::new(ctx, t.changes, "/documents");
    let asked = ctx.asked("against").map(str::to_owned);
    let mut made = ctx.state(frist_state::State::revisions)?;
    made.reverse();
    let mut revisions: Vec<(String, String)> = Vec::new();
    for one in made {
        if !revisions.iter().any(|(hash, _)| *hash == one.hash) {
            let day = f.when(one.at);
            revisions.push((one.hash, day));
        }
    }
    let against = asked.filter(|hash| !hash.is_empty());
    let changes = match &against {
        None => Vec::new(),
        Some(hash) => ctx
            .engine(|engine| {
                let found = revisions_like(&mut engine.state, hash)?;
                let [hash] = found.as_slice() else { return Ok(None) };
                let Some(revision) = engine.state.revision(hash)? else { return Ok(None) };
                let damaged = |why| Trouble {
                    message: format!("the revision {hash} cannot be read: {why}"),
                    help: None,
                };
                let old = register_of(&revision.text).map_err(damaged)?;
                let failed =
                    |e: frist_documents::Error| Trouble { message: e.to_string(), help: None };
                frist_documents::wrong(&old, &engine.register, engine.book, lang)
                    .map(Some)
                    .map_err(failed)
            })?
            .ok_or(Refusal::NotFound)?,
    };
    let word = |what| match what {
        What::New => t.is_new,
        What::Changed => t.is_changed,
        What::Gone => t.is_gone,
    };
    let changes = changes.into_iter().map(|c| {
        let word = word(c.what);
        (c, word)
    });
    page(&Changes { changes: changes.collect(), f, t, revisions, against })
}
