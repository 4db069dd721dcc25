//! A plainly invented context: what a letter looks like, and what an own text is tried with.

use frist_register::Lang;
use jiff::civil::{Date, date};

use super::context::*;
use super::kind::LetterKind;

/// A context for a letter of `kind`. Nobody in it exists.
pub fn sample(kind: LetterKind, lang: Lang) -> LetterContext {
    let t = |da: &str, en: &str| if lang == Lang::Da { da.to_owned() } else { en.to_owned() };
    let mut c = base(kind, &t);
    match kind {
        LetterKind::Identity => {
            c.identity = Some(IdentityAsk {
                doubt: t(
                    "Anmodningen kom fra en e-mailadresse, som vi ikke kender i forvejen.",
                    "The request came from an e-mail address that we did not know.",
                ),
                proofs: vec![
                    t(
                        "dit kundenummer og nummeret på din seneste faktura",
                        "your customer number and the number of your latest invoice",
                    ),
                    t(
                        "en besked fra den e-mailadresse, vi har på dig",
                        "a message from the e-mail address that we have for you",
                    ),
                ],
                how: t(
                    "Svar i Digital Post, eller ring til os.",
                    "Answer by Digital Post, or call us.",
                ),
            });
        }
        LetterKind::Extension => {
            c.extension = Some(Extension {
                until: Some(date(2026, 12, 7)),
                reason: t(
                    "Oplysningerne ligger i fire systemer, og en del af korrespondancen handler også om andre personer og skal gennemgås enkeltvis.",
                    "The data lies in four systems, and part of the correspondence concerns other people too and has to be looked at piece by piece.",
                ),
            });
        }
        LetterKind::Access => access(&mut c, &t),
        LetterKind::Granted => {
            c.decisions = erased(&t);
            c.recipients = recipients(&t);
        }
        LetterKind::PartlyGranted => {
            c.decisions = erased(&t);
            c.decisions.extend(refused(&t));
            c.recipients = recipients(&t);
        }
        LetterKind::Refused => c.decisions = refused(&t),
        LetterKind::Recipients => {
            c.to = Addressee {
                name: t("Prøve Inkasso ApS", "Sample Collections Ltd"),
                address: vec![
                    t("Opdigtet Plads 2", "2 Invented Square"),
                    t("9998 Prøvekøbing", "9998 Sampleton"),
                ],
            };
            c.about = vec![
                t(
                    "Prøve Eksempelsen, Opdigtet Vej 1, 9999 Prøveby",
                    "Sample Exampleson, 1 Invented Road, 9999 Sampleby",
                ),
                t("Jeres sagsnummer 000-000", "Your case number 000-000"),
            ];
            c.decisions = erased(&t);
        }
        LetterKind::Restricted => {
            c.restriction = Some(Restriction {
                article: "18(1)(a)".to_owned(),
                from: Some(date(2026, 9, 10)),
                ..Restriction::default()
            });
            c.decisions = vec![line(&t("Målerdata for 2026", "Meter readings of 2026"), "person")];
        }
        LetterKind::RestrictionLifted => {
            c.restriction = Some(Restriction {
                article: "18(1)(a)".to_owned(),
                from: Some(date(2026, 9, 10)),
                lifted: Some(date(2026, 10, 19)),
                why: t(
                    "Vi har kontrolleret måleren og fundet, at oplysningerne er rigtige.",
                    "We have tested the meter and found that the data is accurate.",
                ),
            });
        }
        LetterKind::Rectified => {
            c.rectified = vec![RectifiedLine {
                what: t("Adresse", "Address"),
                before: t("Opdigtet Vej 10", "10 Invented Road"),
                now: t("Opdigtet Vej 1", "1 Invented Road"),
            }];
            c.recipients = recipients(&t);
        }
        LetterKind::Portability => {
            c.delivery = Some(delivery(&t));
            c.decisions = vec![line(
                &t("Kontaktoplysninger og målerdata", "Contact details and meter readings"),
                "",
            )];
        }
        LetterKind::Objection => {
            c.objection = Some(Objection {
                against: t("statistik over forbruget", "statistics about consumption"),
                marketing: false,
                outcome: "refused".to_owned(),
                not_met: String::new(),
            });
            c.reasons = vec![t(
                "Statistikken er nødvendig for at kunne dimensionere nettet, så forsyningen er sikker for alle. Oplysningerne er samlet i grupper, og virkningen for dig er lille.",
                "The statistics are needed to dimension the grid so that supply is safe for everybody. The data is grouped, and the effect on you is small.",
            )];
        }
        LetterKind::ConsentWithdrawn => {
            c.consent = Some(Consent {
                purpose: t("nyhedsbreve på e-mail", "newsletters by e-mail"),
                given: Some(date(2025, 2, 3)),
                withdrawn: Some(date(2026, 9, 7)),
            });
        }
        LetterKind::Deferred => {
            c.decisions = refused(&t).into_iter().take(1).collect();
            c.decisions.iter_mut().for_each(|d| d.answer = "erase".to_owned());
        }
        LetterKind::InquiryAnswer => inquiry(&mut c, &t),
        LetterKind::Receipt => {}
    }
    c
}

/// The word in the chosen language.
type Choose<'c> = &'c dyn Fn(&str, &str) -> String;

fn base(kind: LetterKind, t: Choose<'_>) -> LetterContext {
    let right = match kind {
        LetterKind::Access => "access",
        LetterKind::Restricted | LetterKind::RestrictionLifted => "restriction",
        LetterKind::Rectified => "rectification",
        LetterKind::Portability => "portability",
        LetterKind::Objection => "objection",
        LetterKind::ConsentWithdrawn => "consent",
        _ => "erasure",
    };
    LetterContext {
        date: Some(date(2026, 9, 10)),
        controller: Sender {
            name: "Nordkyst Forsyning A/S".to_owned(),
            address: vec![
                t("Opdigtet Kaj 7", "7 Invented Quay"),
                t("9990 Nordkyst", "9990 Nordkyst"),
            ],
            email: "persondata@nordkyst.example".to_owned(),
            phone: "00 00 00 00".to_owned(),
            number: "00000000".to_owned(),
        },
        dpo: Some(Contact {
            name: t("Rådgiver Opdigtet", "Adviser Invented"),
            email: "dpo@nordkyst.example".to_owned(),
            phone: String::new(),
        }),
        to: Addressee {
            name: t("Prøve Eksempelsen", "Sample Exampleson"),
            address: vec![
                t("Opdigtet Vej 1", "1 Invented Road"),
                t("9999 Prøveby", "9999 Sampleby"),
            ],
        },
        signed: t("Sags Behandler, jurist", "Case Handler, lawyer"),
        case: CaseLine {
            number: "R-2026-0000".to_owned(),
            right: right.to_owned(),
            received: Some(date(2026, 9, 7)),
            due: Some(date(2026, 10, 7)),
            reference: String::new(),
            asked: String::new(),
        },
        ..LetterContext::default()
    }
}

fn line(what: &str, answer: &str) -> DecisionLine {
    DecisionLine { what: what.to_owned(), answer: answer.to_owned(), ..DecisionLine::default() }
}

fn erased(t: Choose<'_>) -> Vec<DecisionLine> {
    vec![
        line(&t("Nyhedsbreve og interesser", "Newsletters and interests"), "erase"),
        line(
            &t("Korrespondance med kundeservice", "Correspondence with customer service"),
            "erase",
        ),
    ]
}

fn kept(what: String, ground: String, article: &str, until: Option<Date>) -> DecisionLine {
    DecisionLine { ground, article: article.to_owned(), until, told: true, ..line(&what, "refuse") }
}

fn refused(t: Choose<'_>) -> Vec<DecisionLine> {
    vec![
        kept(
            t("Fakturaer fra 2022", "Invoices of 2022"),
            t("bogføringslovens § 12", "section 12 of the Danish Bookkeeping Act"),
            "17(3)(b)",
            Some(date(2027, 12, 31)),
        ),
        kept(
            t("Sagen om måleren", "The case about the meter"),
            t("Et retskrav, der ikke er afsluttet", "A legal claim that is not settled"),
            "17(3)(e)",
            None,
        ),
    ]
}

fn recipients(t: Choose<'_>) -> Vec<RecipientLine> {
    vec![
        RecipientLine {
            name: t("Prøve Inkasso ApS", "Sample Collections Ltd"),
            what: t("navn, adresse og skyldigt beløb", "name, address and amount owed"),
            told: Some(date(2026, 9, 10)),
            cannot: String::new(),
        },
        RecipientLine {
            name: t("Opdigtet Marketing I/S", "Invented Marketing"),
            what: t("e-mailadresse", "e-mail address"),
            told: None,
            cannot: t("selskabet er ophørt", "the company no longer exists"),
        },
    ]
}

fn delivery(t: Choose<'_>) -> Delivery {
    Delivery {
        how: t(
            "Filen er krypteret, og du får koden særskilt.",
            "The file is encrypted, and you receive the code separately.",
        ),
        until: Some(date(2026, 10, 8)),
        formats: vec!["JSON".to_owned(), "CSV".to_owned()],
        left_out: vec![t(
            "navne på andre personer i to e-mails",
            "the names of other people in two e-mails",
        )],
    }
}

fn access(c: &mut LetterContext, t: Choose<'_>) {
    c.access = vec![
        AccessLine {
            purpose: t(
                "At levere el og opkræve betaling",
                "To supply electricity and charge for it",
            ),
            basis: t("artikel 6, stk. 1, litra b (kontrakt)", "Article 6(1)(b) (contract)"),
            categories: vec![
                t("kontaktoplysninger", "contact details"),
                t("målerdata", "meter readings"),
                t("betalinger", "payments"),
            ],
            recipients: vec![t("Prøve Inkasso ApS", "Sample Collections Ltd")],
            period: t("3 år efter fakturaens dato", "3 years from the invoice's date"),
            source: t(
                "Målerdata kommer fra netselskabet.",
                "Meter readings come from the grid company.",
            ),
            automated: String::new(),
        },
        AccessLine {
            purpose: t("At opfylde bogføringsloven", "To comply with the Bookkeeping Act"),
            basis: t(
                "artikel 6, stk. 1, litra c (retlig forpligtelse)",
                "Article 6(1)(c) (legal obligation)",
            ),
            categories: vec![t("fakturaer", "invoices"), t("betalinger", "payments")],
            recipients: Vec::new(),
            period: t(
                "5 år fra udgangen af det regnskabsår, bilaget vedrører",
                "5 years from the end of the financial year that the voucher concerns",
            ),
            source: String::new(),
            automated: String::new(),
        },
    ];
    c.delivery = Some(delivery(t));
    c.recipients = recipients(t);
    c.enclosures = vec![t("indsigt.json", "access.json"), t("fakturaer.csv", "invoices.csv")];
}

fn inquiry(c: &mut LetterContext, t: Choose<'_>) {
    c.to = Addressee {
        name: t("Tilsynsmyndigheden", "The supervisory authority"),
        address: vec![
            t("Opdigtet Torv 3", "3 Invented Place"),
            t("9997 Prøvestad", "9997 Samplestead"),
        ],
    };
    c.case.number = "T-2026-0000".to_owned();
    c.case.reference = "0000-00-0000".to_owned();
    c.inquiry = Some(Inquiry {
        about: t("optagelse af telefonsamtaler", "recording of telephone calls"),
        answers: vec![
            InquiryLine {
                question: t(
                    "Hvor længe opbevares optagelserne?",
                    "How long are the recordings kept?",
                ),
                answer: t(
                    "I 96 timer. Derefter slettes de af sig selv, og sletningen kan dokumenteres.",
                    "For 96 hours. After that they are erased without anybody's doing, and the erasure can be shown.",
                ),
            },
            InquiryLine {
                question: t("Hvem har adgang til dem?", "Who has access to them?"),
                answer: t(
                    "To medarbejdere. Hver aflytning bliver logget.",
                    "Two members of staff. Each listening is logged.",
                ),
            },
        ],
    });
    c.enclosures = vec![
        t("Fortegnelsen, revision 12", "The record, revision 12"),
        t("Slettelog, august 2026", "Erasure log, August 2026"),
    ];
}
