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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted() {
        for (a, b, letters) in [
            ("abc", "abc", 0),
            ("xabc", "abc", 1),
            ("abc", "xabc", 1),
            ("abc", "", 3),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), letters, "{a} and {b}");
        }
    }

    #[test]
    fn one_letter_in_four_may_be_wrong() {
        let known = ["abcdefghijkl".to_owned()];
        let found = |wanted| nearest(wanted, known.iter()).is_some();
        assert!(found("abcdefghixyz"));
        assert!(!found("abcdefghwxyz"));
        // The beginning of an id is enough when it is long.
        assert!(found("abcdef"));
        assert!(!found("abcde"));
    }
}
