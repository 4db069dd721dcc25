//! The first pages: what inspections ask, answered in a line each, with where the proof is.

use super::words::Say;
use crate::bundle::{EVIDENCE, Figures};
use crate::pages::Pages;

/// The questions with answer and proof.
pub(super) fn write(pages: &mut Pages, figures: &Figures, say: &Say<'_>) {
    pages.heading(1, say.t("Tilsynets spørgsmål", "What inspections ask"));
    pages.text(say.t(
        "Tabellen svarer på de spørgsmål, tilsyn med sletning plejer at stille. Kolonnen »Bevis« siger, hvor i rapporten tallene står, og om de følger af sletteloggen eller er oplyst af den dataansvarlige.",
        "The table answers what inspections of erasure usually ask. The column “Proof” says where in the report the figures are, and whether they follow from the deletion log or are stated by the controller.",
    ));
    let rows = vec![
        periods(figures, say),
        support(figures, say),
        manual(figures, say),
        everywhere(figures, say),
        control(figures, say),
        log(figures, say),
        backup(figures, say),
        integrity(figures, say),
        requests(figures, say),
        cases(figures, say),
        access(figures, say),
        staff(figures, say),
    ];
    let numbered =
        rows.into_iter().enumerate().map(|(at, [q, a, p])| vec![format!("{}. {q}", at + 1), a, p]);
    pages.table(
        say.t("Spørgsmål, svar og bevis", "Questions, answers and proof"),
        &[30, 45, 25],
        vec![say.t("Spørgsmål", "Question"), say.t("Svar", "Answer"), say.t("Bevis", "Proof")],
        numbered.collect(),
    );
    super::open::write(pages, figures, say);
}

type Line = [String; 3];

fn periods(f: &Figures, say: &Say<'_>) -> Line {
    let n = f.rules.len() as u64;
    let bad = f.rules.iter().filter(|r| r.problem.is_some()).count() as u64;
    let why =
        f.rules.iter().filter(|r| r.justification.is_some() || r.assessed_on.is_some()).count()
            as u64;
    let mut answer = match bad {
        0 => say.t(
            &format!("Ja. Alle {} datasæt har en regel med grundlag og frist; {} har også en skriftlig begrundelse.", say.n(n), say.n(why)),
            &format!("Yes. All {} data sets have a rule with its ground and period; {} also have a written justification.", say.n(n), say.n(why)),
        ),
        _ => say.t(
            &format!("Ikke for alle: {} af {} datasæt har en regel, der ikke kan bruges.", say.n(bad), say.n(n)),
            &format!("Not for all: the rule of {} of {} data sets cannot be used.", say.n(bad), say.n(n)),
        ),
    };
    if f.revisions.is_empty() {
        answer.push(' ');
        answer.push_str(&say.t(
            "Ingen udgave af fortegnelsen var i kraft i perioden.",
            "No revision of the register was in force in the period.",
        ));
    }
    [
        say.t(
            "Er der fastsat slettefrister, og på hvilket grundlag?",
            "Are periods set, and on which ground?",
        ),
        answer,
        format!(
            "{}; {}",
            say.proven("Slettefrister", "Periods"),
            say.t("filerne ligger i register/.", "the files are in register/.")
        ),
    ]
}

fn support(f: &Figures, say: &Say<'_>) -> Line {
    let p = &f.proven;
    let answer = match p.sweeps_finished + p.sweeps_aborted {
        0 => say.t(
            "Systemet sletter efter de regler, der står i fortegnelsen, men ingen slettekørsel blev afsluttet i perioden.",
            "The system erases by the rules that stand in the register, but no sweep ended in the period.",
        ),
        n => say.t(
            &format!("Ja. Systemet sletter efter de samme regler, som står i fortegnelsen: {} i perioden, heraf {} afbrudt.", say.count(n, ("slettekørsel", "slettekørsler"), ("", "")), say.n(p.sweeps_aborted)),
            &format!("Yes. The system erases by the very rules of the register: {} in the period, of which {} were stopped.", say.count(n, ("", ""), ("sweep", "sweeps")), say.n(p.sweeps_aborted)),
        ),
    };
    [
        say.t("Er sletningen understøttet teknisk?", "Is erasure supported technically?"),
        answer,
        format!("{} ({EVIDENCE}).", say.proven("Sådan slettes der", "How erasure is done")),
    ]
}

fn manual(f: &Figures, say: &Say<'_>) -> Line {
    let two = f.rules.iter().filter(|r| r.two_person).count() as u64;
    [
        say.t("Hvordan slettes manuelt, og hvem må gøre det?", "What is done by hand, and who may do it?"),
        say.t(
            &format!("En plan, der rammer usædvanligt mange poster, venter på en anden persons godkendelse; for {} gælder det altid. I perioden: {} og {}.",
                say.count(two, ("datasæt", "datasæt"), ("", "")), say.count(f.proven.plans, ("plan", "planer"), ("", "")), say.count(f.proven.approvals, ("godkendelse", "godkendelser"), ("", ""))),
            &format!("A plan that would hit unusually many records waits for another person's approval; for {} it always does. In the period: {} and {}.",
                say.count(two, ("", ""), ("data set", "data sets")), say.count(f.proven.plans, ("", ""), ("plan", "plans")), say.count(f.proven.approvals, ("", ""), ("approval", "approvals"))),
        ),
        format!("{}.", say.proven("Hvem må hvad", "Who may do what")),
    ]
}

fn everywhere(f: &Figures, say: &Say<'_>) -> Line {
    let stores = f.coverage.len() as u64;
    let silent = f.coverage.iter().filter(|c| c.problem.is_some()).count() as u64;
    let left: u64 = f.coverage.iter().map(|c| c.uncovered.len() as u64).sum();
    let mut answer = match left {
        0 => say.t(
            &format!("Ja, i de {} datakilder, fortegnelsen har: hver samling hører til et datasæt eller er undtaget med en grund.", say.n(stores)),
            &format!("Yes, in the {} stores that the register has: each collection belongs to a data set or is exempt with a reason.", say.n(stores)),
        ),
        _ => say.t(
            &format!("Nej: {} hører ikke til noget datasæt, så der slettes ikke i dem.", say.count(left, ("samling", "samlinger"), ("", ""))),
            &format!("No: {} in no data set, so nothing is erased there.", say.count(left, ("", ""), ("collection is", "collections are"))),
        ),
    };
    if silent > 0 {
        answer.push(' ');
        answer.push_str(&say.t(
            &format!(
                "{} kunne ikke spørges.",
                say.count(silent, ("datakilde", "datakilder"), ("", ""))
            ),
            &format!("{} could not be asked.", say.count(silent, ("", ""), ("store", "stores"))),
        ));
    }
    [
        say.t("Slettes der i alle systemer?", "Is it erased in all systems?"),
        answer,
        format!(
            "{}; {}",
            say.stated("Alle systemer", "All systems"),
            say.t(
                "spurgt i datakilderne, da rapporten blev lavet.",
                "asked of the stores when the report was made."
            )
        ),
    ]
}

fn control(f: &Figures, say: &Say<'_>) -> Line {
    let never = f.last_swept.iter().filter(|s| s.at.is_none()).count() as u64;
    let part = f.last_swept.iter().filter(|s| s.at.is_some() && !s.complete).count() as u64;
    let open = f.findings.iter().filter(|x| x.settled.is_none()).count() as u64;
    let late = f.proven.disposed.iter().map(|d| d.late_max_seconds).max();
    let mut da = vec![match (never, part) {
        (0, 0) => "Ja. Alle datasæt er gennemgået til ende i deres seneste kørsel.".to_owned(),
        _ => format!(
            "{} er aldrig gennemgået, {} ikke til ende.",
            say.count(never, ("datasæt", "datasæt"), ("", "")),
            say.n(part)
        ),
    }];
    let mut en = vec![match (never, part) {
        (0, 0) => "Yes. Every data set was gone through to its end in its last sweep.".to_owned(),
        _ => format!(
            "{} never swept, {} not to the end.",
            say.count(never, ("", ""), ("data set was", "data sets were")),
            say.n(part)
        ),
    }];
    if let Some(late) = late {
        da.push(format!(
            "Den post, der blev slettet senest, gik {} over sin frist.",
            say.duration(late)
        ));
        en.push(format!(
            "The record that was erased the latest was {} past its period.",
            say.duration(late)
        ));
    }
    da.push(format!("{} åbne.", say.count(open, ("fund er", "fund er"), ("", ""))));
    en.push(format!("{} open.", say.count(open, ("", ""), ("finding is", "findings are"))));
    [
        say.t(
            "Kontrolleres det, at fristerne overholdes?",
            "Is it controlled that periods are met?",
        ),
        say.t(&da.join(" "), &en.join(" ")),
        format!(
            "{}; {}.",
            say.proven("Kontrol", "Control"),
            say.t("åbne fund: oplyst", "open findings: stated")
        ),
    ]
}

fn log(f: &Figures, say: &Say<'_>) -> Line {
    let batches: u64 = f.proven.disposed.iter().map(|d| d.batches).sum();
    [
        say.t("Er der en log over, hvad der er slettet?", "Is there a log of what was erased?"),
        say.t(
            &format!("Ja. I perioden {} i {}, hver med sin indførsel i sletteloggen. For hver enkelt post kan der gives en kvittering.",
                say.count(f.proven.records(), ("post", "poster"), ("", "")), say.count(batches, ("portion", "portioner"), ("", ""))),
            &format!("Yes. In the period {} in {}, each with its entry in the deletion log. A receipt can be given for each single record.",
                say.count(f.proven.records(), ("", ""), ("record", "records")), say.count(batches, ("", ""), ("batch", "batches"))),
        ),
        format!("{} ({EVIDENCE}).", say.proven("Slettelog", "Deletion log")),
    ]
}

fn backup(f: &Figures, say: &Say<'_>) -> Line {
    let kept = f.backups.iter().filter(|b| b.kept.is_some()).count() as u64;
    let back: u64 = f.proven.replays.iter().map(|r| r.records).sum();
    let n = f.proven.replays.len() as u64;
    let (da, en) = match n {
        0 => (
            "Der er ikke genskabt fra sikkerhedskopi i perioden.".to_owned(),
            "Nothing was restored from backup in the period.".to_owned(),
        ),
        _ => (
            format!(
                "Efter genskabelse er sletningen gentaget {}; {} var kommet tilbage og blev slettet igen.",
                say.count(n, ("gang", "gange"), ("", "")),
                say.count(back, ("post", "poster"), ("", ""))
            ),
            format!(
                "After a restore, erasure was repeated {}; {} had come back and erased again.",
                say.count(n, ("", ""), ("time", "times")),
                say.count(back, ("", ""), ("record", "records"))
            ),
        ),
    };
    [
        say.t(
            "Kan slettede oplysninger komme tilbage fra en sikkerhedskopi?",
            "Can erased data come back from a backup?",
        ),
        say.t(
            &format!(
                "{} har sikkerhedskopier med angivet levetid. {da}",
                say.count(kept, ("datakilde", "datakilder"), ("", ""))
            ),
            &format!(
                "{} backups with a stated life. {en}",
                say.count(kept, ("", ""), ("store has", "stores have"))
            ),
        ),
        format!(
            "{}; {}.",
            say.proven("Sikkerhedskopier", "Backups"),
            say.t("levetid: oplyst", "their life: stated")
        ),
    ]
}

fn integrity(f: &Figures, say: &Say<'_>) -> Line {
    let sets: u64 = f.backups.iter().map(|b| b.replay_sets).sum();
    let sound: u64 = f.backups.iter().map(|b| b.sets_in_ledger).sum();
    let (da, en) = match (sets, sets - sound.min(sets)) {
        (0, _) => (
            "Der er lige nu intet, der skulle slettes igen efter en genskabelse.".to_owned(),
            "At present there is nothing that would have to be erased again after a restore."
                .to_owned(),
        ),
        (_, 0) => (
            format!(
                "Ja. Listerne over, hvad der skal slettes igen ({}), er sammenholdt med sletteloggen, hashværdi for hashværdi: alle stemmer.",
                say.n(sets)
            ),
            format!(
                "Yes. The lists of what has to be erased again ({}) were held against the deletion log, hash by hash: all agree.",
                say.n(sets)
            ),
        ),
        (_, bad) => (
            format!("Nej: {} af {} lister stemmer ikke med sletteloggen.", say.n(bad), say.n(sets)),
            format!(
                "No: {} of {} lists do not agree with the deletion log.",
                say.n(bad),
                say.n(sets)
            ),
        ),
    };
    [
        say.t(
            "Er de slettelister, der køres igen efter en genskabelse, uændrede?",
            "Are the deletion lists that are run again after a restore intact?",
        ),
        say.t(&da, &en),
        format!(
            "{}; {}",
            say.stated("Sikkerhedskopier", "Backups"),
            say.t(
                "sletteloggen har selv hver enkelt hashværdi.",
                "the deletion log itself has each single hash."
            )
        ),
    ]
}

fn requests(f: &Figures, say: &Say<'_>) -> Line {
    let sum = |of: &dyn Fn(&crate::bundle::RightRow) -> u64| {
        f.requests.by_right.iter().map(of).sum::<u64>()
    };
    let all = sum(&|r| r.received);
    let answer = match all {
        0 => say.t("Der har ikke været anmodninger i perioden.", "There were no requests in the period."),
        _ => say.t(
            &format!("{}: {} besvaret til tiden, {} for sent, {} åbne inden for fristen, {} ubesvaret efter fristen, {} trukket tilbage.",
                say.count(all, ("anmodning", "anmodninger"), ("", "")), say.n(sum(&|r| r.in_time)), say.n(sum(&|r| r.late)), say.n(sum(&|r| r.open)), say.n(sum(&|r| r.overdue)), say.n(sum(&|r| r.withdrawn))),
            &format!("{}: {} answered in time, {} late, {} open within the deadline, {} unanswered after it, {} withdrawn.",
                say.count(all, ("", ""), ("request", "requests")), say.n(sum(&|r| r.in_time)), say.n(sum(&|r| r.late)), say.n(sum(&|r| r.open)), say.n(sum(&|r| r.overdue)), say.n(sum(&|r| r.withdrawn))),
        ),
    };
    [
        say.t(
            "Besvares de registreredes anmodninger til tiden?",
            "Are data subjects' requests answered in time?",
        ),
        answer,
        format!(
            "{}; {}",
            say.stated("Anmodninger", "Requests"),
            say.t(
                "hvert skridt har sin indførsel i sletteloggen.",
                "each step has its entry in the deletion log."
            )
        ),
    ]
}

fn cases(f: &Figures, say: &Say<'_>) -> Line {
    let n = f.breaches.len() as u64;
    let late = f.breaches.iter().filter(|b| b.in_time == Some(false)).count() as u64;
    let open = f.inquiries.iter().filter(|i| i.outcome.is_empty()).count() as u64;
    [
        say.t("Føres der liste over brud på persondatasikkerheden, og er de anmeldt inden 72 timer?", "Are breaches logged, and notified within 72 hours?"),
        say.t(
            &format!("{} på listen, {} anmeldt efter 72 timer. {} fra tilsynsmyndigheden, {} uafsluttet.", say.count(n, ("brud", "brud"), ("", "")), say.n(late), say.count(f.inquiries.len() as u64, ("henvendelse", "henvendelser"), ("", "")), say.n(open)),
            &format!("{} logged, {} notified after 72 hours. {} from the authority, {} undecided.", say.count(n, ("", ""), ("breach", "breaches")), say.n(late), say.count(f.inquiries.len() as u64, ("", ""), ("inquiry", "inquiries")), say.n(open)),
        ),
        format!("{}.", say.stated("Brud og tilsynssager", "Breaches and inquiries")),
    ]
}

fn access(f: &Figures, say: &Say<'_>) -> Line {
    let heard: u64 = f.calls.iter().flat_map(|c| &c.listening).map(|l| l.allowed).sum();
    let tail = match &f.calls {
        None => say.t("Der optages ikke samtaler.", "No calls are recorded."),
        Some(c) if c.problem.is_some() => {
            say.t("Aflytningsloggen kunne ikke læses.", "The log of listening could not be read.")
        }
        Some(_) => say.t(
            &format!(
                "Optagelser er hørt eller udleveret {}.",
                say.count(heard, ("gang", "gange"), ("", ""))
            ),
            &format!(
                "Recordings were heard or exported {}.",
                say.count(heard, ("", ""), ("time", "times"))
            ),
        ),
    };
    let people = f.access.operators.len() as u64;
    let open = f.access.accounts.iter().filter(|a| !a.closed).count() as u64;
    [
        say.t("Hvem har adgang, og hvem har lyttet?", "Who has access, and who listened?"),
        format!(
            "{} {tail}",
            say.t(
                &format!(
                    "{} har adgang til konsollen. {} har handlet i systemet i perioden.",
                    say.count(open, ("bruger", "brugere"), ("", "")),
                    say.count(
                        people,
                        ("person eller program", "personer eller programmer"),
                        ("", "")
                    )
                ),
                &format!(
                    "{} open in the console. {} acted in the system in the period.",
                    say.count(open, ("", ""), ("account is", "accounts are")),
                    say.count(people, ("", ""), ("person or program", "people or programs"))
                ),
            )
        ),
        format!(
            "{}; {}.",
            say.proven("Hvem må hvad", "Who may do what"),
            say.t("roller og aflytning: oplyst", "roles and listening: stated")
        ),
    ]
}

fn staff(f: &Figures, say: &Say<'_>) -> Line {
    let (must, have) =
        f.staff.guidelines.iter().fold((0, 0), |(m, h), g| (m + g.concerned, h + g.current));
    let answer = match (f.staff.guidelines.len(), f.staff.employed) {
        (0, _) => say.t(
            "Fortegnelsen har ingen retningslinjer, som medarbejderne skal bekræfte.",
            "The register has no guidelines that staff are to attest.",
        ),
        (_, 0) => say.t(
            "Der er ikke registreret medarbejdere, som skal bekræfte retningslinjerne.",
            "No staff are entered who would attest the guidelines.",
        ),
        _ => say.t(
            &format!(
                "{} af {} bekræftelser er givet på den gældende udgave.",
                say.n(have),
                say.n(must)
            ),
            &format!(
                "{} of {} attestations were given of the version in force.",
                say.n(have),
                say.n(must)
            ),
        ),
    };
    [
        say.t("Kender medarbejderne reglerne?", "Do staff know the rules?"),
        answer,
        format!("{}.", say.stated("Medarbejdere", "Staff")),
    ]
}
