//! What is not in order, said without being asked.

use super::words::Say;
use crate::bundle::Figures;
use crate::pages::Pages;

/// Lateness that is told only in the tables, in seconds: a sweep a day, and a day of grace.
const TOLERABLE: u64 = 2 * 86_400;

/// What came too late, or is overdue.
fn overdue(points: &mut Vec<String>, f: &Figures, say: &Say<'_>) {
    for d in f.proven.disposed.iter().filter(|d| d.late_max_seconds > TOLERABLE) {
        let (name, late) = (say.dataset(&d.dataset), say.duration(d.late_max_seconds));
        points.push(say.t(
            &format!("»{name}«: poster blev slettet op til {late} efter deres frist."),
            &format!("“{name}”: records were erased up to {late} past their period."),
        ));
    }
    let n = |n: usize, da: &str, en: &str, points: &mut Vec<String>| {
        if n > 0 {
            let n = say.n(n as u64);
            points.push(say.t(&format!("{da}: {n}."), &format!("{en}: {n}.")));
        }
    };
    let state = |of: &str| f.requests.rows.iter().filter(|r| r.state == of).count();
    n(state("late"), "Anmodninger besvaret for sent", "Requests answered late", points);
    n(
        state("overdue"),
        "Anmodninger ubesvaret efter fristen",
        "Requests unanswered after the deadline",
        points,
    );
    let late = f.inquiries.iter().filter(|i| i.in_time == Some(false)).count();
    n(
        late,
        "Tilsynets henvendelser besvaret for sent eller over fristen",
        "Inquiries answered late or overdue",
        points,
    );
    let late = f.breaches.iter().filter(|b| b.in_time == Some(false)).count();
    n(late, "Brud anmeldt efter 72 timer", "Breaches notified after 72 hours", points);
    let open = f.breaches.iter().filter(|b| b.risk.is_none()).count();
    n(open, "Brud, hvor risikoen ikke er vurderet", "Breaches whose risk was not assessed", points);
    let holds: u64 = f.holds.iter().map(|h| h.review_overdue).sum();
    n(
        holds as usize,
        "Tilbageholdelser, der skulle være genvurderet",
        "Holds whose review is overdue",
        points,
    );
    let unread: u64 = f.staff.guidelines.iter().map(|g| g.outdated + g.missing).sum();
    n(
        unread as usize,
        "Bekræftelser af retningslinjer, der mangler",
        "Attestations of guidelines that are missing",
        points,
    );
    let lapsed: u64 = f.staff.trainings.iter().map(|t| t.lapsed).sum();
    n(lapsed as usize, "Undervisning, der er udløbet", "Trainings that have lapsed", points);
    let sets: u64 =
        f.backups.iter().map(|b| b.replay_sets - b.sets_in_ledger.min(b.replay_sets)).sum();
    n(
        sets as usize,
        "Slettelister, der ikke stemmer med sletteloggen",
        "Deletion lists that do not agree with the deletion log",
        points,
    );
    if f.calls.as_ref().is_some_and(|c| c.problem.is_some()) {
        points.push(
            say.t("Aflytningsloggen kunne ikke læses.", "The log of listening could not be read."),
        );
    }
}

/// What is not in order, said without being asked.
pub(super) fn write(pages: &mut Pages, f: &Figures, say: &Say<'_>) {
    let mut points = Vec::new();
    for rule in f.rules.iter().filter(|r| r.problem.is_some()) {
        let name = rule.title.get(say.lang);
        points.push(say.t(
            &format!("Reglen for »{name}« kan ikke bruges."),
            &format!("The rule of “{name}” cannot be used."),
        ));
    }
    for row in &f.coverage {
        let name = row.title.get(say.lang);
        if row.problem.is_some() {
            points.push(say.t(
                &format!("Datakilden »{name}« kunne ikke spørges."),
                &format!("The store “{name}” could not be asked."),
            ));
        }
        if !row.uncovered.is_empty() {
            let n = row.uncovered.len() as u64;
            points.push(say.t(
                &format!(
                    "I »{name}« hører {} ikke til noget datasæt.",
                    say.count(n, ("samling", "samlinger"), ("", ""))
                ),
                &format!(
                    "In “{name}”, {} in no data set.",
                    say.count(n, ("", ""), ("collection is", "collections are"))
                ),
            ));
        }
    }
    for swept in f.last_swept.iter().filter(|s| s.at.is_none() || !s.complete) {
        let name = say.dataset(&swept.dataset);
        points.push(match swept.at {
            None => say.t(
                &format!("»{name}« er aldrig gennemgået."),
                &format!("“{name}” was never swept."),
            ),
            Some(_) => say.t(
                &format!("»{name}« blev ikke gennemgået til ende i den seneste kørsel."),
                &format!("“{name}” was not swept to its end in its last sweep."),
            ),
        });
    }
    for finding in f.findings.iter().filter(|x| x.settled.is_none()) {
        let name = say.dataset(&finding.dataset);
        points.push(say.t(
            &format!(
                "»{name}«: {} ({}), siden {}.",
                say.finding(&finding.code),
                say.count(finding.records, ("post", "poster"), ("", "")),
                say.day_of(finding.first_seen)
            ),
            &format!(
                "“{name}”: {} ({}), since {}.",
                say.finding(&finding.code),
                say.count(finding.records, ("", ""), ("record", "records")),
                say.day_of(finding.first_seen)
            ),
        ));
    }
    overdue(&mut points, f, say);
    let unverified = f
        .rules
        .iter()
        .flat_map(|r| &r.grounds)
        .filter(|g| g.checked.as_deref().is_some_and(|c| c != "verified"))
        .count() as u64;
    if unverified > 0 {
        points.push(say.t(
            &format!("{} bygger på en lovhenvisning, som programmets lovsamling kun har fra anden hånd eller ikke har efterprøvet.", say.count(unverified, ("grundlag", "grundlag"), ("", ""))),
            &format!("{} on a citation that the program's law book has from a secondary source, or has not verified.", say.count(unverified, ("", ""), ("ground rests", "grounds rest"))),
        ));
    }
    pages.heading(2, say.t("Hvad der ikke er i orden", "What is not in order"));
    match points.is_empty() {
        true => pages.text(say.t(
            "Programmet har ikke fundet noget, der mangler at blive bragt i orden.",
            "The program has found nothing that remains to be settled.",
        )),
        false => pages.list(points),
    }
}
