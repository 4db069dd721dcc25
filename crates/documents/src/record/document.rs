//! The record laid out under the headings that Danish records of processing use.

use std::collections::BTreeMap;

use frist_paper::{Attachment, Block, Cell, Document, Inline};

use super::{ActivityView, Named, ProcessingView, PurposeView, RecipientView, Record};
use crate::layout::{bullets, contact, document, heading, lines, note, rules, table};
use crate::source::{Result, Source, capital, enumerated, sentence};

impl Record {
    /// The record as a document, with itself as JSON attached.
    ///
    /// # Errors
    /// When the attachment cannot be written.
    pub fn document(&self, source: &Source<'_>) -> Result<Document> {
        let title = source
            .pick("Fortegnelse over behandlingsaktiviteter", "Record of processing activities");
        let mut doc = document(source, title, self.subtitle(source));
        let b = &mut doc.blocks;
        b.push(heading(1, source.pick("Dataansvarlig", "Controller")));
        b.push(self.controller_block(source));
        for activity in &self.activities {
            controller_activity(source, activity, b);
        }
        if !self.processing.is_empty() {
            b.push(heading(1, source.pick("Behandling som databehandler", "As a processor")));
            b.push(Block::paragraph(source.pick(
                "Det følgende udføres på vegne af andre (databeskyttelsesforordningens artikel 30, stk. 2).",
                "What follows is done on behalf of others (GDPR Article 30(2)).",
            )));
            for one in &self.processing {
                processor_activity(source, one, b);
            }
        }
        self.laws(source, b);
        if !self.missing.is_empty() {
            b.push(heading(1, source.pick("Mangler", "What is missing")));
            b.push(note(source.pick(
                "Fortegnelsen er ikke fuldstændig, før dette er på plads:",
                "The record is not complete until this is settled:",
            )));
            b.push(bullets(self.missing.iter().map(String::as_str)));
        }
        doc.attachments.push(Attachment {
            name: "record.json".into(),
            media_type: "application/json".into(),
            bytes: self.json()?.into_bytes(),
            description: source.pick("Fortegnelsen som data", "The record as data").to_owned(),
        });
        Ok(doc)
    }

    fn subtitle(&self, source: &Source<'_>) -> String {
        match (self.activities.is_empty(), self.processing.is_empty()) {
            (false, false) => source.pick(
                "Databeskyttelsesforordningens artikel 30, stk. 1 og 2",
                "GDPR Article 30(1) and (2)",
            ),
            (true, false) => source
                .pick("Databeskyttelsesforordningens artikel 30, stk. 2", "GDPR Article 30(2)"),
            _ => source
                .pick("Databeskyttelsesforordningens artikel 30, stk. 1", "GDPR Article 30(1)"),
        }
        .to_owned()
    }

    fn controller_block(&self, source: &Source<'_>) -> Block {
        let c = &self.controller;
        let pick = |da: &str, en: &str| source.pick(da, en).to_owned();
        let none = |what: &str| vec![Inline::Text(what.to_owned())];
        let mut rows = vec![(
            pick("Navn og kontaktoplysninger", "Name and contact"),
            contact(source, &c.contact),
        )];
        let mut joint = Vec::new();
        for (i, j) in c.joint.iter().enumerate() {
            if i > 0 {
                joint.push(Inline::Text("\n".into()));
            }
            joint.extend(contact(source, j));
        }
        if joint.is_empty() {
            joint = none(source.pick("Ingen", "None"));
        }
        rows.push((pick("Fælles dataansvarlige", "Joint controllers"), joint));
        rows.push((
            pick("Repræsentant", "Representative"),
            c.representative
                .as_ref()
                .map_or_else(|| none(source.pick("Ingen", "None")), |r| contact(source, r)),
        ));
        rows.push((
            pick("Databeskyttelsesrådgiver", "Data protection officer"),
            c.dpo.as_ref().map_or_else(
                || none(source.pick("Ingen er udpeget", "None appointed")),
                |d| contact(source, d),
            ),
        ));
        Block::Definitions(rows)
    }

    /// Every statute behind a time limit, with its days in force.
    fn laws(&self, source: &Source<'_>, b: &mut Vec<Block>) {
        let mut all: Vec<String> = Vec::new();
        for rule in self.activities.iter().flat_map(|a| &a.limits).map(|l| &l.rule) {
            for law in rule.laws() {
                let term = law.term.as_ref().map(|t| format!(" – {t}")).unwrap_or_default();
                let line = law.line(source) + &term;
                if !all.contains(&line) {
                    all.push(line);
                }
            }
        }
        if all.is_empty() {
            return;
        }
        all.sort();
        b.push(heading(
            1,
            source.pick(
                "Love og praksis bag slettefristerne",
                "Laws and practice behind the time limits",
            ),
        ));
        b.push(Block::paragraph(source.pick(
            "En bestemmelse gælder for oplysninger, der er dateret, mens den var i kraft. I kantet parentes står, når lovbogen ikke har efterprøvet bestemmelsen i kilden selv.",
            "A provision applies to data dated while it was in force. Square brackets say when the law book has not seen the provision in the source itself.",
        )));
        b.push(bullets(all));
    }
}

fn controller_activity(source: &Source<'_>, a: &ActivityView, b: &mut Vec<Block>) {
    let pick = |da, en| source.pick(da, en);
    b.push(heading(1, a.title.as_str()));
    b.push(heading(2, pick("Formål", "Purposes")));
    b.push(purposes(source, &a.purposes));
    b.push(heading(
        2,
        pick(
            "Kategorier af registrerede og af personoplysninger",
            "Categories of data subjects and of personal data",
        ),
    ));
    b.push(relation(source, a));
    b.push(heading(2, pick("Kategorier af modtagere", "Categories of recipients")));
    b.push(recipients(source, &a.recipients));
    b.push(heading(2, pick("Overførsel til tredjelande", "Transfers to third countries")));
    b.push(transfers(source, &a.recipients));
    b.push(heading(2, pick("Forventede slettefrister", "Envisaged time limits for erasure")));
    b.push(limits(source, a));
    b.push(heading(2, pick("Sikkerhedsforanstaltninger", "Security measures")));
    b.push(measures(source, &a.measures));
}

fn processor_activity(source: &Source<'_>, p: &ProcessingView, b: &mut Vec<Block>) {
    let pick = |da, en| source.pick(da, en);
    b.push(heading(2, p.title.as_str()));
    let mut controllers = Vec::new();
    for (i, c) in p.on_behalf_of.iter().enumerate() {
        if i > 0 {
            controllers.push(Inline::Text("\n".into()));
        }
        controllers.extend(contact(source, c));
    }
    b.push(heading(3, pick("Dataansvarlige, der behandles for", "Controllers acted for")));
    b.push(Block::Paragraph(controllers));
    b.push(heading(3, pick("Kategorier af behandling", "Categories of processing")));
    b.push(bullets(p.categories.iter().map(String::as_str)));
    b.push(heading(3, pick("Overførsel til tredjelande", "Transfers to third countries")));
    b.push(transfers(source, &p.recipients));
    b.push(heading(3, pick("Sikkerhedsforanstaltninger", "Security measures")));
    b.push(measures(source, &p.measures));
}

fn purposes(source: &Source<'_>, all: &[PurposeView]) -> Block {
    let rows = all.iter().map(|p| {
        let mut bases: Vec<String> = [&p.basis, &p.special_basis]
            .into_iter()
            .flatten()
            .map(|b| format!("{} ({})", capital(&b.citation), crate::small(&b.label)))
            .collect();
        if bases.is_empty() {
            bases.push(source.pick("Ikke angivet", "Not stated").to_owned());
        }
        if let Some(interest) = &p.interest {
            bases.push(format!("{} {interest}", source.pick("Interessen:", "The interest:")));
        }
        let mut text = p.text.clone();
        if let Some(day) = p.ended {
            let day = source.day(day);
            text += &format!(" ({} {day})", source.pick("ophørt", "ended"));
        }
        vec![Cell::from(text), lines(&bases), Cell::from(p.law.clone().unwrap_or_default())]
    });
    table(
        source.pick("Formål og behandlingsgrundlag", "Purposes and legal bases"),
        &[
            source.pick("Formål", "Purpose"),
            source.pick("Behandlingsgrundlag", "Legal basis"),
            source.pick("Lov eller praksis", "Law or practice"),
        ],
        rows.collect(),
        &[5, 5, 4],
    )
}

/// Categories that go to the same recipients about the same people stand in one row.
fn relation(source: &Source<'_>, a: &ActivityView) -> Block {
    let mut rows: BTreeMap<(&Named, Vec<&str>), Vec<String>> = BTreeMap::new();
    for r in &a.relation {
        let to: Vec<&str> = r.recipients.iter().map(|n| n.name.as_str()).collect();
        let special = match r.class {
            "special" => source.pick(" (følsom)", " (special category)"),
            "criminal" => source.pick(" (artikel 10)", " (Article 10)"),
            _ => "",
        };
        rows.entry((&r.subject, to)).or_default().push(format!("{}{special}", r.category.name));
    }
    let rows = rows.into_iter().map(|((subject, to), categories)| {
        let to = match to.is_empty() {
            true => source.pick("Ingen", "None").to_owned(),
            false => to.join("\n"),
        };
        vec![Cell::from(subject.name.clone()), lines(&categories), Cell::from(to)]
    });
    table(
        source.pick(
            "Hvilke oplysninger om hvem, og hvem der får dem",
            "Which data about whom, and who gets it",
        ),
        &[
            source.pick("Registrerede", "Data subjects"),
            source.pick("Personoplysninger", "Personal data"),
            source.pick("Modtagere", "Recipients"),
        ],
        rows.collect(),
        &[3, 5, 5],
    )
}

fn recipients(source: &Source<'_>, all: &[RecipientView]) -> Block {
    if all.is_empty() {
        return Block::paragraph(source.pick(
            "Der er ingen modtagere af oplysningerne.",
            "There are no recipients of the data.",
        ));
    }
    let rows = all.iter().map(|r| {
        let gets: Vec<String> = r
            .gets
            .iter()
            .map(|g| {
                format!("{}: {}", g.subject.name, enumerated(g.categories.iter().map(|c| &c.name)))
            })
            .collect();
        vec![Cell::from(r.name.clone()), Cell::from(role(source, r.role)), lines(&gets)]
    });
    table(
        source
            .pick("Modtagere, og hvad de får om hvem", "Recipients, and what they get about whom"),
        &[
            source.pick("Modtager", "Recipient"),
            source.pick("Rolle", "Role"),
            source.pick("Oplysninger", "Data"),
        ],
        rows.collect(),
        &[4, 3, 6],
    )
}

pub(crate) fn role(source: &Source<'_>, role: &str) -> &'static str {
    match (role, source.da()) {
        ("processor", true) => "Databehandler",
        ("processor", false) => "Processor",
        ("authority", true) => "Offentlig myndighed",
        ("authority", false) => "Public authority",
        (_, true) => "Selvstændig dataansvarlig",
        (_, false) => "Controller of its own",
    }
}

pub(crate) fn transfers(source: &Source<'_>, all: &[RecipientView]) -> Block {
    let abroad: Vec<String> = all
        .iter()
        .filter(|r| r.transfer)
        .map(|r| {
            let country = r.country.clone().unwrap_or_default();
            let safeguard = r.safeguard.clone().unwrap_or_else(|| {
                source
                    .pick("intet overførselsgrundlag er angivet", "no safeguard is stated")
                    .to_owned()
            });
            sentence(&format!(
                "{}: {country}. {} {safeguard}",
                r.name,
                source.pick("Overførselsgrundlag:", "Safeguard:")
            ))
        })
        .collect();
    if abroad.is_empty() {
        return Block::paragraph(source.pick(
            "Oplysningerne overføres ikke til lande uden for EU og EØS eller til internationale organisationer.",
            "The data is not transferred outside the EU and the EEA, nor to international organisations.",
        ));
    }
    bullets(abroad)
}

fn limits(source: &Source<'_>, a: &ActivityView) -> Block {
    if a.limits.is_empty() {
        return note(source.pick("Ingen slettefrist er angivet.", "No time limit is stated."));
    }
    let rows = a.limits.iter().map(|l| {
        let subjects = enumerated(l.subjects.iter().map(|s| &s.name));
        let categories = enumerated(l.categories.iter().map(|c| &c.name));
        let about = format!("{}\n{}", capital(&subjects), capital(&categories));
        vec![
            Cell::from(vec![Inline::Strong(l.rule.title.clone())]),
            Cell::from(about),
            rules(&l.rule.sentences(source)),
            Cell::from(capital(&l.rule.disposition)),
        ]
    });
    table(
        source.pick(
            "Slettefrister. Er der flere, gælder den, der udløber sidst, medmindre der står »højst«.",
            "Time limits. Where there are several, the last to run out counts, unless it says “at most”.",
        ),
        &[
            source.pick("Datasæt", "Data set"),
            source.pick("Hvem og hvad", "Whom and what"),
            source.pick("Slettefrist", "Time limit"),
            source.pick("Derefter", "Then"),
        ],
        rows.collect(),
        &[4, 4, 7, 2],
    )
}

fn measures(source: &Source<'_>, all: &[String]) -> Block {
    match all {
        [] => note(source.pick("Ikke beskrevet.", "Not described.")),
        all => bullets(all.iter().map(|m| sentence(m))),
    }
}
