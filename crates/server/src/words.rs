//! Words for things that have a fixed set of values: roles, decisions, plans, findings, the log.

use frist_decide::Outcome;
use frist_documents::Source;
use frist_law::LawBook;
use frist_register::{DataSet, Lang, Register};
use frist_state::{NewFinding, PlanStatus};

use crate::access::Role;
use crate::api::Scope;
use crate::text::Texts;

/// A period as the register writes it, whichever of the two languages it was typed in: `35 dage` is
/// `35 days`. What is none is left for the checker to say.
pub(crate) fn period_written(typed: &str) -> String {
    let typed = typed.trim();
    let (number, unit) = typed.split_at(typed.find(|c: char| !c.is_ascii_digit()).unwrap_or(0));
    if number.is_empty() {
        return typed.to_owned();
    }
    let (one, many) = match unit.trim().to_lowercase().as_str() {
        "time" | "timer" => ("hour", "hours"),
        "dag" | "dage" => ("day", "days"),
        "uge" | "uger" => ("week", "weeks"),
        "måned" | "måneder" => ("month", "months"),
        "år" => ("year", "years"),
        _ => return typed.to_owned(),
    };
    format!("{number} {}", if number == "1" { one } else { many })
}

/// A period of the register in somebody's language, where what they send back is the same.
pub(crate) fn period_shown(written: &str, lang: Lang) -> String {
    let period = written.parse::<frist_law::Period>().ok().filter(|_| lang == Lang::Da);
    let shown = period.map(frist_law::Period::text_da);
    shown.filter(|shown| period_written(shown) == written).unwrap_or_else(|| written.to_owned())
}

/// A data set's rule in sentences with its statutes; empty when it cannot be made out, which the
/// checker says.
pub(crate) fn rule(register: &Register, dataset: &DataSet, lang: Lang) -> String {
    let source = Source { register, book: LawBook::embedded(), revision: "", lang, date: None };
    let words = frist_documents::words::rule(&source, dataset);
    words.map_or_else(|_| String::new(), |words| words.sentences(&source).join(" "))
}

/// What a role is called, and what it is for.
pub(crate) fn role(role: Role, lang: Lang) -> (&'static str, &'static str) {
    match (role, lang) {
        (Role::Dpo, Lang::Da) => {
            ("Databeskyttelsesrådgiver", "ser alt om personer, godkender, giver adgang")
        }
        (Role::Dpo, Lang::En) => {
            ("Data protection officer", "sees all about people, approves, grants access")
        }
        (Role::Caseworker, Lang::Da) => ("Sagsbehandler", "besvarer anmodninger og afgør tvivl"),
        (Role::Caseworker, Lang::En) => ("Caseworker", "answers requests and settles doubts"),
        (Role::Engineer, Lang::Da) => {
            ("Tekniker", "skriver registeret, planlægger og kører sletning")
        }
        (Role::Engineer, Lang::En) => ("Engineer", "writes the register, plans and runs sweeps"),
        (Role::Supervisor, Lang::Da) => ("Samtaleleder", "følger samtaler, samtykke og nødstop"),
        (Role::Supervisor, Lang::En) => {
            ("Call supervisor", "follows calls, consent and the kill switch")
        }
        (Role::Listener, Lang::Da) => {
            ("Medlytter", "hører optagelser til det formål, der er givet samtykke til")
        }
        (Role::Listener, Lang::En) => ("Listener", "hears recordings for the purpose consented to"),
        (Role::Auditor, Lang::Da) => ("Revisor", "ser regler og beviser, ændrer intet"),
        (Role::Auditor, Lang::En) => ("Auditor", "sees rules and proofs, changes nothing"),
        (Role::Administrator, Lang::Da) => {
            ("Administrator", "styrer konti og system, ser ingen personoplysninger")
        }
        (Role::Administrator, Lang::En) => {
            ("Administrator", "runs accounts and system, sees no personal data")
        }
    }
}

/// A decision as a chip.
pub(crate) fn outcome(outcome: Outcome, t: &Texts) -> &'static str {
    match outcome {
        Outcome::Held => t.held,
        Outcome::Unclear => t.unclear,
        Outcome::Restrict => t.restricted,
        Outcome::Review => t.review,
        Outcome::Keep => t.kept,
        Outcome::Due => t.due,
    }
}

/// What a token's scope lets it do.
pub(crate) fn scope(scope: Scope, lang: Lang) -> String {
    let da = match scope {
        Scope::OverviewRead => "se status, forsinkelse og fund",
        Scope::DatasetsRead => "se datasæt, regler og antal",
        Scope::RecordsRead => "slå en post op og se, hvad der afgør den",
        Scope::SweepsRead => "se planer og slettekørsler",
        Scope::SweepsPlan => "lave en plan",
        Scope::SweepsApprove => "godkende en plan, som en anden har lavet",
        Scope::SweepsRun => "sætte en slettekørsel i gang",
        Scope::ReceiptsRead => "hente kvitteringen for en slettet post",
        Scope::HoldsRead => "se tilbageholdelser",
        Scope::HoldsAdd => "standse sletning i en sag",
        Scope::HoldsRelease => "ophæve en tilbageholdelse",
        Scope::CasesRead => "se sager",
        Scope::CasesWork => "åbne og behandle sager",
        Scope::PersonsFind => "finde en person på tværs af datakilder, til en sag",
        Scope::CasesDecide => "afgøre en anmodning, post for post",
        Scope::ReviewsRead => "se, hvilke poster der venter på en vurdering",
        Scope::ReviewsAnswer => "besvare registerets spørgsmål om poster",
        Scope::ConsentsRead => "se og påvise samtykker",
        Scope::ConsentsRecord => "registrere et samtykke",
        Scope::ConsentsWithdraw => "registrere en tilbagetrækning af samtykke",
        Scope::LedgerRead => "læse sletteloggen",
        Scope::LedgerEvidence => "hente slettelogens bevis",
        Scope::RegisterRead => "læse registeret og få en tekst efterset",
        Scope::DocumentsRead => "læse dokumenter lavet af registeret",
    };
    if lang == Lang::Da { da.to_owned() } else { scope.text().to_owned() }
}

/// How far a plan has come.
pub(crate) fn plan_status(status: PlanStatus, waits: bool, lang: Lang) -> &'static str {
    match (status, lang) {
        (PlanStatus::Proposed, Lang::Da) if waits => "venter på godkendelse",
        (PlanStatus::Proposed, Lang::En) if waits => "waits for approval",
        (PlanStatus::Proposed, Lang::Da) => "klar",
        (PlanStatus::Proposed, Lang::En) => "ready",
        (PlanStatus::Approved, Lang::Da) => "godkendt",
        (PlanStatus::Approved, Lang::En) => "approved",
        (PlanStatus::Running, Lang::Da) => "i gang",
        (PlanStatus::Running, Lang::En) => "under way",
        (PlanStatus::Done, Lang::Da) => "udført",
        (PlanStatus::Done, Lang::En) => "done",
        (PlanStatus::Abandoned, Lang::Da) => "opgivet",
        (PlanStatus::Abandoned, Lang::En) => "abandoned",
    }
}

/// A finding of a sweep in the reader's language. What a store or a database answered stays in its
/// own words.
pub(crate) fn finding(finding: &NewFinding, lang: Lang) -> String {
    let detail = &finding.detail;
    if lang == Lang::En {
        return detail.clone();
    }
    match finding.code.as_str() {
        "unclear" => "en oplysning, som afgør noget, mangler eller kan ikke læses. Bring den i orden i datakilden, eller skriv `open = true` i registeret, hvis den må mangle.".into(),
        "became-unclear" => "poster, der var med i planen, kan ikke længere afgøres: en oplysning er ændret siden.".into(),
        "blocked" => "andre poster henviser hertil, så de kan ikke slettes endnu.".into(),
        "still-due" => "poster, der skulle være slettet, er der endnu. Se efter, hvad der holder dem fast.".into(),
        "since-planned" => "flere poster er forfaldet, siden planen blev lavet. De kommer med i den næste.".into(),
        "came-back" => "slettede poster er der igen. Se efter triggere, replikering og de programmer, der skriver til datakilden.".into(),
        "register-changed" => "registeret blev ændret undervejs. Lav en ny plan.".into(),
        "replay-kept" => "slettet én gang og bragt tilbage af en sikkerhedskopi, men en tilbageholdelse eller opbevaringspligt dækker dem nu; nogen skal tage stilling.".into(),
        "replay-left" => "slettet én gang og bragt tilbage af en sikkerhedskopi, men der er de stadig: poster, der opbevares, henviser til dem, eller datakilden lagde dem tilbage.".into(),
        "replay-interrupted" => "sletning efter en gendannelse blev afbrudt, og noget kan være tilbage. Kør `frist replay` igen.".into(),
        "unreachable" => format!("datakilden svarede ikke: {detail}"),
        "refused" => format!("datakilden afviste: {detail}"),
        "clock" => format!("uret kan ikke passe: {detail}"),
        "open-batch" => format!("en afbrudt portion kunne ikke gøres færdig: {detail}"),
        _ => detail.clone(),
    }
}

/// A line of the log of access in words.
pub(crate) fn log_word(word: &str, lang: Lang) -> String {
    let known = match (word, lang) {
        ("sign-in", Lang::Da) => "loggede ind",
        ("sign-in", Lang::En) => "signed in",
        ("sign-in-failed", Lang::Da) => "mislykket indlogning",
        ("sign-in-failed", Lang::En) => "failed to sign in",
        ("locked-out", Lang::Da) => "afvist efter for mange forsøg",
        ("locked-out", Lang::En) => "refused after too many attempts",
        ("sign-out", Lang::Da) => "loggede ud",
        ("sign-out", Lang::En) => "signed out",
        ("password", Lang::Da) => "valgte adgangskode",
        ("password", Lang::En) => "chose a password",
        ("code-failed", Lang::Da) => "forkert kode",
        ("account-made", Lang::Da) => "fik en konto ved første indlogning",
        ("account-made", Lang::En) => "got an account by the first sign-in",
        ("account-linked", Lang::Da) => "forbandt sin konto med udbyderen",
        ("account-linked", Lang::En) => "linked the account to the provider",
        ("account-unlinked", Lang::Da) => "fjernede forbindelsen til udbyderen",
        ("account-unlinked", Lang::En) => "removed the link to the provider",
        ("roles-by-group", Lang::Da) => "roller ændret efter grupper hos udbyderen",
        ("roles-by-group", Lang::En) => "roles changed by the provider's groups",
        ("code-failed", Lang::En) => "wrong code",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let action = crate::access::Action::ALL.iter().find(|a| a.word() == word);
    action.map_or(word, |action| crate::text::access::action(*action, lang)).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_words_of_their_own_in_both_languages() {
        for one in Role::ALL {
            assert_ne!(role(one, Lang::Da).1, role(one, Lang::En).1);
        }
    }

    #[test]
    fn a_period_is_typed_and_shown_in_ones_language() {
        for (danish, written) in [
            ("35 dage", "35 days"),
            ("1 dag", "1 day"),
            (" 96 Timer ", "96 hours"),
            ("6 måneder", "6 months"),
            ("1 måned", "1 month"),
            ("3år", "3 years"),
            ("2 uger", "2 weeks"),
            ("35 days", "35 days"),
            ("snart", "snart"),
            ("dage", "dage"),
            ("", ""),
        ] {
            assert_eq!(period_written(danish), written);
        }
        assert_eq!(period_shown("35 days", Lang::Da), "35 dage");
        assert_eq!(period_shown("1 year", Lang::Da), "1 år");
        assert_eq!(period_shown("35 days", Lang::En), "35 days");
        // Seen as 14 days it would come back as another text, and be a change that nobody made.
        assert_eq!(period_shown("2 weeks", Lang::Da), "2 weeks");
        assert_eq!(period_shown("snart", Lang::Da), "snart");
    }
}
