//! Diagnostics as JSON, SARIF and GitHub workflow commands.

use frist_law::LawBook;
use frist_register::{Code, Diagnostic, Register, Sources, check, render};
use serde_json::Value;

const TEXT: &str = "\
[controller]
name = \"Nørrekyst\"
email = \"a@b.example\"
[[store]]
id = \"erp\"
kind = \"sqlite\"
path = \"x\"
exempt = [{ at = \"æ\", wyh = \"ø\", why = \"å, 100 %\" }]
";

fn said() -> (Vec<Diagnostic>, Sources) {
    let reading = Register::read(&[("my register.toml", TEXT)]);
    (reading.diagnostics, reading.sources)
}

#[test]
fn json() {
    let (said, sources) = said();
    let json: Value = serde_json::from_str(&render::to_json(&said, &sources)).unwrap();
    let first = &json[0];
    assert_eq!(first["code"], "E0002");
    assert_eq!(first["severity"], "error");
    assert_eq!(first["help"], "did you mean `why`?");
    // Columns are characters, `start` and `end` are bytes.
    assert_eq!((&first["at"]["line"], &first["at"]["column"]), (&8.into(), &23.into()));
    let start = first["at"]["start"].as_u64().unwrap() as usize;
    assert_eq!(&TEXT[start..start + 3], "wyh");
    assert_eq!(first["fix"]["replacement"], "why");
}

#[test]
fn sarif() {
    let (said, sources) = said();
    let sarif: Value = serde_json::from_str(&render::to_sarif(&said, &sources)).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "E0002");
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "my%20register.toml");
    assert_eq!(place["region"]["startLine"], 8);
    assert_eq!(place["region"]["endColumn"], 26);
    let rule = result["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], "E0002");
    assert_eq!(
        result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"],
        "why"
    );
}

#[test]
fn github() {
    let (mut said, sources) = said();
    said[0].message = "100 %\nof: it".to_owned();
    let text = render::to_github(&said[..1], &sources);
    assert_eq!(
        text,
        "::error file=my register.toml,line=8,endLine=8,col=23,endColumn=26,\
         title=E0002 a field that is not known here::100 %25%0Aof: it%0Adid you mean `why`?\n"
    );
}

#[test]
fn nothing_to_say() {
    let sources = Sources::default();
    assert_eq!(render::to_json(&[], &sources), "[]\n");
    assert_eq!(render::to_github(&[], &sources), "");
    let sarif: Value = serde_json::from_str(&render::to_sarif(&[], &sources)).unwrap();
    assert_eq!(sarif["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn every_severity_has_its_word() {
    let text = include_str!("registers/everything.toml")
        .replace("measures = [\"access\"]\nsource", "source");
    let reading = Register::read(&[("r.toml", text)]);
    let said = check(&reading.register.unwrap(), LawBook::embedded(), &reading.sources);
    assert!(
        said.iter().any(|d| d.code == Code::W0008) && said.iter().any(|d| d.code == Code::I0001)
    );
    let text = render::to_github(&said, &reading.sources);
    assert!(text.contains("::warning ") && text.contains("::notice "), "{text}");
    let sarif = render::to_sarif(&said, &reading.sources);
    assert!(sarif.contains("\"warning\"") && sarif.contains("\"note\""));
}
