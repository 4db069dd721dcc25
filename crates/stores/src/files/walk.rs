//! Walking a pattern's files in the order of their paths, one folder's listing at a time.

use std::ops::ControlFlow;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::io::Errno;

use super::folder::{Listing, Opened, Root};
use super::pattern::{OWN_FOLDER, Pattern};

/// What a walk passed by, in the folders that the pattern reaches.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Passed {
    /// Symbolic links whose names the pattern would have taken.
    pub(super) links: u64,
    /// Names that are not UTF-8.
    pub(super) not_text: u64,
    /// Folders on other file systems.
    pub(super) elsewhere: u64,
}

/// A regular file that the walk comes by; sidecars are none.
pub(super) struct Seen<'a> {
    pub(super) folder: BorrowedFd<'a>,
    pub(super) listing: &'a Listing,
    pub(super) name: &'a str,
    pub(super) path: &'a str,
    /// Whether the pattern takes it; always true when only records were asked for.
    pub(super) record: bool,
}

type Visit<'a> = dyn FnMut(&Seen<'_>) -> Result<ControlFlow<()>, Errno> + 'a;

/// A walk to be made.
pub(super) struct Walk<'a> {
    pub(super) root: &'a Root,
    pub(super) pattern: &'a Pattern,
    /// Only paths behind this one.
    pub(super) after: Option<&'a str>,
    /// Also the files beside the records that the pattern does not take.
    pub(super) all: bool,
}

impl Walk<'_> {
    /// Walks until the visitor breaks off. A folder that cannot be read ends it with an error: a
    /// sweep that passed over files in silence would be worse than one that stops.
    pub(super) fn run(&self, visit: &mut Visit<'_>) -> Result<Passed, Errno> {
        let mut passed = Passed::default();
        let mut path = String::new();
        let _ =
            self.folder(self.root.folder()?, &mut path, &self.pattern.start(), &mut passed, visit)?;
        Ok(passed)
    }

    fn folder(
        &self,
        fd: OwnedFd,
        path: &mut String,
        states: &[usize],
        passed: &mut Passed,
        visit: &mut Visit<'_>,
    ) -> Result<ControlFlow<()>, Errno> {
        let listing = Listing::read(&fd)?;
        passed.not_text += listing.not_text;
        let takes = |name: &str| {
            self.pattern.ends(states, name) || !self.pattern.enter(states, name).is_empty()
        };
        passed.links += listing.links.iter().filter(|name| takes(name)).count() as u64;
        let may_end = self.pattern.may_end(states);
        let length = path.len();
        for entry in &listing.entries {
            path.truncate(length);
            path.push_str(entry);
            let flow = match entry.strip_suffix('/') {
                Some(OWN_FOLDER) => continue,
                Some(name) => {
                    let below = self.pattern.enter(states, name);
                    if below.is_empty() || self.is_behind(path) {
                        continue;
                    }
                    match self.root.enter(&fd, name)? {
                        Opened::Folder(next) => self.folder(next, path, &below, passed, visit)?,
                        Opened::Elsewhere => {
                            passed.elsewhere += 1;
                            continue;
                        }
                        Opened::Gone | Opened::Barred => continue,
                    }
                }
                None => {
                    let record = may_end && self.pattern.ends(states, entry);
                    let wanted = record || (self.all && may_end);
                    if !wanted
                        || self.after.is_some_and(|after| path.as_str() <= after)
                        || listing.sidecars.contains_key(entry)
                    {
                        continue;
                    }
                    let fd = std::os::fd::AsFd::as_fd(&fd);
                    visit(&Seen { folder: fd, listing: &listing, name: entry, path, record })?
                }
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Whether every path in `folder` (with its `/`) is at `after` or before it.
    fn is_behind(&self, folder: &str) -> bool {
        self.after.is_some_and(|after| folder <= after && !after.starts_with(folder))
    }
}
