//! In a real browser: Debian's Chromium, spoken with over its debugging pipe. `journeys.rs` walks as
//! people do; `pages.rs` looks at every page.
//!
//! Without Chromium these tests say so and do nothing; `./test` installs it.

mod code;
mod first_run;
mod journeys;
mod offices;
mod pages;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::kit::{House, PASSWORD};

/// Chromium, with one page.
pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: String,
    last: u64,
    at: String,
    profile: tempfile::TempDir,
}

impl Browser {
    /// A browser before this house; none where there is no Chromium.
    pub(crate) fn before(house: &House) -> Option<Self> {
        Self::at(format!("http://{}", house.console.local))
    }

    /// A browser before whatever serves there.
    pub(crate) fn at(at: String) -> Option<Self> {
        if Command::new("chromium").arg("--version").output().is_err() {
            eprintln!(
                "not tested in a browser: `chromium` is not installed (Debian: apt-get install chromium)"
            );
            return None;
        }
        let profile = tempfile::tempdir().unwrap();
        let script = "exec chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars \
            --disable-dev-shm-usage --disable-extensions --no-first-run --disable-background-networking \
            --remote-debugging-pipe --user-data-dir=\"$1\" about:blank \
            3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null";
        let mut child = Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (from, session) = (BufReader::new(from), String::new());
        let mut b = Self { child, to, from, session, last: 0, at, profile };
        let end = Instant::now() + Duration::from_secs(60);
        let id = loop {
            let targets = b.ask("Target.getTargets", json!({}));
            let all = targets["targetInfos"].as_array().unwrap();
            if let Some(page) = all.iter().find(|t| t["type"] == "page") {
                break page["targetId"].clone();
            }
            assert!(Instant::now() < end, "the browser opens no page");
            std::thread::sleep(Duration::from_millis(20));
        };
        let session = b.ask("Target.attachToTarget", json!({"targetId": id, "flatten": true}));
        b.session = session["sessionId"].as_str().unwrap().to_owned();
        b.ask("Emulation.setFocusEmulationEnabled", json!({"enabled": true}));
        b.size(1280, 860, "light");
        Some(b)
    }

    fn try_ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
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
                return match answer["error"].is_null() {
                    true => Ok(answer["result"].clone()),
                    false => Err(format!("{method}: {answer}")),
                };
            }
        }
    }

    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        self.try_ask(method, params).unwrap_or_else(|e| panic!("{e}"))
    }

    /// The value of an expression; a promise is waited for.
    pub(crate) fn js(&mut self, script: &str) -> Value {
        let params = json!({"expression": script, "returnByValue": true, "awaitPromise": true});
        // Between two pages there is none to ask.
        let answer = self.try_ask("Runtime.evaluate", params).unwrap_or_default();
        assert!(answer["exceptionDetails"].is_null(), "{script}: {answer}");
        answer["result"]["value"].clone()
    }

    pub(crate) fn text(&mut self, script: &str) -> String {
        let value = self.js(script);
        value.as_str().unwrap_or_else(|| panic!("{script}: {value}")).to_owned()
    }

    pub(crate) fn wait(&mut self, condition: &str) {
        let end = Instant::now() + Duration::from_secs(60);
        while self.js(&format!("document.readyState == 'complete' && !!({condition})")) != true {
            if Instant::now() > end {
                panic!("{condition}: {}", self.js("location.href + document.body.innerText"));
            }
            std::thread::sleep(Duration::from_millis(15));
        }
    }

    /// Does something that leads to another page, and waits for that.
    fn moves(&mut self, what: impl FnOnce(&mut Self)) {
        self.js("window.before = true");
        what(self);
        self.wait("!window.before && document.querySelector('h1')");
    }

    pub(crate) fn go(&mut self, path: &str) {
        let url = format!("{}{path}", self.at);
        self.moves(|b| drop(b.ask("Page.navigate", json!({"url": url}))));
    }

    /// Types into a field, as a person does.
    pub(crate) fn fill(&mut self, id: &str, text: &str) {
        let script = format!(
            "(e => {{ if (!e) return false; e.focus(); if (e.select) e.select(); return true; }})(document.getElementById('{id}'))"
        );
        self.unfold(&format!("document.getElementById('{id}')"));
        // A page that was drawn a moment ago may not take keys yet.
        for _ in 0..20 {
            let found = self.js(&script);
            assert_eq!(found, true, "no field `{id}`: {}", self.seen());
            self.ask("Input.insertText", json!({"text": text}));
            if self.js(&format!("document.getElementById('{id}').value")) == text {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("`{text}` cannot be typed into `{id}`: {}", self.seen());
    }

    fn seen(&mut self) -> Value {
        self.js("location.href + document.body.innerText")
    }

    /// Chooses a box, a button of a row, or an entry of a list.
    pub(crate) fn tick(&mut self, selector: &str) {
        let element = format!("document.querySelector('{selector}')");
        // A list that is open is drawn by the system: what it offers is chosen directly.
        let chosen = self.js(&format!(
            "(e => e && e.tagName == 'OPTION' ? (e.selected = true) : false)({element})"
        ));
        if chosen != true {
            self.click(&element);
        }
    }

    /// Clicks with the mouse, as a person does.
    fn click(&mut self, element: &str) {
        self.unfold(element);
        self.point(element);
    }

    /// Opens what something is folded away in.
    fn unfold(&mut self, element: &str) {
        let summary = format!(
            "((e => e && e.closest('details:not([open])'))({element}) || document.createElement('p')).querySelector('summary')"
        );
        if !element.ends_with("summary')") && self.js(&format!("!!{summary}")) == true {
            self.point(&summary);
        }
    }

    fn point(&mut self, element: &str) {
        let at = self.js(&format!(
            "(e => {{ if (!e) return null; e.scrollIntoView({{block: 'center', behavior: 'instant'}}); const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})({element})"
        ));
        assert!(
            at.is_array(),
            "no {element}: {}",
            self.js("location.href + document.body.innerText")
        );
        for kind in ["mousePressed", "mouseReleased"] {
            let params =
                json!({"type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1});
            self.ask("Input.dispatchMouseEvent", params);
        }
    }

    /// Presses a form's button, and waits for the next page.
    pub(crate) fn press(&mut self, action: &str) {
        let button = format!("document.querySelector('form[action=\"{action}\"] button')");
        self.moves(|b| b.click(&button));
    }

    pub(crate) fn says(&mut self, word: &str) {
        let text = self.text("document.body.innerText");
        assert!(text.contains(word), "`{word}` is not on {}:\n{text}", self.text("location.href"));
    }

    pub(crate) fn sign_in(&mut self, name: &str) {
        self.go("/sign-in");
        self.fill("name", name);
        self.fill("password", PASSWORD);
        self.press("/sign-in");
        assert_eq!(
            self.js("!!document.querySelector('nav')"),
            true,
            "{}",
            self.js("document.body.innerText")
        );
    }

    pub(crate) fn sign_out(&mut self) {
        self.press("/sign-out");
        self.wait("location.pathname == '/sign-in'");
    }

    /// A window of so many points; `scheme` is light or dark.
    pub(crate) fn size(&mut self, width: u32, height: u32, scheme: &str) {
        let params = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.ask("Emulation.setDeviceMetricsOverride", params);
        let features = json!([
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.ask("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// What scripts of a page would do, they do no more.
    pub(crate) fn without_scripts(&mut self) {
        self.ask("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    }

    /// A key, pressed and let go.
    pub(crate) fn key(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            " " => (32, " "),
            "ArrowDown" => (40, ""),
            other => panic!("{other}"),
        };
        let name = if key == " " { "Space" } else { key };
        for kind in ["keyDown", "keyUp"] {
            let mut params =
                json!({"type": kind, "key": key, "code": name, "windowsVirtualKeyCode": code});
            if kind == "keyDown" && !text.is_empty() {
                params["text"] = json!(text);
            }
            self.ask("Input.dispatchKeyEvent", params);
        }
    }

    /// Goes from one thing to the next by the keyboard until this one has the focus; each one on the
    /// way can be seen to have it.
    pub(crate) fn tab_to(&mut self, condition: &str) {
        for _ in 0..120 {
            self.key("Tab");
            let seen = self.js(
                "(e => e == document.body || e.type == 'date' || (s => s.outlineStyle != 'none' && parseFloat(s.outlineWidth) >= 2)(getComputedStyle(e)))(document.activeElement)",
            );
            assert_eq!(
                seen,
                true,
                "focus is not seen on {}",
                self.js("document.activeElement.outerHTML")
            );
            if self.js(&format!("(e => !!({condition}))(document.activeElement)")) == true {
                return;
            }
        }
        panic!("the keyboard does not come to {condition}");
    }

    /// Where files are put that are downloaded.
    pub(crate) fn downloads(&mut self) -> PathBuf {
        let dir = self.profile.path().join("downloads");
        std::fs::create_dir_all(&dir).unwrap();
        let params = json!({"behavior": "allow", "downloadPath": dir.to_str().unwrap()});
        let own = std::mem::take(&mut self.session);
        self.ask("Browser.setDownloadBehavior", params);
        self.session = own;
        dir
    }

    /// What the window shows, as a PNG.
    pub(crate) fn picture(&mut self, whole: bool) -> Vec<u8> {
        let params =
            json!({"format": "png", "captureBeyondViewport": whole, "optimizeForSpeed": false});
        let shot = self.ask("Page.captureScreenshot", params);
        let data = shot["data"].as_str().unwrap();
        base64::engine::general_purpose::STANDARD.decode(data).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
