//! `server.toml`: how this server runs. What the organisation does with personal data is in the
//! register; here is only what another machine would have otherwise: its address, its mail server,
//! its clock of sweeps.
//!
//! Secrets are not in it: a field that ends with `_env` names the variable that has one, and one that
//! ends with `_file` the file.

use serde::Deserialize;

use crate::face::Trouble;

/// What the file says; everything has a value that works when nothing is said.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The address that people write in their browser, `https://frist.example.dk`: links in mails
    /// and letters begin with it.
    pub address: Option<String>,
    /// The server of calls, and who speaks with it as whom.
    pub calls: Option<crate::calls::CallsConfig>,
}

impl Config {
    /// Reads the file's text.
    ///
    /// # Errors
    /// When it is not TOML, or says something that no server does; the line is named.
    pub fn read(text: &str) -> Result<Self, Trouble> {
        let config: Self = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |span| text[..span.start].lines().count().max(1));
            Trouble {
                message: format!("`server.toml`, line {line}: {}", e.message()),
                help: Some("docs/server.md lists what can be said".into()),
            }
        })?;
        if let Some(address) = &config.address
            && !(address.starts_with("https://") || address.starts_with("http://"))
        {
            return Err(Trouble {
                message: format!("`server.toml`: `address` is `{address}`, which no browser opens"),
                help: Some("write it with `https://`".into()),
            });
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_named_with_its_line() {
        assert!(Config::read("").is_ok());
        let wrong = Config::read("address = \"https://x\"\n\n[mial]\nserver = 1\n").unwrap_err();
        assert!(wrong.message.contains("line 3"), "{}", wrong.message);
        assert!(wrong.message.contains("mial"), "{}", wrong.message);
        assert!(Config::read("address = \"frist\"").is_err());
    }
}
