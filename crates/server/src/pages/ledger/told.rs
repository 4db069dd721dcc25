//! An entry of the ledger in a sentence.

use frist_ledger::entry::{Disposal, HoldChange, Kind, Outcome};
use frist_register::Lang;

use super::super::frame::number;

/// An entry in a sentence.
pub(super) fn told(kind: &Kind, lang: Lang) -> String {
    let da = lang == Lang::Da;
    let n = |n: u64| records(n, lang);
    let pick = |d: String, e: String| if da { d } else { e };
    match kind {
        Kind::Register { revision, by } => {
            let short: String = revision.to_string().chars().take(12).collect();
            pick(
                format!("{by} satte registeret {short} i kraft"),
                format!("{by} made register {short} live"),
            )
        }
        Kind::Plan { plan, counts, .. } => {
            let due: u64 = counts.iter().map(|c| c.due).sum();
            pick(
                format!("plan {plan}: {} skal slettes", n(due)),
                format!("plan {plan}: {} are due", n(due)),
            )
        }
        Kind::Approval { plan, by, .. } => {
            pick(format!("{by} godkendte plan {plan}"), format!("{by} approved plan {plan}"))
        }
        Kind::Erased(d) => disposal(d, lang),
        Kind::Recovered { disposal: d, .. } => {
            let what = disposal(d, lang);
            pick(format!("efter en afbrydelse: {what}"), format!("after an interruption: {what}"))
        }
        Kind::Sweep { sweep, outcome, datasets } => {
            let done: u64 = datasets.iter().map(|d| d.done).sum();
            let end = match (outcome, da) {
                (Outcome::Finished, true) => "afsluttet",
                (Outcome::Finished, false) => "finished",
                (Outcome::Aborted, true) => "afbrudt",
                (Outcome::Aborted, false) => "aborted",
            };
            pick(
                format!("slettekørsel {sweep} {end}: {}", n(done)),
                format!("sweep {sweep} {end}: {}", n(done)),
            )
        }
        Kind::Hold { hold, change: HoldChange::Added, by } => pick(
            format!("{by} tilføjede tilbageholdelsen {hold}"),
            format!("{by} added the hold {hold}"),
        ),
        Kind::Hold { hold, change: HoldChange::Released, by } => pick(
            format!("{by} ophævede tilbageholdelsen {hold}"),
            format!("{by} released the hold {hold}"),
        ),
        Kind::Finding { code, dataset, count } => pick(
            format!("fund i {dataset}: {} ({code}), {}", found(code.as_str()), n(*count)),
            format!("finding {code} in {dataset}: {}", n(*count)),
        ),
        Kind::Replay { n: again, .. } => pick(
            format!("efter en gendannelse: {} slettet igen", n(*again)),
            format!("after a restore: {} erased again", n(*again)),
        ),
        Kind::EvidenceTransfer { transfer, dataset, by, .. } => pick(
            format!("{by} overførte en optagelse fra {dataset} som bevis ({transfer})"),
            format!("{by} transferred a recording of {dataset} as evidence ({transfer})"),
        ),
        Kind::Case { case, step, by } => {
            let (what, step) = (matter(case.as_str(), lang), taken(step.as_str(), lang));
            pick(format!("{what} {case}: {step} af {by}"), format!("{what} {case}: {step} by {by}"))
        }
        Kind::KeyDestroyed { by, .. } => {
            pick(format!("{by} tilintetgjorde en nøgle"), format!("{by} destroyed a key"))
        }
        Kind::CheckpointKeyRotated { by, .. } => pick(
            format!("{by} skiftede underskriftsnøglen"),
            format!("{by} changed the signing key"),
        ),
    }
}

fn disposal(d: &Disposal, lang: Lang) -> String {
    use frist_ledger::entry::Disposition as D;
    let how = match (d.disposition, lang) {
        (D::Erase, Lang::Da) => "slettet",
        (D::Erase, Lang::En) => "erased",
        (D::Anonymise, Lang::Da) => "anonymiseret",
        (D::Anonymise, Lang::En) => "anonymised",
        (D::Transfer, Lang::Da) => "overført",
        (D::Transfer, Lang::En) => "transferred",
        (D::Detach, Lang::Da) => "frakoblet",
        (D::Detach, Lang::En) => "detached",
    };
    format!("{}: {} {how}. {}", d.dataset, records(d.n, lang), d.rule.text.as_str())
}

/// So many records.
fn records(n: u64, lang: Lang) -> String {
    let word = match (lang, n) {
        (Lang::Da, 1) => "post",
        (Lang::Da, _) => "poster",
        (Lang::En, 1) => "record",
        (Lang::En, _) => "records",
    };
    format!("{} {word}", number(n, lang))
}

/// What the code of a finding says, in Danish.
fn found(code: &str) -> &'static str {
    match code {
        "unclear" => "uafklaret",
        "became-unclear" => "ikke længere til at afgøre",
        "blocked" => "andre poster henviser hertil",
        "still-due" => "ikke slettet, skønt forfalden",
        "since-planned" => "forfaldet efter planen",
        "came-back" => "slettet, men der igen",
        "register-changed" => "registeret blev ændret undervejs",
        "unreachable" => "datakilden svarede ikke",
        "refused" => "datakilden afviste",
        "clock" => "uret kan ikke passe",
        "open-batch" => "afbrudt portion",
        "replay-kept" => "gendannet, men må ikke slettes igen nu",
        "replay-left" => "gendannet og ikke slettet igen",
        "replay-interrupted" => "sletning efter gendannelse afbrudt",
        _ => "andet",
    }
}

/// What a number of a case, or the id of what else was done, stands for.
fn matter(case: &str, lang: Lang) -> &'static str {
    let da = lang == Lang::Da;
    let words = [
        ("R-", "anmodning", "request"),
        ("T-", "henvendelse fra myndighed", "inquiry"),
        ("B-", "brud", "breach"),
        ("review", "vurdering", "review"),
        ("consent", "samtykke", "consent"),
        ("assess", "vurdering af opbevaring", "assessment"),
        ("attestation", "bekræftelse af retningslinje", "attestation"),
        ("training", "kursus", "training"),
        ("evidence-bundle", "bevissamling", "bundle"),
    ];
    let known = words.iter().find(|(start, ..)| case.starts_with(start));
    match known {
        Some((_, word, _)) if da => word,
        Some((.., word)) => word,
        None if da => "sag",
        None => "case",
    }
}

/// A step as the log of a case names it.
fn taken(step: &str, lang: Lang) -> String {
    let words = [
        ("opened", "åbnet", "opened"),
        ("receipt", "modtagelsen bekræftet", "receipt confirmed"),
        ("letter", "brev skrevet", "letter written"),
        ("attached", "fil vedlagt", "file attached"),
        ("noted", "notat skrevet", "note written"),
        ("taken", "overtaget", "taken over"),
        ("identity-asked", "legitimation udbedt", "identity asked for"),
        ("identity-known", "identitet bekræftet", "identity confirmed"),
        ("part-done", "delvis udført", "done in part"),
        ("extended", "fristen forlænget", "time extended"),
        ("searched", "personen søgt", "person searched for"),
        ("found", "personen fundet", "person found"),
        ("chosen", "poster valgt", "records chosen"),
        ("asked", "godkendelse udbedt", "approval asked for"),
        ("decided", "afgjort", "decided"),
        ("approved", "godkendt", "approved"),
        ("refused", "afslået", "refused"),
        ("erased", "slettet", "erased"),
        ("reviewed", "gennemgået", "reviewed"),
        ("weighed", "afvejet", "weighed"),
        ("answered", "besvaret", "answered"),
        ("sent", "sendt", "sent"),
        ("closed", "lukket", "closed"),
        ("restricting", "begrænsning begyndt", "restriction begun"),
        ("restricted", "behandlingen begrænset", "restricted"),
        ("restriction-lifted", "begrænsningen ophævet", "restriction lifted"),
        ("lifting-announced", "ophævelse varslet", "lifting announced"),
        ("rectified", "berigtiget", "rectified"),
        ("not-rectified", "ikke berigtiget", "not rectified"),
        ("withdrawn", "trukket tilbage", "withdrawn"),
        ("granted", "givet", "given"),
        ("taken-back", "svar taget tilbage", "answer taken back"),
        ("assessed", "vurderet", "assessed"),
        ("attested", "bekræftet", "attested"),
        ("trained", "gennemført", "done"),
        ("begun", "begyndt", "begun"),
    ];
    match words.iter().find(|(word, ..)| *word == step) {
        Some((_, word, _)) if lang == Lang::Da => (*word).to_owned(),
        Some((.., word)) => (*word).to_owned(),
        // The seal of a bundle names what it seals.
        None => match (step.rsplit_once(|c: char| !c.is_ascii_hexdigit()), lang) {
            (Some((_, hash)), Lang::Da) if hash.len() == 64 => format!("forseglet ({hash})"),
            (Some((_, hash)), Lang::En) if hash.len() == 64 => format!("sealed ({hash})"),
            _ => step.replace('-', " "),
        },
    }
}

#[cfg(test)]
mod tests {
    use frist_ledger::Id;

    use super::*;

    #[test]
    fn a_step_of_a_case_is_told_in_words() {
        let kind = |case: &str, step: &str| Kind::Case {
            case: Id::new(case).unwrap(),
            step: Id::new(step).unwrap(),
            by: Id::new("ida").unwrap(),
        };
        let told = |k: &Kind| (told(k, Lang::Da), told(k, Lang::En));
        let own = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            told(&kind("R-2026-0001", "extended")),
            own(
                "anmodning R-2026-0001: fristen forlænget af ida",
                "request R-2026-0001: time extended by ida"
            )
        );
        let seal = format!("sha256:{}", "ab".repeat(32));
        assert!(told(&kind("evidence-bundle", &seal)).0.contains("forseglet (abab"));
        assert!(told(&kind("X", "what-else")).1.contains("what else by ida"));
    }
}
