//! Two servers on one PostgreSQL, real processes both. The one that sweeps is killed in the middle of it,
//! and of a request: the other takes over, and nothing is erased twice, early or without a receipt.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use frist_state::{Location, State};
use jiff::{SignedDuration, Timestamp};

const REGISTER: &str = r#"
[controller]
name = "Nordkyst Forsyning A/S"
email = "persondata@nordkyst.example"

[[measure]]
id = "access"
text = { da = "Adgang efter rolle", en = "Access by role" }

[[store]]
id = "desk"
kind = "postgresql"
batch = 300
url_env = "DESK_URL"

[[activity]]
id = "support"
title = { da = "Kundeservice", en = "Customer service" }
measures = ["access"]
obligation = { da = "Frivilligt", en = "Voluntary" }

[[activity.purpose]]
id = "callback"
text = { da = "At ringe tilbage", en = "To call back" }
basis = "6(1)(b)"

[[dataset]]
id = "callbacks"
activity = "support"
at = "desk/callback"
subject = { caller = "phone" }
categories = ["contact"]
guard = { share = "100 %" }

[dataset.facts]
asked_at = "instant"

[[dataset.keep]]
for = "callback"
from = "asked_at"
period = "1 hours"

[[dataset]]
id = "letters"
activity = "support"
at = "desk/letter"
subject = { caller = "phone" }
categories = ["contact"]

[dataset.facts]
sent_at = "instant"

[[dataset.keep]]
for = "callback"
from = "sent_at"
period = "1 years"
"#;

const DUE: i64 = 3_000;
const KEPT: i64 = 500;
const PASSWORD: &str = "en ganske lang sætning";

#[expect(clippy::disallowed_methods, reason = "a test is a face")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// A server, killed when dropped.
struct Server {
    child: Child,
    address: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn frist(dir: &Path, state: &str, desk: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frist"));
    command.env("DESK_URL", desk).args(["--state", state, "--as", "anna", "-C"]).arg(dir);
    command
}

fn serve(dir: &Path, state: &str, desk: &str) -> Server {
    let mut child = frist(dir, state, desk)
        .args(["--json", "serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("frist runs");
    let log: Arc<Mutex<Vec<String>>> = Arc::default();
    let (errors, lines) = (child.stderr.take().expect("a pipe"), Arc::clone(&log));
    std::thread::spawn(move || {
        for line in BufReader::new(errors).lines().map_while(Result::ok) {
            lines.lock().expect("whole").push(line);
        }
    });
    let mut first = String::new();
    let out = child.stdout.take().expect("a pipe");
    BufReader::new(out).read_line(&mut first).expect("a line");
    let said: serde_json::Value = serde_json::from_str(&first)
        .unwrap_or_else(|e| panic!("{e}: {first} {:?}", log.lock().expect("whole")));
    let address = said["serving"].as_str().expect("an address").replace("http://", "");
    Server { child, address, log }
}

/// Asks; none when the server was not there or died over it.
fn ask(to: &str, head: &str, cookies: &str, form: Option<&str>) -> Option<(u16, String)> {
    let stream = TcpStream::connect(to).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let mut text = format!(
        "{head} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n"
    );
    if !cookies.is_empty() {
        text += &format!("Cookie: {cookies}\r\n");
    }
    let body = form.unwrap_or_default();
    if form.is_some() {
        text += &format!(
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        );
    }
    exchange(stream, &text, body)
}

/// A request of a program, under an idempotency key.
fn call(to: &str, path: &str, token: &str, key: &str, body: &str) -> Option<(u16, String)> {
    let stream = TcpStream::connect(to).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let text = format!(
        "POST /api/v1{path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
        body.len()
    );
    exchange(stream, &text, body)
}

fn exchange(mut stream: TcpStream, text: &str, body: &str) -> Option<(u16, String)> {
    stream.write_all(format!("{text}\r\n{body}").as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    // An answer that was cut off is none.
    answer.contains("\r\n\r\n").then_some((status, answer))
}

fn token(page: &str, to: &str) -> String {
    let form = page.split("<form ").find(|f| f.contains(&format!("action=\"{to}\"")));
    let form = form.unwrap_or_else(|| panic!("no form to {to}: {page}"));
    let start = form.split("name=\"token\" value=\"").nth(1).expect("a token");
    start.split('"').next().expect("its end").to_owned()
}

/// The cookies that an answer sets, after those that there were.
fn cookies(before: &str, answer: &str) -> String {
    let set = answer.lines().filter_map(|l| l.strip_prefix("set-cookie: "));
    let set = set.filter_map(|c| c.split(';').next()).filter(|c| !c.ends_with('='));
    let mut all: Vec<String> = set.map(str::to_owned).collect();
    let known = |name: &str, all: &[String]| all.iter().any(|c| c.split('=').next() == Some(name));
    for old in before.split("; ").filter(|c| !c.is_empty()) {
        if !known(old.split('=').next().unwrap_or_default(), &all) {
            all.push(old.to_owned());
        }
    }
    all.join("; ")
}

fn sign_in(server: &Server, link: &str, name: &str) -> String {
    let to = &server.address;
    let password = PASSWORD.replace(' ', "+").replace('æ', "%C3%A6");
    let (_, page) = ask(to, &format!("GET {link}"), "", None).expect("the link's page");
    let mut jar = cookies("", &page);
    let form = format!("token={}&password={password}&again={password}", token(&page, link));
    let (status, answer) = ask(to, &format!("POST {link}"), &jar, Some(&form)).expect("chosen");
    assert_eq!(status, 303, "{answer}");
    jar = cookies(&jar, &answer);
    let (_, page) = ask(to, "GET /sign-in", &jar, None).expect("the page");
    jar = cookies(&jar, &page);
    let form = format!("token={}&name={name}&password={password}", token(&page, "/sign-in"));
    let (status, answer) = ask(to, "POST /sign-in", &jar, Some(&form)).expect("signed in");
    assert_eq!(status, 303, "{answer}");
    cookies(&jar, &answer)
}

/// A request of a program, and what came of it; none when its server died over it.
struct Asked {
    what: &'static str,
    key: String,
    body: String,
    answer: Option<(u16, String)>,
}

/// Adds a hold; whether the server said that it did.
fn hold(to: &str, jar: &str, id: &str) -> bool {
    let Some((200, page)) = ask(to, "GET /holds", jar, None) else { return false };
    let form = format!(
        "token={}&id={id}&matter=Sag+{id}&reason=Krav&dataset=letters&by=key&what=7&review=",
        token(&page, "/holds")
    );
    matches!(ask(to, "POST /holds", jar, Some(&form)), Some((303, _)))
}

#[test]
fn one_is_killed_in_mid_sweep_and_the_other_takes_over() {
    let (own, desk) = (frist_testkit::postgres(), frist_testkit::postgres());
    let mut store = desk.connect();
    let old = now() - SignedDuration::from_hours(2);
    // Each row takes a while to go, so that a sweep lasts.
    store
        .batch_execute(&format!(
            "CREATE TABLE callback (id bigint PRIMARY KEY, phone text, asked_at timestamptz);
             CREATE TABLE letter (id bigint PRIMARY KEY, phone text, sent_at timestamptz);
             INSERT INTO callback SELECT n, '+45 00', '{old}'::timestamptz FROM generate_series(1, {DUE}) n;
             INSERT INTO callback SELECT n, '+45 00', now() + interval '1 hour'
                 FROM generate_series({DUE} + 1, {DUE} + {KEPT}) n;
             INSERT INTO letter SELECT n, '+45 00', now() FROM generate_series(1, 50) n;
             CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN PERFORM pg_sleep(0.001); RETURN OLD; END';
             CREATE TRIGGER slow BEFORE DELETE ON callback FOR EACH ROW EXECUTE FUNCTION slow();"
        ))
        .expect("the store");
    let (one, two) =
        (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let link = |name: &str, role: &str| -> String {
        let out = frist(one.path(), &own.url, &desk.url)
            .args(["--json", "account", "add", name, "--role", role])
            .output()
            .expect("frist runs");
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let said: serde_json::Value = serde_json::from_str(&text)
            .unwrap_or_else(|e| panic!("{e}: {text} {}", String::from_utf8_lossy(&out.stderr)));
        said["path"].as_str().expect("a path").to_owned()
    };
    fs::write(one.path().join("register.toml"), REGISTER).expect("written");
    let config =
        "[schedule]\non = true\nevery = \"1 s\"\n\n[alarms]\nlate = \"1 h\"\nevery = \"1 s\"\n";
    fs::write(one.path().join("server.toml"), config).expect("written");
    let dpo = link("ida", "dpo");
    // Another machine has the same register and the same keys.
    let keys = frist(one.path(), &own.url, &desk.url).arg("status").output().expect("frist runs");
    assert!(one.path().join(".frist/keys/record.key").exists(), "{keys:?}");
    let copied = Command::new("cp").arg("-a").arg(one.path().join(".")).arg(two.path()).status();
    assert!(copied.expect("cp").success());

    let mut servers =
        [serve(one.path(), &own.url, &desk.url), serve(two.path(), &own.url, &desk.url)];
    let jar = sign_in(&servers[0], &dpo, "ida");
    // The session holds on the other one too.
    let there = ask(&servers[1].address, "GET /sweeps", &jar, None).expect("an answer");
    assert_eq!(there.0, 200, "{}", there.1);

    let mut frists = own.connect();
    let left = |store: &mut postgres::Client| -> i64 {
        let sql = format!("SELECT count(*) FROM callback WHERE id <= {DUE}");
        store.query_one(&sql, &[]).expect("counted").get(0)
    };
    let began = Instant::now();
    while left(&mut store) == DUE {
        assert!(began.elapsed() < Duration::from_secs(40), "nobody sweeps: {:?}", logs(&servers));
        std::thread::sleep(Duration::from_millis(20));
    }
    let holder: String = frists
        .query_one("SELECT holder FROM frist.lease WHERE name = 'sweep'", &[])
        .expect("somebody sweeps")
        .get(0);
    let pid: u32 = holder.split('/').nth(2).and_then(|p| p.parse().ok()).expect("a process");
    let (dies, lives) = if servers[0].child.id() == pid { (0, 1) } else { (1, 0) };
    assert_eq!(servers[dies].child.id(), pid, "one of the two sweeps");

    // A program opens cases and adds holds there as well, each under a key of its own.
    let made = frist(one.path(), &own.url, &desk.url)
        .args(["--json", "token", "add", "robot", "--dataset", "*"])
        .args(["--scope", "cases:work", "--scope", "holds:add"])
        .output()
        .expect("frist runs");
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).expect("JSON");
    let robot = made["token"].as_str().expect("a token").to_owned();
    let asked: Mutex<Vec<Asked>> = Mutex::default();

    // Somebody works on the one that dies: what it said is done, is done.
    let done: Mutex<Vec<String>> = Mutex::default();
    let over = AtomicBool::new(false);
    let victim = servers[dies].address.clone();
    let killed = std::thread::scope(|scope| {
        for t in 0..2 {
            let (done, over, victim, jar) = (&done, &over, &victim, &jar);
            scope.spawn(move || {
                for n in 0.. {
                    let id = format!("h{t}-{n}");
                    if hold(victim, jar, &id) {
                        done.lock().expect("whole").push(id);
                    } else if over.load(Ordering::SeqCst) {
                        return;
                    }
                }
            });
        }
        for what in ["/cases", "/holds"] {
            let (asked, over, victim, robot) = (&asked, &over, &victim, &robot);
            scope.spawn(move || {
                for n in 0.. {
                    let key = format!("{}-{n}", &what[1..]);
                    let body = match what {
                        "/cases" => format!(
                            r#"{{"right": "access", "person": {{"name": "Person {n}"}}}}"#
                        ),
                        _ => format!(
                            r#"{{"id": "{key}", "matter": "m", "reason": "r", "dataset": "letters", "covers": {{"by": "key", "key": "7"}}}}"#
                        ),
                    };
                    let answer = call(victim, what, robot, &key, &body);
                    let cut = answer.is_none();
                    asked.lock().expect("whole").push(Asked { what, key, body, answer });
                    if cut || over.load(Ordering::SeqCst) {
                        return;
                    }
                }
            });
        }
        // Until somebody was told that a hold is there, and then in the middle of the next.
        while done.lock().expect("whole").is_empty() && left(&mut store) > DUE / 3 {
            std::thread::sleep(Duration::from_millis(20));
        }
        let gone = DUE - left(&mut store);
        let _ = servers[dies].child.kill();
        over.store(true, Ordering::SeqCst);
        assert!(gone > 0 && gone < DUE, "in the middle: {gone}");
        Instant::now()
    });
    servers[dies].child.wait().expect("ended");

    let jar_there = ask(&servers[lives].address, "GET /holds", &jar, None).expect("an answer");
    assert_eq!(jar_there.0, 200, "the session goes on");
    assert!(hold(&servers[lives].address, &jar, "after"), "{:?}", logs(&servers));
    // The program asks the other one for all of it again, what was answered and what was cut off. What the
    // dead one had begun is under way for a few minutes more, which pass here at once.
    let asked = asked.into_inner().expect("whole");
    frists
        .execute("UPDATE frist.api_answer SET began_at = began_at - 360000000", &[])
        .expect("some minutes pass");
    assert!(asked.iter().any(|a| a.answer.is_none()), "one was cut off");
    for a in &asked {
        let again = call(&servers[lives].address, a.what, &robot, &a.key, &a.body);
        let (status, text) = again.unwrap_or_else(|| panic!("{}: no answer", a.key));
        assert_eq!(status, 201, "{}: {text}", a.key);
        let body = |text: &str| text.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned();
        if let Some((before, told)) = &a.answer {
            assert_eq!((*before, body(told)), (201, body(&text)), "{}: the same answer", a.key);
        }
        let third = call(&servers[lives].address, a.what, &robot, &a.key, &a.body);
        assert_eq!(third.map(|(s, t)| (s, body(&t))), Some((201, body(&text))), "{}", a.key);
    }
    let cases: i64 =
        frists.query_one("SELECT count(*) FROM frist.cases", &[]).expect("counted").get(0);
    let opened = asked.iter().filter(|a| a.what == "/cases").count();
    assert_eq!(cases, opened as i64, "each was opened once");
    let cut = asked.iter().filter(|a| a.answer.is_none()).count();
    eprintln!("{} requests of a program, {cut} of them cut off", asked.len());

    let open = |frists: &mut postgres::Client| -> i64 {
        let sql = "SELECT count(*) FROM frist.sweep WHERE status = 'running'";
        frists.query_one(sql, &[]).expect("counted").get(0)
    };
    while left(&mut store) > 0 || open(&mut frists) > 0 {
        assert!(killed.elapsed() < Duration::from_secs(30), "not taken over: {:?}", logs(&servers));
        std::thread::sleep(Duration::from_millis(50));
    }
    eprintln!("taken over and finished in {:?}", killed.elapsed());

    // Nothing early, and every hold that was promised is there.
    let kept: i64 = store.query_one("SELECT count(*) FROM callback", &[]).expect("counted").get(0);
    assert_eq!(kept, KEPT);
    let letters: i64 = store.query_one("SELECT count(*) FROM letter", &[]).expect("counted").get(0);
    assert_eq!(letters, 50);
    let mut state = State::open(&Location::parse(&own.url).expect("a place")).expect("opened");
    let holds: BTreeSet<String> =
        state.all_holds().expect("listed").into_iter().map(|h| h.hold.id).collect();
    let promised = done.into_inner().expect("whole");
    assert!(!promised.is_empty(), "somebody worked");
    for id in promised.iter().map(String::as_str).chain(["after"]) {
        assert!(holds.contains(id), "{id} was promised");
    }
    // Each record has one leaf, in one entry.
    let mut leaves = BTreeSet::new();
    let mut disposed = 0;
    let size = state.size().expect("counted");
    for leaf in 0..size {
        let Some(tree) = state.subtree(leaf).expect("read") else { continue };
        for hash in tree.leaves_bytes().chunks(32) {
            disposed += 1;
            leaves.insert(hash.to_vec());
        }
    }
    assert_eq!(disposed, DUE, "one receipt a record");
    assert_eq!(leaves.len() as i64, DUE, "and none twice");
    let verified = frist(two.path(), &own.url, &desk.url)
        .args(["receipt", "callbacks", "17"])
        .output()
        .expect("frist runs");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    // That a server was lost is seen by those who are left, and the one that lives is well.
    let deep = ask(&servers[lives].address, "GET /healthz?deep", "", None).expect("an answer");
    assert_eq!(deep.0, 200, "{}", deep.1);
    // When all servers are gone, a monitor still sees what is late.
    drop(servers);
    let monitor = || {
        let out = frist(two.path(), &own.url, &desk.url).args(["status", "--alarm"]).output();
        let out = out.expect("frist runs");
        (out.status.code(), String::from_utf8_lossy(&out.stdout).into_owned())
    };
    let (code, said) = monitor();
    assert!(code == Some(0) && said.starts_with("FRIST OK"), "{said}");
    store
        .batch_execute("INSERT INTO callback VALUES (99999, '+45 00', now() - interval '9 hours')")
        .expect("entered");
    let (code, said) = monitor();
    assert!(code == Some(1) && said.starts_with("FRIST ALARM - 1: callbacks"), "{said}");
}

fn logs(servers: &[Server; 2]) -> Vec<Vec<String>> {
    let of = |s: &Server| {
        let log = s.log.lock().expect("whole");
        log.iter().filter(|l| !l.contains("\"access\"")).cloned().collect()
    };
    servers.iter().map(of).collect()
}
