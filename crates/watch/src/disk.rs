//! How full the disks are on which Frist writes.

use std::path::Path;

/// A disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// What lies on it, for people: `ledger`, `database`.
    pub name: String,
    /// Bytes that may still be written.
    pub free: u64,
    /// Its size.
    pub size: u64,
}

/// The disk on which a folder lies; none when the system does not say.
#[must_use]
pub fn of(name: &str, path: &Path) -> Option<Disk> {
    let s = rustix::fs::statvfs(path).ok()?;
    let (free, size) =
        (s.f_bavail.saturating_mul(s.f_frsize), s.f_blocks.saturating_mul(s.f_frsize));
    (size > 0).then(|| Disk { name: name.to_owned(), free, size })
}

impl Disk {
    /// Percent that are free, rounded down.
    #[must_use]
    pub fn percent_free(&self) -> u64 {
        (u128::from(self.free) * 100 / u128::from(self.size.max(1))) as u64
    }
}
