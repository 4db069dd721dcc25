//! Guidelines for staff: what is erased for them, what they must delete themselves and when, what
//! they will be asked, and what they must not delete. The first part is made from the rules; the
//! organisation's own texts follow, each with its version, so that it can be attested.

use frist_law::LawBook;
use frist_paper::{Block, Cell, Document, Inline};
use frist_register::{Role as ActivityRole, StoreKind};
use jiff::civil::Date;
use serde::Serialize;

use crate::layout::{bullets, document, heading, note, rules, table};
use crate::record::{Named, limit};
use crate::source::{Result, Source, capital, enumerated, sentence, small};
use crate::words::Role;

/// The guidelines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Guidelines {
    /// The form of this data, `frist-guidelines/1`.
    pub schema: &'static str,
    /// The language of its texts.
    pub language: &'static str,
    /// The hash of the register's revision.
    pub revision: String,
    /// The document's date, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// What is erased by itself: in databases and vaults.
    pub by_itself: Vec<Kept>,
    /// What lies in folders and mailboxes, where people put copies and must delete them.
    pub in_folders: Vec<Kept>,
    /// What lies where Frist does not reach, and somebody must delete by hand.
    pub by_hand: Vec<ByHand>,
    /// What staff will be asked before something is erased.
    pub questions: Vec<Asked>,
    /// What must not be deleted, because a statute demands that it be kept.
    pub must_keep: Vec<Kept>,
    /// The organisation's own guidelines.
    pub texts: Vec<OwnText>,
}

/// A data set, where it lies and how long it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The data set.
    pub dataset: Named,
    /// Where it lies.
    pub store: Named,
    /// How long, each a sentence.
    pub words: Vec<String>,
    /// What is done then.
    pub disposition: String,
}

/// Data that is in no data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ByHand {
    /// The activity.
    pub activity: Named,
    /// Which data about whom.
    pub data: Vec<String>,
}

/// A question that a person must answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The data set.
    pub dataset: Named,
    /// When it is asked.
    pub when: String,
    /// The question.
    pub question: String,
}

/// A guideline in the organisation's own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnText {
    /// Id.
    pub id: String,
    /// Version, which is what people attest.
    pub version: String,
    /// Its heading.
    pub title: String,
    /// For whom it is.
    pub who: String,
    /// The text.
    pub text: String,
}

/// Makes the guidelines.
///
/// # Errors
/// When the register has an error.
pub fn guidelines(source: &Source<'_>) -> Result<Guidelines> {
    let register = source.register;
    let mut out = Guidelines {
        schema: "frist-guidelines/1",
        language: source.lang.as_str(),
        revision: source.revision.to_owned(),
        date: source.date,
        by_itself: Vec::new(),
        in_folders: Vec::new(),
        by_hand: by_hand(source),
        questions: Vec::new(),
        must_keep: Vec::new(),
        texts: register
            .guidelines
            .iter()
            .map(|g| OwnText {
                id: g.id.value.clone(),
                version: g.version.value.clone(),
                title: source.text(&g.title, &g.id.value),
                who: source.text(&g.who, ""),
                text: source.text(&g.text.value, ""),
            })
            .collect(),
    };
    for dataset in &register.datasets {
        let view = limit(source, dataset)?;
        let named = Named { id: dataset.id.value.clone(), name: view.rule.title.clone() };
        let kept = |words: Vec<String>| Kept {
            dataset: named.clone(),
            store: view.store.clone(),
            words,
            disposition: view.rule.disposition.clone(),
        };
        let kind = register.store(&dataset.store).map(|s| &s.kind);
        let all = kept(view.rule.sentences(source));
        match kind {
            Some(StoreKind::Files { .. }) => out.in_folders.push(all),
            _ => out.by_itself.push(all),
        }
        for ground in view.rule.grounds.iter().filter(|g| g.role == Role::Demands) {
            out.must_keep.push(kept(vec![sentence(&ground.with_law(source))]));
        }
        for ground in &view.rule.grounds {
            if let Some(question) = &ground.question {
                out.questions.push(Asked {
                    dataset: named.clone(),
                    when: sentence(&ground.words),
                    question: question.clone(),
                });
            }
        }
        if let Some(review) = &dataset.review {
            let every = crate::words::period(source, review.every.value);
            out.questions.push(Asked {
                dataset: named.clone(),
                when: sentence(&format!("{} {every}", source.pick("hver", "every"))),
                question: source.text(&review.question, ""),
            });
        }
    }
    Ok(out)
}

fn by_hand(source: &Source<'_>) -> Vec<ByHand> {
    let all = frist_register::relation(source.register);
    let rows = crate::record::without_limit(&all);
    let mut out = Vec::new();
    for activity in &source.register.activities {
        let here = rows.iter().filter(|r| r.activity == activity.id.value);
        let data: Vec<String> = here
            .map(|r| {
                format!("{} ({})", source.category(&r.category), small(&source.subject(&r.subject)))
            })
            .collect();
        if !data.is_empty() && activity.role == ActivityRole::Controller {
            let name = source.text(&activity.title, &activity.id.value);
            out.push(ByHand { activity: Named { id: activity.id.value.clone(), name }, data });
        }
    }
    out
}

impl Guidelines {
    /// The guidelines as JSON.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn json(&self) -> Result<String> {
        crate::layout::json(self, "JSON")
    }

    /// The guidelines as a document.
    pub fn document(&self, source: &Source<'_>) -> Document {
        let title = source.pick(
            "Retningslinjer: hvad du sletter, og hvornår",
            "Guidelines: what you delete, and when",
        );
        let subtitle = source.pick("For alle medarbejdere", "For all members of staff");
        let mut doc = document(source, title, subtitle.to_owned());
        let b = &mut doc.blocks;
        self.yourself(source, b);
        self.panic(source, b);
        self.asked(source, b);
        if !self.by_itself.is_empty() {
            b.push(heading(
                1,
                source.pick("Det sletter systemet selv", "What the system erases by itself"),
            ));
            b.push(Block::paragraph(source.pick(
                "Du skal ikke slette her, og du skal ikke gemme en kopi for en sikkerheds skyld.",
                "You do not delete here, and you do not keep a copy just in case.",
            )));
            let mut places: Vec<(&Named, Vec<&str>)> = Vec::new();
            for k in &self.by_itself {
                match places.iter_mut().find(|(store, _)| *store == &k.store) {
                    Some((_, names)) => names.push(&k.dataset.name),
                    None => places.push((&k.store, vec![&k.dataset.name])),
                }
            }
            b.push(Block::Definitions(
                places
                    .into_iter()
                    .map(|(store, names)| {
                        (store.name.clone(), vec![Inline::Text(capital(&enumerated(names)))])
                    })
                    .collect(),
            ));
        }
        for text in &self.texts {
            b.push(heading(1, text.title.as_str()));
            let mut line = format!("{} {}", source.pick("Version", "Version"), text.version);
            if !text.who.is_empty() {
                line += &format!(". {} {}", source.pick("For:", "For:"), text.who);
            }
            b.push(Block::Paragraph(vec![Inline::Emph(line)]));
            b.extend(crate::notice::paragraphs(&text.text));
        }
        doc
    }

    fn yourself(&self, source: &Source<'_>, b: &mut Vec<Block>) {
        b.push(heading(1, source.pick("Det skal du selv slette", "What you must delete yourself")));
        b.push(bullets([
            source.pick(
                "Kopier, du selv har lavet: hentede filer, udskrifter, noter, skærmbilleder og mail i din egen postkasse. Slet dem, så snart du er færdig med opgaven, og senest når fristen for originalen er udløbet.",
                "Copies that you made: downloads, printouts, notes, screenshots and mail in your own mailbox. Delete them as soon as you are done with the task, and at the latest when the period of the original has run out.",
            ),
            source.pick(
                "Oplysninger, du har fået ved en fejl eller ikke har brug for. »Det er rart at have« er ikke et formål.",
                "Data that you got by mistake or do not need. “Nice to have” is not a purpose.",
            ),
            source.pick(
                "Tøm også papirkurven. Det, der kan hentes tilbage, er ikke slettet.",
                "Empty the bin as well. What can be brought back is not deleted.",
            ),
        ]));
        if !self.in_folders.is_empty() {
            b.push(Block::paragraph(source.pick(
                "Fristerne for det, der ligger i mapper og postkasser, og for dine kopier af det:",
                "The periods for what lies in folders and mailboxes, and for your copies of it:",
            )));
            b.push(kept(
                source,
                source.pick("Mapper og postkasser", "Folders and mailboxes"),
                &self.in_folders,
            ));
        }
        if !self.by_hand.is_empty() {
            b.push(Block::paragraph(source.pick(
                "Disse oplysninger ligger uden for de systemer, der slettes automatisk. De skal slettes manuelt:",
                "This data lies outside the systems that are erased automatically. It must be deleted by hand:",
            )));
            b.push(Block::Definitions(
                self.by_hand
                    .iter()
                    .map(|h| (h.activity.name.clone(), vec![Inline::Text(h.data.join(", "))]))
                    .collect(),
            ));
        }
    }

    /// What too much zeal deletes: the two classic mistakes, with the law book's own periods.
    fn panic(&self, source: &Source<'_>, b: &mut Vec<Block>) {
        b.push(heading(
            1,
            source.pick(
                "Gå ikke i panik: pas på ikke at slette for meget",
                "Do not panic: do not delete too much",
            ),
        ));
        b.push(Block::paragraph(source.pick(
            "Det er også en fejl at slette for tidligt. To eksempler, som ofte går galt:",
            "Deleting too early is a mistake as well. Two examples that often go wrong:",
        )));
        let invoices = period_of(source, "dk.bogfoering");
        let contracts = period_of(source, "dk.foraeldelse.ansaettelse");
        let mut wrong = Vec::new();
        wrong.extend(invoices.map(|(term, law)| match source.da() {
            true => format!("Fakturaer slettes efter 3 år. Forkert: regnskabsmateriale skal opbevares {term}, jf. {law}."),
            false => format!("Invoices are deleted after 3 years. Wrong: accounting records must be kept for {term} ({law})."),
        }));
        wrong.extend(contracts.map(|(term, law)| match source.da() {
            true => format!("Ansættelseskontrakter slettes, når medarbejderen fratræder. Forkert: der kan komme krav fra ansættelsen i op til {term}, jf. {law}."),
            false => format!("Contracts of employment are deleted when the employee leaves. Wrong: claims from the employment can come for up to {term} ({law})."),
        }));
        b.push(bullets(wrong));
        if !self.must_keep.is_empty() {
            b.push(Block::paragraph(source.pick(
                "Dette har vi pligt til at opbevare. Slet det ikke, heller ikke hvis nogen beder dig om det; send anmodningen videre:",
                "This we have a duty to keep. Do not delete it, even if somebody asks you to; pass the request on:",
            )));
            b.push(kept(source, source.pick("Opbevaringspligt", "Duty to keep"), &self.must_keep));
        }
        b.push(note(source.pick(
            "Er der en tvist, en klage eller en sag hos en myndighed, må intet, der har med den at gøre, slettes, før sagen er slut. Er du i tvivl, så spørg, før du sletter.",
            "Where there is a dispute, a complaint or a case before an authority, nothing that has to do with it may be deleted until it is over. When in doubt, ask before you delete.",
        )));
    }

    fn asked(&self, source: &Source<'_>, b: &mut Vec<Block>) {
        if self.questions.is_empty() {
            return;
        }
        b.push(heading(1, source.pick("Det bliver du spurgt om", "What you will be asked")));
        b.push(Block::paragraph(source.pick(
            "Noget kan kun et menneske afgøre. Når tiden er gået, bliver du spurgt. Svar på grundlag af sagen; skriv grunden, hvis noget skal gemmes.",
            "Some things only a person can decide. When the time is up you will be asked. Answer by the matter itself; give the reason if something is to be kept.",
        )));
        let rows = self.questions.iter().map(|q| {
            vec![
                Cell::from(vec![Inline::Strong(q.dataset.name.clone())]),
                Cell::from(q.question.clone()),
                Cell::from(q.when.clone()),
            ]
        });
        b.push(table(
            source.pick("Spørgsmål", "Questions"),
            &[
                source.pick("Datasæt", "Data set"),
                source.pick("Spørgsmål", "Question"),
                source.pick("Når denne frist er udløbet", "When this period has run out"),
            ],
            rows.collect(),
            &[3, 6, 5],
        ));
    }
}

/// The period of a law as the language says it, and the act without its number.
fn period_of(source: &Source<'_>, id: &str) -> Option<(String, String)> {
    let own = source.book.get(id);
    let law = own.or_else(|| LawBook::embedded().get(id))?;
    let version = law.version_on(source.law_day()).unwrap_or_else(|| law.newest());
    let term = version.term()?;
    let term = if source.da() { term.text_da() } else { term.to_string() };
    let citation = if source.da() { small(&version.citation) } else { version.citation.clone() };
    Some((term, citation))
}

fn kept(source: &Source<'_>, caption: &str, all: &[Kept]) -> Block {
    let rows = all.iter().map(|k| {
        vec![
            Cell::from(vec![Inline::Strong(k.dataset.name.clone())]),
            Cell::from(k.store.name.clone()),
            rules(&k.words),
        ]
    });
    table(
        caption,
        &[
            source.pick("Datasæt", "Data set"),
            source.pick("Sted", "Place"),
            source.pick("Frist", "Period"),
        ],
        rows.collect(),
        &[3, 3, 7],
    )
}
