//! Words that many letters share, in Danish and English. No more law than the articles say.

use frist_register::Lang;

/// The template of a shared part.
pub(crate) fn part(name: &str, lang: Lang) -> &'static str {
    match (name, lang) {
        ("complaint", Lang::Da) => include_str!("../../templates/da/part-complaint.md"),
        ("complaint", Lang::En) => include_str!("../../templates/en/part-complaint.md"),
        ("contact", Lang::Da) => include_str!("../../templates/da/part-contact.md"),
        ("contact", Lang::En) => include_str!("../../templates/en/part-contact.md"),
        (_, Lang::Da) => include_str!("../../templates/da/part-closing.md"),
        (_, Lang::En) => include_str!("../../templates/en/part-closing.md"),
    }
}

fn choose(lang: Lang, da: &'static str, en: &'static str) -> &'static str {
    if lang == Lang::Da { da } else { en }
}

/// What was asked for: `erasure` is `sletning`. An unknown word stays as it is.
pub(crate) fn right(word: &str, lang: Lang) -> &str {
    match word {
        "access" => choose(lang, "indsigt", "access"),
        "rectification" => choose(lang, "berigtigelse", "rectification"),
        "erasure" => choose(lang, "sletning", "erasure"),
        "restriction" => choose(lang, "begrænsning af behandling", "restriction of processing"),
        "portability" => {
            choose(lang, "udlevering af oplysninger (dataportabilitet)", "data portability")
        }
        "objection" => choose(lang, "indsigelse", "objection"),
        "consent" => choose(lang, "tilbagetrækning af samtykke", "withdrawal of consent"),
        other => other,
    }
}

/// What is decided for one kind of data.
pub(crate) fn answer(word: &str, lang: Lang) -> &str {
    match word {
        "erase" => choose(lang, "Slettes", "Erased"),
        "anonymise" => choose(lang, "Anonymiseres", "Anonymised"),
        "refuse" => choose(lang, "Slettes ikke", "Not erased"),
        "person" => choose(lang, "Vurderes fortsat", "Still being assessed"),
        other => other,
    }
}

/// `17(3)(b)` as people write it: `artikel 17, stk. 3, litra b`, `Article 17(3)(b)`.
#[must_use]
pub fn article(word: &str, lang: Lang) -> String {
    if lang == Lang::En {
        return format!("Article {word}");
    }
    let mut parts = word.split(['(', ')']).filter(|p| !p.is_empty());
    let mut out = format!("artikel {}", parts.next().unwrap_or_default());
    for part in parts {
        let name = if part.starts_with(|c: char| c.is_ascii_digit()) { "stk." } else { "litra" };
        out.push_str(&format!(", {name} {part}"));
    }
    out
}

/// What an article says, so that it can stand after "because".
pub(crate) fn article_text(word: &str, lang: Lang) -> &'static str {
    let (da, en) = match word {
        "17(1)(a)" => {
            ("oplysningerne ikke længere er nødvendige", "the data is no longer necessary")
        }
        "17(1)(b)" => ("samtykket er trukket tilbage", "the consent has been withdrawn"),
        "17(1)(c)" => ("du har gjort indsigelse", "you have objected"),
        "17(1)(d)" => ("oplysningerne er behandlet ulovligt", "the data was processed unlawfully"),
        "17(1)(e)" => ("loven kræver, at de slettes", "the law demands their erasure"),
        "17(1)(f)" => (
            "oplysningerne er indsamlet, da du var barn",
            "the data was collected when you were a child",
        ),
        "17(1)" => (
            "ingen af grundene til sletning i artikel 17, stk. 1, er til stede",
            "none of the grounds for erasure in Article 17(1) applies",
        ),
        "17(3)(a)" => (
            "hensynet til ytrings- og informationsfriheden kræver, at oplysningerne bevares",
            "freedom of expression and information requires keeping the data",
        ),
        "17(3)(b)" => (
            "vi skal opbevare oplysningerne for at opfylde en retlig forpligtelse eller udføre en offentlig opgave",
            "we must keep the data to comply with a legal obligation or to carry out a public task",
        ),
        "17(3)(c)" => (
            "hensynet til folkesundheden kræver, at oplysningerne bevares",
            "public health requires keeping the data",
        ),
        "17(3)(d)" => (
            "oplysningerne er nødvendige til arkivformål, forskning eller statistik",
            "the data is needed for archiving, research or statistics",
        ),
        "17(3)(e)" => (
            "oplysningerne er nødvendige, for at et retskrav kan fastlægges, gøres gældende eller forsvares",
            "the data is needed to establish, exercise or defend a legal claim",
        ),
        "18(1)(a)" => (
            "du har bestridt, at oplysningerne er rigtige, og vi skal undersøge det",
            "you contest that the data is accurate, and we have to examine it",
        ),
        "18(1)(b)" => (
            "behandlingen er ulovlig, men du ikke ønsker oplysningerne slettet",
            "the processing is unlawful, but you do not want the data erased",
        ),
        "18(1)(c)" => (
            "vi ikke længere har brug for oplysningerne, men du har brug for dem til et retskrav",
            "we no longer need the data, but you need it for a legal claim",
        ),
        "18(1)(d)" => (
            "du har gjort indsigelse, og det skal afklares, om den skal imødekommes",
            "you have objected, and it has to be settled whether the objection is met",
        ),
        _ => ("", ""),
    };
    choose(lang, da, en)
}
