//! `frist hold add|list|release`.

use frist_cases::hold::{Covers, Unfit};
use frist_ledger::Id;
use frist_register::Lang;
use frist_state::{Hold, NewHold, Scope};
use frist_sweep::Engine;
use jiff::Timestamp;

use crate::cli_reviews::HoldCommand;
use crate::cmd::proof;
use crate::cmd::review::{last, tell};
use crate::error::{Exit, Failure, Outcome};
use crate::output::{
    DIM, GREEN, YELLOW, confirm, count, day, how_to_agree, json, records, say, table, when,
};
use crate::place::{Place, now};

/// Adds, lists or releases holds.
pub fn hold(place: &Place, command: &HoldCommand, lang: Lang, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    match command {
        HoldCommand::Add { .. } => add(place, &mut engine, command, lang, as_json),
        HoldCommand::List { all } => list(place, &mut engine, *all, lang, as_json),
        HoldCommand::Release { id, yes } => release(place, &mut engine, id, *yes, lang, as_json),
    }
}

fn add(
    place: &Place,
    engine: &mut Engine,
    command: &HoldCommand,
    lang: Lang,
    as_json: bool,
) -> Outcome {
    let HoldCommand::Add { id, matter, reason, dataset, review, end, viewers, .. } = command else {
        return Ok(Exit::Done);
    };
    let zone = engine.register.controller.calendar.zone.clone();
    let t = now();
    let scope = scope(engine, command)?;
    let ends_at = end.as_deref().map(|day| last(engine, day)).transpose()?;
    if ends_at.is_some_and(|at| at <= t) {
        return Err(Failure::usage("`--end` has passed, so that the hold would hold nothing"));
    }
    let hold = NewHold {
        id: id.clone(),
        matter: matter.clone(),
        reason: reason.clone(),
        dataset: dataset.clone(),
        scope,
        owner: place.operator()?.to_string(),
        created_at: t,
        review_at: review.as_deref().map(|r| when(r, &zone)).transpose()?,
        ends_at,
        viewers: viewers.clone(),
    };
    Id::new(id.as_str()).map_err(|e| Failure::usage(format!("`{id}` cannot name a hold: {e}")))?;
    frist_cases::hold::add(engine, &hold)?;
    proof::publish(place, engine)?;
    match as_json {
        true => json(&serde_json::json!({"added": id}))?,
        false => added(engine, &hold, lang)?,
    }
    Ok(Exit::Done)
}

/// What the command says is covered.
fn scope(engine: &mut Engine, command: &HoldCommand) -> Outcome<Scope> {
    let HoldCommand::Add { id, dataset, subject, key, field, conditions, within, all, .. } =
        command
    else {
        return Ok(Scope::All);
    };
    let asked = Covers {
        subjects: subject.clone(),
        key: key.clone(),
        field: field.clone(),
        conditions: conditions.clone(),
        within: within.clone(),
        all: *all,
    };
    frist_cases::hold::scope(engine, id, dataset.as_deref(), &asked)?.map_err(|unfit| match unfit {
        Unfit::Form(form) => Failure::usage(format!("it is not of the form {form}")),
        Unfit::Kind(kind) => Failure::usage(format!(
            "no data set says by which field a `{kind}` is named"
        ))
        .help("the register says it with `subject = { customer = \"customer_id\" }`, or with `identity`"),
        Unfit::Dataset(d) => frist_sweep::Error::UnknownDataset(d).into(),
        Unfit::Field { dataset, field, there } => {
            Failure::usage(format!("`{dataset}` has no field `{field}`"))
                .help(format!("it has {}", there.join(", ")))
        }
        Unfit::NoDataset => Failure::usage("a record or a field needs its data set")
            .help("name it with `--dataset`"),
        Unfit::Nothing => Failure::usage("the hold must say what it covers").help(
            "give one of --subject KIND=ID, --key KEY, --field FIELD=VALUE, --where FIELD=VALUE, --in DATASET:FIELD=VALUE or --all",
        ),
    })
}

fn list(place: &Place, engine: &mut Engine, all: bool, lang: Lang, as_json: bool) -> Outcome {
    let zone = engine.register.controller.calendar.zone.clone();
    let t = now();
    let me = place.operator()?;
    let holds = if all { engine.state.all_holds()? } else { engine.state.holds(t)? };
    let hidden = holds.iter().filter(|h| !h.shows_to(me.as_str())).count();
    if as_json {
        let rows: Vec<_> = holds.iter().map(|h| as_value(h, me.as_str(), t)).collect();
        json(&rows)?;
        return Ok(Exit::Done);
    }
    if holds.is_empty() {
        say!("{}", tell(lang, "Der er ingen tilbageholdelser.", "There are no holds."));
        return Ok(Exit::Done);
    }
    let head = match lang {
        Lang::Da => {
            ["tilbageholdelse", "sag", "omfatter", "siden", "ses efter", "slutter", "ansvarlig"]
        }
        Lang::En => ["hold", "matter", "covers", "since", "review", "ends", "owner"],
    };
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for h in holds.iter().filter(|h| h.shows_to(me.as_str())) {
        let overdue = overdue(h, t);
        let review = h.hold.review_at.map_or(String::new(), |r| day(r, &zone));
        let late = tell(lang, "overskredet", "overdue");
        let ends = match (h.released_at, h.over_at()) {
            (Some(_), Some(over)) if over > t => {
                let until = tell(lang, "frigivet, gælder til", "released, holds until");
                format!("{until} {}", day(over, &zone))
            }
            (_, over) => over.map_or(String::new(), |at| day(at, &zone)),
        };
        rows.push(vec![
            h.hold.id.clone(),
            h.hold.matter.clone(),
            covers(&h.hold, lang),
            day(h.hold.created_at, &zone),
            if overdue { format!("{review} ({late})") } else { review },
            ends,
            h.hold.owner.clone(),
        ]);
    }
    if rows.len() > 1 {
        say!("{}", table(&rows).trim_end());
    }
    if hidden > 0 {
        let n = count(hidden as u64);
        match lang {
            Lang::Da => say!("{DIM}og {n} mere, hvis sag kun ses af dem, der er udpeget{DIM:#}"),
            Lang::En => say!("{DIM}and {n} more, of which only those named see the matter{DIM:#}"),
        }
    }
    Ok(Exit::Done)
}

/// Whether somebody should have looked at it.
pub fn overdue(h: &Hold, t: Timestamp) -> bool {
    h.hold.review_at.is_some_and(|r| r <= t) && h.released_at.is_none() && h.holds_at(t)
}

/// A hold as JSON; of one that the operator may not see, only that there is one.
fn as_value(h: &Hold, me: &str, t: Timestamp) -> serde_json::Value {
    match h.shows_to(me) {
        true => serde_json::json!({
            "id": h.hold.id, "matter": h.hold.matter, "reason": h.hold.reason,
            "dataset": h.hold.dataset, "owner": h.hold.owner, "viewers": h.hold.viewers,
            "created": h.hold.created_at, "review": h.hold.review_at, "overdue": overdue(h, t),
            "ends": h.hold.ends_at, "released": h.released_at, "holds_until": h.over_at(),
        }),
        false => serde_json::json!({
            "id": null, "matter": null, "reason": null, "created": h.hold.created_at,
        }),
    }
}

fn release(
    place: &Place,
    engine: &mut Engine,
    id: &str,
    yes: bool,
    lang: Lang,
    as_json: bool,
) -> Outcome {
    let me = place.operator()?;
    let calendar = engine.register.controller.calendar.clone();
    let t = now();
    // Of one that the operator may not see, not even the id is confirmed.
    let known = engine.state.hold(id)?;
    if known.is_some_and(|h| !h.shows_to(me.as_str())) {
        return Err(frist_state::Error::NotFound { what: "hold", id: id.to_owned() }.into());
    }
    let free_at = frist_sweep::notice::free_at(&engine.register, t);
    let from = free_at.map(|at| day(at, &calendar.zone));
    let question = match (&from, lang) {
        (Some(day), Lang::Da) => {
            format!("Frigiv `{id}`? Det, der skal slettes, slettes ved næste kørsel fra {day}.")
        }
        (Some(day), Lang::En) => {
            format!("Release `{id}`? What is due goes with the next sweep from {day} on.")
        }
        (None, Lang::Da) => {
            format!("Frigiv `{id}`? Det, der da skal slettes, slettes ved næste kørsel.")
        }
        (None, Lang::En) => {
            format!("Release `{id}`? What is due by then goes with the next sweep.")
        }
    };
    if !yes && !confirm(&question)? {
        return Err(Failure::waits("the hold was not released").help(how_to_agree()));
    }
    frist_cases::hold::release(engine, id, me.as_str(), t)?;
    proof::publish(place, engine)?;
    match (as_json, from, lang) {
        (true, ..) => json(&serde_json::json!({"released": id, "holds_until": free_at}))?,
        (_, Some(day), Lang::Da) => say!("`{id}` er frigivet; den gælder endnu til {day}"),
        (_, Some(day), Lang::En) => say!("released `{id}`; it still holds until {day}"),
        (_, None, Lang::Da) => say!("`{id}` er frigivet"),
        (_, None, Lang::En) => say!("released `{id}`"),
    }
    Ok(Exit::Done)
}

/// Says what a new hold covers.
fn added(engine: &mut Engine, hold: &NewHold, lang: Lang) -> Outcome<()> {
    match lang {
        Lang::Da => say!(
            "{GREEN}tilbageholdt{GREEN:#}: det, `{}` omfatter, slettes ikke, før den er frigivet",
            hold.id
        ),
        Lang::En => say!(
            "{GREEN}held{GREEN:#}: what `{}` covers is not erased until it is released",
            hold.id
        ),
    }
    let one = Hold { hold: hold.clone(), released_at: None, released_by: None, free_at: None };
    let scopes =
        |d: &frist_register::DataSet| frist_sweep::engine::scopes(std::slice::from_ref(&one), d);
    let mut any = false;
    for (dataset, n, total) in engine.covered(&scopes, hold.created_at)? {
        any |= n > 0;
        let all = if n == total && n > 0 { tell(lang, ", alle", ", all there are") } else { "" };
        match lang {
            Lang::Da if n == 1 => say!("  {dataset}: 1 post{all}"),
            Lang::Da => say!("  {dataset}: {} poster{all}", count(n)),
            Lang::En => say!("  {dataset}: {}{all}", records(n)),
        }
    }
    if !any {
        match lang {
            Lang::Da => say!(
                "{YELLOW}intet er omfattet nu{YELLOW:#}: se nøglen eller værdien efter; `frist receipt` siger, om en post er slettet tidligere"
            ),
            Lang::En => say!(
                "{YELLOW}nothing is covered now{YELLOW:#}: look at the key or the value again; `frist receipt` tells whether a record was erased before"
            ),
        }
    }
    Ok(())
}

/// What a hold covers, without naming the person.
fn covers(hold: &NewHold, lang: Lang) -> String {
    let everywhere = tell(lang, "alle datasæt", "all data sets");
    fn one(dataset: Option<&str>, scope: &Scope, everywhere: &str, lang: Lang) -> String {
        let place = dataset.unwrap_or(everywhere);
        match (scope, lang) {
            (Scope::All, _) => place.to_owned(),
            (Scope::Key { .. }, Lang::Da) => format!("én post i {place}"),
            (Scope::Key { .. }, Lang::En) => format!("one record of {place}"),
            (Scope::Subject { kind, .. }, Lang::Da) => format!("én person ({kind}) i {place}"),
            (Scope::Subject { kind, .. }, Lang::En) => format!("one {kind} in {place}"),
            (Scope::Field { field, .. }, Lang::Da) => format!("poster i {place} efter {field}"),
            (Scope::Field { field, .. }, Lang::En) => format!("records of {place} by {field}"),
            (Scope::Where { fields }, _) => {
                let names: Vec<&str> = fields.iter().map(|(f, _)| f.as_str()).collect();
                let by = tell(lang, "efter", "by");
                let what = tell(lang, "poster i", "records of");
                format!("{what} {place} {by} {}", names.join(", "))
            }
            (Scope::Any { parts }, _) => {
                let parts: Vec<String> = parts
                    .iter()
                    .map(|p| one(p.dataset.as_deref(), &p.scope, everywhere, lang))
                    .collect();
                parts.join("; ")
            }
        }
    }
    one(hold.dataset.as_deref(), &hold.scope, everywhere, lang)
}
