//! Alarms in words, Danish and English. What a store or the system answered stays in its own words.

use frist_register::Lang;
use frist_state::NewAlarm;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::alarm::Kind;

/// A day and a time of it.
pub(crate) fn when(at: Timestamp, lang: Lang, zone: &TimeZone) -> String {
    let form = match lang {
        Lang::Da => "%-d.%-m.%Y kl. %H.%M",
        Lang::En => "%Y-%m-%d %H:%M",
    };
    at.to_zoned(zone.clone()).strftime(form).to_string()
}

/// A deadline: what ends at midnight ends with the day before.
pub(crate) fn until(at: Timestamp, lang: Lang, zone: &TimeZone) -> String {
    let z = at.to_zoned(zone.clone());
    if z.time() != jiff::civil::Time::midnight() {
        return when(at, lang, zone);
    }
    let form = if lang == Lang::Da { "%-d.%-m.%Y" } else { "%Y-%m-%d" };
    z.date().yesterday().unwrap_or(z.date()).strftime(form).to_string()
}

/// What an alarm is called.
#[must_use]
pub fn title(a: &NewAlarm, lang: Lang) -> String {
    let about = &a.about;
    let (da, en) = match Kind::of(&a.kind) {
        Some(Kind::Late) => {
            (format!("{about} slettes ikke til tiden"), format!("{about} is not erased in time"))
        }
        Some(Kind::Unreachable) => {
            (format!("{about} kan ikke undersøges"), format!("{about} cannot be examined"))
        }
        Some(Kind::SweepFailed) => {
            ("slettekørslen gik ikke godt".into(), "the sweep did not go well".into())
        }
        Some(Kind::Interrupted) => {
            ("en slettekørsel blev afbrudt".into(), "a sweep was interrupted".into())
        }
        Some(Kind::SchedulerFailed) => (
            "den automatiske sletning kan ikke arbejde".into(),
            "the scheduler cannot do its work".into(),
        ),
        Some(Kind::Stalled) if about == "watchdog" => {
            ("overvågningen står stille".into(), "the watchdog stands still".into())
        }
        Some(Kind::Stalled) => {
            ("den automatiske sletning står stille".into(), "the scheduler stands still".into())
        }
        Some(Kind::Register) => {
            ("registeret kan ikke bruges".into(), "the register cannot be used".into())
        }
        Some(Kind::ApprovalWaits) => (
            format!("plan {about} venter på godkendelse"),
            format!("plan {about} waits for approval"),
        ),
        Some(Kind::FindingWaits) => {
            (format!("et fund venter: {about}"), format!("a finding waits: {about}"))
        }
        Some(Kind::CaseNear) => {
            (format!("sag {about} har snart frist"), format!("case {about} is due soon"))
        }
        Some(Kind::CaseLate) => (
            format!("fristen i sag {about} er overskredet"),
            format!("the deadline of case {about} has passed"),
        ),
        Some(Kind::Ledger) => {
            ("sletteloggen kan ikke offentliggøres".into(), "the ledger cannot be published".into())
        }
        Some(Kind::Disk) => {
            (format!("disken er næsten fuld: {about}"), format!("the disk is nearly full: {about}"))
        }
        Some(Kind::Clock) => ("uret er forkert".into(), "the clock is wrong".into()),
        Some(Kind::Undelivered) => {
            (format!("beskeder når ikke frem: {about}"), format!("messages do not arrive: {about}"))
        }
        Some(Kind::Database) => (
            "Frists egen database svarer ikke".into(),
            "Frist's own database does not answer".into(),
        ),
        Some(Kind::Test) => ("en prøve".into(), "a test".into()),
        None => (a.kind.clone(), a.kind.clone()),
    };
    if lang == Lang::Da { da } else { en }
}

/// What is wrong, in a sentence.
#[must_use]
pub fn alarm(a: &NewAlarm, lang: Lang, zone: &TimeZone) -> String {
    let da = lang == Lang::Da;
    let (n, about) = (a.n, &a.about);
    let at = a.at.map(|t| when(t, lang, zone)).unwrap_or_default();
    let detail = match a.detail.is_empty() {
        true => String::new(),
        false => format!(" {}", a.detail),
    };
    match Kind::of(&a.kind) {
        Some(Kind::Late) if da => {
            format!("{about}: {n} poster skulle være slettet. De forfaldt før {at}.")
        }
        Some(Kind::Late) => {
            format!("{about}: {n} records should be gone. They became due before {at}.")
        }
        Some(Kind::Unreachable) if da => {
            format!("{about} kan ikke undersøges, og ingen ved, om noget er forsinket der.{detail}")
        }
        Some(Kind::Unreachable) => format!(
            "{about} cannot be examined, and nobody knows whether anything is late there.{detail}"
        ),
        Some(Kind::SweepFailed) if da => format!(
            "Slettekørsel {n}, begyndt {at}, efterlod noget, der skulle være slettet.{detail}"
        ),
        Some(Kind::SweepFailed) => {
            format!("Sweep {n}, begun {at}, left something that should be gone.{detail}")
        }
        Some(Kind::Interrupted) if da => {
            "En slettekørsel mistede sin proces, før den var færdig.".into()
        }
        Some(Kind::Interrupted) => "A sweep lost its process before it had ended.".into(),
        Some(Kind::SchedulerFailed) if da => {
            format!("Den automatiske sletning kunne ikke gøre sit arbejde:{detail}")
        }
        Some(Kind::SchedulerFailed) => format!("The scheduler could not do its work:{detail}"),
        Some(Kind::Stalled) if da => match a.at {
            Some(_) => format!("{}. Det seneste livstegn kom {at}.", capital(&title(a, lang))),
            None => format!("{}. Der har ikke været noget livstegn.", capital(&title(a, lang))),
        },
        Some(Kind::Stalled) => match a.at {
            Some(_) => format!("{}. The last sign of life came {at}.", capital(&title(a, lang))),
            None => format!("{}. There has been no sign of life.", capital(&title(a, lang))),
        },
        Some(Kind::Register) if da => {
            format!("Intet slettes automatisk, før registeret er i orden.{detail}")
        }
        Some(Kind::Register) => {
            format!("Nothing is erased by itself until the register is in order.{detail}")
        }
        Some(Kind::ApprovalWaits) if da => format!(
            "Plan {about} har ventet på godkendelse siden {at}; {n} poster slettes ikke imens."
        ),
        Some(Kind::ApprovalWaits) => format!(
            "Plan {about} has waited for approval since {at}; {n} records are not erased meanwhile."
        ),
        Some(Kind::FindingWaits) if da => {
            format!("{about}: {n} poster. Fundet har ventet siden {at}.{detail}")
        }
        Some(Kind::FindingWaits) => {
            format!("{about}: {n} records. The finding has waited since {at}.{detail}")
        }
        Some(Kind::CaseNear | Kind::CaseLate) => {
            let due = a.at.map(|t| until(t, lang, zone)).unwrap_or_default();
            let late = a.kind == Kind::CaseLate.word();
            match (da, late) {
                (true, false) => format!("Fristen i sag {about} er {due}."),
                (true, true) => format!("Fristen i sag {about} var {due}."),
                (false, false) => format!("The deadline of case {about} is {due}."),
                (false, true) => format!("The deadline of case {about} was {due}."),
            }
        }
        Some(Kind::Ledger) if da => {
            format!("Det nye i sletteloggen kan ikke offentliggøres.{detail}")
        }
        Some(Kind::Ledger) => format!("What is new in the ledger cannot be published.{detail}"),
        Some(Kind::Disk) if da => format!("{about}: {n} % af disken er fri."),
        Some(Kind::Disk) => format!("{about}: {n} % of the disk is free."),
        Some(Kind::Clock) if da => {
            format!("Uret sprang eller afviger fra databasens med {n} sekunder ({about}).")
        }
        Some(Kind::Clock) => {
            format!("The clock jumped, or differs from the database's, by {n} seconds ({about}).")
        }
        Some(Kind::Undelivered) if da => {
            format!("{about}: {n} beskeder blev opgivet efter dages forsøg.")
        }
        Some(Kind::Undelivered) => {
            format!("{about}: {n} messages were given up after days of trying.")
        }
        Some(Kind::Database) if da => format!("Frists egen database svarer ikke.{detail}"),
        Some(Kind::Database) => format!("Frist's own database does not answer.{detail}"),
        Some(Kind::Test) | None => format!("{}{detail}", capital(&title(a, lang))),
    }
}

/// What to do about it.
#[must_use]
pub fn advice(a: &NewAlarm, lang: Lang) -> String {
    let (da, en) = match Kind::of(&a.kind) {
        Some(Kind::Late) => (
            "Se under Slettekørsler, om en plan venter på godkendelse, og om den automatiske sletning er slået til.",
            "Look under Sweeps whether a plan waits for approval, and whether the schedule is on.",
        ),
        Some(Kind::Unreachable) => (
            "Se, om databasen eller mappen svarer, og om registeret passer til den: `frist check`.",
            "Look whether the database or folder answers, and whether the register fits it: `frist check`.",
        ),
        Some(Kind::SweepFailed) => (
            "Se fundene på forsiden, ret dem, og lav en ny plan.",
            "See the findings on the first page, settle them and make a new plan.",
        ),
        Some(Kind::Interrupted) => (
            "Den næste kørsel gør arbejdet færdigt; ellers: `frist sweep --recover`.",
            "The next sweep finishes the work; else: `frist sweep --recover`.",
        ),
        Some(Kind::Stalled) => (
            "Se, om Frists servere kører, og genstart dem. Så længe det varer, slettes intet automatisk.",
            "Look whether Frist's servers run, and restart them. Nothing is erased by itself as long as this lasts.",
        ),
        Some(Kind::Register) => (
            "Se, hvad der er galt, med `frist check`; lav en plan, når det nye register skal gælde.",
            "See what is wrong with `frist check`; make a plan when the new register is to be live.",
        ),
        Some(Kind::ApprovalWaits) => (
            "Godkend planen under Slettekørsler, eller lav en anden.",
            "Approve the plan under Sweeps, or make another.",
        ),
        Some(Kind::FindingWaits) => (
            "Se fundet på forsiden, og afklar det.",
            "See the finding on the first page, and settle it.",
        ),
        Some(Kind::CaseNear | Kind::CaseLate) => ("Åbn sagen i Frist.", "Open the case in Frist."),
        Some(Kind::Disk) => (
            "Gør plads, før Frist ikke kan skrive mere.",
            "Make room before Frist can write no more.",
        ),
        Some(Kind::Clock) => (
            "Se, om serverens ur er stillet efter en tidsserver.",
            "Look whether the machine's clock is kept by a time server.",
        ),
        Some(Kind::Undelivered) => (
            "Se under Opsætning, hvad modtageren svarede, og prøv igen derfra.",
            "See under Setting up what the receiver answered, and try again from there.",
        ),
        _ => ("Se i serverens log.", "Look at the server's log."),
    };
    (if lang == Lang::Da { da } else { en }).to_owned()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}
