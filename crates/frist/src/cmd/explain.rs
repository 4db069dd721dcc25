//! `frist explain`: why one record is kept or due, down to the paragraph.

use frist_decide::{Outcome as Decided, explain as words};
use frist_register::Lang;

use crate::cmd::review::{answer_line, tell};
use crate::error::{Exit, Outcome};
use crate::output::{BOLD, DIM, GREEN, RED, YELLOW, day, json, say, when};
use crate::place::{Place, now};

/// Explains one record.
pub fn explain(
    place: &Place,
    at_place: &str,
    key: &str,
    at: Option<&str>,
    lang: Lang,
    as_json: bool,
) -> Outcome {
    let mut engine = place.engine()?;
    let zone = engine.register.controller.calendar.zone.clone();
    let t = at.map_or(Ok(now()), |text| when(text, &zone))?;
    let found = engine.explain(at_place, key, t)?;
    let me = place.operator()?;
    let sentence = words::sentence(&found.decision, &zone, lang);
    let lines = words::lines(&found.decision, &zone, lang);
    if as_json {
        json(&serde_json::json!({
            "dataset": found.prepared.id(),
            "place": found.prepared.place(),
            "at": t,
            "decision": found.decision.outcome,
            "sentence": sentence,
            "due_since": found.decision.due_since,
            "next_change": found.decision.next_change,
            "holds": found.holds.iter().map(|h| match h.shows_to(me.as_str()) {
                true => serde_json::json!({"id": h.hold.id, "matter": h.hold.matter, "holds_until": h.over_at()}),
                // Only that there is one.
                false => serde_json::json!({"id": null, "matter": null, "holds_until": null}),
            }).collect::<Vec<_>>(),
            "answer": found.answer.as_ref().map(|a| serde_json::json!({"keep_until": a.keep_until, "reason": a.reason, "by": a.by, "at": a.at})),
            "reasons": lines,
        }))?;
        return Ok(Exit::Done);
    }
    let style = match found.decision.outcome {
        Decided::Due => RED,
        Decided::Keep | Decided::Restrict => GREEN,
        _ => YELLOW,
    };
    say!("{style}{sentence}{style:#}");
    let title = found.prepared.dataset.title.get(lang);
    say!("{DIM}{title} ({}), {}{DIM:#}\n", found.prepared.id(), found.prepared.place());
    for h in &found.holds {
        let hold = &h.hold;
        if !h.shows_to(me.as_str()) {
            let words = tell(
                lang,
                "tilbageholdt; hvorfor, ses kun af dem, der er udpeget",
                "held; only those named see why",
            );
            say!("  {BOLD}{words}{BOLD:#}");
            continue;
        }
        let word = tell(lang, "tilbageholdt af", "held by");
        let until = match h.over_at() {
            Some(at) => {
                format!(" ({} {})", tell(lang, "gælder til", "holds until"), day(at, &zone))
            }
            None => String::new(),
        };
        say!("  {BOLD}{word} {}{BOLD:#}: {}{until}", hold.id, hold.matter);
    }
    if let Some(answer) = &found.answer {
        say!("  {}", answer_line(answer, &zone, lang));
    }
    for line in lines {
        say!("  {BOLD}{}{BOLD:#}", line.head);
        say!("      {}", line.body);
        if let Some(citation) = line.citation {
            say!("      {citation}");
        }
        if let Some(caution) = line.caution {
            say!("      {YELLOW}{caution}{YELLOW:#}");
        }
    }
    Ok(Exit::Done)
}
