//! Guards of every request: how often one address may come, where a form came from, and the token
//! that it carries.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use crate::factor::mac;
use crate::password::same;

/// Requests at once, and each second from then on.
const BURST: f64 = 120.0;
const PACE: f64 = 30.0;
/// Addresses remembered; beyond this the calm ones are forgotten.
const ADDRESSES: usize = 10_000;

/// How often each address came.
pub(crate) struct Pace {
    burst: f64,
    each_second: f64,
    seen: Mutex<HashMap<[u8; 16], (f64, Timestamp)>>,
}

impl Default for Pace {
    fn default() -> Self {
        Self::new(BURST, PACE)
    }
}

impl Pace {
    /// So many at once, and so many each second from then on.
    pub(crate) fn new(burst: f64, each_second: f64) -> Self {
        Self { burst, each_second, seen: Mutex::default() }
    }

    /// Whether an address may come once more.
    pub(crate) fn take(&self, address: IpAddr, now: Timestamp) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() > ADDRESSES {
            seen.retain(|_, one| self.level(one, now) < self.burst);
        }
        let one = seen.entry(network(address)).or_insert((self.burst, now));
        let left = self.level(one, now);
        *one = (if left >= 1.0 { left - 1.0 } else { left }, now);
        left >= 1.0
    }

    /// Whether it may, without counting that it did.
    pub(crate) fn calm(&self, address: IpAddr, now: Timestamp) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&network(address)).is_none_or(|one| self.level(one, now) >= 1.0)
    }

    /// How many requests an address has left.
    fn level(&self, (left, at): &(f64, Timestamp), now: Timestamp) -> f64 {
        let since = now.duration_since(*at).as_millis_f64() / 1_000.0;
        (left + since.max(0.0) * self.each_second).min(self.burst)
    }
}

/// An address; of IPv6 the network that one household has.
pub(crate) fn network(address: IpAddr) -> [u8; 16] {
    let mut bytes = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    };
    if let IpAddr::V6(v6) = address
        && v6.to_ipv4_mapped().is_none()
    {
        bytes[8..].fill(0);
    }
    bytes
}

/// Whether a form was sent from a page of this server, as far as the browser tells. Browsers say it
/// by `Sec-Fetch-Site`, older ones by `Origin`; what says neither is no browser with a form of ours.
pub(crate) fn from_here(headers: &HeaderMap, tls: bool) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let scheme = if tls { "https" } else { "http" };
    text("origin").is_some_and(|origin| !host.is_empty() && origin == format!("{scheme}://{host}"))
}

/// The token of a form: bound to the session (or, before one, to a cookie) and to where it goes.
pub(crate) fn form_token(key: &[u8; 32], binding: &str, path: &str) -> String {
    URL_SAFE_NO_PAD.encode(mac(key, &[b"form", binding.as_bytes(), path.as_bytes()]))
}

/// Whether a form carries its token.
pub(crate) fn form_token_fits(key: &[u8; 32], binding: &str, path: &str, given: &str) -> bool {
    !binding.is_empty() && same(form_token(key, binding, path).as_bytes(), given.as_bytes())
}

/// A form or query as names and values; none when it is not one.
pub(crate) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let parts = text.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Some((decoded(name)?, decoded(value)?))
        })
        .collect()
}

/// A part of a path or form without its `%` and `+`; none when that is no text.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |b: u8| char::from(b).to_digit(16);
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    // Nobody types a null, and databases do not take it.
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use jiff::SignedDuration;

    #[test]
    fn who_comes_too_often_waits() {
        let pace = Pace::default();
        let now = Timestamp::UNIX_EPOCH;
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::2".parse().unwrap();
        let other: IpAddr = "192.0.2.1".parse().unwrap();
        assert_eq!((0..200).filter(|_| pace.take(one, now)).count(), 120);
        assert!(!pace.take(neighbour, now), "the same network");
        assert!(pace.take(other, now));
        assert!(pace.take(one, now + SignedDuration::from_secs(1)));
        assert_eq!(
            network("192.0.2.1".parse().unwrap()),
            network("::ffff:192.0.2.1".parse().unwrap())
        );
    }

    #[test]
    fn a_form_comes_from_here_or_not() {
        let here = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            from_here(&headers, false)
        };
        assert!(here(&[("sec-fetch-site", "same-origin")]));
        assert!(here(&[("host", "a:1"), ("origin", "http://a:1")]));
        for wrong in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site"), ("host", "a"), ("origin", "http://a")],
            &[("sec-fetch-site", "none")],
            &[("host", "a:1"), ("origin", "http://b:1")],
            &[("host", "a:1"), ("origin", "null")],
            &[("host", "a:1"), ("origin", "https://a:1")],
            &[("host", ""), ("origin", "http://")],
            &[],
        ] {
            assert!(!here(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_token_fits_its_form_and_no_other() {
        let key = [1; 32];
        let token = form_token(&key, "session", "/holds");
        assert!(form_token_fits(&key, "session", "/holds", &token));
        assert!(!form_token_fits(&key, "session", "/people", &token));
        assert!(!form_token_fits(&key, "another", "/holds", &token));
        assert!(!form_token_fits(&[2; 32], "session", "/holds", &token));
        assert!(!form_token_fits(&key, "", "/holds", &form_token(&key, "", "/holds")));
    }

    #[test]
    fn forms_are_read() {
        let read = pairs("a=1+2&b=%C3%A6&&c").unwrap();
        let own = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(read, [own("a", "1 2"), own("b", "æ"), own("c", "")]);
        for wrong in ["a=%", "a=%4", "a=%zz", "a=%ff", "a=%00"] {
            assert_eq!(pairs(wrong), None, "{wrong}");
        }
    }
}
