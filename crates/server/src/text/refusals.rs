//! What the library refuses, in Danish: its sentences are English, and a caseworker meets these.
//!
//! A pattern is a sentence of the library as its source has it, `{}` where something is filled in. A
//! sentence that stands in no line here is shown as it is. A test holds each line against the source,
//! so that none of them goes stale unseen.

use frist_register::Lang;

/// The library's sentence, and the same in Danish.
const SENTENCES: &[(&str, &str)] = &[
    // The steps of a request.
    ("it is closed", "sagen er lukket"),
    ("it is decided", "sagen er afgjort"),
    ("it is open", "sagen er åben"),
    ("it is answered", "sagen er besvaret"),
    ("it is answered already", "sagen er allerede besvaret"),
    ("it is not answered yet", "sagen er ikke besvaret endnu"),
    ("identity was asked for", "der er bedt om legitimation"),
    ("nobody was asked for identity", "ingen er bedt om legitimation"),
    (
        "who asks is not known yet: identity was asked for",
        "det vides ikke endnu, hvem der spørger: der er bedt om legitimation",
    ),
    (
        "it was extended already, and that is possible once",
        "fristen er allerede forlænget, og det kan ske én gang",
    ),
    (
        "the person must be told within the first month, and that ended on {} (Art. 12(3))",
        "personen skal have besked inden for den første måned, og den endte {} (artikel 12, stk. 3)",
    ),
    ("nothing is decided yet", "intet er afgjort endnu"),
    ("no part is open", "intet er udskudt"),
    (
        "the first ground stands until {}; what it covers must stay so long",
        "den første grund gælder til {}; det, den dækker, skal blive så længe",
    ),
    (
        "parts of it wait for their ground to end, the last on {}",
        "noget er udskudt, til grunden ophører, det sidste til {}",
    ),
    (
        "what was decided is not erased yet, and the letter would say that it is",
        "det, der er afgjort, er ikke slettet endnu, og brevet ville sige, at det er",
    ),
    ("it needs no approval", "den skal ikke godkendes"),
    ("it is approved", "den er godkendt"),
    (
        "whoever decided it may not approve it too",
        "den, der har afgjort den, kan ikke også godkende den",
    ),
    ("it is not decided", "den er ikke afgjort"),
    ("it waits for approval", "den venter på godkendelse"),
    ("it is a request under Art. {}", "det er en anmodning efter artikel {}"),
    ("no package was made since the search", "der er ikke lavet en pakke siden søgningen"),
    (
        "{} fields or files may tell of other people, and nobody has looked at them",
        "{} felter eller filer kan fortælle om andre, og ingen har set på dem",
    ),
    ("nothing is restricted in it", "intet er begrænset i sagen"),
    (
        "the person was not told yet (Art. 18(3))",
        "personen har ikke fået besked endnu (artikel 18, stk. 3)",
    ),
    ("the person was told that it ends on {}", "personen har fået besked om, at den ophæves {}"),
    (
        "it must be after {}: the person is told before (Art. 18(3))",
        "dagen skal være efter {}: personen får besked først (artikel 18, stk. 3)",
    ),
    ("say why the restriction ends", "skriv, hvorfor begrænsningen ophæves"),
    (
        "it is not among those that were found for this person; search again, or confirm it there",
        "den er ikke blandt dem, der blev fundet for personen; søg igen, eller bekræft den dér",
    ),
    ("it is entered as sent already", "den er allerede ført ind som sendt"),
    ("say by which way it was sent", "skriv, hvordan det blev sendt"),
    ("say who asks; the letters are written to that name", "skriv, hvem der spørger"),
    (
        "it is in the future; the month would begin too late",
        "dagen ligger i fremtiden; så ville måneden begynde for sent",
    ),
    (
        "only an objection (Art. 21) can be against direct marketing",
        "kun en indsigelse (artikel 21) kan gælde direkte markedsføring",
    ),
    (
        "what was given as `{}` cannot be anybody's",
        "det, der er skrevet som \"{}\", kan ikke være nogens",
    ),
    (
        "nothing says whom to look for; give at least one of {}",
        "intet siger, hvem der skal søges efter; skriv mindst ét af: {}",
    ),
    (
        "nothing of that name waits for a reviewer; look at the review list",
        "intet af det navn venter på gennemgang",
    ),
    (
        "a file is shown whole or left out; attach a redacted copy to the case",
        "en fil vises hel eller udelades; læg en afdækket kopi på sagen",
    ),
    ("it has fewer than {} signs, and could be guessed", "den har færre end {} tegn og kan gættes"),
    (
        "nobody asks about one of these records: its decision is `{}`",
        "der spørges ikke om en af posterne: afgørelsen er \"{}\"",
    ),
    // Inquiries.
    ("the period cannot be counted in days", "fristen kan ikke regnes i dage"),
    ("the inquiry needs one deadline", "henvendelsen skal have én frist"),
    (
        "the deadline {} is before the inquiry was received, {}",
        "fristen {} ligger, før henvendelsen blev modtaget, {}",
    ),
    ("a new deadline needs its reason", "en ny frist skal begrundes"),
    (
        "the authority has decided; the inquiry is closed",
        "myndigheden har truffet afgørelse; henvendelsen er lukket",
    ),
    ("the decision has no outcome", "afgørelsen har intet udfald"),
    (
        "`no-remark` does not go with another outcome",
        "ingen bemærkninger kan ikke stå sammen med et andet udfald",
    ),
    (
        "the decision of {} is older than the inquiry, received {}",
        "afgørelsen af {} er ældre end henvendelsen, modtaget {}",
    ),
    (
        "an order or a ban has to be carried out by a day",
        "et påbud eller forbud skal efterleves inden en dag: skriv, hvad der skal gøres, og hvornår",
    ),
    // Breaches.
    (
        "the instant of becoming aware is in the future",
        "tidspunktet, hvor I blev bekendt med bruddet, ligger i fremtiden",
    ),
    ("`{}` is no number", "\"{}\" er ikke et tal"),
    (
        "the notification is from before anybody was aware",
        "anmeldelsen er fra, før nogen var bekendt med bruddet",
    ),
    (
        "more than 72 hours have passed since becoming aware; a late notification says why (Art. 33(1))",
        "der er gået mere end 72 timer; en forsinket anmeldelse skal begrundes (artikel 33, stk. 1)",
    ),
    ("the risk has not been assessed", "risikoen er ikke vurderet"),
    (
        "say either how the data subjects were told, or why not",
        "skriv enten, hvordan de registrerede blev underrettet, eller hvorfor ikke",
    ),
    ("it cannot be closed: {}", "bruddet kan ikke lukkes: {}"),
    (
        "the breach is closed; its log stays as it is",
        "bruddet er lukket; loggen forbliver, som den er",
    ),
    // Holds.
    (
        "it has passed, so that the hold would hold nothing",
        "dagen er gået, så tilbageholdelsen ville intet holde tilbage",
    ),
    (
        "a key or a field is one of a data set: name it",
        "en nøgle eller et felt hører til et datasæt: vælg det",
    ),
    (
        "no data set says by which field such a person is named",
        "intet datasæt siger, i hvilket felt sådan en person står",
    ),
    ("`{}` has no such field; it has {}", "\"{}\" har ikke det felt; felterne er {}"),
    ("{} is empty", "teksten mangler"),
];

/// A sentence of the library in the person's language.
pub(crate) fn refusal(sentence: &str, lang: Lang) -> String {
    if lang == Lang::En {
        return sentence.to_owned();
    }
    let mut all = SENTENCES.iter();
    let found = all.find_map(|(english, danish)| Some((filled(english, sentence)?, danish)));
    let Some((parts, danish)) = found else { return sentence.to_owned() };
    let mut parts = parts.into_iter();
    let mut out = String::new();
    for (n, piece) in danish.split("{}").enumerate() {
        if n > 0 {
            out += parts.next().unwrap_or_default();
        }
        out += piece;
    }
    out
}

/// What is filled into a pattern, where the sentence is of that form.
fn filled<'s>(pattern: &str, sentence: &'s str) -> Option<Vec<&'s str>> {
    let mut pieces = pattern.split("{}");
    let mut rest = sentence.strip_prefix(pieces.next()?)?;
    let mut parts = Vec::new();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let at = match pieces.peek() {
            None if piece.is_empty() => rest.len(),
            None => {
                rest.len().checked_sub(piece.len()).filter(|at| rest.get(*at..) == Some(piece))?
            }
            Some(_) => rest.find(piece)?,
        };
        parts.push(&rest[..at]);
        rest = &rest[at + piece.len()..];
    }
    rest.is_empty().then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_said_in_danish_with_what_is_filled_in() {
        let da = |s: &str| refusal(s, Lang::Da);
        assert_eq!(da("it is closed"), "sagen er lukket");
        assert_eq!(da("it is closed?"), "it is closed?");
        assert_eq!(
            da("the deadline 2026-01-01 is before the inquiry was received, 2026-02-02"),
            "fristen 2026-01-01 ligger, før henvendelsen blev modtaget, 2026-02-02"
        );
        assert_eq!(da("`æ` is no number"), "\"æ\" er ikke et tal");
        assert_eq!(refusal("it is closed", Lang::En), "it is closed");
        assert_eq!(da(""), "");
        for (_, danish) in SENTENCES {
            assert!(!danish.contains('`'), "{danish}");
        }
    }

    /// Each pattern is a sentence that the library has, and none is said twice.
    #[test]
    fn every_sentence_is_one_of_the_library() {
        fn gather(dir: &std::path::Path, all: &mut String) {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    gather(&path, all);
                } else {
                    *all += &std::fs::read_to_string(&path).unwrap();
                }
            }
        }
        let mut source = String::new();
        let library = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases/src");
        gather(&library, &mut source);
        let mut seen = std::collections::BTreeSet::new();
        for (english, danish) in SENTENCES {
            assert!(seen.insert(english), "{english}");
            let holes = |text: &str| text.matches("{}").count();
            assert!(holes(danish) <= holes(english), "{danish}");
            for piece in english.split("{}").filter(|p| p.len() > 3) {
                assert!(source.contains(piece), "the library does not say: {piece}");
            }
        }
    }
}
