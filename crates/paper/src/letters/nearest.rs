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
        .map(|name| (distance(word, name), name))
        .filter(|(d, name)| *d <= slips && *d < name.chars().count())
        .min()
        .map(|(_, name)| name)
}

/// Insertions, deletions, substitutions.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let change = last[j] + usize::from(x != *y);
            row.push(change.min(last[j + 1] + 1).min(row[j] + 1));
        }
        last = row;
    }
    last[b.len()]
}
