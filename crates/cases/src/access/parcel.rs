//! A package that the person fetches by a private link: how long, how often, and by which code.

use frist_state::State;
use frist_state::case::Parcel;
use frist_sweep::Engine;
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use super::write::open_sealed;
use super::{Package, WORK, Work};
use crate::erase::{desk, step};
use crate::request::clock::day_of;
use crate::restrict::{keep_work, work_of};
use crate::{CasesError, Result};

/// How often a package can be fetched: a download that broke off can be tried again.
pub const FETCHES: u32 = 5;
/// How many wrong codes end the link.
pub const TRIES: u32 = 10;
/// How many days a link is good for when nobody says.
pub const DAYS: u16 = 14;
/// The longest that a link can be good for, days.
pub const MOST_DAYS: u16 = 90;
/// The largest package that is laid out, bytes; a larger one is handed over as a file.
pub const LARGEST: usize = 64 * 1024 * 1024;

/// The secret of a private link. It is shown once; only its hash is kept.
pub struct Link {
    /// The secret: letters and digits.
    pub secret: String,
    /// The last day on which the package can be fetched.
    pub until: Date,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Link(until {})", self.until)
    }
}

/// Lays a package out to be fetched by a private link until the end of the day `days` days from now,
/// in place of an earlier one. The passphrase opens it, and is kept nowhere.
///
/// # Errors
/// When the package is no encrypted one or too large, or `days` is none or too many.
pub fn lay_out(
    engine: &mut Engine,
    by: &str,
    number: &str,
    package: &Package,
    days: u16,
    t: Timestamp,
) -> Result<Link> {
    let input = |what, why: String| CasesError::Input { what, why };
    if package.passphrase.is_none() {
        return Err(input("the package", "only an encrypted one is laid out".into()));
    }
    if package.bytes.len() > LARGEST {
        let most = LARGEST / (1024 * 1024);
        return Err(input(
            "the package",
            format!("it has more than {most} MiB; hand over the file"),
        ));
    }
    if days == 0 || days > MOST_DAYS {
        return Err(input("how long the link is good for", format!("1 to {MOST_DAYS} days")));
    }
    let calendar = engine.register.controller.calendar.clone();
    let until = day_of(t, &calendar).checked_add(jiff::Span::new().days(i64::from(days)));
    let over = |day: Date| day.tomorrow().ok()?.to_zoned(calendar.zone.clone()).ok();
    let until = until.ok().and_then(|day| Some((day, over(day)?.timestamp())));
    let Some((until, expires_at)) = until else {
        return Err(input("how long the link is good for", "past the last year there is".into()));
    };
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random)
        .map_err(|e| input("the link", format!("the system gives no random numbers: {e}")))?;
    let secret: String = random.iter().map(|b| format!("{b:02x}")).collect();
    let parcel = Parcel {
        number: number.to_owned(),
        name: package.name.trim_end_matches(".age").to_owned(),
        bytes: package.bytes.clone(),
        made_at: t,
        expires_at,
        fetches: FETCHES,
        tries: TRIES,
    };
    let laid = step(t, by, "package-laid-out", Some(format!("to be fetched until {until}")));
    engine.state.lay_out_parcel(&hash(&secret), &parcel, &laid)?;
    let kept = desk(engine, by, t, "").load(number)?;
    let mut work: Work = work_of(&kept, WORK)?.unwrap_or_default();
    if let Some(made) = &mut work.made {
        made.until = Some(until);
    }
    keep_work(engine, kept, WORK, &work, step(t, by, "package-link", None))?;
    Ok(Link { secret, until })
}

/// Until when the package of a link can be fetched; none when there is none (any more).
///
/// # Errors
/// When Frist's own database does not answer.
pub fn until(state: &mut State, secret: &str, t: Timestamp) -> Result<Option<Timestamp>> {
    Ok(state.parcel_until(&hash(secret), t)?)
}

/// What came of trying to fetch a package.
pub enum Fetched {
    /// There is none (any more).
    Gone,
    /// The code is another; so many more can be tried.
    WrongCode {
        /// How many.
        left: u32,
    },
    /// The zip file.
    File {
        /// What it is called.
        name: String,
        /// The file.
        bytes: Vec<u8>,
    },
}

/// Fetches a package by its link and code. Each is in the case's log and in the ledger, also a wrong
/// code.
///
/// # Errors
/// When Frist's own database does not answer: then nothing is given out.
pub fn fetch(
    state: &mut State,
    secret: &str,
    passphrase: &str,
    by: &str,
    t: Timestamp,
) -> Result<Fetched> {
    let link = hash(secret);
    let Some(parcel) = state.try_parcel(&link, t)? else { return Ok(Fetched::Gone) };
    // People copy a blank along with a code.
    let Ok(bytes) = open_sealed(&parcel.bytes, passphrase.trim()) else {
        let wrong = step(t, by, format!("package-code-wrong:{}", parcel.tries), None);
        state.add_case_step(&parcel.number, &wrong, &[])?;
        return Ok(match parcel.tries {
            0 => Fetched::Gone,
            left => Fetched::WrongCode { left },
        });
    };
    let left = parcel.fetches.saturating_sub(1);
    let given = step(t, by, format!("package-fetched:{left}"), None);
    Ok(match state.parcel_fetched(&link, &given)? {
        true => Fetched::File { name: parcel.name, bytes },
        false => Fetched::Gone,
    })
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}
