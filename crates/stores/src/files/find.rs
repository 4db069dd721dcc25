//! Looking for a person's files: a walk over the collection, since a folder has no index.

use std::ops::ControlFlow::{Break, Continue};

use super::FilesStore;
use super::record::{Detail, Source};
use crate::{FieldMatch, FoundRow, Key, KeyPart, Looked, StoreError};

impl FilesStore {
    pub(super) fn look(
        &self,
        detail: &Detail,
        any_of: &[FieldMatch],
        wanted: &[String],
        limit: usize,
    ) -> Result<Looked, StoreError> {
        let mut looked = Looked::default();
        let asked: Vec<&FieldMatch> = any_of.iter().filter(|m| !m.spellings.is_empty()).collect();
        if asked.is_empty() || limit == 0 {
            return Ok(looked);
        }
        let names = asked.iter().map(|m| &m.field).chain(wanted);
        let beside =
            |name: &String| matches!(Detail::source(&detail.pattern, name), Source::Sidecar(_));
        let with_sidecar = names.into_iter().any(beside);
        self.found(detail, None, with_sidecar, &mut |found| {
            let mut is_hit = false;
            let mut is_unread = false;
            for m in &asked {
                match found.values(detail, &m.field) {
                    Some(values) => is_hit |= values.iter().any(|v| m.spellings.contains(v)),
                    None => is_unread = true,
                }
            }
            if is_hit {
                let values = wanted.iter().flat_map(|name| {
                    let all = found.values(detail, name).unwrap_or_default();
                    all.into_iter().map(|value| (name.clone(), value))
                });
                looked.rows.push(FoundRow {
                    key: Key(vec![KeyPart::Text(found.path.clone())]),
                    values: values.collect(),
                });
            } else if is_unread {
                looked.unread += 1;
            }
            if looked.rows.len() < limit { Continue(()) } else { Break(()) }
        })?;
        Ok(looked)
    }
}
