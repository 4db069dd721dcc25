//! Records that say by no field of their own whose they are, and go with one that does: children that
//! the register erases along with their parent (`on_erase = "cascade"`), such as the lines of an invoice.

use std::collections::{BTreeMap, BTreeSet};

use frist_register::{OnErase, Register};
use frist_stores::{Bound, FieldMatch};
use frist_sweep::Engine;

use super::{Found, Hit, Limits, Reason};

/// How a data set follows another.
pub(super) struct Follower {
    pub(super) dataset: String,
    /// The other data set, and the field that holds its key.
    pub(super) to: String,
    pub(super) by: String,
    /// Its store, and what that knows of it.
    pub(super) store: String,
    pub(super) bound: Bound,
}

/// The links by which data sets without identifiers can be reached, each after those it follows.
/// `known` are the data sets that are searched, `without` those that are not.
pub(super) fn links(
    register: &Register,
    known: &BTreeSet<&str>,
    without: &[String],
) -> Vec<(String, String, String)> {
    let mut reached: BTreeSet<&str> = known.clone();
    let mut out = Vec::new();
    loop {
        let next = without.iter().filter(|id| !reached.contains(id.as_str())).find_map(|id| {
            let links = &register.dataset(id)?.links;
            let up = |l: &&frist_register::Link| {
                l.on_erase == OnErase::Cascade && reached.contains(l.to.value.as_str())
            };
            links.iter().any(|l| up(&l)).then(|| (id, links.iter().filter(up)))
        });
        let Some((id, links)) = next else { return out };
        out.extend(links.map(|l| (id.clone(), l.to.value.clone(), l.by.value.clone())));
        reached.insert(id);
    }
}

/// Adds the records that follow those found, and those that follow these.
pub(super) fn follow(
    engine: &mut Engine,
    followers: &[Follower],
    limits: &Limits,
    found: &mut Found,
) {
    for follower in followers {
        let parents: BTreeMap<String, frist_stores::Key> = found
            .hits
            .iter()
            // A link holds one field.
            .filter(|hit| hit.dataset == follower.to && hit.key.0.len() == 1)
            .map(|hit| (hit.key.text(), hit.key.clone()))
            .collect();
        let searched = |found: &mut Found| {
            if !found.searched.contains(&follower.dataset) {
                found.searched.push(follower.dataset.clone());
            }
        };
        if parents.is_empty() {
            searched(found);
            continue;
        }
        let spellings = parents.keys().cloned().collect();
        let matches = [FieldMatch { field: follower.by.clone(), spellings }];
        let wanted = [follower.by.clone()];
        let looked = engine.store(&follower.store).map_err(|e| e.to_string()).and_then(|store| {
            let limit = limits.records.saturating_add(1);
            store.find(&follower.bound, &matches, &wanted, limit).map_err(|e| e.to_string())
        });
        let mut looked = match looked {
            Ok(looked) => looked,
            Err(why) => {
                found.unsearchable.push((follower.dataset.clone(), why));
                continue;
            }
        };
        searched(found);
        let slow = looked.slow.drain(..).map(|field| (follower.dataset.clone(), field));
        found.slow.extend(slow);
        if looked.rows.len() > limits.records {
            looked.rows.truncate(limits.records);
            found.truncated.datasets.push(follower.dataset.clone());
        }
        for row in looked.rows {
            // Compared again: a store may be more generous than the link is.
            let value = row.values.iter().find(|(name, _)| *name == follower.by).map(|(_, v)| v);
            let Some(parent) = value.and_then(|v| parents.get(v)) else { continue };
            let why = Reason::Follows {
                field: follower.by.clone(),
                dataset: follower.to.clone(),
                key: parent.text(),
            };
            let same = |h: &&mut Hit| h.dataset == follower.dataset && h.key == row.key;
            match found.hits.iter_mut().find(same) {
                Some(hit) => hit.why.push(why),
                None => found.hits.push(Hit {
                    dataset: follower.dataset.clone(),
                    key: row.key,
                    why: vec![why],
                }),
            }
        }
    }
    let at: BTreeMap<&str, usize> =
        engine.register.datasets.iter().enumerate().map(|(n, d)| (d.id.as_str(), n)).collect();
    found.hits.sort_by_key(|hit| at.get(hit.dataset.as_str()).copied());
}
