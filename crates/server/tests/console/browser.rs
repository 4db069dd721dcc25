//! In a real browser. Ignored by default: it needs Chromium. `FRIST_PICTURES` names the folder for
//! its pictures.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use frist_server::access::Role;
use serde_json::{Value, json};

use crate::kit::{House, PASSWORD};

/// Chromium, spoken with over its debugging pipe.
struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: String,
    last: u64,
    pictures: PathBuf,
}

impl Browser {
    fn start(profile: &std::path::Path) -> Self {
        let script = "exec chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars \
            --disable-dev-shm-usage --remote-debugging-pipe --user-data-dir=\"$1\" about:blank \
            3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null";
        let mut child = Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(profile)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let pictures =
            std::env::var_os("FRIST_PICTURES").map_or_else(std::env::temp_dir, PathBuf::from);
        std::fs::create_dir_all(&pictures).unwrap();
        let from = BufReader::new(from);
        let mut b = Self { child, to, from, session: String::new(), last: 0, pictures };
        let targets = b.ask("Target.getTargets", json!({}));
        let page = targets["targetInfos"].as_array().unwrap().iter().find(|t| t["type"] == "page");
        let id = page.unwrap()["targetId"].clone();
        let session = b.ask("Target.attachToTarget", json!({"targetId": id, "flatten": true}));
        b.session = session["sessionId"].as_str().unwrap().to_owned();
        b
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": params});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut bytes = Vec::new();
            assert!(self.from.read_until(0, &mut bytes).unwrap() > 0, "the browser has ended");
            let answer: Value = serde_json::from_slice(&bytes[..bytes.len() - 1]).unwrap();
            if answer["id"] == self.last {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    fn js(&mut self, script: &str) -> Value {
        let params = json!({"expression": script, "returnByValue": true});
        self.ask("Runtime.evaluate", params)["result"]["value"].clone()
    }

    fn wait(&mut self, condition: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        while self.js(&format!("document.readyState == 'complete' && !!({condition})")) != true {
            assert!(Instant::now() < end, "{condition}: {}", self.js("document.body.innerText"));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn go(&mut self, url: &str) {
        self.ask("Page.navigate", json!({"url": url}));
        self.wait("location.href != 'about:blank'");
    }

    /// Types into the field that a label names, as a person does.
    fn fill(&mut self, id: &str, text: &str) {
        self.js(&format!("document.getElementById('{id}').focus()"));
        self.ask("Input.insertText", json!({"text": text}));
    }

    /// Presses a button, and waits for the next page.
    fn press(&mut self, action: &str) {
        self.js("window.before = true");
        self.js(&format!("document.querySelector('form[action=\"{action}\"] button').click()"));
        self.wait("!window.before");
    }

    fn size(&mut self, width: u32, height: u32, dark: bool) {
        let params = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.ask("Emulation.setDeviceMetricsOverride", params);
        let value = if dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": value}]);
        self.ask("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    fn picture(&mut self, name: &str) {
        let params = json!({"format": "png", "captureBeyondViewport": true});
        let shot = self.ask("Page.captureScreenshot", params);
        let data = shot["data"].as_str().unwrap();
        let bytes = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
        std::fs::write(self.pictures.join(format!("{name}.png")), bytes).unwrap();
        // Nothing is wider than the window, and whatever asks for something is labelled.
        let wide = self.js("document.documentElement.scrollWidth <= window.innerWidth");
        assert_eq!(wide, true, "{name} is wider than the window");
        let bare = "[...document.querySelectorAll('input:not([type=hidden]),select,textarea')]\
            .filter(e => !e.labels || !e.labels.length).map(e => e.name).join()";
        assert_eq!(self.js(bare), "", "{name}: fields without a label");
        assert_eq!(self.js("document.querySelectorAll('h1').length"), 1, "{name}");
        assert_eq!(self.js("document.querySelectorAll('main').length"), 1, "{name}");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "needs Chromium"]
fn a_day_at_the_console() {
    let house = House::new();
    let mut engineer = house.signed_in("jens", &[Role::Engineer], &[]);
    let plan = engineer.send("/sweeps", "/sweeps", &[]).location().to_owned();
    crate::register::a_change(&house);
    house.person("maria", &[Role::Dpo], &[]);
    let profile = tempfile::tempdir().unwrap();
    let mut b = Browser::start(profile.path());
    let at = |path: &str| format!("http://{}{path}", house.console.local);
    b.size(1280, 860, false);
    b.go(&at("/sign-in"));
    b.picture("sign-in");
    b.fill("name", "maria");
    b.fill("password", PASSWORD);
    b.press("/sign-in");
    b.wait("document.querySelector('h1').innerText == 'I dag'");
    for (name, path) in [
        ("today", "/".to_owned()),
        ("horizon", "/horizon".into()),
        ("datasets", "/datasets".into()),
        ("dataset", "/datasets/invoices".into()),
        ("sweeps", "/sweeps".into()),
        ("sweep", plan.clone()),
        ("holds", "/holds".into()),
        ("ledger", "/ledger".into()),
        ("verify", "/ledger/verify".into()),
        ("register", "/register".into()),
        ("register-part", "/register/part/dataset/invoices".into()),
        ("register-text", "/register/text/afregning".into()),
        ("register-change", "/register/change/1".into()),
        ("stores", "/stores".into()),
        ("connect", "/stores/connect".into()),
        ("calls", "/calls".into()),
        ("people", "/people".into()),
        ("person", "/people/account/jens".into()),
        ("table", "/people/table".into()),
        ("account", "/account".into()),
    ] {
        // The clock stands still otherwise, and nobody may come so often in a moment.
        house.later(jiff::SignedDuration::from_secs(10));
        for (suffix, width, dark) in
            [("", 1280, false), ("-dark", 1280, true), ("-phone", 390, false)]
        {
            b.size(width, 860, dark);
            b.go(&at(&path));
            b.wait("document.querySelector('h1')");
            b.picture(&format!("{name}{suffix}"));
        }
    }
    b.size(1280, 860, false);
    // One record, explained; then the plan of another person, approved and carried out.
    b.go(&at(&plan));
    b.wait("document.querySelector('h1')");
    b.press(&format!("{plan}/sample"));
    b.picture("sample");
    let key = b.js("document.querySelector('caption ~ tbody td').innerText");
    let set =
        b.js("document.querySelector('caption').closest('section').querySelector('a').pathname");
    b.go(&at(set.as_str().unwrap()));
    b.wait("document.getElementById('key')");
    b.fill("key", key.as_str().unwrap());
    b.press(&format!("{}/record", set.as_str().unwrap()));
    b.picture("record");
    b.go(&at(&plan));
    b.wait("document.getElementById('sure')");
    b.js("document.getElementById('sure').click()");
    b.press(&format!("{plan}/approve"));
    b.wait("document.getElementById('sure-run')");
    b.picture("approved");
    b.js("document.getElementById('sure-run').click()");
    b.press(&format!("{plan}/run"));
    b.wait("document.body.innerText.includes('Resultat')");
    b.picture("swept");
    b.go(&at("/"));
    b.wait("document.querySelector('h1').innerText == 'I dag'");
    b.picture("calm");
}

#[test]
#[ignore = "needs Chromium"]
fn what_people_without_an_account_and_caseworkers_see() {
    let house = House::with(|settings| {
        settings.config.public.form = true;
        settings.config.public.notices = true;
    });
    house.later(jiff::SignedDuration::from_hours(4 * 365 * 24));
    house.person("maria", &[Role::Dpo], &[]);
    let profile = tempfile::tempdir().unwrap();
    let mut b = Browser::start(profile.path());
    let at = |path: &str| format!("http://{}{path}", house.console.local);
    for (name, width, dark) in [("", 1280, false), ("-phone", 390, false), ("-dark", 1280, true)] {
        b.size(width, 860, dark);
        b.go(&at("/p?lang=da"));
        b.picture(&format!("public-form{name}"));
        b.js("document.getElementById('right-erasure').click()");
        b.fill("words", "Jeg var kunde indtil 2019 og vil gerne have mine oplysninger slettet.");
        b.press("/p");
        b.picture(&format!("public-details{name}"));
        house.later(jiff::SignedDuration::from_secs(30));
        b.fill("name", "Karen Holm");
        b.fill("email", "karen@example.dk");
        b.press("/p/send");
        b.picture(&format!("public-receipt{name}"));
        b.go(&at("/p/notices"));
        b.picture(&format!("public-notices{name}"));
        b.go(&at("/p/notices/customer"));
        b.picture(&format!("public-notice{name}"));
    }
    b.size(1280, 860, false);
    b.go(&at("/sign-in"));
    b.fill("name", "maria");
    b.fill("password", PASSWORD);
    b.press("/sign-in");
    for (name, width, dark) in [("", 1280, false), ("-phone", 390, false), ("-dark", 1280, true)] {
        b.size(width, 860, dark);
        for (page, path) in [
            ("documents", "/documents"),
            ("document", "/documents/schedule"),
            ("notice-changes", "/documents/changes"),
            ("reviews", "/reviews"),
            ("review-tasks", "/reviews/invoices"),
            ("consents", "/consents"),
            ("assessments", "/assessments"),
            ("assessment", "/assessments/marketing-consents"),
            ("holds-query", "/holds"),
        ] {
            house.later(jiff::SignedDuration::from_secs(10));
            b.go(&at(path));
            b.picture(&format!("{page}{name}"));
        }
        house.later(jiff::SignedDuration::from_secs(60));
        b.go(&at("/reviews/invoices"));
        b.press("/reviews/invoices/record");
        b.picture(&format!("review-record{name}"));
        b.go(&at("/assessments/applicants"));
        b.press("/assessments/applicants");
        b.picture(&format!("assessment-step{name}"));
    }
}

#[test]
#[ignore = "needs Chromium"]
fn a_case_from_the_letter_to_the_answer() {
    let house = House::new();
    let mut ida = house.signed_in(
        "ida",
        &[Role::Caseworker],
        &[
            "customers",
            "contracts",
            "invoices",
            "meter-readings",
            "complaints",
            "marketing-consents",
            "emails",
            "applicants",
        ],
    );
    let words =
        [("words", "Jeg beder jer slette alt, hvad I har om mig."), ("email", "karen@example.dk")];
    let access = crate::cases::open(&mut ida, "access", &[("known:customer", "2"), words[1]]);
    let case = crate::cases::open(&mut ida, "erasure", &[("known:customer", "6"), words[0]]);
    let doubt = crate::cases::open(&mut ida, "rectification", &[("known:customer", "3")]);
    let inquiry = ida
        .send(
            "/cases/open/inquiry",
            "/cases/open/inquiry",
            &[
                ("authority", "Datatilsynet"),
                ("reference", "2020-32-1566"),
                ("about", "Optagelse af samtaler"),
                ("received", "2026-10-20"),
                ("count", "4"),
                ("unit", "weeks"),
                ("questions", "Hvor længe opbevares optagelser?\nHvem lytter?"),
            ],
        )
        .location()
        .split('?')
        .next()
        .unwrap()
        .to_owned();
    let breach = ida
        .send(
            "/cases/open/breach",
            "/cases/open/breach",
            &[
                ("aware", "2026-11-20"),
                ("time", "15:00"),
                ("what", "En mail med en kundeliste gik til en forkert modtager."),
                ("dataset", "customers"),
            ],
        )
        .location()
        .split('?')
        .next()
        .unwrap()
        .to_owned();
    let sign_in = |b: &mut Browser, who: &str| {
        b.go(&at("/sign-in"));
        b.fill("name", who);
        b.fill("password", PASSWORD);
        b.press("/sign-in");
        b.wait("document.querySelector('h1').innerText == 'I dag'");
    };
    let shots = |b: &mut Browser, name: &str, path: &str| {
        house.later(jiff::SignedDuration::from_secs(10));
        for (suffix, width, dark) in
            [("", 1280, false), ("-dark", 1280, true), ("-phone", 390, false)]
        {
            b.size(width, 860, dark);
            b.wait("document.querySelector('h1')");
            b.picture(&format!("{name}{suffix}"));
        }
        b.size(1280, 860, false);
    };
    sign_in(&mut b, "ida");
    shots(&mut b, "cases", "/cases");
    shots(&mut b, "case-open", "/cases/open/request");
    shots(&mut b, "case", &case);
    shots(&mut b, "inquiry", &inquiry);
    shots(&mut b, "breach", &breach);
    for one in [&case, &access, &doubt] {
        b.go(&at(&format!("{one}/find")));
        b.wait("document.querySelector('h1')");
        b.press(&format!("{one}/find"));
        b.wait("document.querySelector('[role=status]')");
        b.picture(&format!("find-{}", one.trim_start_matches("/cases/R-2026-000")));
        b.size(390, 860, false);
        b.picture(&format!("find-{}-phone", one.trim_start_matches("/cases/R-2026-000")));
        b.size(1280, 860, false);
        b.js("document.getElementById('anyway').click()");
        b.press(&format!("{one}/find"));
        b.wait("document.querySelector('[role=status]')");
    }
    shots(&mut b, "decide", &format!("{case}/decide"));
    shots(&mut b, "package", &format!("{access}/package"));
    b.go(&at(&format!("{case}/decide")));
    b.press(&format!("{case}/decide"));
    b.wait("document.getElementById('sure-erase')");
    b.picture("decided");
    b.js("document.getElementById('sure-erase').click()");
    b.press(&format!("{case}/erase"));
    b.wait("document.body.innerText.includes('Kvitteringer')");
    b.picture("erased");
    shots(&mut b, "answer", &format!("{case}/answer"));
    b.go(&at(&format!("{case}/answer")));
    b.js("document.querySelectorAll('input[type=date]').forEach(e => e.value = '2026-11-22')");
    b.js("document.getElementById('sure').click()");
    b.press(&format!("{case}/step/answer"));
    b.wait("document.body.innerText.includes('Svaret er skrevet')");
    shots(&mut b, "case-answered", &case);
}
