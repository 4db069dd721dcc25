//! The figures for people: the questions that inspections ask, each with its answer and where the
//! proof is; then the figures themselves. Danish or English, from the very same figures.

mod answers;
mod doing;
mod open;
mod people;
mod rules;
mod words;

use frist_paper::{Attachment, Document};
use frist_register::Lang;

use super::{EVIDENCE, FIGURES, Figures};
use crate::Result;
use crate::pages::Pages;
use words::Say;

/// The report. `attached` says whether the evidence is in the PDF as well.
#[must_use]
pub fn document(figures: &Figures, lang: Lang, attached: bool) -> Document {
    let say = Say::new(figures, lang);
    let mut pages = Pages::new();
    answers::write(&mut pages, figures, &say);
    rules::write(&mut pages, figures, &say);
    doing::write(&mut pages, figures, &say);
    people::write(&mut pages, figures, &say);
    check(&mut pages, &say, attached);
    let controller = &figures.controller;
    let mut meta = vec![(say.t("Dataansvarlig", "Controller"), controller.name.clone())];
    if let Some(cvr) = &controller.cvr {
        meta.push((say.t("CVR-nummer", "Company number (CVR)"), cvr.clone()));
    }
    if let Some(contact) = &controller.contact {
        meta.push((say.t("Henvendelse", "Contact"), contact.clone()));
    }
    meta.push((say.t("Periode", "Period"), say.period()));
    meta.push((say.t("Udarbejdet", "Made"), say.instant(figures.made)));
    meta.push((say.t("Udarbejdet af", "Made by"), figures.by.clone()));
    if let Some(live) = figures.revisions.last() {
        meta.push((
            say.t("Fortegnelsens udgave", "Revision of the register"),
            live.hash.chars().take(16).collect(),
        ));
    }
    let log = match lang {
        Lang::Da => format!("{}, {} indførsler", figures.ledger, say.n(figures.ledger_entries)),
        Lang::En => format!("{}, {} entries", figures.ledger, say.n(figures.ledger_entries)),
    };
    meta.push((say.t("Slettelog", "Deletion log"), log));
    pages.document(
        say.t("Dokumentation for opbevaring og sletning", "Evidence of storage and erasure"),
        Some(format!("{} · {}", controller.name, say.period())),
        lang,
        Some(say.date(figures.made)),
        meta,
    )
}

/// The report as PDF, with the figures and the evidence in it; none in a build without PDF.
///
/// # Errors
/// When the PDF cannot be made.
pub fn pdf(
    document: Document,
    figures: &[u8],
    evidence: Option<Vec<u8>>,
    lang: Lang,
) -> Result<Option<Vec<u8>>> {
    let t = |da: &str, en: &str| if lang == Lang::Da { da.to_owned() } else { en.to_owned() };
    let mut document = document;
    let attach = |name: &str, media_type: &str, bytes: Vec<u8>, description: String| Attachment {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        bytes,
        description,
    };
    document.attachments.push(attach(
        FIGURES,
        "application/json",
        figures.to_vec(),
        t("Rapportens tal som data", "The report's figures as data"),
    ));
    if let Some(bytes) = evidence {
        document.attachments.push(attach(
            EVIDENCE,
            "application/octet-stream",
            bytes,
            t("Sletteloggen, som kan efterprøves", "The deletion log, which can be verified"),
        ));
    }
    crate::pages::pdf(&document)
}

/// How to check it, in plain text.
#[must_use]
pub fn readme(figures: &Figures, lang: Lang) -> String {
    let name = &figures.controller.name;
    let say = Say::new(figures, lang);
    match lang {
        Lang::Da => format!(
            "Dokumentation for opbevaring og sletning hos {name}\nPeriode: {}\n\n\
             rapport     report.html (og report.pdf): svarene, spørgsmål for spørgsmål\n\
             tal         figures.json: alle tal i rapporten\n\
             slettelog   evidence.frist: hver indførsel i sletteloggen siden den blev begyndt\n\
             fortegnelse register/: fortegnelsen i de udgaver, der har været i kraft\n\
             segl        manifest.txt og seal.frist: hvad mappen består af, og at sletteloggen siger det\n\n\
             Sådan efterprøves det, uden netværk og uden adgang til {name}s systemer:\n\n\
             \x20   frist verify <denne mappe> --key <den offentlige nøgle>\n\n\
             Få den offentlige nøgle ad en anden vej end mappen. Er et tal, en fil eller en linje ændret,\n\
             siger programmet hvilken. Programmet er open source; formaterne er beskrevet i dets kildekode\n\
             (RFC 6962 og C2SP), så de også kan efterprøves uden det.\n",
            say.period()
        ),
        Lang::En => format!(
            "Evidence of storage and erasure at {name}\nPeriod: {}\n\n\
             report        report.html (and report.pdf): the answers, question by question\n\
             figures       figures.json: every figure of the report\n\
             deletion log  evidence.frist: every entry of the deletion log since it was begun\n\
             register      register/: the record of processing in the revisions that were in force\n\
             seal          manifest.txt and seal.frist: what the folder consists of, as the deletion log says\n\n\
             To verify it, without network and without access to the systems of {name}:\n\n\
             \x20   frist verify <this folder> --key <the public key>\n\n\
             Get the public key by another way than the folder. If a figure, a file or a line was changed,\n\
             the program says which. The program is open source; its source describes the formats\n\
             (RFC 6962 and C2SP), so that they can be verified without it, too.\n",
            say.period()
        ),
    }
}

fn check(pages: &mut Pages, say: &Say<'_>, attached: bool) {
    pages.heading(1, say.t("Sådan efterprøves rapporten", "How to verify this report"));
    pages.text(say.t(
        "Rapporten hører til en mappe. Med programmet Frist og den offentlige nøgle til sletteloggen kan enhver efterprøve mappen uden netværk og uden adgang til den dataansvarliges systemer. Få nøglen ad en anden vej end mappen.",
        "The report belongs to a folder. With the program Frist and the deletion log's public key, anybody can verify the folder without network and without access to the controller's systems. Get the key by another way than the folder.",
    ));
    pages
        .code(say.t("frist verify MAPPE --key ledger.pub", "frist verify FOLDER --key ledger.pub"));
    pages.list(vec![
        say.t(
            "manifest.txt har SHA-256 af hver fil. seal.frist viser, at netop det manifest er ført ind i sletteloggen, og hvornår: tal og filer kan ikke ændres bagefter, og en anden udgave af mappen ville også stå i loggen.",
            "manifest.txt has the SHA-256 of every file. seal.frist shows that this very manifest was entered into the deletion log, and when: figures and files cannot be changed afterwards, and another version of the folder would stand in the log, too.",
        ),
        say.t(
            "evidence.frist er sletteloggen fra første indførsel. Hver indførsel er bundet til alle andre i et hashtræ, hvis rod er underskrevet. Slettede poster står der kun som nøglede hashværdier.",
            "evidence.frist is the deletion log from its first entry. Each entry is tied to all others in a hash tree whose root is signed. Erased records stand there as keyed hashes only.",
        ),
        say.t(
            "Tal, der er mærket »Slettelog«, regnes ud igen af sletteloggen, når mappen efterprøves. Tal, der er mærket »Oplyst«, er den dataansvarliges egne oplysninger på det tidspunkt, hvor mappen blev forseglet.",
            "Figures marked “Deletion log” are computed again from the deletion log when the folder is verified. Figures marked “Stated” are the controller's own statement at the time when the folder was sealed.",
        ),
        say.t(
            "Fortegnelsens filer ligger i mappen, og deres fingeraftryk er det, som sletteloggen siger var i kraft.",
            "The register's files are in the folder, and their fingerprint is the one that the deletion log says was in force.",
        ),
    ]);
    pages.note(match attached {
        true => say.t(
            "I PDF-udgaven ligger figures.json og evidence.frist også som vedhæftede filer. Personoplysninger om registrerede indgår ikke.",
            "The PDF also has figures.json and evidence.frist as attached files. No personal data of data subjects is included.",
        ),
        false => say.t(
            "I PDF-udgaven ligger figures.json også som vedhæftet fil; sletteloggen er for stor og ligger kun i mappen. Personoplysninger om registrerede indgår ikke.",
            "The PDF also has figures.json as an attached file; the deletion log is too large and is in the folder only. No personal data of data subjects is included.",
        ),
    });
}
