//! What `server.toml` says of the scheduler, the alarms, mail and webhooks.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use frist_register::Lang;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer};

/// A length of time, written `30 s`, `10 min`, `24 h` or `2 days`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Length(pub SignedDuration);

impl Length {
    /// So many seconds.
    #[must_use]
    pub const fn secs(n: i64) -> Self {
        Self(SignedDuration::from_secs(n))
    }
}

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (n, unit) = text.split_at(at);
        let each = match unit.trim() {
            "s" | "second" | "seconds" => 1,
            "min" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3_600,
            "d" | "day" | "days" => 86_400,
            _ => 0,
        };
        let n = n.parse::<i64>().ok().filter(|n| each > 0 && *n < 1_000_000);
        n.map(|n| Self::secs(n * each)).ok_or_else(|| {
            format!("`{text}` is no length of time; write `10 min`, `24 h`, `2 days`")
        })
    }
}

/// Hours of the day, written `22:00-06:00`: the second is the first that is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// From.
    pub from: Time,
    /// Until.
    pub to: Time,
}

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = |t: &str| match t.trim() {
            "24:00" => Some(Time::midnight()),
            t => t.parse::<Time>().ok(),
        };
        let read = text.split_once('-').and_then(|(a, b)| Some((time(a)?, time(b)?)));
        read.map(|(from, to)| Self { from, to })
            .ok_or_else(|| format!("`{text}` are no hours; write `22:00-06:00`"))
    }
}

impl std::fmt::Display for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

fn day_of(text: &str) -> Result<Weekday, String> {
    Ok(match text {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return Err(format!("`{text}` is no day; write `mon` to `sun`")),
    })
}

macro_rules! from_text {
    ($($name:ident)*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
from_text!(Length Hours);

fn days<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Weekday>, D::Error> {
    let texts = Vec::<String>::deserialize(d)?;
    texts.iter().map(|t| day_of(t)).collect::<Result<_, _>>().map_err(serde::de::Error::custom)
}

/// `[schedule]`: when Frist sweeps by itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// Whether it does.
    pub on: bool,
    /// At which hours of the day, in the controller's zone; at all when none are said.
    pub hours: Vec<Hours>,
    /// On which days; on all when none are said. Hours past midnight belong to the day before.
    #[serde(deserialize_with = "days")]
    pub days: Vec<Weekday>,
    /// How much time must lie between the beginnings of two sweeps.
    pub every: Length,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { on: false, hours: Vec::new(), days: Vec::new(), every: Length::secs(60) }
    }
}

impl Schedule {
    /// Whether a sweep may begin at this instant.
    #[must_use]
    pub fn allows(&self, at: Timestamp, zone: &TimeZone) -> bool {
        let here = zone.to_datetime(at);
        let (time, today) = (here.time(), here.weekday());
        let day = |day: Weekday| self.days.is_empty() || self.days.contains(&day);
        if self.hours.is_empty() {
            return day(today);
        }
        self.hours.iter().any(|h| match h.from < h.to {
            true => h.from <= time && time < h.to && day(today),
            false => (time >= h.from && day(today)) || (time < h.to && day(today.previous())),
        })
    }
}

/// `[alarms]`: from when on something is wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alarms {
    /// How late a data set may be.
    pub late: Length,
    /// The same for single data sets.
    pub late_of: BTreeMap<String, Length>,
    /// For how long a finding may wait for somebody.
    pub findings: Length,
    /// For how long a plan may wait for approval.
    pub approval: Length,
    /// How long before its deadline a case is announced.
    pub cases: Length,
    /// The same for a breach, which has 72 hours.
    pub breaches: Length,
    /// How much of a disk must be free, percent.
    pub disk_free: u8,
    /// For how long the scheduler may give no sign.
    pub stalled: Length,
    /// How far clocks may differ or jump.
    pub clock: Length,
    /// After how long an alarm that lasts is told again.
    pub repeat: Length,
    /// How often Frist looks.
    pub every: Length,
}

impl Default for Alarms {
    fn default() -> Self {
        Self {
            late: Length::secs(2 * 86_400),
            late_of: BTreeMap::new(),
            findings: Length::secs(86_400),
            approval: Length::secs(86_400),
            cases: Length::secs(7 * 86_400),
            breaches: Length::secs(86_400),
            disk_free: 5,
            stalled: Length::secs(600),
            clock: Length::secs(60),
            repeat: Length::secs(86_400),
            every: Length::secs(60),
        }
    }
}

impl Alarms {
    /// How late this data set may be.
    #[must_use]
    pub fn late_of(&self, dataset: &str) -> SignedDuration {
        self.late_of.get(dataset).unwrap_or(&self.late).0
    }
}

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// In the clear first, then TLS, which must come.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Never TLS; only for a mail server on this machine.
    None,
}

/// `[mail]`: the mail server, and who hears of what.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// The mail server's name.
    pub server: String,
    /// Its port: 587, 465 with `tls = "tls"`, 25 with `tls = "none"` when nothing is said.
    pub port: Option<u16>,
    /// How it is spoken to.
    #[serde(default)]
    pub tls: MailTls,
    /// A file of certificates (PEM) that are trusted instead of the system's.
    pub roots_file: Option<PathBuf>,
    /// The name to log in with; nobody logs in when there is none.
    pub user: Option<String>,
    /// The variable of the environment that has the password.
    pub password_env: Option<String>,
    /// Who writes.
    pub from: String,
    /// Who hears of it.
    pub to: Vec<String>,
    /// Of what they hear.
    #[serde(default = "mail_events")]
    pub events: Vec<String>,
    /// In which language.
    #[serde(default, deserialize_with = "lang")]
    pub lang: Lang,
}

fn mail_events() -> Vec<String> {
    ["alarm.*", "plan.waits", "case.deadline_near"].map(str::to_owned).to_vec()
}

fn lang<'de, D: Deserializer<'de>>(d: D) -> Result<Lang, D::Error> {
    match String::deserialize(d)?.as_str() {
        "da" => Ok(Lang::Da),
        "en" => Ok(Lang::En),
        other => Err(serde::de::Error::custom(format!("`{other}` is not `da` or `en`"))),
    }
}

impl Mail {
    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            MailTls::Starttls => 587,
            MailTls::Tls => 465,
            MailTls::None => 25,
        })
    }
}

/// `[[webhook]]`: a program that hears of what happens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Its name, by which it is shown.
    pub name: String,
    /// Where it listens.
    pub url: String,
    /// The variable of the environment that has the secret (`whsec_...`).
    pub secret_env: String,
    /// Of what it hears.
    #[serde(default = "all_events")]
    pub events: Vec<String>,
    /// Whether it may be on this machine or in a private network.
    #[serde(default)]
    pub private: bool,
    /// Whether it may be reached without TLS.
    #[serde(default)]
    pub insecure: bool,
    /// A file of certificates (PEM) that are trusted instead of the system's.
    pub roots_file: Option<PathBuf>,
}

fn all_events() -> Vec<String> {
    vec!["*".into()]
}

/// Whether a list such as `["alarm.*", "plan.waits"]` names an event.
#[must_use]
pub fn wants(list: &[String], event: &str) -> bool {
    list.iter().any(|w| match w.strip_suffix('*') {
        Some(start) => event.starts_with(start),
        None => w == event,
    })
}

/// What is wrong with the ways out, in words; each names what to change.
#[must_use]
pub fn problems(schedule: &Schedule, mail: Option<&Mail>, hooks: &[Webhook]) -> Vec<String> {
    let mut out = Vec::new();
    if schedule.every.0 < SignedDuration::from_secs(1) {
        out.push("`[schedule]`: `every` must be at least a second".into());
    }
    let known = |list: &[String], of: &str, out: &mut Vec<String>| {
        for e in list {
            if !crate::event::EVENTS.iter().any(|known| wants(std::slice::from_ref(e), known)) {
                let all = crate::event::EVENTS.join("`, `");
                out.push(format!("`{of}`: no event is called `{e}`; there are `{all}`"));
            }
        }
    };
    if let Some(m) = mail {
        known(&m.events, "[mail]", &mut out);
        for address in std::iter::once(&m.from).chain(&m.to) {
            if address.parse::<lettre::message::Mailbox>().is_err() {
                out.push(format!("`[mail]`: `{address}` is no address"));
            }
        }
        if m.to.is_empty() {
            out.push("`[mail]`: `to` names nobody".into());
        }
        if m.user.is_some() != m.password_env.is_some() {
            out.push("`[mail]`: `user` and `password_env` go together".into());
        }
        let local = matches!(m.server.as_str(), "localhost" | "127.0.0.1" | "::1");
        if m.tls == MailTls::None && !local {
            out.push(format!(
                "`[mail]`: `tls = \"none\"` is only for a mail server on this machine, and `{}` is another",
                m.server
            ));
        }
    }
    for (i, h) in hooks.iter().enumerate() {
        let of = format!("[[webhook]] {}", h.name);
        known(&h.events, &of, &mut out);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if h.name.is_empty() || !h.name.chars().all(plain) {
            out.push(format!("`{of}`: a name has the letters a to z, digits and `-`"));
        }
        if hooks.iter().take(i).any(|other| other.name == h.name) {
            out.push(format!("`{of}`: there are two of this name"));
        }
        if let Err(e) = crate::net::check_url(&h.url, h.insecure) {
            out.push(format!("`{of}`: {e}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_or_refused() {
        let secs = |t: &str| t.parse::<Length>().map(|l| l.0.as_secs());
        assert_eq!(secs("30 s"), Ok(30));
        assert_eq!(secs("10min"), Ok(600));
        assert_eq!(secs("2 days"), Ok(172_800));
        for bad in ["", "5", "h", "-3 h", "3 weeks", "99999999999999999999 s", "1.5 h"] {
            assert!(secs(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn hours_past_midnight_belong_to_the_day_before() {
        let zone = TimeZone::get("Europe/Copenhagen").unwrap();
        let s: Schedule = toml::from_str(
            "on = true\nhours = [\"22:00-06:00\"]\ndays = [\"mon\", \"fri\"]\nevery = \"1 h\"",
        )
        .unwrap();
        // 2026-11-23 is a Monday; Copenhagen is an hour ahead of UTC.
        let at = |t: &str| s.allows(t.parse().unwrap(), &zone);
        assert!(at("2026-11-23T21:00:00Z"));
        assert!(!at("2026-11-23T20:59:59Z"));
        assert!(at("2026-11-24T04:59:59Z"), "Tuesday morning is Monday's night");
        assert!(!at("2026-11-24T05:00:00Z"));
        assert!(!at("2026-11-24T21:30:00Z"), "Tuesday's night");
        assert!(!at("2026-11-23T01:00:00Z"), "Sunday's night");
        assert!(at("2026-11-28T01:00:00Z"), "Friday's night");
        assert!(toml::from_str::<Schedule>("hours = [\"22-6\"]").is_err());
        assert!(!Schedule::default().on);
    }

    #[test]
    fn what_cannot_work_is_named() {
        let mail: Mail = toml::from_str(
            "server = \"mail.example.dk\"\ntls = \"none\"\nfrom = \"frist@example.dk\"\nto = [\"x\"]\nuser = \"u\"\nevents = [\"alram.*\"]",
        )
        .unwrap();
        let hook = |url: &str| Webhook {
            name: "Drift".into(),
            url: url.into(),
            secret_env: "S".into(),
            events: all_events(),
            private: false,
            insecure: false,
            roots_file: None,
        };
        let hooks = [hook("http://example.dk/x"), hook("https://u:p@example.dk/")];
        let found = problems(&Schedule::default(), Some(&mail), &hooks).join("\n");
        for part in [
            "alram",
            "`x` is no address",
            "go together",
            "another",
            "a to z",
            "two of",
            "TLS",
            "user name",
        ] {
            assert!(found.contains(part), "{part} in {found}");
        }
    }
}
