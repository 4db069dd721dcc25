//! Reading `calls.toml`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use frist_law::Period;
use frist_register::strict::Tab;
use frist_register::{Code, Diagnostic, Lang, Severity, Sources, Sp};

use super::shape::{
    API, CONSENT, EVIDENCE, FRONT, IMPORT, LANGUAGES, LIMITS, LINE, MEDIA, ROOT, SIPREC, SRTP, TLS,
    WITHDRAWAL,
};
use super::{
    Api, Config, Consent, Evidence, Front, Limits, Line, Listen, Media, Remains, Siprec, Srtp, Tls,
    Wire,
};
use crate::sip::uri::Uri;

/// What reading gave.
#[derive(Debug)]
pub struct Reading {
    /// The configuration; none when anything in the text was an error.
    pub config: Option<Config>,
    /// The text, for messages.
    pub sources: Sources,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads `calls.toml`: its name for messages, its text, and the folder that its paths are in.
pub fn read(name: &str, text: &str, folder: &Path) -> Reading {
    let (config, sources, diagnostics) =
        frist_register::strict::read(name, text, super::SHAPES, &ROOT, |tab| root(tab, folder));
    let failed = diagnostics.iter().any(|d| d.severity == Severity::Error);
    Reading { config: config.filter(|_| !failed), sources, diagnostics }
}

fn root(tab: &Tab<'_>, folder: &Path) -> Option<Config> {
    let vault = need_path(tab, "vault", folder);
    let data = need_path(tab, "data", folder);
    let system = tab.str("system").map_or_else(|| "frist".to_owned(), |s| s.value);
    let recordings = tab.str("recordings");
    let consent = match tab.table("consent", &CONSENT) {
        Some(table) => consent(&table),
        None => Consent::default(),
    };
    let front = tab.table("front", &FRONT).and_then(|t| front(&t));
    let siprec = tab.table("siprec", &SIPREC).and_then(|t| siprec(&t));
    let tls = tab.table("tls", &TLS).and_then(|t| tls(&t, folder));
    if !tab.has("media") {
        tab.missing("media");
    }
    let media = tab.table("media", &MEDIA).and_then(|t| media(&t));
    let api = tab.table("api", &API).and_then(|t| api(&t, folder));
    let evidence = match tab.table("evidence", &EVIDENCE) {
        Some(table) => evidence(&table),
        None => Evidence::default(),
    };
    let import = tab.table("import", &IMPORT).and_then(|t| super::import::import(&t, folder));
    let limits = match tab.table("limits", &LIMITS) {
        Some(table) => limits(&table),
        None => Limits::default(),
    };
    if !tab.has("front") && !tab.has("siprec") {
        tab.say(
            Diagnostic::new(Code::E0004, tab.span, "calls.toml has neither [front] nor [siprec]")
                .help("[front] asks callers and bridges them on; [siprec] records what an exchange forks"),
        );
    }
    let listens = front.iter().flat_map(|f| &f.listen).chain(siprec.iter().flat_map(|s| &s.listen));
    if let Some(first) = listens.clone().find(|l| l.wire == Wire::Tls)
        && tls.is_none()
        && !tab.has("tls")
    {
        tab.say(
            Diagnostic::new(Code::E0004, first.span, "TLS is listened for without a certificate")
                .help("add [tls] with `certificate` and `key`"),
        );
    }
    let agents =
        front.iter().flat_map(|f| f.agents.iter().chain(f.lines.iter().flat_map(|l| &l.agents)));
    let over_tls = |agent: &&Sp<String>| {
        Uri::parse(&agent.value).is_ok_and(|uri| {
            uri.scheme == "sips"
                || uri.param("transport").is_some_and(|over| over.eq_ignore_ascii_case("tls"))
        })
    };
    if let Some(first) = agents.into_iter().find(over_tls)
        && tls.as_ref().is_none_or(|tls| tls.trust.is_none())
        && (tls.is_some() || !tab.has("tls"))
    {
        tab.say(
            Diagnostic::new(
                Code::E0004,
                first.span,
                "an agent is called over TLS, and nobody says whom to trust",
            )
            .help("name the authorities of the agents' certificates: `trust` in [tls]"),
        );
    }
    let mut seen: Vec<&Sp<Listen>> = Vec::new();
    for listen in listens {
        if let Some(first) = seen.iter().find(|s| clash(s, listen)) {
            tab.say(
                Diagnostic::new(
                    Code::E0006,
                    listen.span,
                    format!("`{}` is listened on twice", listen.value),
                )
                .label(first.span, "the first is here"),
            );
        }
        seen.push(listen);
    }
    Some(Config {
        vault: vault?,
        data: data?,
        system,
        recordings,
        consent,
        front,
        siprec,
        tls,
        media: media?,
        api,
        evidence,
        import,
        limits,
    })
}

/// Whether two addresses cannot both be bound; TCP and TLS are one.
fn clash(a: &Listen, b: &Listen) -> bool {
    a.addr == b.addr && a.addr.port() != 0 && (a.wire == Wire::Udp) == (b.wire == Wire::Udp)
}

impl Default for Consent {
    fn default() -> Self {
        Self {
            announcement: None,
            language: Lang::Da,
            wait: Duration::from_secs(6),
            withdraw_key: '9',
            on_withdrawal: Remains::Destroy,
            on_failure: Remains::Keep,
        }
    }
}

fn consent(table: &Tab<'_>) -> Consent {
    let usual = Consent::default();
    let remains = [Remains::Destroy, Remains::Keep];
    let key = table.str("withdraw_key").and_then(|text| {
        let mut chars = text.value.chars();
        let key = match (chars.next(), chars.next()) {
            (Some(key), None) if "03456789*#".contains(key) => Some(key),
            _ => None,
        };
        if key.is_none() {
            let message = format!("`{}` cannot be the key that withdraws", text.value);
            table.say(
                Diagnostic::new(Code::E0005, text.span, message)
                    .here("one of 0, 3 to 9, `*` and `#`")
                    .help("1 and 2 are the answers to a question"),
            );
        }
        key
    });
    let consent = Consent {
        announcement: table.str("announcement"),
        language: language(table).unwrap_or(usual.language),
        wait: duration(table, "wait", 1_000..=60_000).unwrap_or(usual.wait),
        withdraw_key: key.unwrap_or(usual.withdraw_key),
        on_withdrawal: table
            .one_of("on_withdrawal", WITHDRAWAL, &remains)
            .unwrap_or(usual.on_withdrawal),
        on_failure: table.one_of("on_failure", WITHDRAWAL, &remains).unwrap_or(usual.on_failure),
    };
    table.finish();
    consent
}

fn language(table: &Tab<'_>) -> Option<Lang> {
    table.one_of("language", LANGUAGES, &[Lang::Da, Lang::En])
}

fn front(table: &Tab<'_>) -> Option<Front> {
    let listen = listens(table);
    let advertised = table.parsed::<IpAddr>("advertised").map(|a| a.value);
    let trunks = needed_list(table, "trunks");
    let agents = agent_list(table, true);
    let agent_wait = duration(table, "agent_wait", 1_000..=300_000);
    let agent_answer = duration(table, "agent_answer", 100..=60_000);
    let srtp = srtp(table);
    let pause_keys = keys(table, "pause_keys", "*7");
    let resume_keys = keys(table, "resume_keys", "*8");
    let (pause, resume) = (&pause_keys.value, &resume_keys.value);
    if !pause.is_empty()
        && !resume.is_empty()
        && (pause.starts_with(resume.as_str()) || resume.starts_with(pause.as_str()))
    {
        let message = "one of `pause_keys` and `resume_keys` begins with the other";
        table.say(
            Diagnostic::new(Code::E0005, resume_keys.span, message)
                .help("nobody could tell which is meant; the usual ones are `*7` and `*8`"),
        );
    }
    let withhold_keys = table.bool("withhold_keys");
    let session_timer = duration(table, "session_timer", 90_000..=86_400_000);
    let mut lines: Vec<Line> = Vec::new();
    for inner in table.tables("line", &LINE) {
        let called = inner.need_str("called");
        let (announcement, language) = (inner.str("announcement"), language(&inner));
        let agents = agent_list(&inner, false);
        if let Some(called) = called {
            let line = Line { called, announcement, language, agents };
            if let Some(first) = lines.iter().find(|l| l.called == line.called) {
                inner.say(
                    Diagnostic::new(Code::E0006, line.called.span, "the same line is there twice")
                        .label(first.called.span, "the first is here"),
                );
            }
            lines.push(line);
        }
        inner.finish();
    }
    table.finish();
    Some(Front {
        listen,
        advertised,
        trunks: trunks.into_iter().map(|t| t.value).collect(),
        agents,
        agent_wait: agent_wait.unwrap_or(Duration::from_secs(20)),
        agent_answer: agent_answer.unwrap_or(Duration::from_secs(3)),
        srtp,
        pause_keys: pause_keys.value,
        resume_keys: resume_keys.value,
        withhold_keys,
        session_timer: session_timer.unwrap_or(Duration::from_secs(1800)),
        lines,
    })
}

/// Keys of a telephone, at most eight.
fn keys(table: &Tab<'_>, name: &'static str, usual: &str) -> Sp<String> {
    let Some(text) = table.str(name) else { return Sp::new(usual.to_owned(), table.span) };
    if text.value.len() > 8 || !text.value.chars().all(|c| "0123456789*#".contains(c)) {
        table.say(
            Diagnostic::new(Code::E0005, text.span, format!("`{name}` cannot be keyed"))
                .here("at most eight of 0 to 9, `*` and `#`"),
        );
    }
    text
}

fn siprec(table: &Tab<'_>) -> Option<Siprec> {
    let listen = listens(table);
    let advertised = table.parsed::<IpAddr>("advertised").map(|a| a.value);
    let clients = needed_list(table, "clients");
    let srtp = srtp(table);
    table.finish();
    let clients = clients.into_iter().map(|c| c.value).collect();
    Some(Siprec { listen, advertised, clients, srtp })
}

fn listens(table: &Tab<'_>) -> Vec<Sp<Listen>> {
    needed_list(table, "listen")
}

/// A list that must be there and name at least one thing.
fn needed_list<T>(table: &Tab<'_>, name: &'static str) -> Vec<Sp<T>>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    if !table.has(name) {
        table.missing(name);
    }
    let list = table.parsed_list(name);
    if table.has(name) && list.is_empty() && !table.failed() {
        let span = table.raw(name).map_or(table.span, |v| table.file.span(v));
        table.say(Diagnostic::new(Code::E0004, span, format!("`{name}` is empty")));
    }
    list
}

fn agent_list(table: &Tab<'_>, needed: bool) -> Vec<Sp<String>> {
    if needed && !table.has("agents") {
        table.missing("agents");
    }
    let list = table.strings("agents");
    for agent in &list {
        let fits = Uri::parse(&agent.value).is_ok_and(|uri| uri.scheme != "tel");
        if !fits {
            // Whether an agent's URI is a person's is not known: it is not repeated.
            table.say(
                Diagnostic::new(Code::E0005, agent.span, "an agent's SIP URI cannot be understood")
                    .help("write it as sip:queue@192.0.2.20:5060 or sip:queue@pbx.example;transport=tls"),
            );
        }
    }
    if needed && table.has("agents") && list.is_empty() {
        let span = table.raw("agents").map_or(table.span, |v| table.file.span(v));
        table.say(
            Diagnostic::new(Code::E0004, span, "`agents` is empty")
                .help("calls must go on to somebody"),
        );
    }
    list
}

fn srtp(table: &Tab<'_>) -> Srtp {
    table.one_of("srtp", SRTP, &[Srtp::Off, Srtp::Optional, Srtp::Required]).unwrap_or_default()
}

fn tls(table: &Tab<'_>, folder: &Path) -> Option<Tls> {
    let certificate = need_path(table, "certificate", folder);
    let key = need_path(table, "key", folder);
    let trust = path(table, "trust", folder);
    let verify_clients = table.bool("verify_clients");
    if verify_clients && trust.is_none() && !table.has("trust") {
        table.say(
            Diagnostic::new(Code::E0008, table.span, "clients are to be verified by nobody")
                .help("name the authorities in `trust`"),
        );
    }
    table.finish();
    Some(Tls { certificate: certificate?, key: key?, trust, verify_clients })
}

fn media(table: &Tab<'_>) -> Option<Media> {
    if !table.has("ip") {
        table.missing("ip");
    }
    let ip: Option<Sp<IpAddr>> = table.parsed("ip");
    let advertised = table.parsed::<IpAddr>("advertised").map(|a| a.value);
    if let Some(ip) = ip.as_ref().filter(|ip| ip.value.is_unspecified() && advertised.is_none()) {
        table.say(
            Diagnostic::new(Code::E0008, ip.span, "this address cannot be told to the other end")
                .help("name one of the machine's own addresses, or `advertised` as well"),
        );
    }
    let ports = ports(table).unwrap_or(40_000..=49_999);
    let threads = table.count("threads", 256).and_then(|n| usize::try_from(n).ok());
    let quiet = duration(table, "quiet", 5_000..=3_600_000);
    table.finish();
    Some(Media {
        ip: ip?,
        advertised,
        ports,
        threads: threads.unwrap_or(0),
        quiet: quiet.unwrap_or(Duration::from_secs(60)),
    })
}

fn ports(table: &Tab<'_>) -> Option<RangeInclusive<u16>> {
    let text = table.str("ports")?;
    let range = text.value.split_once('-').and_then(|(from, to)| {
        let from: u16 = from.trim().parse().ok().filter(|n| *n >= 1024)?;
        let to: u16 = to.trim().parse().ok()?;
        (to >= from.saturating_add(3)).then_some(from..=to)
    });
    if range.is_none() {
        let message = format!("`{}` is no range of ports", text.value);
        table.say(
            Diagnostic::new(Code::E0005, text.span, message)
                .help("write it as \"40000-49999\": from 1024 on, and four for each call"),
        );
    }
    range
}

fn api(table: &Tab<'_>, folder: &Path) -> Option<Api> {
    let listen: Option<Sp<SocketAddr>> = table.parsed("listen");
    let tokens = need_path(table, "tokens", folder);
    let certificate = path(table, "certificate", folder);
    let key = path(table, "key", folder);
    let timeout = duration(table, "timeout", 100..=600_000);
    let tls = match (certificate, key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => {
            table.say(
                Diagnostic::new(Code::E0008, one.span, "TLS needs a certificate and its key")
                    .help("name both `certificate` and `key`, or neither"),
            );
            None
        }
    };
    if let Some(listen) = &listen
        && !listen.value.ip().is_loopback()
        && tls.is_none()
    {
        table.say(
            Diagnostic::new(Code::E0008, listen.span, "tokens would cross the network in the clear")
                .law("GDPR Art. 32(1)")
                .help("add `certificate` and `key`, or listen on 127.0.0.1 behind a proxy that speaks TLS"),
        );
    }
    table.finish();
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, 8089));
    Some(Api {
        listen: listen.unwrap_or_else(|| Sp::new(usual, table.span)),
        tokens: tokens?,
        tls,
        timeout: timeout.unwrap_or(Duration::from_secs(10)),
    })
}

impl Default for Evidence {
    fn default() -> Self {
        Self { two_persons: false, longest: Period::years(5) }
    }
}

fn evidence(table: &Tab<'_>) -> Evidence {
    let usual = Evidence::default();
    let two_persons = table.bool("two_persons");
    let longest = table.parsed::<Period>("longest").map_or(usual.longest, |p| p.value);
    table.finish();
    Evidence { two_persons, longest }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls: 1000,
            longest_call: Duration::from_secs(4 * 3600),
            drain: Duration::from_secs(300),
            free_space: 512 << 20,
        }
    }
}

fn limits(table: &Tab<'_>) -> Limits {
    let usual = Limits::default();
    let calls = table.count("calls", 100_000).and_then(|n| usize::try_from(n).ok());
    let longest_call = duration(table, "longest_call", 60_000..=86_400_000);
    let drain = duration(table, "drain", 1_000..=86_400_000);
    let free = table.count("free_space_mb", 1 << 30);
    table.finish();
    Limits {
        calls: calls.unwrap_or(usual.calls),
        longest_call: longest_call.unwrap_or(usual.longest_call),
        drain: drain.unwrap_or(usual.drain),
        free_space: free.map_or(usual.free_space, |mb| mb << 20),
    }
}

/// A duration between two numbers of milliseconds.
fn duration(table: &Tab<'_>, name: &'static str, within: RangeInclusive<u64>) -> Option<Duration> {
    let ms = table.duration_ms(name)?;
    if within.contains(&ms) {
        return Some(Duration::from_millis(ms));
    }
    let span = table.raw(name).map_or(table.span, |v| table.file.span(v));
    let (least, most) = (words(*within.start()), words(*within.end()));
    let message = format!("`{name}` must be from {least} to {most}");
    table.say(Diagnostic::new(Code::E0005, span, message));
    None
}

fn words(ms: u64) -> String {
    match ms {
        ms if ms % 60_000 == 0 => format!("{} min", ms / 60_000),
        ms if ms % 1_000 == 0 => format!("{} s", ms / 1_000),
        ms => format!("{ms} ms"),
    }
}

pub(super) fn path(table: &Tab<'_>, name: &'static str, folder: &Path) -> Option<Sp<PathBuf>> {
    let text = table.str(name)?;
    if text.value.trim().is_empty() {
        table.say(Diagnostic::new(Code::E0004, text.span, format!("`{name}` is empty")));
        return None;
    }
    Some(text.map(|t| folder.join(t)))
}

fn need_path(table: &Tab<'_>, name: &'static str, folder: &Path) -> Option<Sp<PathBuf>> {
    if !table.has(name) {
        table.missing(name);
    }
    path(table, name, folder)
}
