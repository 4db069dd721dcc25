//! The register, the periods, and how erasure is done.

use super::words::Say;
use crate::bundle::{Figures, Ground};
use crate::pages::Pages;

pub(super) fn write(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    pages.heading(1, say.t("Fortegnelsen", "The register"));
    pages.text(say.t(
        "Reglerne står i fortegnelsen over behandlingsaktiviteter, og det er de samme linjer, programmet sletter efter. Her er de udgaver, der har været i kraft i perioden. Fingeraftrykket står i sletteloggen; filerne ligger i mappen register/.",
        "The rules stand in the record of processing activities, and the program erases by those very lines. These are the revisions in force in the period. The fingerprint stands in the deletion log; the files are in the folder register/.",
    ));
    let rows = f.revisions.iter().map(|r| {
        let files = r.files.len() as u64;
        vec![
            say.instant(r.from),
            r.hash.chars().take(16).collect(),
            r.by.clone(),
            match files {
                0 => say.t("teksten er ikke bevaret", "its text was not kept"),
                n => say.count(n, ("fil", "filer"), ("file", "files")),
            },
        ]
    });
    pages.table(
        say.t("Udgaver i kraft (slettelog)", "Revisions in force (deletion log)"),
        &[25, 30, 25, 20],
        vec![
            say.t("I kraft fra", "In force from"),
            say.t("Fingeraftryk", "Fingerprint"),
            say.t("Sat i kraft af", "Put in force by"),
            say.t("Filer", "Files"),
        ],
        rows.collect(),
    );
    periods(pages, f, say);
    procedure(pages, f, say);
}

fn periods(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    pages.heading(1, say.t("Slettefrister", "Periods"));
    pages.text(say.t(
        "For hvert datasæt: hvad der kræver eller tillader opbevaring, hvor længe, regnet fra hvad, og med hvilken hjemmel. Når det sidste grundlag er udløbet, skal posten slettes. Et lovkrav om opbevaring går forud for alt; et lovkrav om sletning går forud for formål, der kun tillader opbevaring.",
        "For each data set: what demands or permits keeping, for how long, counted from what, and by which law. When the last ground has ended, the record is due. A statutory duty to keep comes before everything; a statutory duty to erase comes before purposes that merely permit keeping.",
    ));
    let mut rows = Vec::new();
    for rule in &f.rules {
        let name = rule.title.get(say.lang).to_owned();
        if let Some(problem) = &rule.problem {
            rows.push(vec![name.clone(), problem.clone(), String::new(), String::new()]);
        }
        for (at, ground) in rule.grounds.iter().enumerate() {
            let first = if at == 0 { name.clone() } else { String::new() };
            rows.push(vec![first, ground_text(ground, say), term(ground, say), law(ground, say)]);
        }
    }
    pages.table(
        say.t("Regler, der gælder nu (oplyst; forseglet)", "Rules now in force (stated; sealed)"),
        &[20, 30, 25, 25],
        vec![
            say.t("Datasæt", "Data set"),
            say.t("Grundlag", "Ground"),
            say.t("Frist", "Period"),
            say.t("Hjemmel", "Law"),
        ],
        rows,
    );
    let why: Vec<(String, String)> = f
        .rules
        .iter()
        .filter(|r| r.justification.is_some() || r.assessed_on.is_some())
        .map(|r| {
            let mut text =
                r.justification.as_ref().map(|j| j.get(say.lang).to_owned()).unwrap_or_default();
            if let Some(day) = r.assessed_on {
                let day = say.day(day);
                text = format!(
                    "{text} {}",
                    say.t(&format!("Vurderet {day}."), &format!("Assessed {day}."))
                );
            }
            if let Some(day) = r.assess_again {
                let day = say.day(day);
                text = format!(
                    "{text} {}",
                    say.t(
                        &format!("Vurderes igen senest {day}."),
                        &format!("To be assessed again by {day}.")
                    )
                );
            }
            (r.title.get(say.lang).to_owned(), text.trim().to_owned())
        })
        .collect();
    if !why.is_empty() {
        pages.heading(2, say.t("Begrundelser", "Justifications"));
        pages.definitions(why);
    }
}

fn ground_text(g: &Ground, say: &Say<'_>) -> String {
    let force = match g.force.as_str() {
        "must" => say.t("Skal opbevares", "Must be kept"),
        "may" => say.t("Må opbevares", "May be kept"),
        _ => say.t("Skal være slettet", "Must be erased"),
    };
    format!("{force}: {}", g.title.get(say.lang))
}

fn term(g: &Ground, say: &Say<'_>) -> String {
    let term = g.term.as_ref().map(|t| t.get(say.lang));
    match (term, g.from.as_ref().map(|f| f.get(say.lang))) {
        (Some(t), Some(from)) => {
            say.t(&format!("{t}, regnet fra {from}"), &format!("{t}, counted from {from}"))
        }
        (Some(t), None) => t.to_owned(),
        (None, Some(from)) => say.t(
            &format!("uden fast udløb, regnet fra {from}"),
            &format!("no fixed end, counted from {from}"),
        ),
        (None, None) => say.t("så længe betingelserne er opfyldt", "while its conditions hold"),
    }
}

fn law(g: &Ground, say: &Say<'_>) -> String {
    let mut parts = g.citations.clone();
    if let Some(basis) = &g.basis {
        parts.push(frist_paper::letters::article(basis, say.lang));
    }
    match g.checked.as_deref() {
        Some("secondary") => {
            parts.push(say.t("(henvisning fra anden hånd)", "(citation from a secondary source)"))
        }
        Some("unverified") => {
            parts.push(say.t("(henvisning ikke efterprøvet)", "(citation not verified)"))
        }
        _ => {}
    }
    match parts.is_empty() {
        true => say.t("den dataansvarliges egen frist", "the controller's own period"),
        false => parts.join("; "),
    }
}

/// What the program does, step by step.
fn procedure(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    pages.heading(1, say.t("Sådan slettes der", "How erasure is done"));
    let p = &f.proven;
    pages.list(vec![
        say.t(
            "Plan: for hvert datasæt beregnes, hvad der skal slettes, ud fra posternes egne datoer og tilstande. Mangler en oplysning, slettes posten ikke; det bliver et fund, som en person skal afgøre.",
            "Plan: for each data set it is worked out what is due, from the records' own dates and states. If a fact is missing, the record is not erased; it becomes a finding that a person must settle.",
        ),
        say.t(
            "Godkendelse: rammer planen usædvanligt mange poster, eller kræver datasættet to personer, venter den på en anden person end den, der lavede den.",
            "Approval: if the plan hits unusually many records, or the data set wants two people, it waits for another person than the one who made it.",
        ),
        say.t(
            "Sletning: posterne noteres krypteret, slettes i datakilden, og datakilden prøver i selve sletningen igen, om hver post stadig skal slettes. Derefter bekræftes det i sletteloggen.",
            "Erasure: the records are noted encrypted and erased in the store, which in the erasure itself tests again whether each record is still due. It is then confirmed in the deletion log.",
        ),
        say.t(
            "Efterprøvning: datakilden spørges igen. Er noget tilbage, eller kan en datakilde ikke nås, er kørslen ikke i orden, og der slås alarm.",
            "Verification: the store is asked again. If anything is left, or a store cannot be reached, the sweep is not in order and raises an alarm.",
        ),
        say.t(
            "Nedbrud: en afbrudt kørsel gøres færdig, og der gøres rede for hver påbegyndt portion.",
            "Crash: an interrupted sweep is finished, and each batch that was begun is accounted for.",
        ),
    ]);
    pages.table(
        say.t("I perioden (slettelog)", "In the period (deletion log)"),
        &[70, 30],
        vec![say.t("Hvad", "What"), say.t("Antal", "Number")],
        vec![
            vec![say.t("Slettekørsler afsluttet", "Sweeps that ended"), say.n(p.sweeps_finished)],
            vec![
                say.t("Slettekørsler afbrudt", "Sweeps that were stopped"),
                say.n(p.sweeps_aborted),
            ],
            vec![
                say.t("Portioner gjort færdige efter et nedbrud", "Batches finished after a crash"),
                say.n(p.recovered_batches),
            ],
            vec![say.t("Planer", "Plans"), say.n(p.plans)],
            vec![say.t("Godkendelser", "Approvals"), say.n(p.approvals)],
            vec![say.t("Tilbageholdelser sat i kraft", "Holds added"), say.n(p.holds_added)],
            vec![say.t("Tilbageholdelser ophævet", "Holds released"), say.n(p.holds_released)],
        ],
    );
}
