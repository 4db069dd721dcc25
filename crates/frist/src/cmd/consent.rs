//! `frist consent give|withdraw|show|list|import`.

use std::fs;

use frist_cases::consent::{self, Follows, Given, Route};
use frist_register::Lang;
use frist_state::Consent;
use frist_sweep::Engine;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli_reviews::ConsentCommand;
use crate::cmd::proof;
use crate::cmd::review::tell;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, DIM, GREEN, YELLOW, count, day, json, say, table, when};
use crate::place::{Place, now, random};

/// Carries a consent command out.
pub fn consent(place: &Place, command: &ConsentCommand, lang: Lang, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    let engine = &mut engine;
    let zone = engine.register.controller.calendar.zone.clone();
    let (t, by) = (now(), place.operator()?);
    match command {
        ConsentCommand::Give { who, text, purposes, channel, at, age, guardian } => {
            let (kind, who) = person(who)?;
            let given = Given {
                kind,
                who,
                text: text.clone(),
                purposes: purposes.clone(),
                channel: channel.clone(),
                lang,
                at: at.as_deref().map_or(Ok(t), |at| when(at, &zone))?,
                age: *age,
                guardian: *guardian,
            };
            if given.at > t {
                return Err(Failure::usage("`--at` lies in the future"));
            }
            let receipt = consent::give(engine, &given, &by, random()?)?;
            proof::publish(place, engine)?;
            if as_json {
                json(&receipt)?;
            } else {
                say!("{GREEN}{}{GREEN:#} {}", tell(lang, "registreret", "recorded"), receipt.id);
                say!(
                    "{}: {BOLD}{}{BOLD:#}   {DIM}{}{DIM:#}",
                    tell(lang, "kode til tilbagetrækning", "token to withdraw it"),
                    receipt.token,
                    tell(
                        lang,
                        "giv den til personen; den kan ikke vises igen",
                        "give it to the person; it cannot be shown again"
                    )
                );
                if !receipt.withdraw.is_empty() {
                    say!("{DIM}{}{DIM:#}", receipt.withdraw.get(lang));
                }
            }
            Ok(Exit::Done)
        }
        ConsentCommand::Withdraw { token, id, who, text, channel } => {
            let route = match (token, id, who, text) {
                (Some(token), ..) => Route::Token(token.clone()),
                (_, Some(id), ..) => Route::Id(id.clone()),
                (_, _, Some(who), Some(text)) => {
                    let (kind, who) = person(who)?;
                    Route::Person { kind, who, text: text.clone() }
                }
                _ => {
                    return Err(Failure::usage("say which consent is withdrawn")
                        .help("give --token, --id, or --who with --text"));
                }
            };
            let gone = consent::withdraw(engine, &route, channel.as_deref(), &by, t)?;
            let follows: Vec<Follows> =
                gone.iter().flat_map(|c| consent::follows(&engine.register, &c.purposes)).collect();
            // Where no time after the withdrawal is wanted, the record goes at once.
            consent::tidy(engine, t)?;
            proof::publish(place, engine)?;
            if as_json {
                json(&serde_json::json!({
                    "withdrawn": gone.iter().map(|c| serde_json::json!({"id": c.id, "record_erased_at": c.erase_at})).collect::<Vec<_>>(),
                    "follows": follows,
                }))?;
            } else {
                for c in &gone {
                    say!("{GREEN}{}{GREEN:#} {}", tell(lang, "trukket tilbage", "withdrawn"), c.id);
                    proof_goes(c, t, &zone, lang);
                }
                print_follows(&follows, lang);
            }
            Ok(Exit::Done)
        }
        ConsentCommand::Show { id, who } => {
            let found = match (id, who) {
                (Some(id), _) => {
                    let one = engine.state.consent(id)?;
                    vec![one.ok_or_else(|| frist_state::Error::NotFound {
                        what: "consent",
                        id: id.clone(),
                    })?]
                }
                (None, Some(who)) => {
                    let (kind, who) = person(who)?;
                    consent::of(engine, &kind, &who)?
                }
                (None, None) => {
                    return Err(Failure::usage("say which consent")
                        .help("give its number, or --who KIND=ID"));
                }
            };
            show(engine, &found, &zone, lang, as_json)
        }
        ConsentCommand::List { all, tidy } => {
            let erased = if *tidy { Some(consent::tidy(engine, t)?) } else { None };
            list(engine, *all, erased, t, &zone, lang, as_json)
        }
        ConsentCommand::Import { file } => {
            let text = fs::read_to_string(file).map_err(|e| Failure::file("read", file, &e))?;
            let key = place.calls_key()?;
            let done = consent::import(engine, &text, &key, &by, t)?;
            proof::publish(place, engine)?;
            if as_json {
                json(&done)?;
            } else {
                let (n, known, over) = (count(done.taken), count(done.known), count(done.over));
                match lang {
                    Lang::Da => say!(
                        "{GREEN}{n}{GREEN:#} samtykker overtaget; {known} var her i forvejen; {over} er trukket tilbage for så længe siden, at beviset ikke må gemmes"
                    ),
                    Lang::En => say!(
                        "{GREEN}{n}{GREEN:#} consents taken; {known} were here already; {over} were withdrawn so long ago that their proof may not be kept"
                    ),
                }
                if done.unknown_text > 0 {
                    let n = count(done.unknown_text);
                    match lang {
                        Lang::Da => say!(
                            "{YELLOW}{n}{YELLOW:#} har en version af teksten, som fortegnelsen ikke har: gem den tekst, for uden den kan samtykket ikke påvises"
                        ),
                        Lang::En => say!(
                            "{YELLOW}{n}{YELLOW:#} name a version of the text that the register does not have: keep that text, for without it the consent cannot be shown"
                        ),
                    }
                }
            }
            Ok(Exit::Done)
        }
    }
}

fn person(text: &str) -> Outcome<(String, String)> {
    let parts = text.split_once('=').filter(|(kind, who)| !kind.is_empty() && !who.is_empty());
    parts.map(|(kind, who)| (kind.to_owned(), who.to_owned())).ok_or_else(|| {
        Failure::usage("`--who` is not of the form KIND=ID").help("write e.g. `customer=4711`")
    })
}

fn proof_goes(c: &Consent, t: Timestamp, zone: &TimeZone, lang: Lang) {
    match (c.erase_at.filter(|at| *at > t), lang) {
        (Some(at), Lang::Da) => {
            say!("  beviset slettes {}: så længe ses det an, om der opstår en tvist", day(at, zone))
        }
        (Some(at), Lang::En) => say!(
            "  its proof is erased on {}: so long it is seen whether a dispute arises",
            day(at, zone)
        ),
        (None, Lang::Da) => say!("  beviset er slettet; teksten bliver i fortegnelsen"),
        (None, Lang::En) => say!("  its proof is erased; the text stays in the register"),
    }
}

/// What a withdrawal means for the data, and what Frist does not do.
fn print_follows(follows: &[Follows], lang: Lang) {
    if follows.is_empty() {
        match lang {
            Lang::Da => say!("{DIM}Intet datasæt hviler på samtykket.{DIM:#}"),
            Lang::En => say!("{DIM}No data set rests on the consent.{DIM:#}"),
        }
        return;
    }
    for f in follows {
        let (dataset, place) = (&f.dataset, &f.place);
        match (&f.withdrawn, lang) {
            (Some(field), Lang::Da) => say!(
                "  {BOLD}{dataset}{BOLD:#} ({place}): skriv tidspunktet i `{field}`; så slettes posten ved næste kørsel. Frist læser feltet og skriver aldrig i det."
            ),
            (Some(field), Lang::En) => say!(
                "  {BOLD}{dataset}{BOLD:#} ({place}): write the time into `{field}`; the record then goes with the next sweep. Frist reads that field and never writes it."
            ),
            (None, Lang::Da) => say!(
                "  {BOLD}{dataset}{BOLD:#} ({place}): {YELLOW}reglen ophører ikke ved tilbagetrækning{YELLOW:#}; opret en sag om personens oplysninger, eller giv reglen `until`."
            ),
            (None, Lang::En) => say!(
                "  {BOLD}{dataset}{BOLD:#} ({place}): {YELLOW}the rule does not end with a withdrawal{YELLOW:#}; open a case about the person's data, or give the rule an `until`."
            ),
        }
        if f.others {
            say!(
                "  {DIM}{}{DIM:#}",
                tell(
                    lang,
                    "andre formål opbevarer de samme poster, så længe de løber",
                    "other purposes keep the same records as long as they run"
                )
            );
        }
    }
}

fn as_value(c: &Consent) -> serde_json::Value {
    serde_json::json!({
        "record_id": c.id, "schema_version": c.schema_version,
        "pii_principal": {"kind": c.kind, "id": c.who},
        "given_at": c.given_at, "channel": c.channel, "purposes": c.purposes,
        "text": {"id": c.text_id, "version": c.text_version, "sha256": c.text_hash, "language": c.lang},
        "recorded_by": c.given_by, "withdrawn_at": c.withdrawn_at, "withdrawal_route": c.route,
        "retention": c.retention, "storage_location": c.location, "erase_at": c.erase_at,
    })
}

fn show(
    engine: &mut Engine,
    found: &[Consent],
    zone: &TimeZone,
    lang: Lang,
    as_json: bool,
) -> Outcome {
    if as_json {
        json(&found.iter().map(as_value).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    if found.is_empty() {
        say!("{}", tell(lang, "Ingen samtykker.", "No consents."));
    }
    for c in found {
        let state = match (c.withdrawn_at, lang) {
            (None, Lang::Da) => format!("{GREEN}gælder{GREEN:#}"),
            (None, Lang::En) => format!("{GREEN}in force{GREEN:#}"),
            (Some(at), _) => {
                format!(
                    "{YELLOW}{} {}{YELLOW:#}",
                    tell(lang, "trukket tilbage", "withdrawn"),
                    day(at, zone)
                )
            }
        };
        say!("{BOLD}{}{BOLD:#}  {state}", c.id);
        let line =
            |da: &str, en: &str, value: &str| say!("  {DIM}{}{DIM:#} {value}", tell(lang, da, en));
        line("hvem", "who", &format!("{} {}", c.kind, c.who));
        line("givet", "given", &format!("{}, {}", day(c.given_at, zone), c.channel));
        line("formål", "purposes", &c.purposes.join(", "));
        let current = engine.register.consents.iter().find(|x| x.id.value == c.text_id);
        let same = current.is_some_and(|x| x.version.value == c.text_version);
        line("tekst", "text", &format!("{} {} ({})", c.text_id, c.text_version, c.lang));
        if let Some(text) = current.filter(|_| same) {
            let read = if c.lang == "en" { Lang::En } else { Lang::Da };
            line("", "", &format!("“{}”", text.text.value.get(read)));
        }
        let proof = current.and_then(|x| x.proof.as_ref());
        let retention = match (lang, proof) {
            (Lang::En, _) => c.retention.clone(),
            (Lang::Da, Some(p)) => {
                format!(
                    "så længe behandlingen løber, og {} efter en tilbagetrækning",
                    p.value.text_da()
                )
            }
            (Lang::Da, None) => "så længe behandlingen løber; slettes ved tilbagetrækning".into(),
        };
        line("opbevaring", "retention", &retention);
        if let Some(at) = c.erase_at {
            line("beviset slettes", "the proof goes", &day(at, zone));
        }
    }
    Ok(Exit::Done)
}

fn list(
    engine: &mut Engine,
    all: bool,
    erased: Option<u64>,
    t: Timestamp,
    zone: &TimeZone,
    lang: Lang,
    as_json: bool,
) -> Outcome {
    let mut found = engine.state.consents()?;
    let overdue = found.iter().filter(|c| c.erase_at.is_some_and(|at| at <= t)).count();
    if !all {
        found.retain(|c| c.withdrawn_at.is_none());
    }
    if as_json {
        json(
            &serde_json::json!({"consents": found.iter().map(as_value).collect::<Vec<_>>(), "erased": erased, "overdue": overdue}),
        )?;
        return Ok(Exit::Done);
    }
    if let Some(n) = erased {
        say!("{GREEN}{}{GREEN:#} {}", count(n), tell(lang, "beviser slettet", "proofs erased"));
    }
    if found.is_empty() {
        say!("{}", tell(lang, "Ingen samtykker.", "No consents."));
        return Ok(Exit::Done);
    }
    let head = match lang {
        Lang::Da => {
            ["nummer", "hvem", "tekst", "givet", "kanal", "trukket tilbage", "beviset slettes"]
        }
        Lang::En => ["number", "who", "text", "given", "channel", "withdrawn", "proof goes"],
    };
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for c in &found {
        rows.push(vec![
            c.id.clone(),
            format!("{} {}", c.kind, c.who),
            format!("{} {}", c.text_id, c.text_version),
            day(c.given_at, zone),
            c.channel.clone(),
            c.withdrawn_at.map_or(String::new(), |at| day(at, zone)),
            c.erase_at.map_or(String::new(), |at| day(at, zone)),
        ]);
    }
    say!("{}", table(&rows).trim_end());
    Ok(Exit::Done)
}
