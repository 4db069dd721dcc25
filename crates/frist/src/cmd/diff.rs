//! `frist diff`: what a changed register does, before it is made live.

use frist_register::Lang;

use crate::error::{Exit, Outcome};
use crate::output::{BOLD, DIM, GREEN, YELLOW, count, counted, json, say, table};
use crate::place::{Place, now};

/// Compares the register in the folder with the one of the last plan or sweep.
pub fn diff(place: &Place, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    let Some(old) = engine.live_register()? else {
        match as_json {
            true => json(&serde_json::json!({"live": null}))?,
            false => say!("No register is live yet: the first plan makes this one live."),
        }
        return Ok(Exit::Done);
    };
    let changes = engine.changes(&old);
    let notices = frist_documents::wrong(&old, &engine.register, engine.book, Lang::En)?;
    let effects = if changes.is_empty() { Vec::new() } else { engine.effects(old, now())? };
    if as_json {
        let words: Vec<String> = changes.iter().map(ToString::to_string).collect();
        json(&serde_json::json!({"changes": words, "effects": effects, "notices": notices}))?;
        return Ok(Exit::Done);
    }
    if changes.is_empty() {
        say!("{GREEN}unchanged{GREEN:#}: this is the live register");
        return Ok(Exit::Done);
    }
    say!("{BOLD}Changes since the live register{BOLD:#}");
    for change in &changes {
        say!("  {change}");
    }
    say!("\n{BOLD}Effects now{BOLD:#}");
    if effects.is_empty() {
        say!("  what is due stays the same");
    } else {
        let n = |n: Option<u64>| n.map_or("-".to_owned(), count);
        let mut rows =
            vec![["  data set", ">due before", ">due after", "effect"].map(str::to_owned).to_vec()];
        for e in &effects {
            let (before, after) = (e.before.unwrap_or(0), e.after.unwrap_or(0));
            let effect = match after.cmp(&before) {
                std::cmp::Ordering::Greater => format!("{} more become due", count(after - before)),
                std::cmp::Ordering::Less => format!("{} are no longer due", count(before - after)),
                std::cmp::Ordering::Equal => String::new(),
            };
            rows.push(vec![format!("  {}", e.dataset), n(e.before), n(e.after), effect]);
        }
        say!("{}", table(&rows).trim_end());
        if effects.iter().any(|e| e.after > e.before) {
            say!("\n{YELLOW}What becomes due goes with the next sweep.{YELLOW:#}");
        }
    }
    if !notices.is_empty() {
        let names: Vec<&str> = notices.iter().map(|n| n.name.as_str()).collect();
        let n = counted(names.len() as u64, "privacy notice is", "privacy notices are");
        say!("\n{YELLOW}{n} wrong with this register{YELLOW:#}: {}", names.join(", "));
        say!("{DIM}what changes in each: frist document notice --against live{DIM:#}");
    }
    say!("{DIM}The next plan makes this register live.{DIM:#}");
    Ok(Exit::Done)
}
