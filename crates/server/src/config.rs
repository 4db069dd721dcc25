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
    /// The interface for machines.
    pub api: crate::api::ApiConfig,
    /// When Frist sweeps by itself.
    pub schedule: frist_watch::Schedule,
    /// From when on something is wrong.
    pub alarms: frist_watch::Alarms,
    /// The mail server, and who hears of what.
    pub mail: Option<frist_watch::Mail>,
    /// The programs that hear of things.
    pub webhook: Vec<frist_watch::Webhook>,
    /// Who gathers traces; nobody, unless it is said.
    pub traces: Option<frist_watch::traces::TracesTo>,
    /// What people without an account see.
    pub public: crate::public::Public,
    /// Certificate and key, for TLS of our own.
    pub tls: Option<crate::TlsConfig>,
    /// The OpenID Connect provider by which people may sign in.
    pub oidc: Option<crate::OidcConfig>,
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
        let mut wrong =
            frist_watch::config::problems(&config.schedule, config.mail.as_ref(), &config.webhook);
        if let Some(to) = &config.traces
            && let Err(e) = frist_watch::net::check_url(&to.endpoint, to.insecure)
        {
            wrong.push(format!("`[traces]`: {}", e.replace("`url`", "`endpoint`")));
        }
        if let Some(first) = wrong.into_iter().next() {
            return Err(Trouble {
                message: format!("`server.toml`: {first}"),
                help: Some("docs/server.md lists what can be said".into()),
            });
        }
        if let Some(oidc) = &config.oidc {
            oidc.check(config.address.as_deref())?;
        }
        Ok(config)
    }

    /// How the watch behaves by it.
    #[must_use]
    pub fn watch(&self) -> frist_watch::Settings {
        frist_watch::Settings {
            schedule: self.schedule.clone(),
            alarms: self.alarms.clone(),
            mail: self.mail.clone(),
            webhooks: self.webhook.clone(),
            pace: frist_watch::Pace::default(),
        }
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
