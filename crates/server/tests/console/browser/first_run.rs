//! How long the first run takes, with the program as it is shipped: from an empty folder to a sample
//! organisation that was swept, and from an empty folder to a database of one's own whose rules are
//! live. Every field is typed and every button pressed in a real browser; what a person takes to read
//! and to think is not in the figures.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::Browser;
use crate::kit::PASSWORD;

/// A server over an organisation's folder, and the link for the first person.
struct Served {
    child: Child,
    at: String,
    link: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn frist() -> Command {
    Command::new(std::env::var("FRIST_BIN").expect("FRIST_BIN names the program"))
}

fn run(arguments: &[&str], dir: &Path) {
    let done = frist().current_dir(dir).args(arguments).stdout(Stdio::null()).status().unwrap();
    assert!(done.success(), "{arguments:?}");
}

fn serve(dir: &Path, more: &[&str]) -> Served {
    let mut child = frist()
        .arg("-C")
        .arg(dir)
        .args(["--json", "serve", "--setup", "--listen", "127.0.0.1:0", "--first-lang", "da"])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    let at = said["serving"].as_str().unwrap().to_owned();
    let link = said["setup"].as_str().unwrap().strip_prefix(&at).unwrap().to_owned();
    Served { child, at, link }
}

fn choose(b: &mut Browser, link: &str) {
    if b.text("location.pathname") != link {
        b.go(link);
    }
    b.fill("password", PASSWORD);
    b.fill("again", PASSWORD);
    b.press(link);
    b.wait("location.pathname == '/sign-in'");
}

/// The administrator, an engineer and a data protection officer.
fn people(b: &mut Browser, link: &str) {
    b.go(link);
    b.fill("name", "root");
    b.fill("title", "Rikke Rod");
    choose(b, link);
    b.sign_in("root");
    let mut links = Vec::new();
    for (name, role, form) in [("jens", "engineer", "roles"), ("maria", "dpo", "reading")] {
        b.go("/people");
        b.fill("name", name);
        b.fill("title", name);
        b.press("/people");
        let shown = "document.querySelector('code.long').innerText";
        let made = b.text(shown);
        b.go(&format!("/people/account/{name}"));
        b.tick(&format!("#r-{role}"));
        b.press(&format!("/people/account/{name}/{form}"));
        let link = if form == "reading" { b.text(shown) } else { made };
        // Where the server knows its address, the link has it.
        links.push(link[link.find("/welcome/").unwrap()..].to_owned());
    }
    b.sign_out();
    links.iter().for_each(|link| choose(b, link));
}

/// A plan by the engineer, approved by the officer, carried out; how many records went.
fn swept(b: &mut Browser) -> String {
    b.sign_in("jens");
    b.go("/sweeps");
    b.press("/sweeps");
    let plan = b.text("location.pathname");
    b.sign_out();
    b.sign_in("maria");
    b.go(&plan);
    if b.js("!!document.querySelector('#sure')") == true {
        b.tick("#sure");
        b.press(&format!("{plan}/approve"));
    }
    b.tick("#sure-run");
    b.press(&format!("{plan}/run"));
    b.wait("document.body.innerText.includes('Resultat')");
    b.text("document.querySelector('main').innerText")
}

/// ```sh
/// cargo build --release -p frist
/// FRIST_BIN=$PWD/target/release/frist cargo test -p frist-server --test console first_run -- --ignored --nocapture
/// ```
#[test]
#[ignore = "measures the program: FRIST_BIN=.../frist"]
fn from_nothing_to_a_sample_that_was_swept() {
    let dir = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let lap = |what: &str| eprintln!("{:>6.1} s {what}", began.elapsed().as_secs_f64());
    let served = serve(&dir.path().join("org"), &["--sample"]);
    lap("the sample organisation is there, and the console answers");
    let mut b = Browser::at(served.at.clone()).expect("Chromium is installed");
    b.without_scripts();
    people(&mut b, &served.link);
    lap("three people have accounts");
    let outcome = swept(&mut b);
    lap("swept, planned by one and approved by another");
    assert!(outcome.contains("poster"), "{outcome}");
    assert!(began.elapsed().as_secs() < 120, "the issue's two minutes");
}

/// The same for a database of one's own: the sample company's customers' system, as SQLite.
#[test]
#[ignore = "measures the program: FRIST_BIN=.../frist"]
fn from_nothing_to_a_database_of_ones_own() {
    let dir = tempfile::tempdir().unwrap();
    let as_of = "2026-11-22".parse().unwrap();
    let options = frist_demo::Options { seed: 1, as_of, scale: 0.1 };
    frist_demo::generate(dir.path(), &options, &mut |_, _, _| {}).unwrap();
    let org = dir.path().join("org");
    std::fs::create_dir_all(org.join("data")).unwrap();
    std::fs::copy(dir.path().join("data/erp.sqlite"), org.join("data/erp.sqlite")).unwrap();
    let began = Instant::now();
    let lap = |what: &str| eprintln!("{:>6.1} s {what}", began.elapsed().as_secs_f64());
    run(&["init", "--yes", "--name", "Egen Virksomhed", "--email", "post@egen.example"], &org);
    let served = serve(&org, &[]);
    lap("the console answers");
    let mut b = Browser::at(served.at.clone()).expect("Chromium is installed");
    b.without_scripts();
    people(&mut b, &served.link);
    lap("three people have accounts");
    b.sign_in("jens");
    b.go("/stores/connect");
    b.tick("#kind-sqlite");
    b.fill("at", "data/erp.sqlite");
    b.fill("id", "erp");
    b.press("/stores/connect");
    lap("the database was looked at");
    let mut asked = 0;
    for (what, answer) in [("text-", "At levere det, kunden har bestilt"), ("period-", "3 år")] {
        let open =
            b.js(&format!("[...document.querySelectorAll('input[id^={what}]')].map(e => e.id)"));
        for id in open.as_array().unwrap() {
            b.fill(id.as_str().unwrap(), answer);
            asked += 1;
        }
    }
    let chosen = b.js("[...document.querySelectorAll('select[id^=basis-]')].map(e => (e.value = '6(1)(b)', 1)).length");
    asked += chosen.as_u64().unwrap();
    let chosen = b.js("[...document.querySelectorAll('select[id^=from-]')].map(e => { if (!e.value) e.selectedIndex = 1; return e.value; }).filter(Boolean).length");
    asked += chosen.as_u64().unwrap();
    let chosen = b.js("[...document.querySelectorAll('select[id^=special-]')].map(e => (e.value = '9(2)(f)', 1)).length");
    asked += chosen.as_u64().unwrap();
    b.press("/stores/connect");
    let at = b.text("location.pathname");
    lap(&format!("{asked} answers are in a change of the register"));
    let open = b.js("[...document.querySelectorAll('.said.late')].map(e => e.innerText)");
    assert_eq!(open.as_array().map(Vec::len), Some(0), "{open}");
    b.press(&format!("{at}/count"));
    b.fill("why", "Den første datakilde");
    b.press(&format!("{at}/submit"));
    b.sign_out();
    b.sign_in("maria");
    b.go(&at);
    b.tick("#sure");
    b.press(&format!("{at}/live"));
    b.sign_out();
    lap("the register is live, approved by another");
    swept(&mut b);
    lap("swept");
    assert!(began.elapsed().as_secs() < 600, "the issue's ten minutes");
}
