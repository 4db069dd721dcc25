//! Prometheus' text form, and a histogram that threads fill without waiting.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What is written out.
#[derive(Debug, Default)]
pub struct Page {
    out: String,
}

/// Labels of a figure, by name.
pub type Labels<'a> = Vec<(&'a str, String)>;

impl Page {
    /// Figures of one name. `kind` is `gauge` or `counter`.
    pub fn figures(&mut self, name: &str, kind: &str, help: &str, rows: &[(Labels<'_>, f64)]) {
        self.head(name, kind, help);
        for (labels, n) in rows {
            // Prometheus writes the infinite with a sign.
            let n = if *n == f64::INFINITY { "+Inf".to_owned() } else { n.to_string() };
            let _ = writeln!(self.out, "frist_{name}{} {n}", braces(labels));
        }
    }

    /// One figure without labels.
    pub fn figure(&mut self, name: &str, kind: &str, help: &str, n: f64) {
        self.figures(name, kind, help, &[(Vec::new(), n)]);
    }

    /// Histograms of one name.
    pub fn histograms(&mut self, name: &str, help: &str, rows: &[(Labels<'_>, &Histogram)]) {
        self.head(name, "histogram", help);
        for (labels, h) in rows {
            let mut sum = 0;
            let with = |le: String| {
                let mut labels = labels.clone();
                labels.push(("le", le));
                braces(&labels)
            };
            for (bound, n) in BOUNDS.iter().zip(&h.counts) {
                sum += n.load(Ordering::Relaxed);
                let _ = writeln!(self.out, "frist_{name}_bucket{} {sum}", with(bound.to_string()));
            }
            sum += h.counts[BOUNDS.len()].load(Ordering::Relaxed);
            let _ = writeln!(self.out, "frist_{name}_bucket{} {sum}", with("+Inf".into()));
            let micros = h.micros.load(Ordering::Relaxed);
            let seconds = Duration::from_micros(micros).as_secs_f64();
            let _ = writeln!(self.out, "frist_{name}_sum{} {seconds}", braces(labels));
            let _ = writeln!(self.out, "frist_{name}_count{} {sum}", braces(labels));
        }
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.out, "# HELP frist_{name} {help}\n# TYPE frist_{name} {kind}");
    }

    /// The text.
    #[must_use]
    pub fn text(self) -> String {
        self.out
    }
}

fn braces(labels: &Labels<'_>) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let escaped = |v: &str| v.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let all: Vec<String> = labels.iter().map(|(n, v)| format!("{n}=\"{}\"", escaped(v))).collect();
    format!("{{{}}}", all.join(","))
}

/// The upper bounds, seconds.
const BOUNDS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// How long things took.
#[derive(Debug, Default)]
pub struct Histogram {
    counts: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl Histogram {
    /// One more.
    pub fn add(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let at = BOUNDS.iter().position(|b| seconds <= *b).unwrap_or(BOUNDS.len());
        self.counts[at].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }
}
