//! Coverage, sweeps, the deletion log, backups.

use super::words::Say;
use crate::bundle::Figures;
use crate::pages::Pages;

/// Sweeps and findings that are told one by one; the others are in the figures.
const ROWS: usize = 30;

pub(super) fn write(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    everywhere(pages, f, say);
    control(pages, f, say);
    log(pages, f, say);
    backups(pages, f, say);
}

fn everywhere(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    pages.heading(1, say.t("Alle systemer", "All systems"));
    pages.text(say.t(
        "Hver datakilde er spurgt, hvad der ligger i den. Det, der ikke hører til et datasæt, og som ikke er undtaget med en grund, bliver aldrig slettet og er vist her. Systemer, der slet ikke står i fortegnelsen, kan programmet ikke kende.",
        "Each store was asked what lies in it. What belongs to no data set and is not exempt with a reason is never erased, and is shown here. Systems that the register does not have at all cannot be known to the program.",
    ));
    let rows = f.coverage.iter().map(|c| {
        let left = match (&c.problem, c.uncovered.is_empty()) {
            (Some(why), _) => {
                say.t(&format!("kunne ikke spørges: {why}"), &format!("could not be asked: {why}"))
            }
            (None, true) => say.t("intet", "nothing"),
            (None, false) => c
                .uncovered
                .iter()
                .map(|u| match u.files {
                    Some(n) => say.count(n, ("fil", "filer"), ("file", "files")),
                    None => u.at.clone(),
                })
                .collect::<Vec<_>>()
                .join(", "),
        };
        let exempt: Vec<String> = c
            .exempt
            .iter()
            .map(|e| {
                let why = e.why.as_ref().map(|w| w.get(say.lang)).unwrap_or_default();
                format!("{}: {why}", e.at)
            })
            .collect();
        vec![c.title.get(say.lang).to_owned(), say.n(c.datasets), left, exempt.join("; ")]
    });
    pages.table(
        say.t(
            "Datakilder (oplyst; spurgt, da rapporten blev lavet)",
            "Stores (stated; asked when the report was made)",
        ),
        &[30, 12, 28, 30],
        vec![
            say.t("Datakilde", "Store"),
            say.t("Datasæt", "Data sets"),
            say.t("Uden datasæt", "In no data set"),
            say.t("Undtaget", "Exempt"),
        ],
        rows.collect(),
    );
}

fn control(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    pages.heading(1, say.t("Kontrol", "Control"));
    pages.text(say.t(
        "Hvert datasæts seneste gennemgang. Forsinkelsen regnes fra det øjeblik, posten skulle have været slettet, til den var væk. »Tilbageholdt« er stoppet af en tilbageholdelse, »blokeret« af en anden post, der skal bevares, »uafklaret« mangler en oplysning.",
        "Each data set's last sweep. Lateness counts from the instant at which a record was due until it was gone. “Held” was stopped by a hold, “blocked” by another record that must be kept, “unclear” lacks a fact.",
    ));
    let rows = f.last_swept.iter().map(|s| {
        let at = match (s.at, s.complete) {
            (None, _) => say.t("aldrig", "never"),
            (Some(at), true) => say.instant(at),
            (Some(at), false) => {
                format!("{} {}", say.instant(at), say.t("(ikke til ende)", "(not to the end)"))
            }
        };
        let late = match (s.at, s.done) {
            (None, _) => String::new(),
            (_, 0) => say.t("intet skulle slettes", "nothing due"),
            _ => say.t(
                &format!(
                    "halvdelen højst {}, alle højst {}",
                    say.duration(s.late_p50_seconds),
                    say.duration(s.late_max_seconds)
                ),
                &format!(
                    "half at most {}, all at most {}",
                    say.duration(s.late_p50_seconds),
                    say.duration(s.late_max_seconds)
                ),
            ),
        };
        vec![
            say.dataset(&s.dataset),
            at,
            say.n(s.done),
            late,
            format!("{} / {} / {}", say.n(s.held), say.n(s.blocked), say.n(s.unclear)),
        ]
    });
    pages.table(
        say.t(
            "Seneste gennemgang af hvert datasæt (oplyst)",
            "Last sweep of each data set (stated)",
        ),
        &[25, 20, 11, 24, 20],
        vec![
            say.t("Datasæt", "Data set"),
            say.t("Gennemgået", "Swept"),
            say.t("Slettet", "Erased"),
            say.t("Forsinkelse", "Lateness"),
            say.t("Tilbageholdt / blokeret / uafklaret", "Held / blocked / unclear"),
        ],
        rows.collect(),
    );
    let sweeps = f.sweeps.iter().take(ROWS).map(|s| {
        vec![
            s.sweep.to_string(),
            say.instant(s.started),
            match s.status.as_str() {
                "finished" => say.t("afsluttet", "finished"),
                "running" => say.t("i gang", "running"),
                _ => say.t("afbrudt", "stopped"),
            },
            say.n(s.done),
            say.n(s.approvals),
            say.n(s.incomplete),
        ]
    });
    let more = f.sweeps.len().saturating_sub(ROWS) as u64;
    pages.table(
        match more {
            0 => say.t("Slettekørsler i perioden (oplyst)", "Sweeps of the period (stated)"),
            n => say.t(
                &format!("De seneste slettekørsler (oplyst); {} mere i figures.json", say.n(n)),
                &format!("The latest sweeps (stated); {} more in figures.json", say.n(n)),
            ),
        },
        &[8, 24, 16, 14, 18, 20],
        vec![
            say.t("Nr.", "No."),
            say.t("Begyndt", "Begun"),
            say.t("Udfald", "Outcome"),
            say.t("Slettet", "Erased"),
            say.t("Godkendelser", "Approvals"),
            say.t("Datasæt ikke gennemført", "Data sets not ended"),
        ],
        sweeps.collect(),
    );
    findings(pages, f, say);
    holds(pages, f, say);
}

fn findings(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    pages.heading(2, say.t("Fund", "Findings"));
    if f.findings.is_empty() {
        return pages.text(
            say.t("Der har ikke været fund i perioden.", "There were no findings in the period."),
        );
    }
    let rows = f.findings.iter().map(|x| {
        vec![
            say.finding(&x.code),
            say.dataset(&x.dataset),
            say.n(x.records),
            say.day_of(x.first_seen),
            x.settled.map_or_else(|| say.t("åbent", "open"), |s| say.day_of(s)),
        ]
    });
    pages.table(
        say.t(
            "Fund, åbne og afgjorte (oplyst; at de blev gjort, står i sletteloggen)",
            "Findings, open and settled (stated; that they were made stands in the deletion log)",
        ),
        &[32, 26, 12, 15, 15],
        vec![
            say.t("Fund", "Finding"),
            say.t("Datasæt", "Data set"),
            say.t("Poster", "Records"),
            say.t("Fundet", "Found"),
            say.t("Afgjort", "Settled"),
        ],
        rows.collect(),
    );
}

fn holds(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    pages.heading(2, say.t("Tilbageholdelser", "Holds"));
    if f.holds.is_empty() {
        return pages.text(say.t("Ingen tilbageholdelse er i kraft.", "No hold is in force."));
    }
    let rows = f.holds.iter().map(|h| {
        vec![
            h.dataset
                .as_deref()
                .map_or_else(|| say.t("alle datasæt", "all data sets"), |d| say.dataset(d)),
            say.n(h.holds),
            say.day_of(h.oldest),
            say.n(h.review_overdue),
        ]
    });
    pages.table(
        say.t(
            "Tilbageholdelser i kraft (oplyst; sagen og personen er ikke nævnt)",
            "Holds in force (stated; matter and person are not named)",
        ),
        &[40, 15, 20, 25],
        vec![
            say.t("Datasæt", "Data set"),
            say.t("Antal", "Number"),
            say.t("Den ældste fra", "The oldest from"),
            say.t("Genvurdering forfalden", "Review overdue"),
        ],
        rows.collect(),
    );
}

fn log(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    pages.heading(1, say.t("Slettelog", "Deletion log"));
    pages.text(say.t(
        "Alle tal i dette afsnit regnes ud igen af evidence.frist, når mappen efterprøves.",
        "All figures of this section are computed again from evidence.frist when the folder is verified.",
    ));
    if f.proven.disposed.is_empty() {
        return pages.text(
            say.t("Der er ikke slettet noget i perioden.", "Nothing was erased in the period."),
        );
    }
    let rows = f.proven.disposed.iter().map(|d| {
        vec![
            say.dataset(&d.dataset),
            say.disposition(&d.disposition),
            say.n(d.records),
            say.n(d.batches),
            match (say.day_of(d.first), say.day_of(d.last)) {
                (first, last) if first == last => first,
                (first, last) => format!("{first} – {last}"),
            },
            say.duration(d.late_max_seconds),
        ]
    });
    pages.table(
        say.t("Slettet i perioden (slettelog)", "Erased in the period (deletion log)"),
        &[26, 17, 11, 12, 19, 15],
        vec![
            say.t("Datasæt", "Data set"),
            say.t("Hvordan", "How"),
            say.t("Poster", "Records"),
            say.t("Portioner", "Batches"),
            say.t("Hvornår", "When"),
            say.t("Højst forsinket", "Latest by"),
        ],
        rows.collect(),
    );
    pages.text(say.t(
        &format!(
            "I alt {} i perioden; sletteloggen har {} siden den blev begyndt.",
            say.count(f.proven.records(), ("post", "poster"), ("", "")),
            say.count(f.ledger_entries, ("indførsel", "indførsler"), ("", ""))
        ),
        &format!(
            "In all {} in the period; the deletion log has {} since it was begun.",
            say.count(f.proven.records(), ("", ""), ("record", "records")),
            say.count(f.ledger_entries, ("", ""), ("entry", "entries"))
        ),
    ));
}

fn backups(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    pages.heading(1, say.t("Sikkerhedskopier", "Backups"));
    pages.text(say.t(
        "Så længe en sikkerhedskopi kan bringe en slettet post tilbage, gemmes postens nøglede hashværdi. Efter en genskabelse slettes posten igen ud fra den. Hashværdien siger intet om nogen.",
        "As long as a backup can bring an erased record back, the record's keyed hash is kept. After a restore the record is erased again by it. The hash tells nothing about anybody.",
    ));
    let rows = f.backups.iter().map(|b| {
        vec![
            b.store.clone(),
            b.kept.as_ref().map_or_else(
                || say.t("ikke angivet", "none stated"),
                |k| k.get(say.lang).to_owned(),
            ),
            say.n(b.replay_sets),
            say.n(b.sets_in_ledger),
            b.until.map(|u| say.day_of(u)).unwrap_or_default(),
        ]
    });
    pages.table(
        say.t(
            "Sikkerhedskopier og slettelister (oplyst; listerne er sammenholdt med sletteloggen)",
            "Backups and deletion lists (stated; the lists were held against the deletion log)",
        ),
        &[22, 20, 18, 22, 18],
        vec![
            say.t("Datakilde", "Store"),
            say.t("Levetid", "Copies live"),
            say.t("Slettelister", "Deletion lists"),
            say.t("Heraf som i sletteloggen", "Of these as in the log"),
            say.t("Gemmes til", "Kept until"),
        ],
        rows.collect(),
    );
    if !f.proven.replays.is_empty() {
        let rows = f
            .proven
            .replays
            .iter()
            .map(|r| vec![say.instant(r.at), say.instant(r.since), say.n(r.records)]);
        pages.table(
            say.t(
                "Sletning gentaget efter genskabelse (slettelog)",
                "Erasure repeated after a restore (deletion log)",
            ),
            &[35, 35, 30],
            vec![
                say.t("Hvornår", "When"),
                say.t("Kopi fra", "Backup of"),
                say.t("Slettet igen", "Erased again"),
            ],
            rows.collect(),
        );
    }
}
