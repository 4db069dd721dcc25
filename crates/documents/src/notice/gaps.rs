//! What a notice lacks: found while it is made, told in it, and told by `frist check` with its place.

use frist_register::{Code, Row, Span};

use super::build::concern;
pub(crate) use super::build::subjects;
use crate::record::without_limit;
use crate::source::{Result, Source, enumerated};
use crate::words;

/// Something that a notice lacks.
pub(crate) struct Gap {
    /// The code under which the checker tells it.
    pub(crate) code: Code,
    /// Where it would be said.
    pub(crate) span: Span,
    /// As the notice tells it, in its language.
    pub(crate) told: String,
    /// As the checker tells it.
    pub(crate) message: String,
    /// A few words at the place.
    pub(crate) here: &'static str,
    /// What to do.
    pub(crate) help: String,
}

/// What the notice for one category of data subjects lacks.
pub(crate) fn of(source: &Source<'_>, rows: &[Row], subject: &str) -> Result<Vec<Gap>> {
    let mut out = Vec::new();
    let unsaid = without_limit(rows);
    let pick = |da: String, en: String| if source.da() { da } else { en };
    for part in &concern(source, rows, subject).activities {
        let (title, a) = (&part.title, part.activity);
        if a.source.is_none() && a.obligation.is_none() {
            // The register's own checker tells this one: W0005.
            out.push(Gap {
                code: Code::W0005,
                span: a.id.span,
                told: pick(
                    format!("{title}: om man skal give oplysningerne, og hvad der sker, hvis man ikke gør (artikel 13, stk. 2, litra e), eller hvor de kommer fra (artikel 14, stk. 2, litra f)."),
                    format!("{title}: whether the data must be given and what follows if not (Article 13(2)(e)), or where it comes from (Article 14(2)(f))."),
                ),
                message: String::new(),
                here: "",
                help: String::new(),
            });
        }
        if a.automated.is_none() {
            out.push(Gap {
                code: Code::W0020,
                span: a.id.span,
                told: pick(
                    format!("{title}: om der træffes automatiske afgørelser (artikel 13, stk. 2, litra f, og 14, stk. 2, litra g)."),
                    format!("{title}: whether automated decisions are made (Article 13(2)(f) and 14(2)(g))."),
                ),
                message: format!(
                    "nobody has said whether `{}` makes automated decisions",
                    a.id.value
                ),
                here: "`automated` is not written",
                help: "say that there are none, or which and by what logic: \
                       automated = { da = \"Der træffes ingen automatiske afgørelser.\", en = \"...\" }"
                    .to_owned(),
            });
        }
        let unsaid: Vec<&str> = unsaid
            .iter()
            .filter(|r| r.activity == a.id.value && r.subject == subject)
            .map(|r| r.category.as_str())
            .collect();
        if !unsaid.is_empty() {
            let names = enumerated(unsaid.iter().map(|c| source.category(c)));
            out.push(Gap {
                code: Code::W0023,
                span: a.id.span,
                told: pick(
                    format!("{title}: hvor længe vi gemmer {names} (artikel 13, stk. 2, litra a, og 14, stk. 2, litra a)."),
                    format!("{title}: how long we keep {names} (Article 13(2)(a) and 14(2)(a))."),
                ),
                message: format!(
                    "nothing says how long `{}` keeps {} about `{subject}`",
                    a.id.value,
                    unsaid.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ")
                ),
                here: "no data set has it",
                help: "add a [[dataset]] with these categories and these data subjects: \
                       its rule is what the notice promises"
                    .to_owned(),
            });
        }
        for dataset in &part.datasets {
            for ground in words::rule(source, dataset)?.grounds {
                for fact in ground.nameless {
                    let id = &dataset.id;
                    out.push(Gap {
                        code: Code::W0021,
                        span: id.span,
                        told: pick(
                            format!("{}: hvad »{fact}« hedder i almindelige ord (artikel 12, stk. 1).", id.value),
                            format!("{}: what “{fact}” is called in plain words (Article 12(1)).", id.value),
                        ),
                        message: format!("`{fact}` of `{}` has no name that people understand", id.value),
                        here: "notices can only name the field",
                        help: format!(
                            "give it one in [dataset.facts]: {fact} = {{ title = {{ da = \"fakturaens dato\", en = \"the date of the invoice\" }} }}"
                        ),
                    });
                }
            }
        }
    }
    let mut seen: Vec<(Code, Span, String)> = Vec::new();
    out.retain(|gap| {
        let key = (gap.code, gap.span, gap.told.clone());
        let new = !seen.contains(&key);
        seen.push(key);
        new
    });
    Ok(out)
}
