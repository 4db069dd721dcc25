//! A hostile pass over every page, form and route of the table, and over HTTP itself. What is tried is
//! found in the pages, so that a new page is tried without anybody thinking of it.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use frist_server::access::Role;
use frist_server::{Method, ROUTES};
use jiff::SignedDuration;

use crate::kit::{Client, House, PASSWORD};
use crate::routes::{a_plan, filled, path};

const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

/// A form of a page: where it goes, and what it asks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Form {
    page: String,
    to: String,
    fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Field {
    name: String,
    /// Whether anything can be typed.
    free: bool,
    value: String,
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = tag[at..].split('"').next()?;
    Some(
        value
            .replace("&#34;", "\"")
            .replace("&#60;", "<")
            .replace("&#62;", ">")
            .replace("&#38;", "&"),
    )
}

/// The forms of a page, read from its HTML.
fn forms(page: &str, html: &str) -> Vec<Form> {
    let mut out = Vec::new();
    for form in html.split("<form ").skip(1) {
        let form = form.split("</form>").next().unwrap();
        let head = format!(" {}", form.split('>').next().unwrap());
        let to = attribute(&head, "action").unwrap_or_else(|| page.to_owned());
        let mut fields = Vec::new();
        for tag in form.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap();
            let kind = attribute(tag, "type").unwrap_or_default();
            let Some(name) = attribute(tag, "name") else {
                // The first choice of a list.
                if tag.starts_with("option") {
                    let value = attribute(tag, "value").unwrap_or_default();
                    if let Some(list) =
                        fields.last_mut().filter(|f: &&mut Field| f.value.is_empty())
                    {
                        list.value = value;
                    }
                }
                continue;
            };
            let text = tag.starts_with("textarea")
                || (tag.starts_with("input")
                    && !["hidden", "checkbox", "radio", "submit"].contains(&kind.as_str()));
            if fields.iter().any(|f: &Field| f.name == name && kind == "radio") {
                continue;
            }
            fields.push(Field {
                free: text,
                value: attribute(tag, "value").unwrap_or_default(),
                name,
            });
        }
        out.push(Form { page: page.to_owned(), to, fields });
    }
    out
}

fn house() -> (House, Client, Vec<String>) {
    let house = House::new();
    house.person("another", &[Role::Auditor], &[]);
    let plan = a_plan(&house);
    filled(&house);
    let client = house.signed_in("maria", &Role::ALL, &["invoices", "complaints"]);
    let pages = ROUTES.iter().filter(|r| r.method == Method::Get);
    let pages = pages.map(|r| path(r, &plan)).filter(|p| !p.starts_with("/sign-in/provider"));
    (house, client, pages.collect())
}

/// What a page may never have, whoever typed what.
fn harmless(at: &str, body: &str) {
    for bad in ["<script", "<img", "\"'>", "onerror=alert(1)>"] {
        assert!(!body.contains(bad), "{at} has {bad}:\n{body}");
    }
}

#[test]
fn a_script_in_every_field_of_every_form_comes_back_as_text() {
    let (house, mut client, pages) = house();
    let calm = |house: &House| house.later(SignedDuration::from_secs(2));
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for at in &pages {
        calm(&house);
        let page = client.get(at);
        if page.header("content-type").is_some_and(|t| t.starts_with("text/html")) {
            for form in forms(at, &page.body) {
                if seen.insert(form.to.clone()) {
                    found.insert(form);
                }
            }
        }
    }
    let typed: Vec<Form> =
        found.iter().filter(|f| f.fields.iter().any(|x| x.free)).cloned().collect();
    assert!(typed.len() >= 6, "only {} forms were found: {typed:?}", typed.len());
    let mut shown = 0;
    let mut fields = 0;
    // Everything a script; then names and keys as they should be, so that the rest is stored.
    for names_too in [true, false] {
        for form in &typed {
            calm(&house);
            let page = client.get(&form.page);
            let Some(token) = page.token(&form.to) else { continue };
            let mut sent: Vec<(String, String)> = Vec::new();
            for field in form.fields.iter().filter(|f| f.name != "token") {
                let short = ["id", "name", "key", "what", "review", "date"]
                    .contains(&field.name.as_str())
                    || field.name.contains("date")
                    || field.name.ends_with("_at")
                    || field.name.ends_with("_on");
                let value = match (field.free, short && !names_too) {
                    (false, _) => {
                        if field.value.is_empty() { "yes" } else { &field.value }.to_owned()
                    }
                    (true, true) if field.value.is_empty() => format!("x{fields}"),
                    (true, true) => field.value.clone(),
                    (true, false) => SCRIPT.to_owned(),
                };
                fields += usize::from(field.free);
                sent.push((field.name.clone(), value));
            }
            sent.push(("token".into(), token));
            let sent: Vec<(&str, &str)> =
                sent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let answer = client.post(&form.to, &sent);
            assert!(answer.status < 500 || answer.status == 503, "{}: {}", form.to, answer.body);
            harmless(&form.to, &answer.body);
            shown += usize::from(answer.body.contains("alert(1)"));
            if let Some(to) = answer.header("location") {
                assert!(to.starts_with('/') && !to.starts_with("//"), "{} leads to {to}", form.to);
                assert!(!to.contains("script"), "{to}");
                if to.starts_with("/sign-in") {
                    client = house.sign_in("maria");
                }
            }
            if form.to.starts_with("/account") {
                house.later(SignedDuration::from_mins(16));
                client = house.sign_in("maria");
            }
        }
        for at in &pages {
            calm(&house);
            let page = client.get(at);
            harmless(at, &page.body);
            shown += usize::from(page.body.contains("alert(1)"));
        }
    }
    assert!(fields >= 16 && shown >= 4, "{fields} fields were filled, {shown} pages showed it");
}

#[test]
fn every_post_wants_its_own_token_from_its_own_page() {
    let (house, mut client, _) = house();
    let token = client.get("/holds").token("/holds").unwrap();
    let before = house.state().all_holds().unwrap().len();
    for route in ROUTES.iter().filter(|r| r.method == Method::Post && !r.path.starts_with("/api")) {
        house.later(SignedDuration::from_secs(3));
        let at = path(route, "x");
        for (site, token) in [
            (Some("same-origin"), None),
            (Some("same-origin"), Some("x")),
            (Some("cross-site"), Some(token.as_str())),
            (None, Some(token.as_str())),
        ] {
            client.fetch = site;
            let fields: Vec<(&str, &str)> = token.iter().map(|t| ("token", *t)).collect();
            let status = client.post(&at, &fields).status;
            assert!(matches!(status, 403 | 404), "{at} {site:?}: {status}");
        }
        client.fetch = Some("same-origin");
        if at != "/holds" {
            let status = client.post(&at, &[("token", &token)]).status;
            assert!(matches!(status, 403 | 404), "{at} with another form's token: {status}");
        }
    }
    assert_eq!(client.get("/holds").status, 200, "still signed in");
    assert_eq!(house.state().all_holds().unwrap().len(), before);
}

#[test]
fn odd_ids_lead_nowhere() {
    let (house, mut client, _) = house();
    let long = "x".repeat(5_000);
    let odd = [
        "..",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e%2f%2e%2e%2fstate.sqlite",
        "..%5c..%5c",
        "%00",
        "invoices%00.html",
        "%27%3b--",
        "%22",
        "%3Cscript%3E",
        "%ff%fe",
        "-1",
        "99999999999999999999",
        "%E2%80%AE",
        "~",
        "*",
        "%25",
        "%0d%0aSet-Cookie:%20x=1",
        long.as_str(),
    ];
    for route in ROUTES.iter().filter(|r| r.path.contains("{id}")) {
        for id in odd {
            house.later(SignedDuration::from_secs(1));
            let at = route.path.replace("{id}", id).replace("{part}", id);
            let method = if route.method == Method::Get { "GET" } else { "POST" };
            let body = (route.method == Method::Post).then_some("token=x");
            let answer = client.ask(method, &at, &[], body);
            let fine =
                matches!(answer.status, 303 | 400 | 401 | 403 | 404 | 405 | 410 | 414 | 422 | 431);
            assert!(fine, "{method} {at}: {}", answer.status);
            harmless(&at, &answer.body);
            assert!(!answer.body.contains("root:"), "{at}");
            assert!(answer.header("set-cookie").is_none_or(|c| !c.starts_with("x=")), "{at}");
        }
    }
    assert_eq!(client.get("/").status, 200);
}

#[test]
fn nothing_leads_elsewhere_and_the_host_is_not_believed() {
    let house = House::new();
    house.person("maria", &[Role::Dpo], &[]);
    // Neither a page to come back to nor a host is taken from the request.
    let mut client = house.client();
    let page = client.get("/sign-in?next=https%3A%2F%2Fevil.example&return=%2F%2Fevil.example");
    assert!(!page.body.contains("evil"), "{}", page.body);
    assert_eq!(client.try_sign_in("maria", PASSWORD).location(), "/");
    for at in [
        "//evil.example",
        "//evil.example/..",
        "/%2f%2fevil.example",
        "/language/%2f%2fevil.example",
        "/\\evil.example",
    ] {
        let answer = client.get(at);
        assert_ne!(answer.status, 200, "{at}");
        assert!(
            answer.header("location").is_none_or(|to| to.starts_with('/') && !to.starts_with("//")),
            "{at}"
        );
    }
    let to = house.console.local;
    let raw = |head: &str| {
        let mut stream = TcpStream::connect(to).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    for head in [
        "GET /sign-in HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nConnection: close\r\n\r\n",
        "GET http://evil.example/sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nForwarded: host=evil.example\r\nX-Original-URL: /people\r\nX-Rewrite-URL: /people\r\nConnection: close\r\n\r\n",
    ] {
        let answer = raw(head);
        assert!(answer.starts_with("HTTP/1.1 "), "{head}");
        assert!(!answer.contains("evil.example"), "{head}\n{answer}");
    }
    // A language that is none.
    for junk in ["xx", "../../etc", "da%0d%0aX: y", "<script>", &"d".repeat(3_000)] {
        let mut client = house.client();
        client.cookies.insert("frist-lang".into(), junk.to_owned());
        let page = client.get("/sign-in");
        assert_eq!(page.status, 200, "{junk}");
        assert!(page.body.contains("<html lang=\"da\">"), "{junk}");
    }
    // Cookies that are no session, and several at once.
    for junk in ["", "x", "a=b; frist=c", &"x".repeat(5_000)] {
        let mut client = house.client();
        client.cookies.insert("frist".into(), junk.to_owned());
        assert_eq!(client.get("/").status, 303, "{junk}");
    }
}

/// How many answers came before the connection ended or fell silent.
fn answers(to: std::net::SocketAddr, bytes: &str) -> (usize, String) {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(700))).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    let mut all = Vec::new();
    let mut part = [0; 8_192];
    while let Ok(n) = stream.read(&mut part) {
        if n == 0 {
            break;
        }
        all.extend_from_slice(&part[..n]);
    }
    let text = String::from_utf8_lossy(&all).into_owned();
    (text.matches("HTTP/1.1 ").count(), text)
}

#[test]
fn one_request_is_never_two() {
    let house = House::new();
    let to = house.console.local;
    let hidden = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let length = hidden.len();
    for (what, head) in [
        (
            "two lengths",
            format!(
                "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: {length}\r\n\r\n{hidden}"
            ),
        ),
        (
            "a list of lengths",
            format!(
                "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 0, {length}\r\n\r\n{hidden}"
            ),
        ),
        (
            "a length with a sign",
            format!("POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n{hidden}"),
        ),
        (
            "a length that is none",
            format!("POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 0x0\r\n\r\n{hidden}"),
        ),
        (
            "a space before the colon",
            format!("POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length : 0\r\n\r\n{hidden}"),
        ),
        (
            "a folded line",
            format!(
                "POST /sign-in HTTP/1.1\r\nHost: x\r\nX: y\r\n Content-Length: 0\r\n\r\n{hidden}"
            ),
        ),
        (
            "an unknown coding",
            format!(
                "POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n{hidden}"
            ),
        ),
        (
            "a coding twice",
            format!(
                "POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n{hidden}"
            ),
        ),
        (
            "length and coding",
            format!(
                "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
            ),
        ),
        (
            "a null in a header",
            format!("GET /sign-in HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n{hidden}"),
        ),
    ] {
        let (n, text) = answers(to, &head);
        assert!(n <= 1, "{what}: {n} answers\n{text}");
        assert!(n == 0 || text.starts_with("HTTP/1.1 4"), "{what}: {text}");
    }
    // Two requests one after the other are two.
    let two = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2);
    assert_eq!(answers(to, &two).0, 2);
}

#[test]
fn who_is_slow_is_let_go() {
    let house = House::new();
    let to = house.console.local;
    let slow = |head: &'static str| {
        std::thread::spawn(move || {
            let began = Instant::now();
            let mut stream = TcpStream::connect(to).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            // A byte now and then does not help.
            let mut own = stream.try_clone().unwrap();
            std::thread::spawn(move || {
                for _ in 0..20 {
                    std::thread::sleep(Duration::from_secs(1));
                    if own.write_all(b"a").is_err() {
                        return;
                    }
                }
            });
            let mut bytes = Vec::new();
            let _ = stream.read_to_end(&mut bytes);
            (began.elapsed(), String::from_utf8_lossy(&bytes).into_owned())
        })
    };
    let head = slow("GET /sign-in HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    let body = slow(
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 100\r\n\r\nname=",
    );
    // Others are answered meanwhile.
    assert_eq!(house.client().get("/healthz").status, 200);
    let (took, text) = head.join().unwrap();
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    let (took, text) = body.join().unwrap();
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert!(text.starts_with("HTTP/1.1 408"), "{text}");
}

#[test]
fn a_strangers_megabytes_are_not_taken() {
    let house = House::new();
    let to = house.console.local;
    let begin = |at: &str, cookie: &str, sent: usize| {
        let mut stream = TcpStream::connect(to).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
        let head = format!(
            "POST {at} HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\n\
             Content-Type: multipart/form-data; boundary=xY\r\nContent-Length: 9000000\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let _ = stream.write_all(&vec![b'a'; sent]);
        let mut first = [0; 12];
        let began = Instant::now();
        let n = stream.read(&mut first).unwrap_or(0);
        (String::from_utf8_lossy(&first[..n]).into_owned(), began.elapsed())
    };
    let large = ["/cases/R-2026-0001/papers", "/ledger/verify", "/register/text/x"];
    for at in large {
        for cookie in ["", "frist=made-up"] {
            let (answer, took) = begin(at, cookie, 1_000);
            assert!(answer.starts_with("HTTP/1.1 401"), "{at}: {answer}");
            assert!(took < Duration::from_secs(8), "{at}: it waited for the body, {took:?}");
        }
    }
    assert_eq!(house.client().get("/healthz").status, 200);
}

#[test]
fn a_form_of_a_thousand_parts_or_without_an_end_costs_nothing() {
    let (house, mut client, _) = house();
    let part = "--xY\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n";
    let nearly = "\r\n--x".repeat(12_000);
    let fields = "a=b&".repeat(16_000);
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let multi = "multipart/form-data; boundary=xY";
    for (what, kind, body) in [
        ("many parts", multi, part.repeat(900)),
        ("no end", multi, part.to_owned()),
        ("no head", multi, "--xY\r\n\r\n--xY--".to_owned()),
        ("a boundary that nearly comes", multi, format!("--xY\r\n{nearly}")),
        ("many fields", "application/x-www-form-urlencoded", fields),
        ("deep", "application/json", deep),
    ] {
        house.later(SignedDuration::from_secs(2));
        let began = Instant::now();
        let answer = client.send_bytes("/holds", kind, body.as_bytes());
        assert_eq!(answer.status, 403, "{what}: {}", answer.body);
        assert!(began.elapsed() < Duration::from_secs(10), "{what}: {:?}", began.elapsed());
    }
    assert_eq!(client.get("/holds").status, 200);
}

#[test]
fn every_cookie_is_the_servers_alone() {
    let house = House::with(|s| s.tls = true);
    house.person("maria", &[Role::Dpo], &[]);
    let mut client = house.client();
    let mut set = Vec::new();
    let keep = |answer: &crate::kit::Answer, set: &mut Vec<String>| {
        let own = answer.headers.iter().filter(|(n, _)| n == "set-cookie");
        set.extend(own.map(|(_, v)| v.clone()));
    };
    keep(&client.get("/sign-in"), &mut set);
    keep(&client.get("/language/en"), &mut set);
    keep(&client.try_sign_in("maria", PASSWORD), &mut set);
    keep(&client.send("/", "/sign-out", &[]), &mut set);
    assert!(set.len() >= 5, "{set:?}");
    for cookie in set {
        for flag in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
            assert!(cookie.contains(flag), "{cookie}");
        }
        assert!(cookie.starts_with("__Host-") && !cookie.contains("Domain"), "{cookie}");
    }
}
