//! Signing in through a real provider: Glewlwyd, as Debian has it. Ignored by default, since it is
//! one more server to install:
//!
//! ```sh
//! apt-get install glewlwyd sqlite3 openssl
//! cargo test -p frist-server --test console glewlwyd -- --ignored
//! ```
//!
//! It runs on a port of its own with its own database in a temporary folder, and is ended.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use frist_server::access::Role;
use serde_json::{Value, json};

use crate::kit::{House, PASSWORD};

/// How its OpenID Connect plugin is set up, but for issuer and keys.
const PLUGIN: &str = r#"{"module": "oidc", "name": "oidc", "display_name": "oidc", "parameters": {
    "jwt-type": "rsa", "jwt-key-size": "256", "access-token-duration": 600, "refresh-token-duration": 600,
    "code-duration": 60, "refresh-token-rolling": true, "allow-non-oidc": false, "auth-type-code-enabled": true,
    "auth-type-token-enabled": false, "auth-type-id-token-enabled": true, "auth-type-none-enabled": false,
    "auth-type-password-enabled": false, "auth-type-client-enabled": false, "auth-type-device-enabled": false,
    "auth-type-refresh-enabled": false, "pkce-allowed": true, "pkce-method-plain-allowed": false,
    "pkce-required": true, "subject-type": "public", "jwks-show": true, "session-management-allowed": true,
    "session-cookie-name": "OIDC_SESSION", "session-cookie-expiration": 600, "discovery-allowed": true,
    "name-claim": "mandatory", "email-claim": "no", "scope-claim": "no", "claims": [{"name": "preferred_username",
    "user-property": "username", "type": "string", "mandatory": true, "on-demand": false}]}}"#;

struct Glewlwyd {
    child: Child,
    at: String,
    _dir: tempfile::TempDir,
}

impl Drop for Glewlwyd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sh(dir: &Path, script: &str) {
    let done = Command::new("sh").args(["-ec", script]).current_dir(dir).status().unwrap();
    assert!(done.success(), "{script}");
}

/// One request; answers its status, where it leads, its cookies and its body.
fn ask(
    method: &str,
    url: &str,
    cookies: &str,
    body: Option<Value>,
) -> (u16, String, String, Value) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header("cookie", cookies)
        .header("content-type", "application/json");
    let answer = match body {
        Some(body) => agent.run(request.body(body.to_string()).unwrap()),
        None => agent.run(request.body(()).unwrap()),
    };
    let mut answer = answer.unwrap();
    let text = |v: &ureq::http::HeaderValue| v.to_str().unwrap().to_owned();
    let to = answer.headers().get("location").map(text).unwrap_or_default();
    let set: Vec<String> = answer.headers().get_all("set-cookie").iter().map(text).collect();
    let set: Vec<&str> = set.iter().filter_map(|c| c.split(';').next()).collect();
    let body = answer.body_mut().read_to_string().unwrap_or_default();
    (
        answer.status().as_u16(),
        to,
        set.join("; "),
        serde_json::from_str(&body).unwrap_or(json!(body)),
    )
}

impl Glewlwyd {
    /// With one client, `frist`, and one person, `anna`.
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let shown = dir.path().display();
        sh(
            dir.path(),
            &format!(
                "zcat /usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz | sqlite3 db
                openssl genrsa -out key.pem 2048 2>/dev/null
                openssl rsa -in key.pem -pubout -out public.pem 2>/dev/null
                sed -e 's#^port=.*#port={port}#' -e 's#^log_mode=.*#log_mode=\"console\"#' -e '/^@include/d' \
                    -e 's#^external_url=.*#external_url=\"http://127.0.0.1:{port}/\"#' \
                    /etc/glewlwyd/glewlwyd.conf > conf
                echo 'database = {{ type = \"sqlite3\"; path = \"{shown}/db\"; }};' >> conf"
            ),
        );
        let child = Command::new("glewlwyd")
            .arg("-c")
            .arg(dir.path().join("conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Glewlwyd is installed");
        let at = format!("http://127.0.0.1:{port}");
        let own = Self { child, at, _dir: dir };
        let end = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "Glewlwyd does not start");
            std::thread::sleep(Duration::from_millis(100));
        }
        let admin = own.sign_in("admin", "password");
        let read = |name: &str| std::fs::read_to_string(own._dir.path().join(name)).unwrap();
        let must = |method: &str, path: &str, body: Value| {
            let (status, _, _, said) =
                ask(method, &format!("{}/api/{path}", own.at), &admin, Some(body));
            assert_eq!(status, 200, "{path}: {said}");
        };
        let mut plugin: Value = serde_json::from_str(PLUGIN).unwrap();
        for (name, value) in
            [("iss", own.issuer()), ("key", read("key.pem")), ("cert", read("public.pem"))]
        {
            plugin["parameters"][name] = json!(value);
        }
        must("POST", "mod/plugin/", plugin);
        must(
            "POST",
            "client/",
            json!({"client_id": "frist", "name": "Frist", "confidential": true,
            "client_secret": "test-secret", "password": "test-secret", "redirect_uri": ["http://console.test/sign-in/back"],
            "post_logout_redirect_uri": "http://console.test/sign-in", "authorization_type": ["code"],
            "scope": ["openid"], "enabled": true,
            "token_endpoint_auth_method": ["client_secret_basic"]}),
        );
        must(
            "POST",
            "user/",
            json!({"username": "anna", "name": "Anna Holm", "password": PASSWORD,
            "scope": ["openid", "g_profile"], "enabled": true}),
        );
        must(
            "PUT",
            "scope/openid",
            json!({"name": "openid", "display_name": "openid", "description": "sign in",
            "password_required": true, "password_max_age": 0, "scheme": {}}),
        );
        own
    }

    fn issuer(&self) -> String {
        format!("{}/api/oidc", self.at)
    }

    fn sign_in(&self, name: &str, password: &str) -> String {
        let body = json!({"username": name, "password": password});
        let (status, _, cookies, _) =
            ask("POST", &format!("{}/api/auth/", self.at), "", Some(body));
        assert_eq!(status, 200, "{name}");
        cookies
    }

    /// What Anna's browser does there; answers the path at the console to which it is sent back.
    fn visit(&self, url: &str) -> String {
        let anna = self.sign_in("anna", PASSWORD);
        let grant = format!("{}/api/auth/grant/frist", self.at);
        assert_eq!(ask("PUT", &grant, &anna, Some(json!({"scope": "openid"}))).0, 200);
        let (status, to, _, said) = ask("GET", &format!("{url}&g_continue"), &anna, None);
        assert_eq!(status, 302, "{said}");
        to.strip_prefix("http://console.test").unwrap_or_else(|| panic!("{to}")).to_owned()
    }
}

#[test]
#[ignore = "needs Glewlwyd (Debian: apt-get install glewlwyd sqlite3)"]
fn glewlwyd_signs_somebody_in_and_out() {
    let provider = Glewlwyd::start();
    let text = format!(
        "address = \"http://console.test\"\n[oidc]\nissuer = \"{}\"\nclient_id = \"frist\"\nclient_secret_env = \"S\"\nscopes = []\nnewcomers = true\n",
        provider.issuer()
    );
    let house = House::with(move |s| {
        s.config = frist_server::Config::read(&text).unwrap_or_else(|t| panic!("{}", t.message));
    });
    // Its clock is the real one.
    #[expect(clippy::disallowed_methods, reason = "a foreign provider has the machine's clock")]
    house.later(jiff::Timestamp::now().duration_since(house.now()));
    let mut client = house.client();
    let back = provider.visit(client.get("/sign-in/provider").location());
    let page = client.get(&back);
    assert!(
        page.body.contains("ingen roller endnu"),
        "{}\n{}",
        page.body,
        house.log.lock().unwrap().join("\n")
    );
    let anna = house.state().account("anna").unwrap().expect("made by the provider's name");
    assert_eq!(anna.title, "Anna Holm");
    let mut admin = house.signed_in("root", &[Role::Administrator], &[]);
    let roles =
        admin.send("/people/account/anna", "/people/account/anna/roles", &[("role", "auditor")]);
    assert_eq!(roles.status, 303, "{}", roles.body);
    let back = provider.visit(client.get("/sign-in/provider").location());
    assert_eq!(client.get(&back).location(), "/");
    assert!(client.get("/account").body.contains("Anna Holm"));
    // The same answer again, in the same browser.
    let mut copy = house.client();
    copy.cookies.insert("frist-form".into(), client.cookies["frist-form"].clone());
    assert!(copy.get(&back).body.contains("begyndte i en anden browser"));
    // Signed out here, and sent there with what it wants to hear.
    let page = client.get("/");
    let token = page.token("/sign-out").unwrap();
    let out = client.post("/sign-out", &[("token", &token)]);
    assert!(out.location().contains("/api/oidc/end_session?"), "{}", out.location());
    let (status, _, _, said) = ask("GET", out.location(), "", None);
    assert!(status < 400, "{status} {said}");
    assert_eq!(client.get("/").status, 303);
}
