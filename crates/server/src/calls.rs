//! Speaking with the server of calls. What may be done there, and the log of it, is its own: the
//! console asks it as the very person who asks the console, by that person's token.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::face::{Face, Trouble};

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// The largest recording that is played in the browser, bytes: 25 minutes.
pub(crate) const SOUND: u64 = 48 * 1024 * 1024;

/// `[calls]`: where the server of calls is, and the tokens of those who see or hear calls in the
/// console.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallsConfig {
    /// Its address; it is on this machine, so without TLS.
    #[serde(default = "here")]
    pub url: String,
    /// Who has a token there.
    #[serde(default)]
    pub person: Vec<Person>,
}

/// Somebody's token, of `frist calls token new`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The name of the account here; the token's own name stands in the log of listening.
    pub name: String,
    /// The variable of the environment that has the token ...
    pub token_env: Option<String>,
    /// ... or the file.
    pub token_file: Option<PathBuf>,
}

fn here() -> String {
    "http://127.0.0.1:8089".to_owned()
}

/// An answer of the server of calls.
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Told {
    /// The answer, or why there is none, in the server's words.
    pub(crate) fn json(self) -> Result<Value, String> {
        let value: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        if (200..300).contains(&self.status) {
            return Ok(value);
        }
        Err(self.why())
    }

    /// Why it was refused.
    pub(crate) fn why(&self) -> String {
        let value: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        value["detail"].as_str().map_or_else(|| format!("status {}", self.status), str::to_owned)
    }
}

impl CallsConfig {
    /// Whether this person has a token there.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.person.iter().any(|p| p.name == name)
    }

    fn token(&self, face: &Face, name: &str) -> Result<Zeroizing<String>, Trouble> {
        let person = self.person.iter().find(|p| p.name == name);
        let from = |p: &Person| match (&p.token_env, &p.token_file) {
            (Some(env), _) => (face.secret)(env),
            (None, Some(file)) => std::fs::read_to_string(file).ok().map(Zeroizing::new),
            (None, None) => None,
        };
        person.and_then(from).ok_or_else(|| Trouble {
            message: format!("`{name}` has no token for the server of calls"),
            help: Some(
                "make one with `frist calls token new`, and name it in `server.toml`".into(),
            ),
        })
    }

    /// Asks as this person.
    pub(crate) fn ask(
        &self,
        face: &Face,
        name: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Told, Trouble> {
        let token = self.token(face, name)?;
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE));
        let agent = config.build().new_agent();
        let url = format!("{}{path}", self.url.trim_end_matches('/'));
        let bearer = Zeroizing::new(format!("Bearer {}", token.trim()));
        let sent = match body {
            None => agent.get(&url).header("Authorization", bearer.as_str()).call(),
            Some(body) => agent
                .post(&url)
                .header("Authorization", bearer.as_str())
                .content_type("application/json")
                .send(body.to_string()),
        };
        let failed = |e: ureq::Error| Trouble {
            message: format!("the server of calls at {} cannot be asked: {e}", self.url),
            help: Some("look whether `frist calls serve` runs".into()),
        };
        let mut response = sent.map_err(failed)?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(SOUND).read_to_vec().map_err(failed)?;
        Ok(Told { status, body })
    }
}

impl CallsConfig {
    /// The sound of a recording, for the first of these purposes for which this person may hear it.
    /// Each try is in the log of listening.
    pub(crate) fn sound(
        &self,
        face: &Face,
        name: &str,
        recording: &str,
        purposes: &[String],
        reason: &str,
    ) -> Result<Vec<u8>, String> {
        let mut why = String::new();
        for purpose in purposes {
            let path = format!(
                "/v1/recordings/{}/audio?purpose={}&reason={}",
                encode(recording),
                encode(purpose),
                encode(reason)
            );
            let told = self.ask(face, name, &path, None).map_err(|e| e.message)?;
            if told.status == 200 {
                return Ok(told.body);
            }
            why = told.why();
        }
        Err(why)
    }
}

/// A part of a path or query, percent-encoded.
pub(crate) fn encode(text: &str) -> String {
    let sign = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(sign).collect()
}
