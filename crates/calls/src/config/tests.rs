//! Tests of the reader.

use std::path::Path;

use frist_register::{Code, Diagnostic};

use super::*;

const RIGHT: &str = include_str!("../../../../examples/calls/calls.toml");

fn said(text: &str) -> Vec<Diagnostic> {
    read("calls.toml", text, Path::new("/srv/calls")).diagnostics
}

fn codes(text: &str) -> Vec<Code> {
    said(text).iter().map(|d| d.code).collect()
}

#[test]
fn the_example_is_read() {
    let reading = read("calls.toml", RIGHT, Path::new("/srv/calls"));
    assert_eq!(reading.diagnostics, []);
    let config = reading.config.expect("a configuration");
    assert_eq!(config.vault.value, Path::new("/srv/calls/vault"));
    assert_eq!(config.consent.withdraw_key, '9');
    let front = config.front.expect("a front");
    assert_eq!(front.listen[1].to_string(), "tcp:127.0.0.1:5060");
    assert!(front.trunks[0].contains("127.0.0.1".parse().expect("an address")));
    assert_eq!(config.limits.drain, Duration::from_secs(300));
    assert!(config.evidence.two_persons);
}

#[test]
fn slips_are_named_with_what_was_meant() {
    let slip = said(&RIGHT.replace("withdraw_key", "withdrawkey"));
    assert_eq!((slip.len(), slip[0].code), (1, Code::E0002));
    assert_eq!(slip[0].help.as_deref(), Some("did you mean `withdraw_key`?"));
    assert_eq!(codes(&RIGHT.replace("\"destroy\"", "\"destory\"")), [Code::E0005]);
    assert_eq!(codes(&RIGHT.replace("vault = \"vault\"\n", "")), [Code::E0004]);
    assert_eq!(codes(&RIGHT.replace("trunks = [\"127.0.0.1\"]", "trunks = []")), [Code::E0004]);
    assert_eq!(codes(&RIGHT.replace("sip:agent@127.0.0.1:6060", "agent")), [Code::E0005]);
    assert_eq!(codes(&RIGHT.replace("udp:127.0.0.1:5080", "udp:127.0.0.1:5060")), [Code::E0006]);
    assert_eq!(codes(&RIGHT.replace("tcp:127.0.0.1:5080", "tls:127.0.0.1:5080")), [Code::E0004]);
    assert_eq!(codes(&RIGHT.replace("\"40000-40999\"", "\"40999-40000\"")), [Code::E0005]);
    // Without `trust` no agent over TLS could ever be reached.
    let secure = RIGHT.replace("agent@127.0.0.1:6060", "agent@127.0.0.1:5061;transport=tls");
    assert_eq!(codes(&secure), [Code::E0004]);
    let tls = "\n[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n";
    assert_eq!(codes(&format!("{secure}{tls}")), [Code::E0004]);
    assert_eq!(codes(&format!("{secure}{tls}trust = \"ca.pem\"\n")), []);
    // A line without its number is complained of, and read on.
    assert_eq!(codes(&format!("{RIGHT}\n[[front.line]]\nlanguage = \"en\"\n")), [Code::E0004]);
    for key in ["1", "2", "", "12", "x"] {
        let text = RIGHT.replace("withdraw_key = \"9\"", &format!("withdraw_key = \"{key}\""));
        assert_eq!(codes(&text), [Code::E0005], "{key}");
    }
    let paused = |line: &str| codes(&RIGHT.replace("[front]\n", &format!("[front]\n{line}\n")));
    assert_eq!(paused("pause_keys = \"*4\"\nresume_keys = \"*5\"\nwithhold_keys = true"), []);
    assert_eq!(paused("pause_keys = \"\"\nresume_keys = \"\""), []);
    assert_eq!(paused("pause_keys = \"*7x\""), [Code::E0005]);
    assert_eq!(paused("pause_keys = \"*\""), [Code::E0005], "it is how `*8` begins");
}

#[test]
fn recordings_come_in_from_a_folder_or_from_a_bucket() {
    let from = |text: &str| {
        let text = format!("{RIGHT}\n[import]\n{text}\n");
        read("calls.toml", &text, Path::new("/srv/calls")).config.map(|c| c.import)
    };
    assert_eq!(from("folder = \"in\""), Some(Some(Import::Folder("/srv/calls/in".into()))));
    let bucket = "endpoint = \"https://s3.example\"\nbucket = \"calls\"\nkey_env = \"K\"\nsecret_env = \"S\"";
    let Some(Some(Import::Bucket(config))) = from(bucket) else { panic!("a bucket") };
    assert_eq!((config.region.as_str(), config.prefix.as_str()), ("us-east-1", ""));
    assert!(config.path_style);
    for wrong in ["", "region = \"x\"", "bucket = \"calls\"", &format!("folder = \"in\"\n{bucket}")]
    {
        assert_eq!(codes(&format!("{RIGHT}\n[import]\n{wrong}\n")), [Code::E0004], "{wrong}");
    }
}

#[test]
fn tokens_do_not_cross_the_network_in_the_clear() {
    let open = RIGHT.replace("127.0.0.1:8089", "0.0.0.0:8089");
    assert_eq!(codes(&open), [Code::E0008]);
    let tls = open.replace("[api]\n", "[api]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n");
    assert_eq!(codes(&tls), []);
    assert_eq!(codes(&tls.replace("key = \"k.pem\"\n", "")), [Code::E0008, Code::E0008]);
}

#[test]
fn networks() {
    let within = |net: &str, addr: &str| {
        net.parse::<Net>().expect("a network").contains(addr.parse().expect("an address"))
    };
    assert!(within("192.0.2.0/24", "192.0.2.255") && !within("192.0.2.0/24", "192.0.3.0"));
    assert!(within("192.0.2.7", "192.0.2.7") && !within("192.0.2.7", "192.0.2.6"));
    assert!(within("192.0.2.0/24", "::ffff:192.0.2.9"), "an IPv4 address that came as IPv6");
    assert!(within("0.0.0.0/0", "203.0.113.1") && !within("0.0.0.0/0", "2001:db8::1"));
    assert!(within("2001:db8::/32", "2001:db8:1::1") && !within("2001:db8::/32", "2001:db9::1"));
    for wrong in ["", "x", "192.0.2.0/33", "192.0.2.0/", "192.0.2"] {
        assert!(wrong.parse::<Net>().is_err(), "{wrong}");
    }
}

#[test]
fn tokens_are_known_by_their_hash_until_their_day() {
    let day = "2026-12-31".parse().expect("a day");
    let roles = [Role::Agent].into();
    let made = new_token("anna", &roles, &[], Some(day)).expect("random numbers");
    assert!(!made.table.contains(made.secret.as_str()));
    let tokens = Tokens::read("t", &made.table).0.expect("tokens");
    let found = tokens.find(&made.secret, day).expect("the token");
    assert_eq!((found.name.as_str(), found.roles.len()), ("anna", 1));
    assert!(tokens.find(&made.secret, day.tomorrow().expect("a day")).is_none());
    assert!(tokens.find("frist_x", day).is_none() && tokens.find("", day).is_none());
    let twice = Tokens::read("t", &format!("{0}{0}", made.table));
    assert!(twice.0.is_none() && twice.2[0].code == Code::E0006);
    let deaf = made.table.replace("agent", "listener");
    assert_eq!(Tokens::read("t", &deaf).2[0].message, "a listener lacks `purposes`");
}

#[test]
fn every_option_is_in_the_guide() {
    let guide = include_str!("../../../../docs/calls.md");
    let fields = SHAPES.iter().chain(TOKEN_SHAPES).flat_map(|s| s.fields).map(|f| f.name);
    let tables = [
        "consent", "front", "siprec", "tls", "media", "api", "evidence", "import", "limits",
        "line", "token",
    ];
    for name in fields.filter(|n| !tables.contains(n)) {
        assert!(guide.contains(&format!("`{name}`")), "{name}");
    }
}
