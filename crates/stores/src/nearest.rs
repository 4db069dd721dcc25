//! "Did you mean": the known name nearest to one that is not known.

/// "; did you mean `...`?", or what there is, or nothing.
pub(crate) fn hint<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    let slips = 1 + word.chars().count() / 3;
    let best = names.into_iter().map(|n| (distance(word, n), n)).min();
    match best {
        Some((d, name)) if d <= slips && d < name.chars().count() => {
            format!("; did you mean `{name}`?")
        }
        _ => String::new(),
    }
}

/// Edit distance without regard to case.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (
        a.to_lowercase().chars().take(100).collect(),
        b.to_lowercase().chars().take(100).collect(),
    );
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let change = last[j] + usize::from(x != y);
            row.push(change.min(last[j + 1] + 1).min(row[j] + 1));
        }
        last = row;
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn near_names_are_proposed_and_far_ones_are_not() {
        assert_eq!(hint("invoce", ["customer", "invoice"]), "; did you mean `invoice`?");
        assert_eq!(hint("invoice", ["meter"]), "");
        assert_eq!(hint("x", []), "");
    }
}
