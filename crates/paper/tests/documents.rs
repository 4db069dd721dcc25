//! Documents as HTML and text: nothing that people wrote is markup, and tables can be read.

use frist_paper::{Attachment, Block, Cell, Document, Inline, Lang, Letterhead};

const NASTY: &str = "<img src=x onerror=alert(1)> \"&'</style></title>\u{202e}\u{0}";

/// One of everything, all of it hostile.
fn hostile() -> Document {
    let words = || vec![Inline::Text(NASTY.into()), Inline::Strong(NASTY.into())];
    Document {
        title: NASTY.into(),
        subtitle: Some(NASTY.into()),
        lang: Lang::En,
        date: Some(jiff::civil::date(2026, 9, 10)),
        meta: vec![(NASTY.into(), NASTY.into())],
        blocks: vec![
            Block::Heading(9, NASTY.into()),
            Block::Paragraph(vec![
                Inline::Emph(NASTY.into()),
                Inline::Code(NASTY.into()),
                Inline::Link { text: NASTY.into(), url: "javascript:alert(1)".into() },
                Inline::Link { text: NASTY.into(), url: "https://x.example/\"onclick=\"y".into() },
            ]),
            Block::List { ordered: true, items: vec![words(), vec![]] },
            Block::Table {
                caption: NASTY.into(),
                head: vec![NASTY.into()],
                rows: vec![vec![Cell::from(words()), Cell::end("1")], vec![]],
                widths: vec![0],
            },
            Block::Definitions(vec![(NASTY.into(), words())]),
            Block::Note(words()),
            Block::PageBreak,
        ],
        attachments: vec![Attachment {
            name: NASTY.into(),
            media_type: NASTY.into(),
            bytes: vec![1],
            description: NASTY.into(),
        }],
        letterhead: Some(Letterhead { sender: vec![NASTY.into()], recipient: vec![NASTY.into()] }),
    }
}

#[test]
fn nothing_that_people_wrote_is_html() {
    let html = hostile().html();
    assert!(!html.contains("<img") && !html.contains("javascript:"), "{html}");
    assert!(!html.contains("\"onclick"), "{html}");
    assert_eq!(html.matches("</style>").count(), 1);
    assert_eq!(html.matches("</title>").count(), 1);
    assert!(!html.contains(['\u{202e}', '\u{0}']), "{html}");
    assert!(html.contains("href=\"https://x.example/&quot;onclick=&quot;y\""), "{html}");
    for loaded in ["<script", "<link", "<iframe", "@import", "url("] {
        assert!(!html.contains(loaded), "{loaded}");
    }
}

#[test]
fn tables_have_captions_and_heads_with_a_scope() {
    let mut document = Document::new("Fortegnelse", Lang::Da);
    document.blocks.push(Block::Table {
        caption: "Kategorier".into(),
        head: vec!["Navn".into(), "Antal".into()],
        rows: vec![vec!["Kunder".into(), Cell::end("12")], vec!["Ansatte".into()]],
        widths: vec![3, 1],
    });
    let html = document.html();
    for part in [
        "<html lang=\"da\">",
        "<caption>Kategorier</caption>",
        "<th scope=\"col\">Navn</th><th scope=\"col\" class=\"end\">Antal</th>",
        "<th scope=\"row\">Kunder</th><td class=\"end\">12</td>",
        "<th scope=\"row\">Ansatte</th><td></td>",
        "<col class=\"w75\"><col class=\"w25\">",
        ".w75 {",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert_eq!(html.matches("<h1>").count(), 1);
    let text = document.text();
    assert!(text.contains("Navn     Antal\n-------  -----\nKunder      12\nAnsatte"), "{text}");
}

#[test]
fn text_is_wrapped_and_wide_tables_become_lists() {
    let mut document = Document::new("Lang", Lang::Da);
    let long = "databeskyttelsesforordningen ".repeat(20);
    document.blocks.push(Block::paragraph(long.clone()));
    document.blocks.push(Block::List { ordered: false, items: vec![vec![long.as_str().into()]] });
    document.blocks.push(Block::Note(vec!["x".repeat(200).into()]));
    let row: Vec<Cell> =
        (0..9).map(|i| Cell::from(format!("opbevaringsperiode{i} i et felt"))).collect();
    document.blocks.push(Block::Table {
        caption: "Bred".into(),
        head: (0..9).map(|i| format!("Felt {i}")).collect(),
        rows: vec![row.clone(), row],
        widths: vec![],
    });
    let text = document.text();
    let long = text.lines().find(|l| l.chars().count() > 78);
    assert_eq!(long, None);
    assert!(text.contains("* Felt 0: opbevaringsperiode0 i et felt\n  Felt 1: "), "{text}");
    assert!(text.contains("\n  databeskyttelsesforordningen"), "{text}");
}

#[test]
fn debug_tells_no_one_s_data() {
    let document = hostile();
    let told = format!("{document:?} {:?} {:?}", document.blocks, document.letterhead);
    assert!(!told.contains("img") && !told.contains("alert"), "{told}");
}

#[cfg(not(feature = "pdf"))]
#[test]
fn without_the_feature_a_pdf_is_an_error_that_says_how_to_get_one() {
    let error = hostile().pdf().unwrap_err();
    let help = error.help().unwrap();
    assert_eq!(error.to_string(), "this program was built without PDF");
    assert!(help.contains("--features letters-pdf") && help.contains("--html"), "{help}");
}

#[cfg(feature = "pdf")]
mod pdf {
    use std::path::PathBuf;
    use std::process::Command;

    use frist_paper::letters::{LetterKind, render, sample};

    use super::*;

    /// Runs one of poppler's programs on a file; what it says on standard output.
    fn run(program: &str, arguments: &[&str]) -> String {
        let out = Command::new(program).args(arguments).output();
        let out = out.unwrap_or_else(|e| panic!("`{program}` of poppler-utils is needed: {e}"));
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        // Poppler expects other types there than the standard has.
        let known = |l: &&str| !l.contains("Suspects object") && !l.contains("BorderColor value");
        let said: String = said.lines().filter(known).collect();
        assert!(out.status.success() && said.is_empty(), "{program} {arguments:?}: {said}");
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    struct Written {
        _folder: tempfile::TempDir,
        path: PathBuf,
    }

    fn written(document: &Document) -> Written {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("document.pdf");
        std::fs::write(&path, document.pdf().unwrap_or_else(|e| panic!("{e}"))).expect("written");
        Written { _folder: folder, path }
    }

    impl Written {
        fn ask(&self, program: &str, arguments: &[&str]) -> String {
            let path = self.path.to_str().expect("a plain path");
            run(program, &[arguments, &[path]].concat())
        }

        fn text(&self) -> String {
            let path = self.path.to_str().expect("a plain path");
            squeezed(&run("pdftotext", &[path, "-"]))
        }

        /// Every font is in the file, and none is drawn by hand (Type 3).
        fn fonts_are_embedded(&self) {
            let fonts = self.ask("pdffonts", &[]);
            assert!(fonts.lines().count() > 2, "{fonts}");
            for line in fonts.lines().skip(2) {
                // From the end: object id, generation, unicode map, subset, embedded.
                let words: Vec<&str> = line.split_whitespace().rev().collect();
                assert_eq!((words[2], words[4]), ("yes", "yes"), "{fonts}");
                assert!(!line.contains("Type 3"), "{fonts}");
            }
        }
    }

    fn squeezed(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn letter(kind: LetterKind, lang: Lang) -> Document {
        let context = serde_json::to_value(sample(kind, lang)).expect("plain fields");
        render(kind, lang, None, &context).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn a_letter_can_be_read_by_another_program() {
        let document = letter(LetterKind::PartlyGranted, Lang::Da);
        let file = written(&document);
        let text = file.text();
        for words in [
            "Vi sletter en del af oplysningerne om dig",
            "Prøve Eksempelsen Opdigtet Vej 1 9999 Prøveby",
            "bogføringslovens § 12",
            "Du kan også indbringe sagen for domstolene.",
            "Side 1 af",
        ] {
            assert!(text.contains(words), "`{words}` in {text}");
        }
        file.fonts_are_embedded();
        let info = file.ask("pdfinfo", &[]);
        let fact = |name: &str| {
            let line = info.lines().find(|l| l.starts_with(name)).unwrap_or_default();
            line.split_once(':').map(|(_, v)| v.trim().to_owned()).unwrap_or_default()
        };
        assert_eq!(fact("Tagged"), "yes", "{info}");
        assert_eq!(fact("Title"), document.title);
        assert_eq!(fact("Author"), "Nordkyst Forsyning A/S");
        assert!(fact("CreationDate").contains("2026"), "{info}");
        assert!(fact("Page size").contains("A4"), "{info}");
        // What screen readers are told: headings, and a table with heads of columns and rows.
        let structure = file.ask("pdfinfo", &["-struct"]);
        for tag in ["H1", "Table", "TH", "TD", "L (", "Link", "Caption"] {
            assert!(structure.contains(tag), "{tag} in {structure}");
        }
        // The title is the one heading of the first level; the others are below it.
        let heads = |level: &str| {
            let lines = structure.lines().map(str::trim_start);
            lines.filter(|line| line.starts_with(level)).collect::<Vec<_>>()
        };
        let [title] = heads("H1 ")[..] else { panic!("{structure}") };
        assert!(title.contains(&document.title), "{title}");
        assert!(!heads("H2 ").is_empty(), "{structure}");
        // In Typst's metadata: PDF/A-2a and PDF/UA-1.
        let metadata = file.ask("pdfinfo", &["-meta"]);
        for part in ["<pdfaid:part>2<", "<pdfaid:conformance>A<", "<pdfuaid:part>1<"] {
            assert!(metadata.contains(part), "{part} in {metadata}");
        }
        assert!(info.contains("2026"), "{info}");
    }

    #[test]
    fn every_letter_in_both_languages_has_its_words_and_fonts() {
        for lang in [Lang::Da, Lang::En] {
            for kind in LetterKind::ALL {
                let document = letter(*kind, lang);
                let file = written(&document);
                let text = file.text();
                for words in
                    [document.title.as_str(), &document.meta[0].1, "Nordkyst Forsyning A/S"]
                {
                    assert!(text.contains(&squeezed(words)), "{kind}: `{words}` in {text}");
                }
                file.fonts_are_embedded();
            }
        }
    }

    #[test]
    fn the_same_document_gives_the_same_bytes() {
        let document = letter(LetterKind::Access, Lang::En);
        let first = document.pdf().unwrap();
        let _other = letter(LetterKind::Receipt, Lang::Da).pdf().unwrap();
        assert!(first == document.pdf().unwrap());
        // And on another thread, where nothing is remembered of the first.
        let again = document.clone();
        assert!(first == std::thread::spawn(move || again.pdf().unwrap()).join().unwrap());
    }

    #[test]
    fn an_attachment_comes_out_as_it_went_in() {
        let mut document = letter(LetterKind::Access, Lang::Da);
        let bytes: Vec<u8> = (0..100_000u32).map(|i| (i % 1009 * 7 % 251) as u8).collect();
        for name in ["indsigt.json", "../../indsigt.json", "indsigt.json"] {
            document.attachments.push(Attachment {
                name: name.into(),
                media_type: "application/json".into(),
                bytes: bytes.clone(),
                description: "Dine oplysninger".into(),
            });
        }
        let file = written(&document);
        let list = file.ask("pdfdetach", &["-list"]);
        assert!(list.starts_with("3 embedded files") && list.contains("indsigt.json"), "{list}");
        assert!(!list.contains(".."), "{list}");
        let out = file.path.with_extension("out");
        file.ask("pdfdetach", &["-save", "1", "-o", out.to_str().unwrap()]);
        assert!(std::fs::read(out).unwrap() == bytes);
        let metadata = file.ask("pdfinfo", &["-meta"]);
        assert!(metadata.contains("<pdfaid:part>3<"), "{metadata}");
    }

    #[test]
    fn hostile_words_are_words() {
        // Typst's own markup, code, and packages; none of it may be read.
        let typst = "#import \"@preview/x:1.0.0\": * #read(\"/etc/passwd\") #pdf.attach(\"y\", bytes(\"z\")) $x^2$ *b* _e_ = h @ref <label> \\u{41} // gone /* gone */ `raw` ~ -- \"q\"";
        let mut document = hostile();
        document.title = typst.into();
        document.blocks.push(Block::paragraph(typst));
        document.blocks.push(Block::Heading(4, typst.into()));
        document.blocks.push(Block::Table {
            caption: typst.into(),
            head: vec![typst.into(), "x".into()],
            rows: vec![vec![typst.into()], vec![Cell::from("y".repeat(4_000))]],
            widths: vec![],
        });
        let file = written(&document);
        let text = file.text();
        assert!(text.matches("#read(\"/etc/passwd\")").count() >= 3, "{text}");
        assert!(text.contains("// gone /* gone */ `raw`"), "{text}");
        assert!(text.contains("<img src=x onerror=alert(1)>"), "{text}");
        assert!(file.ask("pdfdetach", &["-list"]).starts_with("1 embedded"), "no file of theirs");
        file.fonts_are_embedded();
    }

    #[test]
    fn signs_that_no_font_has_are_written_by_their_numbers() {
        let mut document = Document::new("Tegn", Lang::Da);
        document.date = Some(jiff::civil::date(2026, 9, 10));
        let odd = "Ærø Łódź Ελλάδα Москва е\u{301} ½ € “q” – … ☎ 中 \u{1f600} \u{e000} \u{10ffff} a\u{200d}b \u{fe0f} \u{ad} عربي עברית";
        document.blocks.push(Block::paragraph(odd));
        let file = written(&document);
        let text = file.text();
        for words in ["Ærø Łódź Ελλάδα Москва", "½ € “q” – …", "[U+4E2D]", "[U+E000]", "[U+10FFFF]"]
        {
            assert!(text.contains(words), "`{words}` in {text}");
        }
        file.fonts_are_embedded();
        let every: String = (1..0x2200u32)
            .filter(|c| *c < 0x100 || c % 3 == 0)
            .filter_map(char::from_u32)
            .collect();
        document.blocks = vec![Block::paragraph(every.clone()), Block::Heading(1, every)];
        document.pdf().unwrap();
    }

    #[test]
    fn a_long_table_goes_over_pages_and_repeats_its_head() {
        let mut document = Document::new("Sletteplan", Lang::Da);
        document.date = Some(jiff::civil::date(2026, 9, 10));
        document.blocks.push(Block::Heading(3, "Uden niveauer over".into()));
        document.blocks.push(Block::Table {
            caption: "Datasæt".into(),
            head: vec!["Datasæt".into(), "Frist".into(), "Antal".into()],
            rows: (0..300)
                .map(|i| {
                    vec![format!("række {i}").into(), "5 år".into(), Cell::end(format!("{i}"))]
                })
                .collect(),
            widths: vec![],
        });
        let file = written(&document);
        let text = file.text();
        assert!(text.contains("række 299"));
        let info = file.ask("pdfinfo", &[]);
        let pages = info.lines().find_map(|l| l.strip_prefix("Pages:")).unwrap().trim();
        let pages: usize = pages.parse().unwrap();
        assert!(pages > 4, "{pages}");
        assert!(text.matches("Frist Antal").count() + 1 >= pages, "the head is on every page");
    }

    #[test]
    fn empty_documents_and_odd_shapes_are_written() {
        Document::default().pdf().unwrap();
        let mut document = Document::new("", Lang::En);
        document.date = Some(jiff::civil::date(1, 1, 1));
        document.letterhead = Some(Letterhead::default());
        document.blocks = vec![
            Block::Paragraph(vec![]),
            Block::List { ordered: false, items: vec![] },
            Block::List { ordered: true, items: vec![vec![]] },
            Block::Table { caption: String::new(), head: vec![], rows: vec![], widths: vec![1, 2] },
            Block::Table {
                caption: "x".into(),
                head: vec!["a".into()],
                rows: vec![vec![]],
                widths: vec![],
            },
            Block::Definitions(vec![]),
            Block::Definitions(vec![(String::new(), vec![])]),
            Block::Note(vec![]),
            Block::Heading(0, String::new()),
            Block::PageBreak,
            Block::PageBreak,
        ];
        document.pdf().unwrap();
    }
}
