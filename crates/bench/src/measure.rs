//! Times, their median, and how they are shown.

use std::time::{Duration, Instant};

use crate::Outcome;

/// The times of one contender.
#[derive(Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Takes the time of `work`.
    pub fn take<T>(&mut self, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        let begin = Instant::now();
        let answer = work()?;
        self.0.push(begin.elapsed());
        Ok(answer)
    }

    /// Seconds, the middle one.
    pub fn median(&self) -> f64 {
        let mut sorted: Vec<f64> = self.0.iter().map(Duration::as_secs_f64).collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Milliseconds that so many of a hundred needed at most.
    pub fn percentile(&self, of_a_hundred: usize) -> f64 {
        let mut sorted: Vec<f64> = self.0.iter().map(|t| t.as_secs_f64() * 1e3).collect();
        sorted.sort_by(f64::total_cmp);
        let at = (sorted.len() * of_a_hundred / 100).min(sorted.len().saturating_sub(1));
        sorted.get(at).copied().unwrap_or(f64::NAN)
    }

    /// All of them, in the order taken.
    pub fn all(&self) -> String {
        let each: Vec<String> = self.0.iter().map(|t| format!("{:.1}", t.as_secs_f64())).collect();
        each.join(", ")
    }

    /// The median of the ratios to the other's times, each pair taken one after the other.
    pub fn ratio(&self, other: &Times) -> f64 {
        let mut ratios: Vec<f64> =
            self.0.iter().zip(&other.0).map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
    }
}
