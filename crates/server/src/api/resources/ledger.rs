//! The ledger: its signed head, its entries, its evidence.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::api::call::{Answer, Call, Done, Nothing};
use crate::api::page::{Page, Paging, after, cursor, made};
use crate::api::problem::{Kind, Problem};

/// The signed head of the ledger.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Checkpoint")]
pub(crate) struct Head {
    /// How many entries it covers.
    size: u64,
    /// When it was signed.
    at: Timestamp,
    /// The checkpoint (C2SP tlog-checkpoint).
    checkpoint: String,
    /// The public key by which it is verified.
    key: String,
}

/// Publishes what was added, and gives the signed head.
pub(crate) fn checkpoint(call: &mut Call<'_>, _: Nothing, _: Nothing) -> Answer<Head> {
    let face = &call.app.face;
    call.engine(|engine| Ok((face.publish)(engine)?))?;
    let head = call.state(frist_state::State::checkpoint)?.ok_or_else(Problem::none)?;
    let key = (face.public_key)()?.trim().to_owned();
    Ok(Done::new(Head { size: head.size, at: head.at, checkpoint: head.text, key }))
}

/// An entry of the ledger.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LedgerEntry")]
pub(crate) struct Line {
    /// Its place, from 0.
    index: u64,
    /// The entry: `v`, `at` and `what`. It names no person.
    entry: Value,
}

/// The entries, the oldest first.
pub(crate) fn entries(call: &mut Call<'_>, paging: Paging, _: Nothing) -> Answer<Page<Line>> {
    let odd = || Problem::parameter("cursor", "this is no cursor of this list");
    let from = match after(call, &paging)? {
        None => 0,
        Some(last) => last.parse::<u64>().map_err(|_| odd())? + 1,
    };
    let limit = paging.limit();
    let most = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let mut leaves = call.state(|state| state.leaves(from, most))?;
    let more = leaves.len() > limit;
    leaves.truncate(limit);
    let next = leaves.last().filter(|_| more).map(|l| cursor(call, &l.index.to_string()));
    let broken = |_| Problem::new(Kind::Broken, "an entry of the ledger cannot be read");
    let read = |l: frist_state::Leaf| {
        let entry = serde_json::from_slice(&l.entry).map_err(broken)?;
        Ok(Line { index: l.index, entry })
    };
    Ok(made(leaves.into_iter().map(read).collect::<Result<_, Problem>>()?, next))
}

/// The evidence of all that was done, for `frist verify`.
pub(crate) fn evidence(call: &mut Call<'_>) -> Result<Vec<u8>, Problem> {
    let face = &call.app.face;
    call.engine(|engine| {
        (face.publish)(engine)?;
        let mut bytes = Vec::new();
        engine.evidence(&mut bytes)?;
        Ok(bytes)
    })
}
