//! "Did you mean": the known name nearest to one that is not known.

/// The nearest of `names` to `word`, when it is near enough to be a slip of the pen.
pub(crate) fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if word.len() > 100 {
        return None;
    }
    let slips = match word.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    names
        .into_iter()
        .filter(|name| name.len() <= 100)
        .map(|name| (distance(word, name), name))
        .filter(|(d, name)| *d <= slips && *d < name.chars().count())
        .min()
        .map(|(_, name)| name)
}

/// Optimal string alignment distance: insertions, deletions, substitutions, and neighbours swapped.
fn distance(a: &str, b: &str) -> usize {
    let fold = |s: &str| -> Vec<char> {
        s.to_lowercase().chars().map(|c| if c == '_' { '-' } else { c }).collect()
    };
    let (a, b) = (fold(a), fold(b));
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (last[j - 1] + change).min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn distances() {
        assert_eq!(distance("perdio", "period"), 2);
        assert_eq!(distance("form", "from"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("special_basis", "special-basis"), 0);
    }

    #[test]
    fn near_enough() {
        assert_eq!(nearest("peroid", ["period", "from", "for"]), Some("period"));
        assert_eq!(nearest("colour", ["period", "from", "for"]), None);
    }
}
