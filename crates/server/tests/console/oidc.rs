//! Signing in through an OpenID Connect provider: one made here, which signs real tokens and can be
//! told to lie. `glewlwyd.rs` does the same with a provider that others wrote.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use frist_server::access::Role;
use jiff::{SignedDuration, Timestamp};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::kit::{Client, House, PASSWORD};

const SECRET: &str = "test-secret";
type Change = Box<dyn Fn(&mut Value, &mut Value) + Send>;

/// What the provider knows and does.
struct Mind {
    issuer: String,
    key: EcdsaKeyPair,
    kid: String,
    /// The key that it publishes, when that is not its own.
    published: Option<EcdsaKeyPair>,
    keys_asked: u32,
    /// By code: what was asked for when it was given.
    codes: HashMap<String, Value>,
    subject: String,
    claims: Value,
    now: Timestamp,
    /// How it lies: changes header and claims before they are signed.
    lie: Option<Change>,
    /// How the token is signed, when not as it should be.
    sign: Option<fn(&Mind, &str) -> String>,
    down: bool,
    extra: Value,
}

struct Provider {
    mind: Arc<Mutex<Mind>>,
    issuer: String,
}

fn key() -> EcdsaKeyPair {
    let random = ring::rand::SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap()
}

fn hmac(key: &[u8], text: &str) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
    B64.encode(ring::hmac::sign(&key, text.as_bytes()))
}

impl Mind {
    fn token(&self, asked: &Value) -> String {
        let now = self.now.as_second();
        let mut header = json!({"alg": "ES256", "typ": "JWT", "kid": self.kid});
        let mut claims = json!({
            "iss": self.issuer, "sub": self.subject, "aud": "frist", "iat": now, "exp": now + 300,
            "nonce": asked["nonce"],
        });
        for (name, value) in self.claims.as_object().unwrap() {
            claims[name] = value.clone();
        }
        if let Some(lie) = &self.lie {
            lie(&mut header, &mut claims);
        }
        let plain =
            format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()));
        let sum = match self.sign {
            Some(sign) => sign(self, &plain),
            None => {
                let random = ring::rand::SystemRandom::new();
                B64.encode(self.key.sign(&random, plain.as_bytes()).unwrap())
            }
        };
        format!("{plain}.{sum}")
    }

    fn answer(&mut self, path: &str, head: &str, body: &str) -> (u16, Value) {
        let issuer = self.issuer.clone();
        if self.down {
            return (500, json!({}));
        }
        match path {
            "/.well-known/openid-configuration" => {
                let mut all = json!({
                    "issuer": issuer, "authorization_endpoint": format!("{issuer}/auth"),
                    "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
                    "end_session_endpoint": format!("{issuer}/end"),
                    "response_types_supported": ["code"], "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["ES256"],
                });
                for (name, value) in self.extra.as_object().unwrap() {
                    all[name] = value.clone();
                }
                (200, all)
            }
            "/jwks" => {
                self.keys_asked += 1;
                let point = self.published.as_ref().unwrap_or(&self.key).public_key().as_ref();
                let (x, y) = (B64.encode(&point[1..33]), B64.encode(&point[33..]));
                let key = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": self.kid,
                    "use": "sig", "alg": "ES256"});
                (200, json!({"keys": [key]}))
            }
            "/token" => {
                let form = fields(body);
                let basic = base64::engine::general_purpose::STANDARD.encode("frist:test-secret");
                if !head.contains(&format!("Basic {basic}")) {
                    return (401, json!({"error": "invalid_client"}));
                }
                // Once.
                let Some(asked) = self.codes.remove(&form["code"]) else {
                    return (400, json!({"error": "invalid_grant"}));
                };
                let sum =
                    ring::digest::digest(&ring::digest::SHA256, form["code_verifier"].as_bytes());
                if asked["code_challenge"] != B64.encode(sum)
                    || asked["code_challenge_method"] != "S256"
                    || asked["redirect_uri"] != form["redirect_uri"]
                {
                    return (400, json!({"error": "invalid_grant"}));
                }
                (
                    200,
                    json!({"access_token": "a", "token_type": "Bearer", "id_token": self.token(&asked)}),
                )
            }
            _ => (404, json!({})),
        }
    }
}

fn fields(text: &str) -> HashMap<String, String> {
    let one = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        Some((decode(name), decode(value)))
    };
    text.split('&').filter_map(one).collect()
}

fn decode(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.bytes();
    while let Some(b) = rest.next() {
        out.push(match b {
            b'+' => b' ',
            b'%' => {
                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
            }
            b => b,
        });
    }
    String::from_utf8(out).unwrap()
}

impl Provider {
    fn start(now: Timestamp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let mind = Arc::new(Mutex::new(Mind {
            issuer: issuer.clone(),
            key: key(),
            kid: "one".into(),
            published: None,
            keys_asked: 0,
            codes: HashMap::new(),
            subject: "1001".into(),
            claims: json!({"preferred_username": "Anna Holm", "name": "Anna Holm", "email": "dpo@example.dk"}),
            now,
            lie: None,
            sign: None,
            down: false,
            extra: json!({}),
        }));
        let own = Arc::clone(&mind);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut reader = BufReader::new(stream.unwrap());
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
                let length = head.lines().find_map(|l| {
                    l.to_lowercase()
                        .strip_prefix("content-length:")
                        .map(|n| n.trim().parse().unwrap())
                });
                let mut body = vec![0; length.unwrap_or(0)];
                reader.read_exact(&mut body).unwrap();
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                let body = String::from_utf8(body).unwrap();
                let (status, answer) = own.lock().unwrap().answer(&path, &head, &body);
                let answer = answer.to_string();
                let _ = write!(
                    reader.get_mut(),
                    "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
                    answer.len()
                );
            }
        });
        Self { mind, issuer }
    }

    fn tell(&self, what: impl FnOnce(&mut Mind)) {
        what(&mut self.mind.lock().unwrap());
    }

    /// What a person's browser does there: signs in, and is sent back to the console.
    fn visit(&self, url: &str) -> String {
        let query =
            url.strip_prefix(&format!("{}/auth?", self.issuer)).unwrap_or_else(|| panic!("{url}"));
        let asked = fields(query);
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], "frist");
        assert_eq!(asked["code_challenge_method"], "S256");
        let mut mind = self.mind.lock().unwrap();
        let code = format!("code{}", mind.codes.len() as u64 * 7 + 1);
        let state = asked["state"].clone();
        mind.codes.insert(code.clone(), json!(asked));
        format!("/sign-in/back?code={code}&state={state}")
    }
}

fn house(more: &str) -> (House, Provider) {
    let provider = Provider::start("2026-11-22T08:00:00Z".parse().unwrap());
    let text = format!(
        "address = \"http://console.test\"\n[oidc]\nissuer = \"{}\"\nclient_id = \"frist\"\nclient_secret_env = \"OIDC_SECRET\"\nname = \"Kysten\"\n{more}",
        provider.issuer
    );
    let house = House::with(move |s| {
        s.config = frist_server::Config::read(&text).unwrap_or_else(|t| panic!("{}", t.message));
    });
    (house, provider)
}

/// Goes to the provider and comes back.
fn round(client: &mut Client, provider: &Provider) -> crate::kit::Answer {
    let out = client.get("/sign-in/provider");
    assert_eq!(out.status, 303, "{}", out.body);
    let back = provider.visit(out.location());
    client.get(&back)
}

fn link(house: &House, client: &mut Client, provider: &Provider) {
    let page = client.send("/account", "/account/provider", &[("password", PASSWORD)]);
    let go = page.body.split(&format!("href=\"{}/auth?", provider.issuer)).nth(1);
    let go = go.unwrap_or_else(|| panic!("{}", page.body)).split('"').next().unwrap();
    let url =
        format!("{}/auth?{}", provider.issuer, go.replace("&#38;", "&").replace("&amp;", "&"));
    let back = provider.visit(&url);
    let answer = client.get(&back);
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(answer.location(), "/account?done=linked");
    let _ = house;
}

#[test]
fn an_account_is_linked_by_its_owner_and_then_opens() {
    let (house, provider) = house("");
    let mut anna = house.signed_in("anna", &[Role::Dpo], &[]);
    // Nobody is known there yet; the e-mail address of the claims changes nothing.
    house.person("dpo@example.dk", &[Role::Dpo], &[]);
    let mut other = house.client();
    let page = round(&mut other, &provider);
    assert!(page.body.contains("kender dig, men Frist gør ikke"), "{}", page.body);
    assert!(!other.cookies.contains_key("frist"));
    // Linking wants the password.
    let wrong = anna.send("/account", "/account/provider", &[("password", "forkert")]);
    assert!(wrong.body.contains("Adgangskoden er forkert."));
    link(&house, &mut anna, &provider);
    assert!(anna.get("/account").body.contains("Din konto er forbundet"));

    let mut client = house.client();
    assert!(client.get("/sign-in").body.contains("Log ind med Kysten"));
    let answer = round(&mut client, &provider);
    assert_eq!(answer.location(), "/", "{}", answer.body);
    assert!(client.get("/account").body.contains("anna"));
    let log = house.state().looks(Some("anna"), 50).unwrap();
    assert!(log.iter().any(|l| l.what == "account-linked"));
    // Signing out ends the provider's session as well; its address is in the policy of the forms.
    let page = client.get("/");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains(&format!("form-action 'self' {};", provider.issuer)), "{policy}");
    let token = page.token("/sign-out").unwrap();
    let out = client.post("/sign-out", &[("token", &token)]);
    let to = out.location().to_owned();
    assert!(to.starts_with(&format!("{}/end?", provider.issuer)), "{to}");
    let asked = fields(to.split_once('?').unwrap().1);
    assert!(asked["id_token_hint"].split('.').count() == 3, "{to}");
    assert_eq!(asked["client_id"], "frist");
    assert_eq!(asked["post_logout_redirect_uri"], "http://console.test/sign-in");
    assert_eq!(client.get("/").status, 303);

    // Another account cannot have the same person; whoever has no link is not opened by this one.
    let mut bo = house.signed_in("bo", &[Role::Engineer], &[]);
    let page = bo.send("/account", "/account/provider", &[("password", PASSWORD)]);
    let url =
        page.body.split("class=\"button\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let back = provider.visit(&url.replace("&#38;", "&").replace("&amp;", "&"));
    assert_eq!(bo.get(&back).location(), "/account?done=link-taken");
    // A link that Bo began does nothing in Anna's session, nor when Bo has signed out.
    provider.tell(|m| m.subject = "2002".into());
    let page = bo.send("/account", "/account/provider", &[("password", PASSWORD)]);
    let url =
        page.body.split("class=\"button\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let back = provider.visit(&url.replace("&#38;", "&").replace("&amp;", "&"));
    assert!(anna.get(&back).body.contains("begyndte i en anden browser"));
    let id = house.state().account("anna").unwrap().unwrap().id;
    assert_eq!(house.state().identities(id).unwrap()[0].subject, "1001");
    // The link is removed with the password; then the provider opens nothing.
    provider.tell(|m| m.subject = "1001".into());
    let fields = [("password", PASSWORD)];
    assert_eq!(anna.send("/account", "/account/provider/remove", &fields).status, 303);
    assert!(round(&mut house.client(), &provider).body.contains("kender dig"));
    // A closed account stays closed.
    link(&house, &mut anna, &provider);
    house.state().set_disabled(id, Some(house.now())).unwrap();
    assert!(round(&mut house.client(), &provider).body.contains("er lukket"));
}

#[test]
fn newcomers_and_roles_by_group() {
    let (house, provider) =
        house("newcomers = true\n[oidc.roles]\nit = \"engineer\"\nrevision = \"auditor\"\n");
    let mut client = house.client();
    // An account, but no role and no session.
    let page = round(&mut client, &provider);
    assert!(page.body.contains("ingen roller endnu"), "{}", page.body);
    assert!(page.body.contains("annaholm"));
    assert!(!client.cookies.contains_key("frist"));
    // Groups give roles that show no personal data, and take them away again.
    provider.tell(|m| m.claims["groups"] = json!(["it", "dpo", "administrator", 7]));
    assert_eq!(round(&mut client, &provider).location(), "/");
    let roles = |house: &House| house.state().account("annaholm").unwrap().unwrap().roles;
    assert_eq!(roles(&house), ["engineer".to_owned()].into());
    // What a data protection officer grants stays, and the person goes on by the provider.
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    let reading = "/people/account/annaholm/reading";
    let answer = dpo.send("/people/account/annaholm", reading, &[("role", "caseworker")]);
    assert_eq!(answer.status, 303, "no new link is needed: {}", answer.body);
    assert_eq!(client.get("/").status, 303, "but sessions end");
    provider.tell(|m| m.claims["groups"] = json!("revision"));
    assert_eq!(round(&mut client, &provider).location(), "/");
    assert_eq!(roles(&house), ["auditor".to_owned(), "caseworker".to_owned()].into());
    // Another person of the same name gets another account.
    provider.tell(|m| m.subject = "2002".into());
    round(&mut house.client(), &provider);
    assert!(house.state().account("annaholm-2").unwrap().is_some());
    // A name that is none.
    provider.tell(|m| {
        m.subject = "3003".into();
        m.claims["preferred_username"] = json!("\u{202e}../<b>");
    });
    round(&mut house.client(), &provider);
    assert!(house.state().accounts().unwrap().iter().all(|a| !a.name.contains('<')));
}

#[test]
fn the_second_factor_is_the_providers_or_ours() {
    // Asked of the provider: signed in only when it says so.
    let (house, provider) = house("acr = [\"gold\"]\namr = [\"mfa\", \"hwk\"]\n");
    let mut anna = house.signed_in("anna", &[Role::Dpo], &[]);
    provider.tell(|m| m.claims["acr"] = json!("gold"));
    link(&house, &mut anna, &provider);
    let mut client = house.client();
    let out = client.get("/sign-in/provider");
    assert!(out.location().contains("acr_values=gold"), "{}", out.location());
    for (acr, amr, good) in [
        (json!("silver"), json!(["pwd"]), false),
        (Value::Null, Value::Null, false),
        (json!("silver"), json!(["pwd", "hwk"]), true),
        (json!("gold"), json!(["pwd"]), true),
    ] {
        provider.tell(|m| {
            m.claims["acr"] = acr.clone();
            m.claims["amr"] = amr.clone();
            m.lie = Some(Box::new(|_, claims| {
                let claims = claims.as_object_mut().unwrap();
                claims.retain(|_, v| !v.is_null());
            }));
        });
        let answer = round(&mut house.client(), &provider);
        assert_eq!(answer.status == 303, good, "{acr} {amr}: {}", answer.body);
        assert!(good || answer.body.contains("Slå to-faktor til dér"));
    }

    // Not asked of it: where everybody must have one, Frist's own is set up and asked for.
    let provider = Provider::start(house.now());
    let text = format!(
        "address = \"http://c\"\n[oidc]\nissuer = \"{}\"\nclient_id = \"frist\"\nclient_secret_env = \"S\"\nnewcomers = true\nroles = {{ it = \"engineer\" }}\n",
        provider.issuer
    );
    let strict = House::with(move |s| {
        s.second_factor = true;
        s.config = frist_server::Config::read(&text).unwrap_or_else(|t| panic!("{}", t.message));
    });
    provider.tell(|m| m.claims["groups"] = json!(["it"]));
    let mut client = strict.client();
    assert_eq!(round(&mut client, &provider).location(), "/");
    assert_eq!(client.get("/").location(), "/account?must=factor");
    // Without a password, having signed in a moment ago is what counts.
    strict.later(SignedDuration::from_mins(11));
    let late = client.send("/account", "/account/factor/begin", &[]);
    assert!(late.body.contains("Log ind igen gennem udbyderen"), "{}", late.body);
    provider.tell(|m| m.now = strict.now());
    let mut client = strict.client();
    round(&mut client, &provider);
    assert_eq!(client.send("/account", "/account/factor/begin", &[]).status, 303);
    let page = client.get("/account").body;
    let secret = page.split("secret=").nth(1).unwrap().split('&').next().unwrap();
    let code = crate::signing_in::totp(secret, strict.now().as_second() as u64);
    client.send("/account", "/account/factor", &[("code", &code)]);
    assert_eq!(client.get("/").status, 200);
    let mut again = strict.client();
    assert_eq!(round(&mut again, &provider).location(), "/sign-in/code");
    assert_eq!(again.get("/").location(), "/sign-in/code");
}

#[test]
fn a_token_that_does_not_hold_signs_nobody_in() {
    let (house, provider) = house("");
    let mut anna = house.signed_in("anna", &[Role::Dpo], &[]);
    link(&house, &mut anna, &provider);
    let now = house.now().as_second();
    let public = |m: &Mind| m.key.public_key().as_ref().to_vec();
    let _ = public;
    type Sign = Option<fn(&Mind, &str) -> String>;
    let lies: Vec<(&str, Change, Sign)> = vec![
        ("another nonce", Box::new(|_, c| c["nonce"] = json!("x")), None),
        ("no nonce", Box::new(|_, c| drop(c.as_object_mut().unwrap().remove("nonce"))), None),
        ("another audience", Box::new(|_, c| c["aud"] = json!("other")), None),
        ("one audience more", Box::new(|_, c| c["aud"] = json!(["frist", "other"])), None),
        ("no audience", Box::new(|_, c| c["aud"] = json!([])), None),
        ("another issuer", Box::new(|_, c| c["iss"] = json!("https://login.example.dk")), None),
        (
            "an issuer with a slash",
            Box::new(|_, c| {
                c["iss"] = json!(format!("{}/", c["iss"].as_str().unwrap()));
            }),
            None,
        ),
        ("another program's", Box::new(|_, c| c["azp"] = json!("other")), None),
        (
            "expired",
            Box::new(move |_, c| {
                c["iat"] = json!(now - 400);
                c["exp"] = json!(now - 100);
            }),
            None,
        ),
        ("issued long ago", Box::new(move |_, c| c["iat"] = json!(now - 3_600)), None),
        (
            "issued in the future",
            Box::new(move |_, c| {
                c["iat"] = json!(now + 600);
                c["exp"] = json!(now + 900);
            }),
            None,
        ),
        ("no subject", Box::new(|_, c| drop(c.as_object_mut().unwrap().remove("sub"))), None),
        ("alg none", Box::new(|h, _| h["alg"] = json!("none")), Some(|_, _| String::new())),
        ("alg None, signed", Box::new(|h, _| h["alg"] = json!("None")), None),
        (
            "HS256 with the public key",
            Box::new(|h, _| h["alg"] = json!("HS256")),
            Some(|m, text| hmac(m.key.public_key().as_ref(), text)),
        ),
        (
            "HS256 with the client's secret",
            Box::new(|h, _| h["alg"] = json!("HS256")),
            Some(|_, text| hmac(SECRET.as_bytes(), text)),
        ),
        (
            "signed by somebody else",
            Box::new(|_, _| {}),
            Some(|_, text| {
                let random = ring::rand::SystemRandom::new();
                B64.encode(key().sign(&random, text.as_bytes()).unwrap())
            }),
        ),
        ("another algorithm's name", Box::new(|h, _| h["alg"] = json!("RS256")), None),
        ("a critical header", Box::new(|h, _| h["crit"] = json!(["b64"])), None),
        ("a signature of zeros", Box::new(|_, _| {}), Some(|_, _| B64.encode([0; 64]))),
        ("no signature", Box::new(|_, _| {}), Some(|_, _| String::new())),
        ("no token", Box::new(|_, _| {}), Some(|_, _| "x.y.z".into())),
    ];
    let mut n = 0;
    for (what, lie, sign) in lies {
        provider.tell(|m| (m.lie, m.sign) = (Some(lie), sign));
        let mut client = house.client();
        let answer = round(&mut client, &provider);
        assert_eq!(answer.status, 200, "{what}");
        assert!(answer.body.contains("role=\"alert\""), "{what}: {}", answer.body);
        assert!(!client.cookies.contains_key("frist"), "{what}");
        house.later(SignedDuration::from_mins(20));
        provider.tell(|m| m.now = house.now());
        n += 1;
    }
    assert_eq!(n, 22);
    // And the truth goes on to work.
    provider.tell(|m| (m.lie, m.sign) = (None, None));
    assert_eq!(round(&mut house.client(), &provider).location(), "/");
    // Nothing of the claims is in the log.
    let log = house.log.lock().unwrap().join("\n");
    for word in ["Anna", "dpo@example.dk", "1001", "eyJ"] {
        assert!(!log.contains(word), "{word}");
    }
    for word in ["its nonce is another", "another audience", "another issuer", "expired"] {
        assert!(log.contains(word), "{word}: {log}");
    }
}

#[test]
fn an_answer_counts_once_and_in_its_browser() {
    let (house, provider) = house("");
    let mut anna = house.signed_in("anna", &[Role::Dpo], &[]);
    link(&house, &mut anna, &provider);
    let stale = "begyndte i en anden browser";
    // Replayed, also with the code given out anew.
    let mut client = house.client();
    let back = provider.visit(client.get("/sign-in/provider").location());
    assert_eq!(client.get(&back).location(), "/");
    let mut copy = house.client();
    copy.cookies.insert("frist-form".into(), client.cookies["frist-form"].clone());
    provider.tell(|m| drop(m.codes.insert("code1".into(), json!({}))));
    assert!(copy.get(&back).body.contains(stale));
    // In another browser; without a state; with one that was made up; too late.
    let mut client = house.client();
    let back = provider.visit(client.get("/sign-in/provider").location());
    let mut other = house.client();
    other.get("/sign-in");
    assert!(other.get(&back).body.contains(stale));
    assert!(client.get("/sign-in/back?code=code1").body.contains(stale));
    assert!(client.get("/sign-in/back?code=code1&state=1.0.x.y").body.contains(stale));
    house.later(SignedDuration::from_mins(11));
    assert!(client.get(&back).body.contains(stale));
    provider.tell(|m| m.now = house.now());
    // A code of another round does not fit this one's verifier.
    let (mut one, mut two) = (house.client(), house.client());
    let first = provider.visit(one.get("/sign-in/provider").location());
    let second = provider.visit(two.get("/sign-in/provider").location());
    let code = first.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let state = second.split("state=").nth(1).unwrap();
    let mixed = two.get(&format!("/sign-in/back?code={code}&state={state}"));
    assert!(mixed.body.contains("invalid_grant"), "{}", mixed.body);
    // The provider says no, in its own word and nothing else.
    house.later(SignedDuration::from_mins(16));
    provider.tell(|m| m.now = house.now());
    let state = |client: &mut Client| {
        let out = client.get("/sign-in/provider").location().to_owned();
        fields(out.split_once('?').unwrap().1)["state"].clone()
    };
    let mut client = house.client();
    let at = format!(
        "/sign-in/back?error=access_denied%3Cscript%3E&error_description=x&state={}",
        state(&mut client)
    );
    let page = client.get(&at).body;
    assert!(page.contains("access_denied") && !page.contains("<script"), "{page}");
    // Of another provider (RFC 9207).
    let mut client = house.client();
    let at =
        format!("/sign-in/back?code=code1&iss=https%3A%2F%2Fother&state={}", state(&mut client));
    assert!(client.get(&at).body.contains("ikke kunne bekræftes"));
    // Guessing is slowed down.
    let mut client = house.client();
    let statuses: Vec<u16> =
        (0..40).map(|_| client.get("/sign-in/back?code=1&state=x").status).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[test]
fn keys_that_change_and_a_provider_that_is_away() {
    let (house, provider) = house("");
    let mut anna = house.signed_in("anna", &[Role::Dpo], &[]);
    link(&house, &mut anna, &provider);
    // New keys are fetched when the old ones do not fit.
    house.later(SignedDuration::from_mins(2));
    provider.tell(|m| {
        m.now = house.now();
        (m.key, m.kid) = (key(), "two".into());
    });
    assert_eq!(round(&mut house.client(), &provider).location(), "/");
    // But not for each token that does not fit.
    let asked = |p: &Provider| p.mind.lock().unwrap().keys_asked;
    let before = asked(&provider);
    provider.tell(|m| m.published = Some(key()));
    provider.tell(|m| m.sign = Some(|_, _| B64.encode([1; 64])));
    for _ in 0..5 {
        assert_eq!(round(&mut house.client(), &provider).status, 200);
    }
    assert!(asked(&provider) <= before + 1, "{before} {}", asked(&provider));
    // Away: the page says what to do, and passwords go on to work.
    house.later(SignedDuration::from_hours(2));
    provider.tell(|m| m.down = true);
    let mut client = house.client();
    let page = client.get("/sign-in/provider");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("log ind med adgangskode"), "{}", page.body);
    assert_eq!(client.try_sign_in("anna", PASSWORD).status, 303);
    // Metadata of another issuer are not taken.
    house.later(SignedDuration::from_mins(2));
    provider.tell(|m| {
        m.down = false;
        m.extra = json!({"issuer": "https://login.example.dk"});
    });
    assert!(house.client().get("/sign-in/provider").body.contains("svarer ikke, som det skal"));
    // Back again.
    house.later(SignedDuration::from_mins(2));
    provider.tell(|m| {
        (m.extra, m.published, m.sign, m.now) = (json!({}), None, None, house.now());
    });
    assert_eq!(round(&mut house.client(), &provider).location(), "/");
}
