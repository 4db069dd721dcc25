//! What the documents lack, told as the register's own checker tells it: with a code, the place, the
//! law and the help.

use frist_law::LawBook;
use frist_register::{Announcement, Code, Diagnostic, Lang, Register, Sp, Span, Text};

use crate::notice::gaps;
use crate::source::{Result, Source};
use crate::words::rule;

/// Checks what notices, the deletion schedule and announcements need. A register that its own checker
/// refuses may have more wrong than is said here.
pub fn check(register: &Register, book: &LawBook) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    notices(register, book, &mut said);
    for dataset in &register.datasets {
        let justified = dataset.justification.as_ref().is_some_and(|j| !j.is_empty());
        if dataset.assessment.is_none() && !justified {
            said.push(
                Diagnostic::new(
                    Code::W0022,
                    dataset.id.span,
                    format!("nobody has said why `{}` is kept as long as it is", dataset.id.value),
                )
                .here("it has neither `justification` nor [dataset.assessment]")
                .law("GDPR Art. 5(2) and 5(1)(e)")
                .help(
                    "say it in a sentence or two: justification = { da = \"...\", en = \"...\" }",
                ),
            );
        }
    }
    own_words(register, book, &mut said);
    for announcement in &register.announcements {
        who_records(register, announcement, &mut said);
    }
    said.sort_by_key(|d| (d.span(), d.code));
    said.dedup();
    said
}

/// The source from which something is only looked up, in one language.
fn source<'a>(register: &'a Register, book: &'a LawBook, lang: Lang) -> Source<'a> {
    Source { register, book, revision: "", lang, date: None }
}

fn notices(register: &Register, book: &LawBook, said: &mut Vec<Diagnostic>) {
    let source = source(register, book, Lang::En);
    let rows = frist_register::relation(register);
    for subject in gaps::subjects(&source, &rows) {
        // What cannot be resolved is an error of the register's own checker.
        for gap in gaps::of(&source, &rows, &subject).unwrap_or_default() {
            let law = match gap.code {
                Code::W0020 => "GDPR Art. 13(2)(f) and 14(2)(g)",
                Code::W0021 => "GDPR Art. 12(1)",
                Code::W0023 => "GDPR Art. 13(2)(a) and 14(2)(a)",
                _ => continue,
            };
            said.push(
                Diagnostic::new(gap.code, gap.span, gap.message)
                    .here(gap.here)
                    .law(law)
                    .help(gap.help),
            );
        }
    }
}

/// A period in hours, or in months; only the same kind can be compared.
type Length = (bool, u64);

/// The organisation's own words must not promise another period than the rules keep.
fn own_words(register: &Register, book: &LawBook, said: &mut Vec<Diagnostic>) {
    let source = source(register, book, Lang::En);
    for notice in &register.notices {
        let of = |d: &&frist_register::DataSet| {
            d.subjects.iter().any(|(s, _)| s.value == notice.subject.value)
        };
        let Ok(lengths) = lengths(&source, of) else { continue };
        for text in [&notice.before, &notice.after] {
            promised(text, notice.span, &lengths, said);
        }
    }
    for announcement in &register.announcements {
        let of = |d: &&frist_register::DataSet| d.activity == announcement.activity;
        let Ok(lengths) = lengths(&source, of) else { continue };
        for spoken in announcement.spoken() {
            promised(&spoken.text.value, spoken.text.span, &lengths, said);
        }
    }
}

fn lengths(
    source: &Source<'_>,
    of: impl Fn(&&frist_register::DataSet) -> bool,
) -> Result<Vec<Length>> {
    let mut out = Vec::new();
    for dataset in source.register.datasets.iter().filter(of) {
        let rule = rule(source, dataset)?;
        out.extend(rule.grounds.iter().flat_map(|g| periods(&g.words)).map(|(length, _)| length));
    }
    Ok(out)
}

fn promised(text: &Text, span: Span, lengths: &[Length], said: &mut Vec<Diagnostic>) {
    let keeping = ["slet", "opbevar", "gem", "kept", "keep", "stor", "eras", "delet", "retain"];
    for words in [&text.da, &text.en] {
        for sentence in words.split(['.', '!', '?', '\n', ';']) {
            let small = sentence.to_lowercase();
            if !keeping.iter().any(|k| small.contains(k)) {
                continue;
            }
            for (length, found) in periods(sentence) {
                if lengths.contains(&length) {
                    continue;
                }
                said.push(
                    Diagnostic::new(
                        Code::W0024,
                        span,
                        format!("these words promise `{found}`, and no rule keeps that long"),
                    )
                    .law("GDPR Art. 5(1)(a) and 13(2)(a)")
                    .help(
                        "write the period that the rules have, or none: \
                         `frist document notice` writes them from the rules",
                    ),
                );
            }
        }
    }
}

/// The periods that a text names, each with the words for it.
fn periods(text: &str) -> Vec<(Length, String)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut out = Vec::new();
    for pair in words.windows(2) {
        let Ok(count) = pair[0].trim_start_matches(|c: char| !c.is_alphanumeric()).parse::<u64>()
        else {
            continue;
        };
        let unit = pair[1].to_lowercase();
        let unit = unit.trim_end_matches(|c: char| !c.is_alphanumeric());
        let length = match unit {
            "time" | "timer" | "hour" | "hours" => (true, count),
            "dag" | "dage" | "døgn" | "day" | "days" => (true, count.saturating_mul(24)),
            "uge" | "uger" | "week" | "weeks" => (true, count.saturating_mul(7 * 24)),
            "måned" | "måneder" | "month" | "months" => (false, count),
            "år" | "year" | "years" => (false, count.saturating_mul(12)),
            _ => continue,
        };
        out.push((length, format!("{count} {unit}")));
    }
    out
}

/// A caller must hear who records.
fn who_records(register: &Register, announcement: &Announcement, said: &mut Vec<Diagnostic>) {
    let name = register.controller.contact.name.trim();
    // `Nordkyst Forsyning A/S` is called `Nordkyst Forsyning` in speech.
    let first = name.split_whitespace().next().unwrap_or(name).to_lowercase();
    if first.is_empty() {
        return;
    }
    for Sp { value: lang, span } in &announcement.languages {
        let text = &announcement.before.text;
        let words = if *lang == Lang::Da { &text.value.da } else { &text.value.en };
        if words.is_empty() || words.to_lowercase().contains(&first) {
            continue;
        }
        said.push(
            Diagnostic::new(
                Code::W0025,
                text.span,
                format!("the announcement `{}` does not say who records", announcement.id.value),
            )
            .here(format!("`{name}` is not named"))
            .label(*span, "in this language")
            .law("GDPR Art. 13(1)(a)")
            .help("begin with who is speaking: \"Velkommen til ...\""),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_found_in_sentences() {
        let found = |text: &str| periods(text).into_iter().map(|(l, _)| l).collect::<Vec<_>>();
        assert_eq!(found("slettes 96 timer efter samtalen"), [(true, 96)]);
        assert_eq!(found("kept for 4 days, or 2 weeks"), [(true, 96), (true, 336)]);
        assert_eq!(found("i 5 år (12 måneder)."), [(false, 60), (false, 12)]);
        assert!(found("5 kunder, § 12 og år 2026").is_empty());
    }
}
