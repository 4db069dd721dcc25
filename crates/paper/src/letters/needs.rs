//! What a letter must say: held against what it is made from, and against what it says in the end.

use frist_register::Lang;
use jiff::civil::Date;

use super::context::LetterContext;
use super::kind::LetterKind;
use crate::model::{Block, Document};

/// Something that a letter must say.
#[derive(Clone)]
pub(crate) struct Need {
    /// The field of the context, or what is told in words.
    pub field: &'static str,
    /// Who demands it.
    pub law: &'static str,
    what: What,
}

#[derive(Clone)]
enum What {
    /// Each of these texts; none: it is missing.
    Texts(Vec<String>),
    /// This date.
    Day(Option<Date>),
    /// One word of each group, in Danish or in English.
    Words { da: &'static [&'static [&'static str]], en: &'static [&'static [&'static str]] },
}

/// The two routes of complaint.
const ROUTES: What = What::Words {
    da: &[&["datatilsyn"], &["domstol", "byret"]],
    en: &[&["datatilsyn", "data protection agency", "supervisory authority"], &["court"]],
};
const AUTHORITY: What = What::Words {
    da: &[&["datatilsyn"]],
    en: &[&["datatilsyn", "data protection agency", "supervisory authority"]],
};
const RIGHTS: What = What::Words {
    da: &[&["berigtig"], &["slet"], &["begræns"], &["indsigelse"]],
    en: &[&["rectif", "correct"], &["eras", "delet"], &["restrict"], &["object"]],
};
const AUTOMATED: What = What::Words { da: &[&["automatisk"]], en: &[&["automated"]] };

impl Need {
    fn texts<'t>(
        field: &'static str,
        law: &'static str,
        texts: impl IntoIterator<Item = &'t String>,
    ) -> Self {
        let texts: Vec<String> = texts.into_iter().map(|t| t.trim().to_owned()).collect();
        Self { field, law, what: What::Texts(texts) }
    }

    fn day(field: &'static str, law: &'static str, day: Option<Date>) -> Self {
        Self { field, law, what: What::Day(day) }
    }

    fn words(field: &'static str, law: &'static str, what: What) -> Self {
        Self { field, law, what }
    }

    /// Whether the context has it.
    pub(crate) fn is_given(&self) -> bool {
        match &self.what {
            What::Texts(texts) => !texts.is_empty() && texts.iter().all(|t| !t.is_empty()),
            What::Day(day) => day.is_some(),
            What::Words { .. } => true,
        }
    }

    /// Whether `letter` (folded) says it, in either language: who writes one text for both has
    /// said it.
    fn is_said(&self, letter: &str) -> bool {
        let has = |groups: &[&[&str]]| {
            groups.iter().all(|group| group.iter().any(|word| letter.contains(word)))
        };
        match &self.what {
            What::Texts(texts) => texts.iter().all(|t| letter.contains(&folded(t))),
            What::Day(day) => day.is_none_or(|day| {
                letter.contains(&super::written(day, Lang::Da))
                    || letter.contains(&folded(&super::written(day, Lang::En)))
                    || letter.contains(&day.to_string())
            }),
            What::Words { da, en } => has(da) || has(en),
        }
    }
}

/// No article asks for it; without it the person cannot refer to the case.
const OWN: &str = "the purpose of the letter";
const EXTENSION: &str = "GDPR Art. 12(3)";
const REFUSAL: &str = "GDPR Art. 12(4)";

/// What a letter of `kind` made from `context` must say.
pub(crate) fn of(kind: LetterKind, context: &LetterContext) -> Vec<Need> {
    use LetterKind as K;
    let c = context;
    let refused: Vec<_> = c.decisions.iter().filter(|d| d.answer == "refuse").collect();
    let whats =
        || Need::texts("decisions.what", "GDPR Art. 12(3)", c.decisions.iter().map(|d| &d.what));
    let grounds = || {
        let law = "GDPR Art. 12(4) and 17(3)";
        Need::texts("decisions.ground", law, refused.iter().map(|d| &d.ground))
    };
    let routes =
        || Need::words("complaint: the supervisory authority and the courts", REFUSAL, ROUTES);
    let reasons = || Need::texts("reasons", REFUSAL, &c.reasons);
    match kind {
        K::Receipt => vec![Need::texts("case.number", OWN, [&c.case.number])],
        K::Identity => {
            let ask = c.identity.clone().unwrap_or_default();
            vec![
                Need::texts("identity.doubt", "GDPR Art. 12(6)", [&ask.doubt]),
                Need::texts("identity.proofs", "GDPR Art. 12(6)", &ask.proofs),
            ]
        }
        K::Extension => {
            let extension = c.extension.clone().unwrap_or_default();
            vec![
                Need::day("extension.until", EXTENSION, extension.until),
                Need::texts("extension.reason", EXTENSION, [&extension.reason]),
            ]
        }
        K::Access => access(c),
        // What is refused after all needs its reasons, whatever the letter is called.
        K::Granted | K::Deferred if !refused.is_empty() => vec![whats(), grounds(), routes()],
        // Nothing was there: that is an answer too.
        K::Granted if c.decisions.is_empty() => Vec::new(),
        K::Granted | K::Deferred => vec![whats()],
        K::PartlyGranted => {
            let mut needs = vec![whats(), grounds(), routes()];
            needs.extend(
                refused
                    .iter()
                    .filter(|d| d.until.is_some())
                    .map(|d| Need::day("decisions.until", "GDPR Art. 12(4) and 17(3)", d.until)),
            );
            needs
        }
        K::Refused if refused.is_empty() => vec![reasons(), routes()],
        K::Refused => {
            let mut needs = vec![grounds(), routes()];
            if !c.reasons.is_empty() {
                needs.push(reasons());
            }
            needs
        }
        K::Recipients => vec![
            Need::texts("about", "GDPR Art. 19", &c.about),
            Need::texts("decisions.what", "GDPR Art. 19", c.decisions.iter().map(|d| &d.what)),
        ],
        K::Restricted => {
            let restriction = c.restriction.clone().unwrap_or_default();
            let mut needs = vec![Need {
                field: "restriction.article",
                law: "GDPR Art. 18(1)",
                what: What::Texts(article_spellings(&restriction.article)),
            }];
            // What a system cannot restrict is a refusal of that part.
            if !c.reasons.is_empty() {
                needs.extend([reasons(), routes()]);
            }
            needs
        }
        K::RestrictionLifted => {
            let restriction = c.restriction.clone().unwrap_or_default();
            vec![
                Need::day("restriction.lifted", "GDPR Art. 18(3)", restriction.lifted),
                Need::texts("restriction.why", "GDPR Art. 18(3)", [&restriction.why]),
            ]
        }
        K::Rectified => vec![
            Need::texts("rectified.what", "GDPR Art. 16", c.rectified.iter().map(|r| &r.what)),
            Need::texts("rectified.now", "GDPR Art. 16", c.rectified.iter().map(|r| &r.now)),
        ],
        K::Portability => {
            let delivery = c.delivery.clone().unwrap_or_default();
            vec![
                Need::texts("delivery.how", "GDPR Art. 20", [&delivery.how]),
                Need::texts("delivery.formats", "GDPR Art. 20", &delivery.formats),
            ]
        }
        K::Objection => {
            let objection = c.objection.clone().unwrap_or_default();
            let mut needs =
                vec![Need::texts("objection.against", "GDPR Art. 21", [&objection.against])];
            if objection.outcome == "partly" {
                needs.push(Need::texts(
                    "objection.not_met",
                    "GDPR Art. 21(1)",
                    [&objection.not_met],
                ));
            }
            if matches!(objection.outcome.as_str(), "partly" | "refused") {
                needs.extend([reasons(), routes()]);
            }
            needs
        }
        K::ConsentWithdrawn => {
            let consent = c.consent.clone().unwrap_or_default();
            let mut needs = vec![
                Need::texts("consent.purpose", "GDPR Art. 7(3)", [&consent.purpose]),
                Need::day("consent.withdrawn", "GDPR Art. 7(3)", consent.withdrawn),
            ];
            if !refused.is_empty() {
                needs.extend([grounds(), routes()]);
            }
            needs
        }
        K::InquiryAnswer => {
            let answers = c.inquiry.clone().unwrap_or_default().answers;
            vec![
                Need::texts(
                    "inquiry.answers.question",
                    "GDPR Art. 5(2)",
                    answers.iter().map(|a| &a.question),
                ),
                Need::texts(
                    "inquiry.answers.answer",
                    "GDPR Art. 5(2)",
                    answers.iter().map(|a| &a.answer),
                ),
            ]
        }
    }
}

/// Art. 15(1)(a)-(h).
fn access(c: &LetterContext) -> Vec<Need> {
    let lines = &c.access;
    let always = vec![
        Need::words("the other rights", "GDPR Art. 15(1)(e)", RIGHTS),
        Need::words("complaint: the supervisory authority", "GDPR Art. 15(1)(f)", AUTHORITY),
    ];
    if lines.is_empty() {
        // Nothing is processed: that is an answer too.
        return always;
    }
    let mut needs = vec![
        Need::texts("access.purpose", "GDPR Art. 15(1)(a)", lines.iter().map(|l| &l.purpose)),
        Need::texts(
            "access.categories",
            "GDPR Art. 15(1)(b)",
            lines.iter().flat_map(|l| &l.categories),
        ),
        Need::texts("access.period", "GDPR Art. 15(1)(d)", lines.iter().map(|l| &l.period)),
        Need::words("whether decisions are automated", "GDPR Art. 15(1)(h)", AUTOMATED),
    ];
    needs.extend(always);
    // What may be empty must be said when it is not.
    let mut given = |field, law, texts: Vec<&String>| {
        let texts: Vec<&String> = texts.into_iter().filter(|t| !t.trim().is_empty()).collect();
        if !texts.is_empty() {
            needs.push(Need::texts(field, law, texts));
        }
    };
    let recipients = lines.iter().flat_map(|l| &l.recipients).collect();
    given("access.recipients", "GDPR Art. 15(1)(c)", recipients);
    given("access.source", "GDPR Art. 15(1)(g)", lines.iter().map(|l| &l.source).collect());
    given("access.automated", "GDPR Art. 15(1)(h)", lines.iter().map(|l| &l.automated).collect());
    needs
}

/// An article may be written in several ways; its number and letter are in all of them.
fn article_spellings(article: &str) -> Vec<String> {
    let number = article.split('(').next().unwrap_or_default().trim();
    vec![number.to_owned()]
}

/// What a finished letter leaves out.
pub(crate) fn unsaid(kind: LetterKind, context: &LetterContext, document: &Document) -> Vec<Need> {
    let letter = folded(&everything(document));
    of(kind, context).into_iter().filter(|need| !need.is_said(&letter)).collect()
}

/// All the words of a document's body.
fn everything(document: &Document) -> String {
    let mut out = vec![document.title.clone()];
    out.extend(document.meta.iter().map(|(_, value)| value.clone()));
    let join =
        |content: &[crate::Inline]| -> String { content.iter().map(|i| i.plain()).collect() };
    for block in &document.blocks {
        match block {
            Block::Heading(_, text) => out.push(text.clone()),
            Block::Paragraph(content) | Block::Note(content) => out.push(join(content)),
            Block::List { items, .. } => out.extend(items.iter().map(|i| join(i))),
            Block::Table { caption, head, rows, .. } => {
                out.push(caption.clone());
                out.extend(head.iter().cloned());
                out.extend(rows.iter().flatten().map(|cell| join(&cell.content)));
            }
            Block::Definitions(entries) => {
                for (term, content) in entries {
                    out.push(term.clone());
                    out.push(join(content));
                }
            }
            Block::PageBreak => {}
        }
    }
    out.join("\n")
}

/// Lower case, with single spaces: how a text is laid out makes no difference.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
