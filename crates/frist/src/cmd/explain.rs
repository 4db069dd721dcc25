//! `frist explain`: why one record is kept or due, down to the paragraph.

use frist_decide::{Outcome as Decided, explain as words};
use frist_register::Lang;

use crate::error::{Exit, Outcome};
use crate::output::{BOLD, DIM, GREEN, RED, YELLOW, json, say, when};
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
            "holds": found.holds.iter().map(|(id, matter)| serde_json::json!({"id": id, "matter": matter})).collect::<Vec<_>>(),
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
    for (id, matter) in &found.holds {
        let word = if lang == Lang::Da { "tilbageholdt af" } else { "held by" };
        say!("  {BOLD}{word} {id}{BOLD:#}: {matter}");
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
