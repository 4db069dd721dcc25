//! Letters: what each says in both languages, what must be said, and that what people wrote stays text.
//!
//! The texts are in `tests/golden`; `FRIST_BLESS=1 cargo test -p frist-paper --test letters` writes
//! them anew, to be read before they are committed. Nobody in them exists.

use std::path::PathBuf;

use frist_paper::letters::{LetterContext, LetterKind, check, render, sample};
use frist_paper::{Lang, PaperError};
use frist_register::{Code, Letter, Register, explain};

const LANGS: [(Lang, &str); 2] = [(Lang::Da, "da"), (Lang::En, "en")];

fn json(context: &LetterContext) -> serde_json::Value {
    serde_json::to_value(context).expect("plain fields")
}

fn register(letters: &str) -> Register {
    let text = format!("[controller]\nname = \"Nordkyst Forsyning A/S\"\n{letters}");
    let reading = Register::read(&[("register.toml", &text)]);
    reading.register.unwrap_or_else(|| panic!("{:#?}", reading.diagnostics))
}

fn own(kind: &str, text: &str) -> Letter {
    let toml = format!("[[letter]]\nid = \"{kind}\"\nversion = \"1\"\ntext = '''\n{text}'''\n");
    register(&toml).letters.remove(0)
}

#[test]
fn every_letter_says_what_it_said() {
    let mut changed = Vec::new();
    for (lang, code) in LANGS {
        for kind in LetterKind::ALL {
            let letter = render(*kind, lang, None, &json(&sample(*kind, lang)))
                .unwrap_or_else(|e| panic!("{kind} {code}: {e}"));
            let text = letter.text();
            let long = text.lines().find(|l| l.chars().count() > 78);
            assert!(long.is_none(), "{kind} {code}: {long:?}");
            for leftover in ["{{", "{%", "**", "\\", "|---"] {
                assert!(!text.contains(leftover), "{kind} {code}: `{leftover}` in\n{text}");
            }
            let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join(format!("tests/golden/{code}/{kind}.txt"));
            if std::env::var_os("FRIST_BLESS").is_some() {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(&path, &text).unwrap();
            }
            if std::fs::read_to_string(&path).unwrap_or_default() != text {
                changed.push(path.display().to_string());
            }
        }
    }
    assert!(changed.is_empty(), "FRIST_BLESS=1 writes them anew: {changed:#?}");
}

#[test]
fn the_built_in_texts_pass_the_check_that_own_texts_pass() {
    let mut toml = String::new();
    for kind in LetterKind::ALL {
        let (da, en) = (kind.built_in(Lang::Da), kind.built_in(Lang::En));
        toml.push_str(&format!("[[letter]]\nid = \"{kind}\"\nversion = \"1\"\n"));
        toml.push_str(&format!("text.da = '''\n{da}'''\ntext.en = '''\n{en}'''\n\n"));
    }
    let said = check(&register(&toml));
    assert!(said.is_empty(), "{said:#?}");
}

#[test]
fn the_pages_of_the_codes_tell_the_truth() {
    for code in [Code::E0080, Code::E0081, Code::E0082, Code::E0083] {
        let page = explain(code);
        for (fence, wanted) in [("```toml bad\n", vec![code]), ("```toml good\n", vec![])] {
            let example = page.split(fence).nth(1).and_then(|r| r.split("```").next()).unwrap();
            let mut said: Vec<Code> = check(&register(example)).iter().map(|d| d.code).collect();
            said.dedup();
            assert_eq!(said, wanted, "{code} {fence}");
        }
    }
}

#[test]
fn slips_of_the_pen_are_told_with_what_was_meant() {
    let at = |id: &str, text: &str| {
        let toml = format!("[[letter]]\nid = \"{id}\"\nversion = \"1\"\ntext = '''\n{text}'''\n");
        let said = check(&register(&toml));
        said.iter()
            .map(|d| format!("{}: {} ({})", d.code, d.message, d.help.clone().unwrap_or_default()))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let said = at("receipt", "{{ case.number }} {{ contoller.name }}");
    assert!(said.contains("there is no `contoller` to put"), "{said}");
    assert!(said.contains("did you mean `controller`?"), "{said}");
    // In a loop, and in a branch that no letter has taken yet.
    let said =
        at("granted", "{% for line in decisions %}{{ line.what }}{{ line.unitl }}{% endfor %}");
    assert!(said.contains("did you mean `decisions.until`?"), "{said}");
    let said = at(
        "receipt",
        "{{ case.number }}{% if case.right == 'nothing' %}{{ case.nummer }}{% endif %}",
    );
    assert!(said.contains("did you mean `case.number`?"), "{said}");
    let said = at("reciept", "x");
    assert!(said.contains("did you mean `receipt`?"), "{said}");
    // Said in one branch only.
    let said = at(
        "extension",
        "{{ extension.until | date }} {% if dpo %}{{ extension.reason }}{% endif %}",
    );
    assert!(said.contains("E0083") && said.contains("`extension.reason`"), "{said}");
    let said = at(
        "refused",
        "{% for line in decisions %}{{ line.what }} {{ line.ground }}{% endfor %} {% for r in reasons %}{{ r }}{% endfor %}",
    );
    assert!(said.contains("the supervisory authority and the courts"), "{said}");
    let said = at("refused", "{{ complaint }}");
    assert!(said.contains("`decisions.ground`") && said.contains("`reasons`"), "{said}");
}

#[test]
fn no_letter_leaves_without_what_the_law_demands() {
    let (kind, lang) = (LetterKind::Extension, Lang::Da);
    let mut context = sample(kind, lang);
    context.extension.as_mut().unwrap().reason = " ".to_owned();
    let missing = render(kind, lang, None, &json(&context)).unwrap_err();
    let field = "extension.reason";
    assert_eq!(missing, PaperError::Missing { kind, field, law: "GDPR Art. 12(3)" });

    let letter = own("extension", "Vi svarer senest {{ extension.until | date }}.");
    let unsaid = render(kind, lang, Some(&letter), &json(&sample(kind, lang))).unwrap_err();
    assert_eq!(unsaid, PaperError::Unsaid { kind, lang, field, law: "GDPR Art. 12(3)" });

    // Nothing is refused in passing.
    let mut granted = sample(LetterKind::Granted, lang);
    granted.decisions.extend(sample(LetterKind::Refused, lang).decisions);
    let unsaid = render(LetterKind::Granted, lang, None, &json(&granted)).unwrap_err();
    assert!(matches!(unsaid, PaperError::Unsaid { .. }), "{unsaid}");

    let mut refused = sample(LetterKind::Refused, lang);
    refused.decisions.clear();
    let missing = render(LetterKind::Refused, lang, None, &json(&refused)).unwrap_err();
    assert!(matches!(missing, PaperError::Missing { field: "reasons", .. }), "{missing}");
}

#[test]
fn a_context_of_another_shape_is_refused_without_its_values() {
    let wrong = serde_json::json!({"case": {"number": 4711}});
    let said = render(LetterKind::Receipt, Lang::Da, None, &wrong).unwrap_err().to_string();
    assert!(!said.contains("4711"), "{said}");
    let wrong = serde_json::json!({"recieved": "x"});
    let said = render(LetterKind::Receipt, Lang::Da, None, &wrong).unwrap_err().to_string();
    assert!(said.contains("unknown field `recieved`"), "{said}");
}

/// What somebody might write into a form.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script> & \"quoted\" 'too'",
    "**not bold** *nor this* `nor this` [no](https://evil.example)",
    "# no heading\n\n- no list\n\n| no | table |\n|---|---|",
    "{{ controller.name }} {% if true %} {# gone #}",
    "#import \"@preview/x:1.0.0\"; #read(\"/etc/passwd\") $x^2$ @label <label> \\ // no",
    "1. no\n2. list",
    "\u{202e}drow\u{202c} \u{0}\u{7}\u{feff} \u{1f468}\u{200d}\u{1f469} 中文 \u{e000}",
    "C:\\new\\table \\n \\* \\",
    "---",
    "> no note\n: no term\nTable: no caption",
];

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_people_wrote_stays_text() {
    let lang = Lang::Da;
    for hostile in HOSTILE {
        let mut context = sample(LetterKind::PartlyGranted, lang);
        let shape = |c: &LetterContext| {
            let letter = render(LetterKind::PartlyGranted, lang, None, &json(c)).unwrap();
            (format!("{:?}", letter.blocks), letter)
        };
        let (before, _) = shape(&context);
        context.decisions[0].what = (*hostile).to_owned();
        context.decisions[2].ground = (*hostile).to_owned();
        context.to.name = (*hostile).to_owned();
        context.signed = (*hostile).to_owned();
        let (after, letter) = shape(&context);
        assert_eq!(before, after, "{hostile:?} made other blocks");
        // The very words stand in a cell of the table.
        let frist_paper::Block::Table { rows, .. } = &letter.blocks[1] else { panic!() };
        let cell: String = rows[0][0].content.iter().map(|i| i.plain()).collect();
        assert_eq!(squeezed(&cell), squeezed(hostile));
        let html = letter.html();
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.contains("evil.example\""), "{html}");
        assert!(letter.text().lines().all(|l| !l.contains(|c: char| c.is_control())));
    }
}

#[test]
fn a_template_is_bounded() {
    let loops = "{% for a in access %}".repeat(12) + &"{% endfor %}".repeat(12);
    let mut context = sample(LetterKind::Access, Lang::Da);
    let one = context.access[0].clone();
    context.access = vec![one; 40];
    for text in [
        loops.as_str(),
        "{{ 'x' * 1000000000 }}",
        &format!("{{% set x = 'xxxxxxxxxxxxxxxx' %}}{}", "{% set x = x ~ x %}".repeat(60)),
        "{% include 'receipt' %}",
        "{% macro x() %}{{ x() }}{% endmacro %}{{ x() }}",
        &"(".repeat(10_000),
        &format!("{{{{ {}1 }}}}", "(".repeat(10_000)),
        &"x".repeat(100_000),
        "{{ range(100000000) }}",
        "{{ controller }}",
    ] {
        let letter = own("access", text);
        let start = std::time::Instant::now();
        let refused = render(LetterKind::Access, Lang::Da, Some(&letter), &json(&context));
        assert!(refused.is_err(), "{:.60}", text);
        assert!(start.elapsed().as_secs() < 5, "{:.60}: {:?}", text, start.elapsed());
    }
}

#[test]
fn an_own_text_replaces_the_built_in_one_in_its_language() {
    let toml = "[[letter]]\nid = \"receipt\"\nversion = \"7\"\ntext = { da = \"# Tak\\n\\nSag {{ case.number }}.\" }\n";
    let letter = register(toml).letters.remove(0);
    let context = json(&sample(LetterKind::Receipt, Lang::Da));
    let da = render(LetterKind::Receipt, Lang::Da, Some(&letter), &context).unwrap();
    assert_eq!(da.title, "Tak");
    let en = render(LetterKind::Receipt, Lang::En, Some(&letter), &context).unwrap();
    assert!(en.title.starts_with("We have received"), "{}", en.title);
}
