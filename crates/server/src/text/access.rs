//! The table of access in Danish, for its page and for the log; its English stands in the table itself.

use frist_register::Lang;

use crate::access::{Action, Condition, NOTES};

super::wording! {
AccessTexts access_texts;
    action "Det kan man" "What can be done";
    yes "ja" "yes";
    no "nej" "no";
    changes "ændrer noget" "changes something";
    reads "viser personoplysninger" "shows personal data";
    conditions "Ja på betingelse" "Yes on a condition";
    conditions_lead "Hvor der står et bogstav, må rollen kun, når betingelsen er opfyldt; står der flere, når de alle er." "Where there is a letter the role may only when its condition holds; where there are several, when all of them do.";
}

/// What can be done, in words.
pub(crate) fn action(action: Action, lang: Lang) -> &'static str {
    use Action as A;
    if lang == Lang::En {
        return action.text();
    }
    match action {
        A::SeeToday => "se, hvad der haster mest",
        A::SeeHorizon => "se, hvad der forfalder måned for måned",
        A::SeeMetrics => "læse tal til overvågning",
        A::SeeRegister => "læse registeret",
        A::EditRegister => "foreslå en ændring af registeret",
        A::ApproveRegister => "sætte et ændret register i kraft",
        A::Assess => "vurdere, hvor længe oplysninger må opbevares",
        A::SeeDatasets => "se datasæt med deres regler og antal",
        A::SeeStores => "se datakilder: om de svarer, og hvad ingen regel dækker",
        A::SeeRecord => "slå en post op med det, der afgør den",
        A::SeeDocuments => "læse dokumenter lavet af registeret",
        A::Attest => "bekræfte at have læst en retningslinje",
        A::SeeSweeps => "se planer og slettekørsler",
        A::PlanSweep => "lave en plan",
        A::SeeSample => "se eksempler på det, en plan sletter",
        A::ApproveSweep => "godkende en plan",
        A::RunSweep => "gennemføre en plan",
        A::GetReceipt => "hente kvitteringen for en slettet post",
        A::SettleFinding => "bringe et fund i orden",
        A::SeeHolds => "se tilbageholdelser: sag, begrundelse og omfang",
        A::AddHold => "standse sletning i en sag",
        A::ReleaseHold => "ophæve en tilbageholdelse",
        A::SeeCases => "se sager",
        A::WorkCase => "arbejde på en sag: log, breve, identitet, forlængelse",
        A::FindPerson => "finde en person på tværs af datakilder",
        A::DecideRecords => "afgøre en anmodning, post for post",
        A::ApproveErasure => "godkende det, en anmodning sletter",
        A::Review => "besvare registerets spørgsmål om poster",
        A::SeeConsents => "se samtykker",
        A::RecordConsent => "registrere et samtykke",
        A::WithdrawConsent => "registrere, at et samtykke er trukket tilbage",
        A::Account => "henvendelser, brud og bekræftelser",
        A::GetBundle => "lave den samlede dokumentation til en myndighed",
        A::SeeCalls => "se samtaler, der er i gang eller optaget, men ikke høre dem",
        A::HandleCall => "sætte på pause, genoptage og markere; registrere en tilbagetrækning",
        A::StopRecording => "stoppe al optagelse",
        A::StartRecording => "begynde at optage igen",
        A::Listen => "høre en optagelse, med en begrundelse",
        A::TransferCall => "overføre en optagelse som bevis",
        A::ApproveTransfer => "godkende, at en optagelse overføres",
        A::SeeListenings => "se, hvem der har hørt hvad og hvorfor",
        A::SeeLedger => "læse sletteloggen",
        A::GetEvidence => "hente slettelogens bevis",
        A::SeePeople => "se konti, roller og hvem der skal kende hvad",
        A::ManageAccounts => "oprette, lukke og åbne konti",
        A::GrantOther => "give rollerne tekniker, revisor og administrator",
        A::GrantReading => {
            "give roller, der viser personoplysninger; sige, hvem der skal kende hvad"
        }
        A::SeeAccessLog => "se, hvem der loggede ind, blev afvist eller så noget",
        A::SeeSignIns => "se, hvem der loggede ind eller blev spærret ude",
        A::Configure => "nøgler til maskiner, webhooks, tidsplanen",
        A::OwnAccount => "ens egen konto: adgangskode og to-faktor",
    }
}

/// What stands above the actions that begin with this one.
pub(crate) fn heading(action: Action, lang: Lang) -> Option<&'static str> {
    let english = action.heading()?;
    if lang == Lang::En {
        return Some(english);
    }
    Some(match action {
        Action::SeeToday => "Overblik",
        Action::SeeRegister => "Register og regler",
        Action::SeeSweeps => "Slettekørsler",
        Action::SeeHolds => "Tilbageholdelser",
        Action::SeeCases => "Sager: anmodninger, vurderinger, samtykker, henvendelser og brud",
        Action::SeeCalls => "Samtaler",
        Action::SeeLedger => "Bevis",
        Action::SeePeople => "Personer og system",
        _ => english,
    })
}

/// What a condition says.
pub(crate) fn condition(condition: Condition, lang: Lang) -> &'static str {
    if lang == Lang::En {
        return condition.text();
    }
    match condition {
        Condition::NeedToKnow => "i et datasæt, som personen har brug for at kende",
        Condition::NotMaker => "en anden har lavet det, der godkendes",
        Condition::NotOneself => "kontoen er en andens",
        Condition::NoDpo => "så længe ingen konto er databeskyttelsesrådgiverens",
        Condition::Named => "nævnt som medlytter til det formål, der er givet samtykke til",
        Condition::TwoPersons => "en anden person har godkendt det",
    }
}

/// What is said under the table.
pub(crate) fn notes(lang: Lang) -> String {
    if lang == Lang::En {
        return NOTES.join(" ");
    }
    "Roller lægges sammen: er en person også administrator, har personen stadig sin anden rolle. \
     Roller, der viser personoplysninger eller giver adgang til dem, gives af en \
     databeskyttelsesrådgiver og aldrig til én selv; en administrator giver dem kun, så længe der ingen \
     databeskyttelsesrådgiver er, og det står i adgangsloggen. En person med sådan en rolle får nyt link \
     af en databeskyttelsesrådgiver, ikke af en administrator. Hver afvisning og hvert opslag i \
     personoplysninger noteres."
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_danish_table_is_danish() {
        for one in Action::ALL {
            assert_ne!(action(*one, Lang::Da), one.text());
            assert_eq!(heading(*one, Lang::Da).is_some(), one.heading().is_some());
            let same = heading(*one, Lang::Da).filter(|h| Some(*h) == one.heading());
            assert_eq!(same, None, "{one:?}");
        }
        for one in Condition::ALL {
            assert_ne!(condition(one, Lang::Da), one.text());
        }
    }
}
