//! Requests, breaches, inquiries, calls, access, staff: without the people they are about.

use super::words::Say;
use crate::bundle::{Calls, Figures};
use crate::pages::Pages;

/// Requests that are told one by one; the others are in the figures.
const ROWS: usize = 100;

pub(super) fn write(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    requests(pages, f, say);
    cases(pages, f, say);
    access(pages, f, say);
    staff(pages, f, say);
}

fn requests(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    pages.heading(1, say.t("Anmodninger", "Requests"));
    if f.requests.rows.is_empty() {
        return pages.text(say.t(
            "Der har ikke været anmodninger i perioden.",
            "There were no requests in the period.",
        ));
    }
    pages.text(say.t(
        "Fristen er en måned fra modtagelsen (artikel 12, stk. 3) efter forordning 1182/71; en forlængelse er to måneder. Sagsnumrene gør det muligt at bede om en bestemt sag.",
        "The deadline is one month from receipt (Article 12(3)) by Regulation 1182/71; an extension is two months. The case numbers make it possible to ask for a certain case.",
    ));
    let rows = f.requests.by_right.iter().map(|r| {
        vec![
            say.t(&format!("Artikel {}", r.right), &format!("Article {}", r.right)),
            say.n(r.received),
            say.n(r.in_time),
            say.n(r.late),
            say.n(r.open),
            say.n(r.overdue),
            say.n(r.withdrawn),
            say.n(r.extended),
        ]
    });
    pages.table(
        say.t("Anmodninger efter ret (oplyst)", "Requests by right (stated)"),
        &[16, 12, 12, 12, 12, 12, 12, 12],
        vec![
            say.t("Ret", "Right"),
            say.t("I alt", "All"),
            say.t("Til tiden", "In time"),
            say.t("For sent", "Late"),
            say.t("Åbne", "Open"),
            say.t("Over fristen", "Overdue"),
            say.t("Trukket tilbage", "Withdrawn"),
            say.t("Forlænget", "Extended"),
        ],
        rows.collect(),
    );
    let day = |d: Option<jiff::civil::Date>| d.map(|d| say.day(d)).unwrap_or_default();
    let rows = f.requests.rows.iter().take(ROWS).map(|r| {
        vec![
            r.case.clone(),
            r.right.clone(),
            say.day(r.received),
            format!(
                "{}{}",
                day(r.deadline),
                if r.extended { say.t(" (forlænget)", " (extended)") } else { String::new() }
            ),
            day(r.answered),
            match r.state.as_str() {
                "in-time" => say.t("til tiden", "in time"),
                "late" => say.t("for sent", "late"),
                "overdue" => say.t("over fristen", "overdue"),
                "withdrawn" => say.t("trukket tilbage", "withdrawn"),
                _ => say.t("åben", "open"),
            },
        ]
    });
    let more = f.requests.rows.len().saturating_sub(ROWS) as u64;
    pages.table(
        match more {
            0 => say.t("Hver anmodning (oplyst)", "Each request (stated)"),
            n => say.t(
                &format!("Anmodninger (oplyst); {} mere i figures.json", say.n(n)),
                &format!("Requests (stated); {} more in figures.json", say.n(n)),
            ),
        },
        &[18, 10, 17, 23, 17, 15],
        vec![
            say.t("Sag", "Case"),
            say.t("Artikel", "Article"),
            say.t("Modtaget", "Received"),
            say.t("Frist", "Deadline"),
            say.t("Besvaret", "Answered"),
            say.t("Udfald", "State"),
        ],
        rows.collect(),
    );
}

fn cases(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    pages.heading(1, say.t("Brud og tilsynssager", "Breaches and inquiries"));
    match f.breaches.is_empty() {
        true => pages.text(say.t(
            "Der er ikke ført brud på persondatasikkerheden på listen i perioden.",
            "No breaches were logged in the period.",
        )),
        false => {
            let rows = f.breaches.iter().map(|b| {
                vec![
                    b.case.clone(),
                    say.instant(b.aware),
                    match b.risk.as_deref() {
                        Some("unlikely") => say.t("usandsynlig", "unlikely"),
                        Some("risk") => say.t("risiko", "risk"),
                        Some(_) => say.t("høj risiko", "high risk"),
                        None => say.t("ikke vurderet", "not assessed"),
                    },
                    match (b.notified, b.in_time) {
                        (Some(at), Some(true)) => say.t(
                            &format!("{}, inden 72 timer", say.instant(at)),
                            &format!("{}, within 72 hours", say.instant(at)),
                        ),
                        (Some(at), _) => say.t(
                            &format!("{}, efter 72 timer", say.instant(at)),
                            &format!("{}, after 72 hours", say.instant(at)),
                        ),
                        (None, _) => say.t("ikke anmeldt", "not notified"),
                    },
                    match b.told {
                        Some(yes) => say.yes(yes),
                        None => say.t("ikke afgjort", "not decided"),
                    },
                    say.yes(b.closed),
                ]
            });
            pages.table(
                say.t("Brud på persondatasikkerheden (oplyst)", "Personal data breaches (stated)"),
                &[15, 20, 15, 25, 14, 11],
                vec![
                    say.t("Sag", "Case"),
                    say.t("Kendskab", "Aware"),
                    say.t("Risiko", "Risk"),
                    say.t("Anmeldt", "Notified"),
                    say.t("De registrerede underrettet", "Data subjects told"),
                    say.t("Afsluttet", "Closed"),
                ],
                rows.collect(),
            );
        }
    }
    match f.inquiries.is_empty() {
        true => pages.text(say.t(
            "Tilsynsmyndigheden har ikke rejst sager i perioden.",
            "The authority made no inquiries in the period.",
        )),
        false => {
            let rows = f.inquiries.iter().map(|i| {
                vec![
                    format!(
                        "{}{}",
                        i.case,
                        i.reference.as_ref().map(|r| format!(" ({r})")).unwrap_or_default()
                    ),
                    say.day(i.received),
                    say.day(i.deadline),
                    say.t(
                        &format!("{} af {}", i.questions.1, i.questions.0),
                        &format!("{} of {}", i.questions.1, i.questions.0),
                    ),
                    i.in_time.map(|y| say.yes(y)).unwrap_or_default(),
                    outcome(&i.outcome, say),
                    say.t(
                        &format!("{} af {}", i.follow_ups.1, i.follow_ups.0),
                        &format!("{} of {}", i.follow_ups.1, i.follow_ups.0),
                    ),
                ]
            });
            pages.table(
                say.t(
                    "Sager fra tilsynsmyndigheden (oplyst)",
                    "Inquiries of the authority (stated)",
                ),
                &[24, 13, 13, 12, 10, 16, 12],
                vec![
                    say.t("Sag", "Case"),
                    say.t("Modtaget", "Received"),
                    say.t("Frist", "Deadline"),
                    say.t("Besvaret", "Answered"),
                    say.t("Til tiden", "In time"),
                    say.t("Afgørelse", "Decision"),
                    say.t("Opfulgt", "Followed up"),
                ],
                rows.collect(),
            );
        }
    }
}

fn outcome(words: &[String], say: &Say<'_>) -> String {
    let one = |word: &String| {
        let power = crate::inquiry::Power::ALL
            .into_iter()
            .find(|p| serde_json::to_value(p).is_ok_and(|v| v == word.as_str()));
        power.map_or_else(|| word.clone(), |p| say.t(p.label().0, p.label().1))
    };
    words.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn access(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    pages.heading(1, say.t("Hvem må hvad", "Who may do what"));
    pages.text(say.t(
        "Navnene er dem, medarbejdere og programmer handler under. Sletteloggen siger, hvem der gjorde hvad. Hvem der kan komme til maskinen og databasen, programmet ligger på, styres i den dataansvarliges eget system og står ikke her.",
        "The names are those that staff and programs act under. The deletion log says who did what. Who can reach the machine and the database that the program lies on is governed by the controller's own system and is not shown here.",
    ));
    let act = |text: &String| {
        let (word, n) = text.split_once(": ").unwrap_or((text, ""));
        let word = match word {
            "register" => say.t("sat fortegnelsen i kraft", "put the register in force"),
            "approval" => say.t("godkendt plan", "approved a plan"),
            "hold" => say.t("tilbageholdelse", "hold"),
            "case" => say.t("sagsskridt", "case step"),
            "evidence" => say.t("bevis overført", "evidence transferred"),
            "key" => say.t("nøgle", "key"),
            other => other.to_owned(),
        };
        format!("{word}: {n}")
    };
    let rows = f
        .access
        .operators
        .iter()
        .map(|r| vec![r.name.clone(), r.roles.iter().map(act).collect::<Vec<_>>().join("; ")]);
    pages.table(
        say.t(
            "Hvem gjorde hvad i perioden (oplyst; hver handling står i sletteloggen)",
            "Who did what in the period (stated; each act stands in the deletion log)",
        ),
        &[30, 70],
        vec![say.t("Navn", "Name"), say.t("Handlinger", "Acts")],
        rows.collect(),
    );
    accounts(pages, f, say);
    match &f.access.tokens {
        None => pages.text(say.t(
            "Der er ingen adgangsnøgler til samtaleoptagelser.",
            "There are no access tokens to recorded calls.",
        )),
        Some(tokens) => {
            let rows = tokens.iter().map(|t| {
                vec![
                    t.name.clone(),
                    t.roles.join(", "),
                    t.until.map_or_else(|| say.t("uden udløb", "no end"), |d| say.day(d)),
                ]
            });
            pages.table(
                say.t("Adgang til samtaleoptagelser (oplyst)", "Access to recorded calls (stated)"),
                &[30, 50, 20],
                vec![
                    say.t("Navn", "Name"),
                    say.t("Roller", "Roles"),
                    say.t("Gælder til", "Good until"),
                ],
                rows.collect(),
            );
        }
    }
    if let Some(calls) = &f.calls {
        listening(pages, calls, say);
    }
}

/// The accounts of the console and the tokens of the interface for machines.
fn accounts(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    let a = &f.access;
    if a.accounts.is_empty() && a.api_tokens.is_empty() {
        return pages.text(say.t(
            "Konsollen har ingen brugere, og der er ingen adgangsnøgler til programgrænsefladen.",
            "The console has no accounts, and the interface for machines no tokens.",
        ));
    }
    let list = |words: &[String]| match words {
        [] => "–".to_owned(),
        words => words.join(", "),
    };
    let rows = a.accounts.iter().chain(&a.api_tokens).map(|row| {
        let good = match (row.closed, row.until) {
            (true, Some(day)) => {
                say.t(&format!("lukket {}", say.day(day)), &format!("closed {}", say.day(day)))
            }
            (_, Some(day)) => {
                say.t(&format!("til {}", say.day(day)), &format!("until {}", say.day(day)))
            }
            (_, None) => say.t("åben", "open"),
        };
        let factor = match row.second_factor {
            Some(true) => say.t("ja", "yes"),
            Some(false) => say.t("nej", "no"),
            None => say.t("nøgle", "token"),
        };
        let roles: Vec<String> = row.roles.iter().map(|r| say.role(r)).collect();
        let sets: Vec<String> = row.datasets.iter().map(|d| say.dataset(d)).collect();
        vec![row.name.clone(), list(&roles), list(&sets), factor, good]
    });
    pages.table(
        say.t(
            "Brugere og adgangsnøgler, da rapporten blev lavet (oplyst)",
            "Accounts and tokens when the report was made (stated)",
        ),
        &[20, 28, 26, 11, 15],
        vec![
            say.t("Navn", "Name"),
            say.t("Roller", "Roles"),
            say.t("Må se poster i", "May see records of"),
            say.t("To-faktor", "Two factors"),
            say.t("Adgang", "Access"),
        ],
        rows.collect(),
    );
}

/// Each time that somebody listened.
fn heard(pages: &mut Pages, calls: &Calls, say: &Say<'_>) {
    let all: u64 = calls.listening.iter().map(|l| l.allowed + l.refused).sum();
    let rows = calls.log.iter().map(|h| {
        vec![
            say.instant(h.at),
            h.who.clone(),
            h.purpose.clone(),
            match (h.act.as_str(), h.allowed) {
                (_, false) => say.t("afvist", "refused"),
                ("export", true) => say.t("udleveret", "exported"),
                (_, true) => say.t("hørt", "heard"),
            },
            h.recording.clone(),
        ]
    });
    pages.table(
        say.t("Aflytningsloggen (oplyst)", "The log of listening (stated)"),
        &[18, 18, 18, 12, 34],
        vec![
            say.t("Hvornår", "When"),
            say.t("Hvem", "Who"),
            say.t("Formål", "Purpose"),
            say.t("Hvad", "What"),
            say.t("Optagelse", "Recording"),
        ],
        rows.collect(),
    );
    if all > calls.log.len() as u64 {
        pages.text(say.t(
            &format!("De seneste {} af {} linjer.", say.n(calls.log.len() as u64), say.n(all)),
            &format!("The latest {} of {} lines.", say.n(calls.log.len() as u64), say.n(all)),
        ));
    }
}

fn listening(pages: &mut Pages, calls: &Calls, say: &Say<'_>) {
    pages.heading(2, say.t("Samtaler og aflytning", "Calls and listening"));
    if let Some(problem) = &calls.problem {
        return pages.text(say.t(
            &format!("Loggen kunne ikke læses: {problem}"),
            &format!("The log could not be read: {problem}"),
        ));
    }
    let (granted, refused, withdrawn) = calls.consents;
    pages.text(say.t(
        &format!("{} i perioden, {} optaget, heraf {} slettet før tid. Samtykke: {} ja, {} nej, {} trukket tilbage.",
            say.count(calls.calls, ("samtale", "samtaler"), ("", "")), say.n(calls.recordings), say.n(calls.destroyed), say.n(granted), say.n(refused), say.n(withdrawn)),
        &format!("{} in the period, {} recorded, of which {} destroyed ahead of their time. Consent: {} yes, {} no, {} taken back.",
            say.count(calls.calls, ("", ""), ("call", "calls")), say.n(calls.recordings), say.n(calls.destroyed), say.n(granted), say.n(refused), say.n(withdrawn)),
    ));
    if calls.listening.is_empty() {
        return pages.text(say.t("Ingen har lyttet i perioden.", "Nobody listened in the period."));
    }
    let rows = calls.listening.iter().map(|l| {
        vec![
            l.purpose.clone(),
            match l.act.as_str() {
                "export" => say.t("udleveret", "exported"),
                _ => say.t("hørt", "heard"),
            },
            say.n(l.allowed),
            say.n(l.refused),
            say.n(l.people),
            say.n(l.reasons),
            say.n(l.without_reason),
        ]
    });
    pages.table(
        say.t("Aflytning efter formål (oplyst; begrundelsernes ord står i loggen, fordi de kan nævne personer)", "Listening by purpose (stated; the words of the reasons stay in the log, because they can name people)"),
        &[22, 14, 12, 12, 12, 14, 14],
        vec![
            say.t("Formål", "Purpose"), say.t("Hvad", "What"), say.t("Tilladt", "Allowed"), say.t("Afvist", "Refused"),
            say.t("Personer", "People"), say.t("Forskellige grunde", "Reasons"), say.t("Uden grund", "No reason"),
        ],
        rows.collect(),
    );
    heard(pages, calls, say);
}

fn staff(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    pages.heading(1, say.t("Medarbejdere", "Staff"));
    let s = &f.staff;
    if s.guidelines.is_empty() && s.trainings.is_empty() {
        return pages.text(say.t(
            "Fortegnelsen har ingen retningslinjer, og der er ikke registreret undervisning.",
            "The register has no guidelines, and no training was entered.",
        ));
    }
    let rows = s.guidelines.iter().map(|g| {
        vec![
            g.guideline.clone(),
            g.version.clone(),
            say.n(g.concerned),
            say.n(g.current),
            say.n(g.outdated),
            say.n(g.missing),
        ]
    });
    if !s.guidelines.is_empty() {
        pages.table(
            say.t(
                "Retningslinjer, der er bekræftet læst (oplyst)",
                "Guidelines attested as read (stated)",
            ),
            &[30, 14, 14, 14, 14, 14],
            vec![
                say.t("Retningslinje", "Guideline"),
                say.t("Udgave", "Version"),
                say.t("Vedrører", "Concerns"),
                say.t("Bekræftet", "Attested"),
                say.t("Kun ældre", "Older only"),
                say.t("Mangler", "Missing"),
            ],
            rows.collect(),
        );
    }
    if !s.trainings.is_empty() {
        let rows = s
            .trainings
            .iter()
            .map(|t| vec![t.course.clone(), say.n(t.valid), say.n(t.lapsed), say.n(t.never)]);
        pages.table(
            say.t("Undervisning (oplyst)", "Training (stated)"),
            &[46, 18, 18, 18],
            vec![
                say.t("Emne", "Subject"),
                say.t("Gyldig", "Valid"),
                say.t("Udløbet", "Lapsed"),
                say.t("Aldrig", "Never"),
            ],
            rows.collect(),
        );
    }
}
