//! Lists a page at a time. A cursor says after which thing the next page begins, so that what is added
//! meanwhile neither repeats nor hides anything; it is signed, and works only for its own list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call::{Answer, Call, Done};
use super::problem::Problem;
use crate::factor::mac;
use crate::password::same;

/// Things on a page when nothing is said.
const USUAL: u16 = 50;
/// The signature's part of a cursor.
const SIGN: usize = 16;

/// A page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(crate) struct Page<T> {
    /// The things.
    pub(crate) items: Vec<T>,
    /// The cursor of the next page; none on the last one. `Link` has its whole address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// Which page.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    /// Things on a page.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200))]
    pub(crate) limit: Option<u16>,
    /// Where the page begins: `next` of the page before.
    #[serde(default)]
    #[schemars(length(min = 1, max = 400))]
    pub(crate) cursor: Option<String>,
}

impl Paging {
    pub(crate) fn limit(&self) -> usize {
        usize::from(self.limit.unwrap_or(USUAL))
    }
}

fn sign(call: &Call<'_>, key: &[u8]) -> [u8; 32] {
    mac(&*call.app.keys.api, &[b"cursor", call.route.id.as_bytes(), call.filter.as_bytes(), key])
}

/// The cursor that goes on after the thing of this key.
pub(crate) fn cursor(call: &Call<'_>, key: &str) -> String {
    let signed = sign(call, key.as_bytes());
    URL_SAFE_NO_PAD.encode([&signed[..SIGN], key.as_bytes()].concat())
}

/// The key after which a cursor goes on.
pub(crate) fn after(call: &Call<'_>, paging: &Paging) -> Result<Option<String>, Problem> {
    let Some(cursor) = &paging.cursor else { return Ok(None) };
    let odd = || Problem::parameter("cursor", "this is no cursor of this list");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| odd())?;
    let (signed, key) = bytes.split_at_checked(SIGN).ok_or_else(odd)?;
    if !same(&sign(call, key)[..SIGN], signed) {
        return Err(odd());
    }
    String::from_utf8(key.to_vec()).map(Some).map_err(|_| odd())
}

/// A page of things that are all at hand, in the order of their keys or against it.
pub(crate) fn page<T, U>(
    call: &Call<'_>,
    paging: &Paging,
    mut all: Vec<T>,
    newest_first: bool,
    key: impl Fn(&T) -> String,
    shown: impl Fn(T) -> U,
) -> Answer<Page<U>> {
    all.sort_by_cached_key(&key);
    if newest_first {
        all.reverse();
    }
    if let Some(after) = after(call, paging)? {
        let begins = |one: &T| match newest_first {
            true => key(one) < after,
            false => key(one) > after,
        };
        all.retain(begins);
    }
    let more = all.len() > paging.limit();
    all.truncate(paging.limit());
    let next = all.last().filter(|_| more).map(|last| cursor(call, &key(last)));
    Ok(made(all.into_iter().map(shown).collect(), next))
}

/// A page with its cursor.
pub(crate) fn made<T>(items: Vec<T>, next: Option<String>) -> Done<Page<T>> {
    Done { next: next.clone(), ..Done::new(Page { items, next }) }
}
