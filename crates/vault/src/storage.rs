//! Objects in an S3-compatible object storage.
//!
//! What goes there is the same ciphertext as on disk, once an object is finished. Removing an object
//! removes every version of it, since a bucket that keeps versions would keep them otherwise.

use std::fs::File;
use std::io;

use rusty_s3::{Method, S3Action};

use crate::bucket::{Bucket, SIGNED, between, good, refused, text};
use crate::config::S3Config;
use crate::error::VaultError;
use crate::id::ObjectId;

/// How often versions of an object are looked for and removed.
const ROUNDS: u32 = 10;

/// The bucket of a vault.
pub(crate) struct Storage(Bucket);

impl Storage {
    /// Reads the configuration and the credentials; asks nobody.
    pub(crate) fn open(
        config: &S3Config,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, VaultError> {
        Bucket::open(config, env).map(Self)
    }

    fn name(&self, id: &ObjectId) -> String {
        format!("{}{id}", self.0.prefix)
    }

    /// Uploads an object; when it returns, the service has it.
    pub(crate) fn put(&self, id: &ObjectId, file: &File, length: u64) -> Result<(), VaultError> {
        const ATTEMPT: &str = "take an object";
        let name = self.name(id);
        let url = self.0.bucket.put_object(Some(&self.0.credentials), &name).sign(SIGNED);
        let answer = self
            .0
            .agent
            .put(url.as_str())
            .header("content-length", length)
            .send(file)
            .map_err(|e| refused(ATTEMPT, &e))?;
        good(ATTEMPT, answer).map(|_| ())
    }

    /// How long an object is; none when there is none.
    pub(crate) fn length(&self, id: &ObjectId) -> Result<Option<u64>, VaultError> {
        const ATTEMPT: &str = "tell how long an object is";
        let name = self.name(id);
        let url = self.0.bucket.head_object(Some(&self.0.credentials), &name).sign(SIGNED);
        let answer = self.0.agent.head(url.as_str()).call().map_err(|e| refused(ATTEMPT, &e))?;
        if answer.status() == 404 {
            return Ok(None);
        }
        let answer = good(ATTEMPT, answer)?;
        let length = answer.headers().get("content-length").and_then(|v| v.to_str().ok());
        length.and_then(|v| v.parse().ok()).map(Some).ok_or_else(|| VaultError::Storage {
            attempt: ATTEMPT,
            why: "its answer has no length".into(),
        })
    }

    /// `length` bytes of an object from `from` on; fewer at its end.
    pub(crate) fn get(&self, id: &ObjectId, from: u64, length: u64) -> Result<Vec<u8>, VaultError> {
        const ATTEMPT: &str = "give an object";
        let name = self.name(id);
        let url = self.0.bucket.get_object(Some(&self.0.credentials), &name).sign(SIGNED);
        let last = from.saturating_add(length.saturating_sub(1));
        let answer = self
            .0
            .agent
            .get(url.as_str())
            .header("range", format!("bytes={from}-{last}"))
            .call()
            .map_err(|e| refused(ATTEMPT, &e))?;
        // `rclone serve s3` answers a range with 200 and says by this header that it is one.
        let ranged = answer.headers().get("content-range").and_then(|v| v.to_str().ok());
        let ranged = ranged.is_some_and(|range| range.starts_with(&format!("bytes {from}-")));
        match answer.status().as_u16() {
            404 => return Err(VaultError::Missing(*id)),
            // A service that does not know ranges would send everything from the start.
            200 if from != 0 && !ranged => {
                return Err(VaultError::Storage {
                    attempt: ATTEMPT,
                    why: "it does not answer ranges".into(),
                });
            }
            _ => {}
        }
        let mut answer = good(ATTEMPT, answer)?;
        let mut bytes = Vec::new();
        io::Read::read_to_end(
            &mut io::Read::take(answer.body_mut().as_reader(), length),
            &mut bytes,
        )
        .map_err(|e| VaultError::Storage { attempt: ATTEMPT, why: e.to_string() })?;
        Ok(bytes)
    }

    /// Removes an object with all its versions; no error when there is none.
    pub(crate) fn remove(&self, id: &ObjectId) -> Result<(), VaultError> {
        const ATTEMPT: &str = "remove an object";
        let name = self.name(id);
        // Some services list what they have with a delay, so that it is asked again until there is
        // nothing.
        for _ in 0..ROUNDS {
            let Some(mut versions) = self.versions(&name)? else {
                return self.delete(&name, None, ATTEMPT);
            };
            versions.retain(|(of, _)| *of == name);
            if versions.is_empty() {
                return Ok(());
            }
            for (_, version) in &versions {
                self.delete(&name, Some(version), ATTEMPT)?;
            }
        }
        Err(VaultError::Storage { attempt: ATTEMPT, why: "versions of it are still there".into() })
    }

    fn delete(
        &self,
        name: &str,
        version: Option<&str>,
        attempt: &'static str,
    ) -> Result<(), VaultError> {
        let mut action = self.0.bucket.delete_object(Some(&self.0.credentials), name);
        if let Some(version) = version {
            action.query_mut().insert("versionId", version.to_owned());
        }
        let url = action.sign(SIGNED);
        // With `Content-Length: 0`: OpenStack Swift reads on for a body without it when it puts the version before the
        // newest one back, and never answers.
        let request = self.0.agent.delete(url.as_str()).force_send_body();
        let answer = request.send_empty().map_err(|e| refused(attempt, &e))?;
        match answer.status().as_u16() {
            404 => Ok(()),
            _ => good(attempt, answer).map(|_| ()),
        }
    }

    /// All objects of the vault that are there, in any version.
    pub(crate) fn list(&self) -> Result<Vec<ObjectId>, VaultError> {
        let id = |name: &str| name.strip_prefix(&self.0.prefix)?.parse::<ObjectId>().ok();
        if let Some(versions) = self.versions(&self.0.prefix)? {
            let mut ids: Vec<ObjectId> = versions.iter().filter_map(|(name, _)| id(name)).collect();
            ids.sort_unstable();
            ids.dedup();
            return Ok(ids);
        }
        Ok(self.0.names()?.iter().filter_map(|name| id(name)).collect())
    }

    /// (name, version) of everything with this prefix, delete markers too; none when the service
    /// knows no versions.
    fn versions(&self, prefix: &str) -> Result<Option<Vec<(String, String)>>, VaultError> {
        const ATTEMPT: &str = "list versions of objects";
        let mut all = Vec::new();
        let mut next: Option<(String, String)> = None;
        loop {
            // The library has no such action: it is a GET of the bucket with `versions`.
            let mut action = self.0.bucket.get_object(Some(&self.0.credentials), "");
            action.query_mut().insert("versions", "");
            action.query_mut().insert("prefix", prefix.to_owned());
            if let Some((key, version)) = next.take() {
                action.query_mut().insert("key-marker", key);
                action.query_mut().insert("version-id-marker", version);
            }
            debug_assert!(matches!(
                <rusty_s3::actions::GetObject<'_> as S3Action<'_>>::METHOD,
                Method::Get
            ));
            let url = action.sign(SIGNED);
            let answer = self.0.agent.get(url.as_str()).call().map_err(|e| refused(ATTEMPT, &e))?;
            if matches!(answer.status().as_u16(), 400 | 405 | 501) {
                return Ok(None);
            }
            let text = text(ATTEMPT, good(ATTEMPT, answer)?)?;
            let page = parse_versions(&text).ok_or_else(|| VaultError::Storage {
                attempt: ATTEMPT,
                why: "its answer cannot be understood".into(),
            })?;
            all.extend(page.versions);
            next = page.next;
            if next.is_none() {
                return Ok(Some(all));
            }
        }
    }
}

/// A page of a list of versions.
#[derive(Debug, PartialEq, Eq)]
struct Versions {
    versions: Vec<(String, String)>,
    next: Option<(String, String)>,
}

/// Reads a `ListVersionsResult`.
fn parse_versions(text: &str) -> Option<Versions> {
    if !text.contains("ListVersionsResult") {
        return None;
    }
    let mut versions = Vec::new();
    for tag in ["Version", "DeleteMarker"] {
        for part in text.split(&format!("<{tag}>")).skip(1) {
            let entry = part.split(&format!("</{tag}>")).next()?;
            versions.push((between(entry, "Key")?, between(entry, "VersionId")?));
        }
    }
    let next = match between(text, "IsTruncated").as_deref() {
        Some("true") => {
            Some((between(text, "NextKeyMarker")?, between(text, "NextVersionIdMarker")?))
        }
        _ => None,
    };
    Some(Versions { versions, next })
}

#[cfg(test)]
mod tests {
    use super::{Versions, parse_versions};

    #[test]
    fn versions_and_markers() {
        let text = "<?xml version='1.0'?><ListVersionsResult><IsTruncated>true</IsTruncated>\
            <Version><Key>a/1</Key><VersionId>x&amp;y</VersionId></Version>\
            <DeleteMarker><Key>a/1</Key><VersionId>z</VersionId></DeleteMarker>\
            <NextKeyMarker>a/1</NextKeyMarker><NextVersionIdMarker>z</NextVersionIdMarker>\
            </ListVersionsResult>";
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let versions = vec![pair("a/1", "x&y"), pair("a/1", "z")];
        assert_eq!(parse_versions(text), Some(Versions { versions, next: Some(pair("a/1", "z")) }));
        assert_eq!(parse_versions("<ListBucketResult></ListBucketResult>"), None);
        assert_eq!(parse_versions("<ListVersionsResult><Version><Key>a</Key></Version>"), None);
    }
}
