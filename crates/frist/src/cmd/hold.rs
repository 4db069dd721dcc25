//! `frist hold add|list|release`.

use frist_ledger::entry::{Entry, HoldChange, Id, Kind};
use frist_state::{Hold, NewHold, Scope};
use frist_sweep::Engine;

use crate::cli::HoldCommand;
use crate::cmd::proof;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{GREEN, YELLOW, confirm, day, how_to_agree, json, records, say, table, when};
use crate::place::{Place, now};

/// Adds, lists or releases holds.
pub fn hold(place: &Place, command: &HoldCommand, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    let zone = engine.register.controller.calendar.zone.clone();
    let t = now();
    match command {
        HoldCommand::Add { id, matter, reason, dataset, subject, key, field, all, review } => {
            if let Some(d) = dataset {
                engine
                    .register
                    .dataset(d)
                    .ok_or_else(|| frist_sweep::Error::UnknownDataset(d.clone()))?;
            }
            let pair = |text: &str, what: &str| {
                text.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned())).ok_or_else(|| {
                    Failure::usage(format!("`--{what}` is not of the form NAME=VALUE"))
                })
            };
            let scope = match (subject, key, field, all) {
                (Some(s), ..) => {
                    let (kind, value) = pair(s, "subject")?;
                    let known =
                        engine.register.datasets.iter().any(|d| {
                            d.subjects.iter().any(|(k, f)| k.value == kind && f.is_some())
                        });
                    if !known {
                        return Err(Failure::usage(format!(
                            "no data set says by which field a `{kind}` is named"
                        ))
                        .help(
                            "the register says it with `subject = { customer = \"customer_id\" }`",
                        ));
                    }
                    Scope::Subject { kind, value }
                }
                (_, Some(k), ..) => Scope::Key { key: k.clone() },
                (_, _, Some(f), _) => {
                    let (field, value) = pair(f, "field")?;
                    Scope::Field { name: id.clone(), field, value }
                }
                (.., true) => Scope::All,
                _ => {
                    return Err(Failure::usage("the hold must say what it covers").help(
                        "give one of --subject KIND=ID, --key KEY, --field FIELD=VALUE or --all",
                    ));
                }
            };
            let hold = NewHold {
                id: id.clone(),
                matter: matter.clone(),
                reason: reason.clone(),
                dataset: dataset.clone(),
                scope,
                owner: place.operator()?.to_string(),
                created_at: t,
                review_at: review.as_deref().map(|r| when(r, &zone)).transpose()?,
            };
            if let Scope::Field { field, .. } = &hold.scope {
                known_field(&mut engine, hold.dataset.as_deref().unwrap_or_default(), field)?;
            }
            let entry = entry(id, HoldChange::Added, place, t)?;
            engine.state.add_hold(&hold, &entry)?;
            proof::publish(place, &mut engine)?;
            match as_json {
                true => json(&serde_json::json!({"added": id}))?,
                false => added(&mut engine, &hold)?,
            }
        }
        HoldCommand::List { all } => {
            let holds = if *all { engine.state.all_holds()? } else { engine.state.holds(t)? };
            if as_json {
                let rows: Vec<_> = holds
                    .iter()
                    .map(|h| serde_json::json!({"id": h.hold.id, "matter": h.hold.matter, "reason": h.hold.reason, "dataset": h.hold.dataset, "owner": h.hold.owner, "created": h.hold.created_at, "review": h.hold.review_at, "released": h.released_at}))
                    .collect();
                json(&rows)?;
            } else if holds.is_empty() {
                say!("There are no holds.");
            } else {
                let mut rows = vec![
                    ["hold", "matter", "covers", "since", "review", "released", "owner"]
                        .map(str::to_owned)
                        .to_vec(),
                ];
                for h in &holds {
                    let overdue =
                        h.hold.review_at.is_some_and(|r| r <= t) && h.released_at.is_none();
                    let review = h.hold.review_at.map_or(String::new(), |r| day(r, &zone));
                    rows.push(vec![
                        h.hold.id.clone(),
                        h.hold.matter.clone(),
                        covers(&h.hold),
                        day(h.hold.created_at, &zone),
                        if overdue { format!("{review} (overdue)") } else { review },
                        h.released_at.map_or(String::new(), |r| day(r, &zone)),
                        h.hold.owner.clone(),
                    ]);
                }
                say!("{}", table(&rows).trim_end());
            }
        }
        HoldCommand::Release { id, yes } => {
            if !yes
                && !confirm(&format!(
                    "Release `{id}`? What is due by then goes with the next sweep."
                ))?
            {
                return Err(Failure::waits("the hold was not released").help(how_to_agree()));
            }
            let entry = entry(id, HoldChange::Released, place, t)?;
            engine.state.release_hold(id, place.operator()?.as_str(), t, &entry)?;
            proof::publish(place, &mut engine)?;
            match as_json {
                true => json(&serde_json::json!({"released": id}))?,
                false => say!("released `{id}`"),
            }
        }
    }
    Ok(Exit::Done)
}

/// Refuses a field that the collection does not have: nobody could say whom the hold means, and it
/// would cover everything. What fields files have, only each file tells.
fn known_field(engine: &mut Engine, dataset: &str, field: &str) -> Outcome<()> {
    let prepared = engine.prepare(dataset)?;
    let store = prepared.dataset.store.value.clone();
    let collection = prepared.dataset.collection.value.clone();
    let catalogue = engine.store(&store)?.catalogue()?;
    let info = catalogue.iter().find(|c| c.name.eq_ignore_ascii_case(&collection));
    match info.filter(|c| !c.fields.is_empty()) {
        Some(c) if !c.fields.iter().any(|f| f.name == field) => {
            let names: Vec<&str> = c.fields.iter().map(|f| f.name.as_str()).collect();
            Err(Failure::usage(format!("`{dataset}` has no field `{field}`"))
                .help(format!("it has {}", names.join(", "))))
        }
        _ => Ok(()),
    }
}

/// Says what a new hold covers.
fn added(engine: &mut Engine, hold: &NewHold) -> Outcome<()> {
    say!("{GREEN}held{GREEN:#}: what `{}` covers is not erased until it is released", hold.id);
    let one = Hold { hold: hold.clone(), released_at: None, released_by: None };
    let scopes =
        |d: &frist_register::DataSet| frist_sweep::engine::scopes(std::slice::from_ref(&one), d);
    let mut any = false;
    for (dataset, n, total) in engine.covered(&scopes, hold.created_at)? {
        any |= n > 0;
        let all = if n == total && n > 0 { ", all there are" } else { "" };
        say!("  {dataset}: {}{all}", records(n));
    }
    if !any {
        say!(
            "{YELLOW}nothing is covered now{YELLOW:#}: look at the key or the value again; `frist receipt` tells whether a record was erased before"
        );
    }
    Ok(())
}

fn entry(id: &str, change: HoldChange, place: &Place, t: jiff::Timestamp) -> Outcome<Entry> {
    let hold =
        Id::new(id).map_err(|e| Failure::usage(format!("`{id}` cannot name a hold: {e}")))?;
    Ok(Entry::new(t, Kind::Hold { hold, change, by: place.operator()? }))
}

/// What a hold covers, without naming the person.
fn covers(hold: &NewHold) -> String {
    let place = hold.dataset.as_deref().unwrap_or("all data sets");
    match &hold.scope {
        Scope::All => place.to_owned(),
        Scope::Key { .. } => format!("one record of {place}"),
        Scope::Subject { kind, .. } => format!("one {kind} in {place}"),
        Scope::Field { field, .. } => format!("records of {place} by {field}"),
    }
}
