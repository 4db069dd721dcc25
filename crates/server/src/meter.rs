//! How long answers took, by route and status: for monitoring, without anybody's address or name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use frist_watch::figures::{Histogram, Page};

use crate::routes::{Method, Name, Route};

/// By route, and by status.
type Seen = BTreeMap<(Option<Name>, u16), Arc<Histogram>>;

/// Counts answers.
#[derive(Default)]
pub(crate) struct Meter {
    seen: Mutex<Seen>,
}

impl Meter {
    /// One more answer.
    pub(crate) fn seen(&self, route: Option<&'static Route>, status: u16, took: Duration) {
        let key = (route.map(|r| r.name), status);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let histogram = Arc::clone(seen.entry(key).or_default());
        drop(seen);
        histogram.add(took);
    }

    /// Writes them out.
    pub(crate) fn write(&self, page: &mut Page) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let rows: Vec<_> = seen
            .iter()
            .map(|((name, status), histogram)| {
                let route = name.map(Name::route);
                let method = match route.map(|r| r.method) {
                    Some(Method::Get) => "GET",
                    Some(Method::Post) => "POST",
                    None => "-",
                };
                let labels = vec![
                    ("method", method.to_owned()),
                    ("route", route.map_or("-", |r| r.path).to_owned()),
                    ("status", status.to_string()),
                ];
                (labels, histogram.as_ref())
            })
            .collect();
        page.histograms("http_seconds", "How long answers took, by route and status.", &rows);
    }
}
