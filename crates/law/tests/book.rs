//! The embedded law book says what our sources say, no more; a wrong law file is refused with the
//! place and the reason.

use frist_law::book::{Basis, EMBEDDED, Kind, LawBook, Verified};
use frist_law::{Calendar, Expiry, LawError, Start, expires};
use jiff::civil::{Date, date};

/// Id, kind, versions: first and last day in force, term, mark.
type Row = (&'static str, Kind, &'static [(&'static str, &'static str, &'static str, Verified)]);

use Kind::{Exception, Guideline, Limitation, Maximum, Minimum, OpenEndedMinimum};
use Verified::{Secondary, Unverified, Verified as Seen};

const FINANCIAL_YEAR: &str = "5 years from the end of the financial year";

const CATALOGUE: [Row; 25] = [
    (
        "dk.ansoegere",
        Guideline,
        &[("", "2021-05-27", "6 months", Unverified), ("2021-05-28", "", "3 years", Seen)],
    ),
    ("dk.arbejdstid", Minimum, &[("2024-07-01", "", "5 years", Secondary)]),
    ("dk.arkiv", OpenEndedMinimum, &[("", "", "", Seen)]),
    (
        "dk.bogfoering",
        Minimum,
        &[
            ("1999-07-01", "2022-06-30", FINANCIAL_YEAR, Seen),
            ("2022-07-01", "", FINANCIAL_YEAR, Secondary),
        ],
    ),
    ("dk.foraeldelse", Limitation, &[("", "", "3 years", Seen)]),
    ("dk.foraeldelse.absolut-10", Limitation, &[("", "", "10 years", Seen)]),
    ("dk.foraeldelse.absolut-30", Limitation, &[("", "", "30 years", Seen)]),
    ("dk.foraeldelse.ansaettelse", Limitation, &[("", "", "5 years", Seen)]),
    ("dk.foraeldelse.ansaettelse.absolut-10", Limitation, &[("", "", "10 years", Seen)]),
    ("dk.foraeldelse.dokumenteret", Limitation, &[("", "", "10 years", Seen)]),
    ("dk.hvidvask.delete", Maximum, &[("", "", "5 years", Secondary)]),
    ("dk.hvidvask.keep", Minimum, &[("", "", "5 years", Secondary)]),
    ("dk.koebeloven", Limitation, &[("", "", "2 years", Seen)]),
    ("dk.mailkonto", Guideline, &[("", "", "12 months", Seen)]),
    ("dk.mifid.samtaler", Minimum, &[("", "", "5 years", Secondary)]),
    ("dk.moms", Minimum, &[("", "", FINANCIAL_YEAR, Seen)]),
    ("dk.offentlighed", OpenEndedMinimum, &[("", "", "", Seen)]),
    ("dk.patientjournal", Minimum, &[("", "", "10 years", Seen)]),
    ("dk.patientjournal.andre", Minimum, &[("", "", "5 years", Seen)]),
    ("dk.patientjournal.sag", OpenEndedMinimum, &[("", "", "", Seen)]),
    ("dk.personalesag", Guideline, &[("", "", "5 years", Secondary)]),
    ("dk.statsregnskab", Minimum, &[("", "", FINANCIAL_YEAR, Seen)]),
    ("dk.tele.fakturering", Maximum, &[("", "", "3 years", Secondary)]),
    ("dk.tv-overvaagning", Maximum, &[("", "", "30 days", Seen)]),
    ("dk.tv-overvaagning.tvist", Exception, &[("", "", "", Seen)]),
];

#[test]
fn the_catalogue_is_the_one_we_checked() {
    let book = LawBook::embedded();
    assert_eq!(book.iter().map(|law| law.id.as_str()).collect::<Vec<_>>(), CATALOGUE.map(|r| r.0));
    let or_empty = |date: Option<Date>| date.map(|d| d.to_string()).unwrap_or_default();
    for (id, kind, versions) in CATALOGUE {
        let law = book.get(id).unwrap();
        assert_eq!(law.kind, kind, "{id}");
        let found: Vec<_> = law.versions.iter().collect();
        assert_eq!(found.len(), versions.len(), "{id}");
        for (version, (from, to, term, verified)) in found.into_iter().zip(versions) {
            assert_eq!(or_empty(version.in_force_from), *from, "{id}");
            assert_eq!(or_empty(version.in_force_to), *to, "{id}");
            let found = version.term().map(|term| term.to_string()).unwrap_or_default();
            assert_eq!(found, *term, "{id}");
            assert_eq!(version.verified, *verified, "{id}");
        }
    }
    assert_eq!(
        book.get("dk.tv-overvaagning.tvist").unwrap().excepts.as_deref(),
        Some("dk.tv-overvaagning")
    );
}

#[test]
fn the_records_own_date_chooses_the_version() {
    let law = LawBook::embedded().get("dk.bogfoering").unwrap();
    let cites = |day| law.version_on(day).map(|version| version.citation.as_str());
    assert_eq!(cites(date(1999, 6, 30)), None);
    assert!(cites(date(2021, 12, 31)).unwrap().ends_with("§ 10"));
    assert!(cites(date(2022, 6, 30)).unwrap().ends_with("§ 10"));
    assert!(cites(date(2022, 7, 1)).unwrap().contains("§ 12"));
    assert!(cites(date(2023, 12, 31)).unwrap().contains("§ 12"));
    assert_eq!(law.verified(), Verified::Secondary);
    assert_eq!(law.newest().in_force_to, None);
}

#[test]
fn its_terms_run_as_the_worked_examples_say() {
    let dk = Calendar::denmark();
    for (id, start, over) in [
        ("dk.bogfoering", date(2021, 5, 4), "2027-01-01T00:00+01:00"),
        ("dk.hvidvask.keep", date(2024, 2, 29), "2029-03-01T00:00+01:00"),
        ("dk.hvidvask.delete", date(2024, 2, 29), "2029-03-01T00:00+01:00"),
        ("dk.tv-overvaagning", date(2026, 3, 1), "2026-04-01T00:00+02:00"),
    ] {
        let version = LawBook::embedded().get(id).unwrap().version_on(start).unwrap();
        let found = expires(version.term().unwrap(), &Start::Date(start), &dk);
        assert_eq!(found, Expiry::At(over.parse().unwrap()), "{id}");
    }
}

#[test]
fn every_article_we_refer_to_is_there() {
    let book = LawBook::embedded();
    let letters = |number: &str, last: char| {
        ('a'..=last).map(|point| format!("{number}({point})")).collect::<Vec<_>>()
    };
    let mut wanted: Vec<String> = [
        "4(11)", "5(1)(b)", "5(1)(c)", "5(1)(e)", "5(2)", "7(1)", "7(3)", "9(1)", "10", "12(3)",
        "12(4)", "12(6)", "16", "18(2)", "18(3)", "19", "20", "21(1)", "21(2)", "21(3)", "32",
        "33", "35", "36", "58(2)",
    ]
    .map(str::to_owned)
    .into();
    for (number, last) in [
        ("6(1)", 'f'),
        ("9(2)", 'j'),
        ("15(1)", 'h'),
        ("17(1)", 'f'),
        ("17(3)", 'e'),
        ("18(1)", 'd'),
        ("28(3)", 'h'),
        ("30(1)", 'g'),
    ] {
        wanted.extend(letters(number, last));
    }
    for reference in &wanted {
        assert_eq!(&book.article(reference).unwrap().reference, reference);
    }
    assert_eq!(book.regulations().len(), 1);
    assert_eq!(book.regulations()[0].articles.len(), wanted.len());
}

#[test]
fn an_article_is_found_however_it_is_cited() {
    let book = LawBook::embedded();
    for text in [
        "6(1)(b)",
        "art. 6(1)(b)",
        "Article 6 (1) (b)",
        "artikel 6, stk. 1, litra b",
        "eu.gdpr.6.1.b",
    ] {
        let article = book.article(text).unwrap();
        assert_eq!(article.id, "eu.gdpr.6.1.b");
        assert_eq!(article.label.da, "Kontrakt");
        assert_eq!(article.cite_da(), "artikel 6, stk. 1, litra b");
        assert_eq!(article.cite_en(), "Article 6(1)(b)");
    }
    assert_eq!(book.article("eu.gdpr.17.3.b").unwrap().reference, "17(3)(b)");
    assert_eq!(book.article("4(11)").unwrap().cite_da(), "artikel 4, nr. 11");
    assert_eq!(book.article("10").unwrap().cite_da(), "artikel 10");
    for text in ["", "6(1)(z)", "99", "6"] {
        assert_eq!(book.article(text), None, "{text}");
    }
}

#[test]
fn bases_are_read_written_and_labelled() {
    for basis in Basis::ARTICLE_6.into_iter().chain(Basis::ARTICLE_9) {
        assert_eq!(basis.to_string().parse(), Ok(basis));
        assert!(!basis.label().da.is_empty());
        assert_eq!(basis.is_special(), basis.to_string().starts_with('9'));
        let consent = ["6(1)(a)", "9(2)(a)"].contains(&basis.reference());
        assert_eq!(basis.is_consent(), consent, "{basis}");
        assert_eq!(serde_json::to_value(basis).unwrap(), basis.reference());
    }
    assert_eq!("art. 6(1)(f)".parse(), Ok(Basis::LegitimateInterests));
    assert_eq!(Basis::LegalClaims.label().en, "Legal claims");
    assert_eq!(Basis::Care.reference(), "9(2)(h)");
    for text in ["6(1)(g)", "9(1)", "6", "", "samtykke"] {
        assert_eq!(text.parse::<Basis>(), Err(LawError::Basis { text: text.to_owned() }));
    }
}

#[test]
fn a_slip_of_the_pen_finds_its_law() {
    let book = LawBook::embedded();
    for (slip, meant) in [
        ("dk.bogforing", Some("dk.bogfoering")),
        ("dk.Bogføring", Some("dk.bogfoering")),
        ("bogfoering", Some("dk.bogfoering")),
        ("dk.tv_overvågning", Some("dk.tv-overvaagning")),
        ("dk.hvidvask.kep", Some("dk.hvidvask.keep")),
        ("dk.hvidvask", Some("dk.hvidvask.delete")),
        ("dk.bogføringsloven", Some("dk.bogfoering")),
        ("dk.vejtrafik", None),
        ("dk", None),
        ("", None),
    ] {
        assert_eq!(book.suggest(slip), meant, "{slip}");
    }
}

#[test]
fn a_country_is_added_by_a_file() {
    let se = r#"
        as_of = "2026-11-22"
        [[law]]
        id = "se.example"
        title = { da = "Eksempel", en = "Example" }
        kind = "minimum"
        [[law.version]]
        citation = "An example"
        period = "7 years"
        anchor = "end of calendar year"
        verified = "unverified"
        note = { da = "Et eksempel.", en = "An example." }
    "#;
    let mut files = EMBEDDED.to_vec();
    files.push(("se.toml", se));
    let book = LawBook::parse(&files).unwrap();
    let law = book.get("se.example").unwrap();
    assert_eq!(law.newest().term().unwrap().text_da(), "7 år fra udgangen af kalenderåret");
    assert!(book.get("dk.bogfoering").is_some());
    assert!(book.files().any(|(name, as_of)| name == "se.toml" && as_of == date(2026, 11, 22)));
    // The order of the files is of no consequence.
    files.reverse();
    assert_eq!(LawBook::parse(&files).unwrap(), book);
    // A law is not replaced unnoticed.
    files.push(("se.toml", se));
    assert!(LawBook::parse(&files).unwrap_err().to_string().contains("the id is used twice"));
}

/// A good entry, spoilt in one place at a time.
#[test]
fn a_wrong_law_file_is_refused_with_the_reason() {
    const GOOD: &str = r#"as_of = "2026-11-22"
[[law]]
id = "dk.x"
title = { da = "X", en = "X" }
kind = "minimum"
[[law.version]]
citation = "X § 1"
in_force_from = "2020-01-01"
in_force_to = "2021-12-31"
period = "5 years"
verified = "verified"
[[law.version]]
citation = "X § 2"
in_force_from = "2022-01-01"
period = "5 years"
verified = "verified"
"#;
    LawBook::parse(&[("dk.toml", GOOD)]).unwrap();
    for (good, bad, reason) in [
        ("period = \"5 years\"", "period = \"five\"", "line 10: `five` is not a period"),
        ("period = \"5 years\"", "perod = \"5 years\"", "line 10: unknown field `perod`"),
        ("period = \"5 years\"", "", "the `period` is missing"),
        ("period = \"5 years\"", "period = 5", "line 10: invalid type"),
        (
            "title = { da = \"X\", en = \"X\" }",
            "title = \"X\"",
            "expected a table with `da` and `en`",
        ),
        ("da = \"X\"", "da = \" \"", "a text is empty"),
        ("\"minimum\"", "\"maybe\"", "line 5: unknown variant `maybe`"),
        ("\"minimum\"", "\"open-ended minimum\"", "what is open-ended has no `period`"),
        ("\"minimum\"", "\"exception\"", "`excepts` belongs to kind `exception`"),
        ("\"minimum\"", "\"exception\"\nexcepts = \"dk.y\"", "what is open-ended has no `period`"),
        ("dk.x", "x", "the id has no name after the country"),
        ("dk.x", "se.x", "the id does not begin with the country"),
        ("dk.x", "dk.Æ", "the id has other characters"),
        ("\"verified\"", "\"secondary\"", "needs a `note`"),
        ("X § 1", "", "the citation is empty"),
        ("2021-12-31", "2022-01-01", "the versions overlap"),
        ("in_force_to = \"2021-12-31\"", "", "the versions overlap"),
        ("in_force_from = \"2022-01-01\"", "", "the versions overlap"),
        ("2021-12-31", "2019-12-31", "out of force before it is in force"),
        ("2021-12-31", "2021-13-31", "line 9: "),
        ("as_of", "#", "missing field `as_of`"),
    ] {
        let text = GOOD.replacen(good, bad, 1);
        assert_ne!(text, GOOD, "{good}");
        let found = LawBook::parse(&[("dk.toml", &text)]).unwrap_err().to_string();
        assert!(found.contains(reason), "{bad}: {found}");
        assert!(found.starts_with("dk.toml"), "{found}");
    }
    // A single day is a time to be in force.
    LawBook::parse(&[("dk.toml", &GOOD.replacen("2021-12-31", "2020-01-01", 1))]).unwrap();
    let unnamed = LawBook::parse(&[("Danmark", GOOD)]).unwrap_err().to_string();
    assert!(unnamed.contains("not named after a country"), "{unnamed}");

    let lone = GOOD.split("[[law.version]]").next().unwrap().replace("minimum", "exception")
        + "excepts = \"dk.y\"\n[[law.version]]\ncitation = \"X\"\nverified = \"verified\"\n\
           condition = { da = \"x\", en = \"x\" }\n";
    let found = LawBook::parse(&[("dk.toml", &lone)]).unwrap_err().to_string();
    assert!(found.contains("`excepts` does not name a maximum"), "{found}");

    let article = |reference: &str| {
        format!(
            "as_of = \"2026-11-22\"\n[[regulation]]\nid = \"eu.x\"\n\
             title = {{ da = \"X\", en = \"X\" }}\ncitation = {{ da = \"X\", en = \"X\" }}\n\
             in_force_from = \"2018-05-25\"\n[[regulation.article]]\nref = \"{reference}\"\n\
             label = {{ da = \"X\", en = \"X\" }}\n"
        )
    };
    LawBook::parse(&[("eu.toml", &article("6(1)(b)"))]).unwrap();
    for reference in ["6.1.b", "6(1)b", "(6)", "06", "6(1)(b)(c)", "6(b)", ""] {
        let found = LawBook::parse(&[("eu.toml", &article(reference))]).unwrap_err().to_string();
        assert!(found.contains("the article is not written as"), "{reference}: {found}");
    }
}

/// What a kind is called and what follows from it, in the law book's own words.
#[test]
fn kinds_and_marks_are_called_by_their_names() {
    let kinds = [
        (Minimum, "minimum", "opbevaringspligt", true, false),
        (OpenEndedMinimum, "open-ended minimum", "opbevaringspligt uden fast frist", true, true),
        (Maximum, "maximum", "slettepligt", false, false),
        (Guideline, "guideline", "vejledende frist", false, false),
        (Limitation, "limitation", "forældelsesfrist", false, false),
        (Exception, "exception", "undtagelse fra slettepligt", false, true),
    ];
    for (kind, en, da, minimum, open_ended) in kinds {
        assert_eq!((kind.to_string().as_str(), kind.text_da()), (en, da));
        assert_eq!((kind.is_minimum(), kind.is_open_ended()), (minimum, open_ended), "{en}");
        // What is shown is what is read.
        assert_eq!(serde_json::to_value(kind).unwrap(), en);
    }
    let marks = [
        (Unverified, "unverified", "ikke efterprøvet"),
        (Secondary, "secondary", "kun sekundær kilde"),
        (Seen, "verified", "efterprøvet"),
    ];
    for (mark, en, da) in marks {
        assert_eq!((mark.to_string().as_str(), mark.text_da()), (en, da));
        assert_eq!(serde_json::to_value(mark).unwrap(), en);
    }
}

#[test]
fn a_regulation_is_there_once() {
    let file = |first: &str, second: &str| {
        let one = |id: &str| {
            format!(
                "[[regulation]]\nid = \"eu.{id}\"\ntitle = {{ da = \"X\", en = \"X\" }}\ncitation = {{ da = \"X\", en = \"X\" }}\nin_force_from = \"2018-05-25\"\narticle = [{{ ref = \"1\", label = {{ da = \"X\", en = \"X\" }} }}]\n"
            )
        };
        format!("as_of = \"2026-11-22\"\n{}{}", one(first), one(second))
    };
    let read = |first, second| LawBook::parse(&[("eu.toml", &file(first, second))]);
    assert_eq!(read("a", "b").unwrap().regulations().len(), 2);
    assert!(read("a", "a").unwrap_err().to_string().contains("the id is used twice"));
}
