//! The log of breaches (Art. 33(5)): every breach, whether it is notified or not.
//!
//! Pure: [`Breach`] is the body of a case of kind breach, and each step is a function on it. The
//! authority is notified within 72 hours of becoming aware, strictly elapsed: a weekend or a
//! holiday moves nothing. Late is possible, but demands the reasons (33(1)); in phases too, where
//! not everything is known yet (33(4)). Whoever does not notify says why the breach is unlikely to
//! be a risk to anyone; with a high risk the data subjects are told, or it is said why not (34).

mod body;
pub mod desk;
mod document;
mod steps;

pub use body::{Amount, Assessed, Breach, NewBreach, Notified, Risk, Told};
pub use document::notification;
pub use steps::Notify;

use frist_law::deadline::{Rule, deadline};
use frist_law::{Calendar, Period, Start};
use jiff::{SignedDuration, Timestamp};

/// Hours from becoming aware until the authority must be notified.
pub const HOURS: u32 = 72;

/// Where a breach stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nobody has assessed the risk.
    Open,
    /// To be notified, and not notified yet.
    ToNotify,
    /// Notified; more is to follow, or the data subjects have not been told.
    Notified,
    /// Nothing is left to do but to close it.
    Settled,
    /// Closed.
    Closed,
}

impl Status {
    /// The word it is stored as.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::ToNotify => "to-notify",
            Self::Notified => "notified",
            Self::Settled => "settled",
            Self::Closed => "closed",
        }
    }
}

/// The first instant that is too late to notify: 72 elapsed hours after becoming aware.
#[must_use]
pub fn over(aware: Timestamp) -> Option<Timestamp> {
    let calendar = Calendar::denmark();
    let period = Period::hours(HOURS);
    deadline(period, &Start::Instant(aware), Rule::Regulation1182, &calendar).map(|d| d.over)
}

/// The time left until then; negative when it has passed.
#[must_use]
pub fn left(aware: Timestamp, now: Timestamp) -> Option<SignedDuration> {
    over(aware).map(|over| over.duration_since(now))
}

impl Breach {
    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.closed.is_some() {
            return Status::Closed;
        }
        match self.missing().is_empty() {
            true => Status::Settled,
            false if !self.notified.is_empty() => Status::Notified,
            false if self.assessed.is_empty() => Status::Open,
            false if self.must_notify() => Status::ToNotify,
            false => Status::Open,
        }
    }

    /// The first instant that is too late for what must be done next: to notify. None once it was
    /// notified, or assessed as unlikely to be a risk.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        let waits = self.notified.is_empty() && (self.assessed.is_empty() || self.must_notify());
        waits.then(|| over(self.aware)).flatten()
    }

    /// Whether the assessment in force says that the authority must be notified.
    #[must_use]
    pub fn must_notify(&self) -> bool {
        self.assessed.last().is_some_and(|a| a.risk != Risk::Unlikely)
    }

    /// Whether the first notification came in time; none when there is none.
    #[must_use]
    pub fn in_time(&self) -> Option<bool> {
        let first = self.notified.first()?;
        Some(first.at < over(self.aware)?)
    }

    /// What is left to do before it can be closed, in words (Danish, English).
    #[must_use]
    pub fn missing(&self) -> Vec<(&'static str, &'static str)> {
        let mut out = Vec::new();
        match self.assessed.last().map(|a| a.risk) {
            None => out.push(("risikoen er ikke vurderet", "the risk has not been assessed")),
            Some(Risk::Unlikely) => {}
            Some(risk) => {
                match self.notified.last() {
                    None => out.push((
                        "bruddet er ikke anmeldt til tilsynsmyndigheden",
                        "the authority has not been notified",
                    )),
                    Some(n) if n.more => out.push((
                        "anmeldelsen skal suppleres med det, der manglede",
                        "the notification awaits what was missing",
                    )),
                    Some(_) => {}
                }
                if risk == Risk::High && self.told.is_none() {
                    out.push((
                        "de registrerede er ikke underrettet, og der er ikke noteret hvorfor",
                        "the data subjects have not been told, and nobody has said why not",
                    ));
                }
            }
        }
        if self.consequences.is_none() {
            out.push(("følgerne er ikke beskrevet", "the consequences have not been described"));
        }
        if self.measures.is_none() {
            out.push((
                "foranstaltningerne er ikke beskrevet",
                "the measures have not been described",
            ));
        }
        out
    }
}

#[cfg(test)]
mod tests;
