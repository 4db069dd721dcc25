//! Sets of records that can go together although they refer to each other.

use std::collections::{HashMap, HashSet};

use crate::Key;

/// References, as (referring, referred to).
pub(crate) type Pairs = Vec<(Key, Key)>;

/// The greatest subset of `keys` to which only members of it refer: what can be erased at once
/// without leaving a reference to nothing. `pairs` are (referring, referred to).
pub(crate) fn closed(keys: impl IntoIterator<Item = Key>, pairs: &[(Key, Key)]) -> HashSet<Key> {
    let mut alive: HashSet<Key> = keys.into_iter().collect();
    let mut refers: HashMap<&Key, Vec<&Key>> = HashMap::new();
    let mut gone = Vec::new();
    for (from, to) in pairs {
        refers.entry(from).or_default().push(to);
        if !alive.contains(from) {
            gone.push(from);
        }
    }
    // Whoever stays keeps those it refers to.
    while let Some(from) = gone.pop() {
        for to in refers.remove(from).unwrap_or_default() {
            if alive.remove(to) {
                gone.push(to);
            }
        }
    }
    alive
}

/// Parts of a closed set that do not refer to each other, about `limit` keys of them. One part is
/// never split, however large it is.
pub(crate) fn parts(closed: &HashSet<Key>, pairs: &[(Key, Key)], limit: usize) -> Vec<Key> {
    let mut near: HashMap<&Key, Vec<&Key>> = HashMap::new();
    for (a, b) in pairs.iter().filter(|(a, b)| closed.contains(a) && closed.contains(b)) {
        near.entry(a).or_default().push(b);
        near.entry(b).or_default().push(a);
    }
    let mut order: Vec<&Key> = closed.iter().collect();
    order.sort();
    let mut out: Vec<Key> = Vec::new();
    let mut seen: HashSet<&Key> = HashSet::new();
    for start in order {
        if !seen.insert(start) {
            continue;
        }
        let mut part = vec![start];
        let mut next = 0;
        while let Some(key) = part.get(next).copied() {
            next += 1;
            for other in near.get(key).into_iter().flatten() {
                if seen.insert(other) {
                    part.push(other);
                }
            }
        }
        if !out.is_empty() && out.len() + part.len() > limit {
            break;
        }
        out.extend(part.into_iter().cloned());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyPart;

    fn k(n: i64) -> Key {
        Key(vec![KeyPart::Int(n)])
    }
    fn p(pairs: &[(i64, i64)]) -> Vec<(Key, Key)> {
        pairs.iter().map(|(a, b)| (k(*a), k(*b))).collect()
    }

    #[test]
    fn a_cycle_is_closed_and_a_chain_from_outside_is_not() {
        // 1 <-> 2; 9 (not among them) -> 3 -> 4.
        let pairs = p(&[(1, 2), (2, 1), (9, 3), (3, 4)]);
        let set = closed([1, 2, 3, 4, 5].map(k), &pairs);
        assert_eq!(set, [1, 2, 5].map(k).into());
    }

    #[test]
    fn a_cycle_that_somebody_outside_refers_to_stays() {
        assert!(closed([1, 2].map(k), &p(&[(1, 2), (2, 1), (7, 2)])).is_empty());
    }

    #[test]
    fn parts_are_not_split() {
        let pairs = p(&[(1, 2), (2, 3), (3, 1), (4, 5), (5, 4)]);
        let set = closed([1, 2, 3, 4, 5].map(k), &pairs);
        assert_eq!(set.len(), 5);
        assert_eq!(parts(&set, &pairs, 2).len(), 3);
        assert_eq!(parts(&set, &pairs, 5).len(), 5);
    }
}
