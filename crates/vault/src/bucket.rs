//! A bucket of an S3-compatible object storage: what is in it, and the whole of one thing in it.

use std::io::Read as _;
use std::time::Duration;

use rusty_s3::{Credentials, S3Action as _, UrlStyle};
use ureq::Agent;
use ureq::http::Response;

use crate::config::S3Config;
use crate::error::VaultError;

/// How long a signed URL is good for.
pub(crate) const SIGNED: Duration = Duration::from_secs(300);
/// The longest answer of the service that is read, other than objects.
const ANSWER: u64 = 16 << 20;

/// A bucket, from which others than a vault may read as well.
pub struct Bucket {
    pub(crate) bucket: rusty_s3::Bucket,
    pub(crate) credentials: Credentials,
    pub(crate) prefix: String,
    pub(crate) agent: Agent,
}

type Answer = Response<ureq::Body>;

impl Bucket {
    /// Reads the configuration and the credentials (`env` reads environment variables); asks nobody.
    ///
    /// # Errors
    /// When a credential is missing, or the endpoint is no URL.
    pub fn open(
        config: &S3Config,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, VaultError> {
        let bad = |why: String| VaultError::Storage { attempt: "be used", why };
        let secret = |name: &str| {
            env(name).ok_or_else(|| bad(format!("the environment variable `{name}` is not set")))
        };
        let credentials = Credentials::new(secret(&config.key_env)?, secret(&config.secret_env)?);
        let style = if config.path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let endpoint =
            config.endpoint.parse().map_err(|e| bad(format!("`endpoint` is no URL: {e}")))?;
        let bucket =
            rusty_s3::Bucket::new(endpoint, style, config.bucket.clone(), config.region.clone())
                .map_err(|e| bad(format!("`endpoint` and `bucket`: {e}")))?;
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(Duration::from_secs(30)))
            .timeout_global(Some(Duration::from_secs(600)))
            .build()
            .into();
        Ok(Self { bucket, credentials, prefix: config.prefix.clone(), agent })
    }

    /// The names of all objects that begin with the prefix, the prefix included, in their order.
    ///
    /// # Errors
    /// When the service cannot be reached or refuses.
    pub fn names(&self) -> Result<Vec<String>, VaultError> {
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
            all.extend(page.contents.into_iter().map(|object| object.key));
            token = page.next_continuation_token;
            if token.is_none() {
                return Ok(all);
            }
        }
    }

    /// The whole object of this name; none when there is none.
    ///
    /// # Errors
    /// When it is longer than `most` bytes, or the service cannot be reached or refuses.
    pub fn read(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, VaultError> {
        const ATTEMPT: &str = "give an object";
        let broken = |why: String| VaultError::Storage { attempt: ATTEMPT, why };
        let url = self.bucket.get_object(Some(&self.credentials), name).sign(SIGNED);
        let answer = self.agent.get(url.as_str()).call().map_err(|e| refused(ATTEMPT, &e))?;
        if answer.status() == 404 {
            return Ok(None);
        }
        let mut answer = good(ATTEMPT, answer)?;
        let length = answer.body().content_length();
        let mut bytes = Vec::new();
        let mut body = answer.body_mut().as_reader().take(most.saturating_add(1));
        body.read_to_end(&mut bytes).map_err(|e| broken(e.to_string()))?;
        match bytes.len() as u64 {
            have if have > most => Err(broken(format!("it is longer than {most} bytes"))),
            have if length.is_some_and(|length| length != have) => {
                Err(broken("it broke off".to_owned()))
            }
            _ => Ok(Some(bytes)),
        }
    }
}

pub(crate) fn refused(attempt: &'static str, error: &ureq::Error) -> VaultError {
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
pub(crate) fn good(attempt: &'static str, mut answer: Answer) -> Result<Answer, VaultError> {
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

pub(crate) fn text(attempt: &'static str, mut answer: Answer) -> Result<String, VaultError> {
    answer.body_mut().with_config().limit(ANSWER).read_to_string().map_err(|e| refused(attempt, &e))
}

/// The text of the first element of this name.
pub(crate) fn between(text: &str, tag: &str) -> Option<String> {
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
