//! `frist attest`.

use frist_cases::attest::{
    Reading, attestation, counts, counts_on, employed, forgettable, lines, trained,
};
use frist_law::Period;
use frist_ledger::Id;
use frist_state::staff::{Staff, Training};

use super::{date, publish};
use crate::cli_account::AttestCommand;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{GREEN, YELLOW, confirm, counted, how_to_agree, json, say, table};
use crate::place::{Place, now};

/// Does what was asked.
pub fn attest(place: &Place, command: &AttestCommand, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    let by = place.operator()?.to_string();
    let calendar = engine.register.controller.calendar.clone();
    let t = now();
    let today = calendar.zone.to_datetime(t).date();
    let said = match command {
        AttestCommand::List => return list(place, as_json),
        AttestCommand::Missing => return missing(place, as_json),
        AttestCommand::Person { person, guidelines, since, left } => {
            Id::new(person.as_str())
                .map_err(|e| Failure::usage(format!("`{person}` cannot name an operator: {e}")))?;
            for id in guidelines {
                if !engine.register.guidelines.iter().any(|g| g.id.value == *id) {
                    return Err(no_guideline(id));
                }
            }
            let known = engine.state.staff()?.into_iter().find(|s| s.person == *person);
            let since = since.as_deref().map(date).transpose()?;
            let left_on = left.as_deref().map(date).transpose()?;
            let old = known.as_ref();
            let staff = Staff {
                person: person.clone(),
                guidelines: match (guidelines.is_empty(), old) {
                    (true, Some(old)) => old.guidelines.clone(),
                    (true, None) => None,
                    (false, _) => Some(guidelines.clone()),
                },
                since: since.or_else(|| old.map(|o| o.since)).unwrap_or(today),
                left_on: left_on.or_else(|| old.and_then(|o| o.left_on)),
            };
            if staff.left_on.is_some_and(|l| l < staff.since) {
                return Err(Failure::usage("the last day is before the first"));
            }
            engine.state.put_staff(&staff, &by, t)?;
            format!("entered `{person}`")
        }
        AttestCommand::Guideline { guideline, version, person } => {
            let person = person.clone().unwrap_or_else(|| by.clone());
            let read = attestation(&engine.register, guideline, version, &person, &by, t)
                .map_err(frist_cases::CasesError::from)?;
            engine.state.attest(&read).map_err(unknown)?;
            format!("`{person}` has read `{guideline}` version {version}")
        }
        AttestCommand::Training { course, person, done, until } => {
            let done_on = done.as_deref().map(date).transpose()?.unwrap_or(today);
            let valid_until = until.as_deref().map(date).transpose()?;
            if course.trim().is_empty()
                || done_on > today
                || valid_until.is_some_and(|u| u < done_on)
            {
                return Err(Failure::usage(
                    "the training has no subject, is in the future, or ends before it was given",
                ));
            }
            let training = Training {
                person: person.clone(),
                course: course.trim().to_owned(),
                done_on,
                valid_until,
                at: t,
                by: by.clone(),
            };
            engine.state.train(&training).map_err(unknown)?;
            format!("`{person}` was trained in {}", course.trim())
        }
        AttestCommand::Forget { after, yes } => {
            let period: Period = after
                .parse()
                .map_err(|e| Failure::usage(format!("`{after}` is no period: {e}")))?;
            let gone = forgettable(&engine.state.staff()?, period, &calendar, today);
            if gone.is_empty() {
                "nobody left that long ago".to_owned()
            } else {
                let people = counted(gone.len() as u64, "person", "people");
                if !yes && !confirm(&format!("Erase what is known of {people} who left?"))? {
                    return Err(Failure::waits("nothing was erased").help(how_to_agree()));
                }
                let n = engine.state.forget_staff(&gone, &by, t)?;
                engine.state.scrub_staff()?;
                format!("erased what was known of {}", counted(n, "person", "people"))
            }
        }
    };
    publish(place, &mut engine)?;
    match as_json {
        true => json(&serde_json::json!({"done": said}))?,
        false => say!("{said}"),
    }
    Ok(Exit::Done)
}

fn no_guideline(id: &str) -> Failure {
    Failure::usage(format!("the register has no guideline `{id}`"))
        .help("guidelines are written as [[guideline]]; `frist attest list` shows them")
}

fn unknown(e: frist_state::Error) -> Failure {
    match e {
        frist_state::Error::NotFound { .. } => Failure::usage(e.to_string())
            .help("enter the person first with `frist attest person ID`"),
        e => e.into(),
    }
}

fn list(place: &Place, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    let today = engine.register.controller.calendar.zone.to_datetime(now()).date();
    let staff = engine.state.staff()?;
    let attestations = engine.state.attestations()?;
    let trainings = engine.state.trainings()?;
    let lines = lines(&engine.register, &staff, &attestations, today);
    let counts = counts(&engine.register, &lines);
    let trained = trained(&staff, &trainings, today);
    if as_json {
        json(&serde_json::json!({
            "employed": staff.iter().filter(|s| employed(s, today)).count(),
            "guidelines": counts, "trainings": trained,
        }))?;
        return Ok(Exit::Done);
    }
    let mut rows = vec![
        ["guideline", "version", ">concerns", ">attested", ">older only", ">missing"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(counts.iter().map(|c| {
        let n = |n: u64| n.to_string();
        vec![
            c.guideline.clone(),
            c.version.clone(),
            n(c.concerned),
            n(c.current),
            n(c.outdated),
            n(c.missing),
        ]
    }));
    say!("{}", table(&rows).trim_end());
    if !trained.is_empty() {
        let mut rows =
            vec![["training", ">valid", ">lapsed", ">never"].map(str::to_owned).to_vec()];
        rows.extend(trained.iter().map(|c| {
            vec![c.course.clone(), c.valid.to_string(), c.lapsed.to_string(), c.never.to_string()]
        }));
        say!("\n{}", table(&rows).trim_end());
    }
    Ok(Exit::Done)
}

fn missing(place: &Place, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    let today = engine.register.controller.calendar.zone.to_datetime(now()).date();
    let staff = engine.state.staff()?;
    let attestations = engine.state.attestations()?;
    let mut open = lines(&engine.register, &staff, &attestations, today);
    open.retain(|l| l.reading != Reading::Current);
    let trainings = engine.state.trainings()?;
    let now_in = |s: &&Staff| employed(s, today);
    let mut lapsed: Vec<(String, String)> = Vec::new();
    for person in staff.iter().filter(now_in) {
        let own: Vec<&Training> = trainings.iter().filter(|t| t.person == person.person).collect();
        for training in &own {
            let counts = own.iter().any(|t| t.course == training.course && counts_on(t, today));
            let line = (person.person.clone(), training.course.clone());
            if !counts && !lapsed.contains(&line) {
                lapsed.push(line);
            }
        }
    }
    if as_json {
        json(&serde_json::json!({
            "guidelines": open,
            "trainings": lapsed.iter().map(|(p, c)| serde_json::json!({"person": p, "course": c})).collect::<Vec<_>>(),
        }))?;
    } else if open.is_empty() && lapsed.is_empty() {
        say!("{GREEN}nobody is missing{GREEN:#}");
    } else {
        for l in &open {
            let what = match (l.reading, &l.attested) {
                (Reading::Outdated, Some(old)) if *old == l.version => {
                    "read it before its text was changed".to_owned()
                }
                (Reading::Outdated, Some(old)) => format!("has read version {old}"),
                _ => "has not attested it".to_owned(),
            };
            say!("{YELLOW}{}{YELLOW:#}: `{}` version {}: {what}", l.person, l.guideline, l.version);
        }
        for (person, course) in &lapsed {
            say!("{YELLOW}{person}{YELLOW:#}: the training `{course}` has lapsed");
        }
    }
    Ok(if open.is_empty() && lapsed.is_empty() { Exit::Done } else { Exit::Findings })
}
