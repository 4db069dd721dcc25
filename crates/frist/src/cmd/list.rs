//! `frist list`: the records of one decision, with what decides them.

use frist_decide::{Outcome as Decided, Standing, explain};
use frist_register::Lang;

use crate::cli::DecisionName;
use crate::error::{Exit, Outcome};
use crate::output::{DIM, json, say, table};
use crate::place::{Place, now};

/// Lists records.
pub fn list(
    place: &Place,
    dataset: &str,
    decision: DecisionName,
    limit: usize,
    lang: Lang,
    as_json: bool,
) -> Outcome {
    let wanted = match decision {
        DecisionName::Held => Decided::Held,
        DecisionName::Unclear => Decided::Unclear,
        DecisionName::Restrict => Decided::Restrict,
        DecisionName::Review => Decided::Review,
        DecisionName::Keep => Decided::Keep,
        DecisionName::Due => Decided::Due,
    };
    let mut engine = place.engine()?;
    let zone = engine.register.controller.calendar.zone.clone();
    let found = engine.records(dataset, wanted, now(), limit)?;
    let mut rows = vec![["record", "why"].map(str::to_owned).to_vec()];
    for (key, d) in &found {
        let unknown = d.reasons.iter().find_map(|r| match &r.standing {
            Standing::Unknown { fact, problem } if lang == Lang::Da => {
                Some(format!("`{fact}` {}", problem.text_da()))
            }
            Standing::Unknown { fact, problem } => Some(format!("`{fact}` {}", problem.text())),
            _ => None,
        });
        let why = unknown.unwrap_or_else(|| explain::sentence(d, &zone, lang));
        rows.push(vec![key.text(), why]);
    }
    if as_json {
        let list: Vec<_> =
            rows[1..].iter().map(|r| serde_json::json!({"record": r[0], "why": r[1]})).collect();
        json(&list)?;
    } else if found.is_empty() {
        say!("`{dataset}` has no record that is {}.", wanted.word());
    } else {
        say!("{}", table(&rows).trim_end());
        if found.len() == limit {
            say!("{DIM}There may be more: see them with a larger `--limit`.{DIM:#}");
        }
    }
    Ok(Exit::Done)
}
