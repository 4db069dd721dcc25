//! "Did you mean": the nearest id to one that does not exist.

/// The nearest of `known`, if it is near enough for a slip of the pen.
pub(super) fn nearest<'a>(
    wanted: &str,
    known: impl Iterator<Item = &'a String>,
) -> Option<&'a str> {
    let wanted = plain(wanted);
    let limit = (wanted.chars().count() / 4).max(1);
    let near = |id: &str| {
        // `dk.hvidvask` for `dk.hvidvask.keep`, `dk.bogfoeringsloven` for `dk.bogfoering`.
        let begins = wanted.len() > 5 && (id.starts_with(&wanted) || wanted.starts_with(id));
        if begins { 1 } else { distance(&wanted, id) }
    };
    known
        .map(|id| {
            let without_country = id.split_once('.').map_or(id.as_str(), |(_, rest)| rest);
            (near(id).min(near(without_country)), id)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, id)| id.as_str())
}

/// Lower case, with the Danish letters as ids write them.
fn plain(text: &str) -> String {
    let text = text.trim().to_lowercase();
    text.replace('æ', "ae").replace('ø', "oe").replace('å', "aa").replace([' ', '_'], "-")
}

/// How many letters must be put in, left out or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
