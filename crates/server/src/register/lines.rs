//! What changed in a text, line by line.

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Same,
    Gone,
    New,
}

/// A line of a text that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) mark: Mark,
    /// In the new text, or in the old one for a line that is gone.
    pub(crate) number: usize,
    pub(crate) text: String,
}

/// Lines shown before and after a change.
const AROUND: usize = 2;
/// Beyond so many lines on both sides the middle is told as gone and new, without looking for more.
const MOST: usize = 2_000;

/// The lines that changed, each with a few around it; empty when nothing did.
pub(crate) fn changed(old: &str, new: &str) -> Vec<Line> {
    let (a, b): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let before = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let rest = a.len().min(b.len()) - before;
    let after = a.iter().rev().zip(b.iter().rev()).take(rest).take_while(|(x, y)| x == y).count();
    let (mid_a, mid_b) = (&a[before..a.len() - after], &b[before..b.len() - after]);
    let line = |mark, number: usize, text: &str| Line { mark, number, text: text.to_owned() };
    let mut all: Vec<Line> = Vec::new();
    all.extend(b[..before].iter().enumerate().map(|(i, t)| line(Mark::Same, i + 1, t)));
    let (mut i, mut j) = (0, 0);
    let common = common(mid_a, mid_b);
    for (x, y) in common.into_iter().chain([(mid_a.len(), mid_b.len())]) {
        all.extend((i..x).map(|n| line(Mark::Gone, before + n + 1, mid_a[n])));
        all.extend((j..y).map(|n| line(Mark::New, before + n + 1, mid_b[n])));
        if x < mid_a.len() {
            all.push(line(Mark::Same, before + y + 1, mid_b[y]));
        }
        (i, j) = (x + 1, y + 1);
    }
    let end = b.len() - after;
    all.extend(b[end..].iter().enumerate().map(|(n, t)| line(Mark::Same, end + n + 1, t)));
    let near = |n: usize| {
        let range = n.saturating_sub(AROUND)..(n + AROUND + 1).min(all.len());
        all[range].iter().any(|l| l.mark != Mark::Same)
    };
    (0..all.len()).filter(|n| near(*n)).map(|n| all[n].clone()).collect()
}

/// The longest common run of lines: pairs of places in both.
fn common(a: &[&str], b: &[&str]) -> Vec<(usize, usize)> {
    if a.is_empty() || b.is_empty() || a.len() > MOST || b.len() > MOST {
        return Vec::new();
    }
    let width = b.len() + 1;
    let mut longest = vec![0u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = match a[i] == b[j] {
                true => longest[(i + 1) * width + j + 1] + 1,
                false => longest[(i + 1) * width + j].max(longest[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str) -> String {
        let sign = |m| match m {
            Mark::Same => ' ',
            Mark::Gone => '-',
            Mark::New => '+',
        };
        changed(old, new)
            .iter()
            .map(|l| format!("{}{}{}|", sign(l.mark), l.number, l.text))
            .collect()
    }

    #[test]
    fn what_changed_is_told_with_a_little_around_it() {
        assert_eq!(told("a\nb\n", "a\nb\n"), "");
        assert_eq!(told("a\nb\nc\nd\ne\nf\ng", "a\nb\nc\nX\ne\nf\ng"), " 2b| 3c|-4d|+4X| 5e| 6f|");
        assert_eq!(told("a\nb", "a\nn\nb"), " 1a|+2n| 3b|");
        assert_eq!(told("a\nx\nb\ny\nc", "a\nb\nc"), " 1a|-2x| 2b|-4y| 3c|");
        assert_eq!(told("", "a"), "+1a|");
        assert_eq!(told("a", ""), "-1a|");
    }
}
