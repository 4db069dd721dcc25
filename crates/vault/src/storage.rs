//! Objects in an S3-compatible object storage.
//!
//! What goes there is the same ciphertext as on disk, once an object is finished. Removing an object
//! removes every version of it, since a bucket that keeps versions would keep them otherwise.

use std::fs::File;
use std::io;
use std::time::Duration;

use rusty_s3::{Bucket, Credentials, Method, S3Action, UrlStyle};
use ureq::Agent;
use ureq::http::Response;

use crate::config::S3Config;
use crate::error::VaultError;
use crate::id::ObjectId;

/// How long a signed URL is good for.
const SIGNED: Duration = Duration::from_secs(300);
/// The longest answer of the service that is read, other than objects.
const ANSWER: u64 = 16 << 20;

/// How often versions of an object are looked for and removed.
const ROUNDS: u32 = 10;

/// A bucket.
pub(crate) struct Storage {
    bucket: Bucket,
    credentials: Credentials,
    prefix: String,
    agent: Agent,
}

type Answer = Response<ureq::Body>;

impl Storage {
    /// Reads the configuration and the credentials; asks nobody.
    pub(crate) fn open(
        config: &S3Config,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, VaultError> {
        let bad = |why: String| VaultError::Storage { attempt: "be used", why };
        let secret = |name: &str| {
            env(name).ok_or_else(|| bad(format!("the environment variable `{name}` is not set")))
        };
        let credentials = Credentials::new(secret(&config.key_env)?, secret(&config.secret_env)?);
        let style = if config.path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let endpoint = config
            .endpoint
            .parse()
            .map_err(|e| bad(format!("`endpoint` in vault.toml is no URL: {e}")))?;
        let bucket = Bucket::new(endpoint, style, config.bucket.clone(), config.region.clone())
            .map_err(|e| bad(format!("`endpoint` and `bucket` in vault.toml: {e}")))?;
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(Duration::from_secs(30)))
            .timeout_global(Some(Duration::from_secs(600)))
            .build()
            .into();
        Ok(Self { bucket, credentials, prefix: config.prefix.clone(), agent })
    }

    fn name(&self, id: &ObjectId) -> String {
        format!("{}{id}", self.prefix)
    }

    /// Uploads an object; when it returns, the service has it.
    pub(crate) fn put(&self, id: &ObjectId, file: &File, length: u64) -> Result<(), VaultError> {
        const ATTEMPT: &str = "take an object";
        let name = self.name(id);
        let url = self.bucket.put_object(Some(&self.credentials), &name).sign(SIGNED);
        let answer = self
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
        let url = self.bucket.head_object(Some(&self.credentials), &name).sign(SIGNED);
        let answer = self.agent.head(url.as_str()).call().map_err(|e| refused(ATTEMPT, &e))?;
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
        let url = self.bucket.get_object(Some(&self.credentials), &name).sign(SIGNED);
        let last = from.saturating_add(length.saturating_sub(1));
        let answer = self
            .agent
            .get(url.as_str())
            .header("range", format!("bytes={from}-{last}"))
            .call()
            .map_err(|e| refused(ATTEMPT, &e))?;
        match answer.status().as_u16() {
            404 => return Err(VaultError::Missing(*id)),
            206 => {}
            // A service that does not know ranges would send everything from the start.
            200 if from == 0 => {}
            200 => {
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
        let mut action = self.bucket.delete_object(Some(&self.credentials), name);
        if let Some(version) = version {
            action.query_mut().insert("versionId", version.to_owned());
        }
        let url = action.sign(SIGNED);
        let answer = self.agent.delete(url.as_str()).call().map_err(|e| refused(attempt, &e))?;
        match answer.status().as_u16() {
            404 => Ok(()),
            _ => good(attempt, answer).map(|_| ()),
        }
    }

    /// All objects of the vault that are there, in any version.
    pub(crate) fn list(&self) -> Result<Vec<ObjectId>, VaultError> {
        let id = |name: &str| name.strip_prefix(&self.prefix)?.parse::<ObjectId>().ok();
        if let Some(versions) = self.versions(&self.prefix)? {
            let mut ids: Vec<ObjectId> = versions.iter().filter_map(|(name, _)| id(name)).collect();
            ids.sort_unstable();
            ids.dedup();
            return Ok(ids);
        }
        const ATTEMPT: &str = "list its objects";
        let mut all = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut action = self.bucket.list_objects_v2(Some(&self.credentials));
            action.with_prefix(self.prefix.clone());
            if let Some(token) = token.take() {
                action.with_continuation_token(token);
            }
            let url = action.sign(SIGNED);
            let answer = self.agent.get(url.as_str()).call().map_err(|e| refused(ATTEMPT, &e))?;
            let text = text(ATTEMPT, good(ATTEMPT, answer)?)?;
            let page = rusty_s3::actions::ListObjectsV2::parse_response(&text)
                .map_err(|e| VaultError::Storage { attempt: ATTEMPT, why: e.to_string() })?;
            all.extend(page.contents.iter().filter_map(|o| id(&o.key)));
            token = page.next_continuation_token;
            if token.is_none() {
                return Ok(all);
            }
        }
    }

    /// (name, version) of everything with this prefix, delete markers too; none when the service
    /// knows no versions.
    fn versions(&self, prefix: &str) -> Result<Option<Vec<(String, String)>>, VaultError> {
        const ATTEMPT: &str = "list versions of objects";
        let mut all = Vec::new();
        let mut next: Option<(String, String)> = None;
        loop {
            // The library has no such action: it is a GET of the bucket with `versions`.
            let mut action = self.bucket.get_object(Some(&self.credentials), "");
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
            let answer = self.agent.get(url.as_str()).call().map_err(|e| refused(ATTEMPT, &e))?;
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

fn refused(attempt: &'static str, error: &ureq::Error) -> VaultError {
    // A message of the client could quote the signed URL.
    let why = match error {
        ureq::Error::Io(e) => format!("it cannot be reached ({})", e.kind()),
        ureq::Error::Timeout(_) => "it did not answer in time".to_owned(),
        ureq::Error::HostNotFound => "its host name is not known".to_owned(),
        ureq::Error::ConnectionFailed => "it cannot be reached".to_owned(),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            "its TLS certificate is not accepted".to_owned()
        }
        _ => "the request failed".to_owned(),
    };
    VaultError::Storage { attempt, why }
}

/// The answer when it is a good one; else the service's own code for what is wrong.
fn good(attempt: &'static str, mut answer: Answer) -> Result<Answer, VaultError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let text = answer.body_mut().with_config().limit(1 << 16).read_to_string().unwrap_or_default();
    let code = between(&text, "Code").unwrap_or_default();
    Err(VaultError::Storage {
        attempt,
        why: format!("it answered {} {code}", status.as_u16()).trim_end().to_owned(),
    })
}

fn text(attempt: &'static str, mut answer: Answer) -> Result<String, VaultError> {
    answer.body_mut().with_config().limit(ANSWER).read_to_string().map_err(|e| refused(attempt, &e))
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

/// The text of the first element of this name.
fn between(text: &str, tag: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{tag}>"))?;
    let (inner, _) = rest.split_once(&format!("</{tag}>"))?;
    let plain = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#34;", "\""),
        ("&amp;", "&"),
    ];
    Some(plain.iter().fold(inner.to_owned(), |text, (from, to)| text.replace(from, to)))
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
