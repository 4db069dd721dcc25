//! A small random number generator whose numbers never change: SplitMix64 (Steele, Lea and Flood,
//! "Fast splittable pseudorandom number generators", 2014). Integers only, so that every platform
//! draws the same demo.

/// A stream of pseudo-random numbers. Not for secrets.
pub(crate) struct Rng(u64);

impl Rng {
    /// The stream named `label` under `seed`. Each collection draws from its own stream, so that a
    /// change in one leaves the others as they were.
    pub(crate) fn stream(seed: u64, label: &str) -> Self {
        // FNV-1a over the label.
        let label = label.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
        });
        let mut rng = Self(seed ^ label);
        rng.next();
        rng
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..n`; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        // Multiply and shift: the bias is far below anything visible at these sizes.
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// A number in `low..=high`; `low` when the range is empty.
    pub(crate) fn range(&mut self, low: i64, high: i64) -> i64 {
        let width = high.saturating_sub(low).max(0) as usize + 1;
        low + self.below(width) as i64
    }

    /// True in `percent` of 100 draws.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, which must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// One of `items` (not empty), each as often as its weight says.
    pub(crate) fn weighted<'a, T>(
        &mut self,
        items: &'a [T],
        weight: impl Fn(&T) -> usize,
    ) -> &'a T {
        let mut left = self.below(items.iter().map(&weight).sum());
        for item in items {
            match left.checked_sub(weight(item)) {
                Some(rest) => left = rest,
                None => return item,
            }
        }
        &items[items.len() - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_those_of_splitmix64() {
        // The published first outputs for the state 1234567.
        let mut rng = Rng(1_234_567);
        assert_eq!(rng.next(), 6_457_827_717_110_365_317);
        assert_eq!(rng.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn ranges_include_both_ends_and_nothing_else() {
        let mut rng = Rng::stream(1, "range");
        let mut seen = [false; 3];
        for _ in 0..200 {
            seen[(rng.range(-1, 1) + 1) as usize] = true;
        }
        assert_eq!(seen, [true; 3]);
        assert_eq!(rng.range(5, 4), 5);
        let picks = [("a", 0), ("b", 3), ("c", 0)];
        assert!((0..50).all(|_| rng.weighted(&picks, |p| p.1).0 == "b"));
    }
}
