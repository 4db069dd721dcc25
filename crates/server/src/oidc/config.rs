//! `[oidc]` of `server.toml`: the OpenID Connect provider by which people may sign in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;

use crate::access::Role;
use crate::face::Trouble;

/// The provider, and what it is trusted with.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// The provider's issuer, exactly as it writes it itself.
    pub issuer: String,
    /// By which it knows this server.
    pub client_id: String,
    /// The variable with the secret that goes with it; none for a client without a secret.
    pub client_secret_env: Option<String>,
    /// What people call it, for the button of the sign-in page.
    pub name: Option<String>,
    /// What is asked for besides `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// PEM file of the certificates by which the provider is verified; the usual public ones when
    /// none is named.
    pub trust: Option<PathBuf>,
    /// Whether somebody who is not known gets an account, without any role.
    #[serde(default)]
    pub newcomers: bool,
    /// The claim from which a newcomer's user name is made.
    #[serde(default = "name_claim")]
    pub name_claim: String,
    /// The claim with a person's groups.
    #[serde(default = "groups_claim")]
    pub groups_claim: String,
    /// The roles that groups have: only those that show no personal data.
    #[serde(default)]
    pub roles: BTreeMap<String, String>,
    /// Values of `acr`, one of which proves the second factor.
    #[serde(default)]
    pub acr: Vec<String>,
    /// Values of `amr`, one of which proves the second factor.
    #[serde(default)]
    pub amr: Vec<String>,
}

fn scopes() -> Vec<String> {
    vec!["profile".into()]
}

fn name_claim() -> String {
    "preferred_username".into()
}

fn groups_claim() -> String {
    "groups".into()
}

impl OidcConfig {
    /// Whether a value of the file cannot be meant; `address` is that of the console.
    pub(crate) fn check(&self, address: Option<&str>) -> Result<(), Trouble> {
        let no = |message: String, help: &str| {
            Err(Trouble {
                message: format!("`server.toml`, [oidc]: {message}"),
                help: Some(help.into()),
            })
        };
        if address.is_none() {
            return no(
                "`address` is missing, at the top of the file".into(),
                "the provider sends people back there: write the console's address, `https://...`",
            );
        }
        let bad = |e| format!("`issuer` is `{}`, which is no address: {e}", self.issuer);
        let url = match openidconnect::url::Url::parse(&self.issuer) {
            Ok(url) => url,
            Err(e) => return no(bad(e), "copy it from the provider's metadata"),
        };
        if url.scheme() != "https" && !here(&url) {
            return no(
                format!("`issuer` is `{}`, without TLS", self.issuer),
                "anybody in between could sign in as anybody: use the provider's https address",
            );
        }
        if self.client_id.is_empty() {
            return no("`client_id` is empty".into(), "the provider gave it to this server");
        }
        for (group, role) in &self.roles {
            let Some(known) = Role::parse(role) else {
                return no(
                    format!("the group `{group}` shall have the role `{role}`, which there is not"),
                    "engineer, auditor or administrator",
                );
            };
            if known.reads() {
                return no(
                    format!(
                        "the group `{group}` shall have the role `{role}`, which shows personal data"
                    ),
                    "such roles are granted in the console, by a data protection officer; only engineer, auditor and administrator can follow a group",
                );
            }
        }
        Ok(())
    }

    /// The roles that follow from groups, whoever has them.
    pub(crate) fn ruled(&self) -> BTreeSet<&str> {
        self.roles.values().map(String::as_str).collect()
    }

    /// Whether the provider is asked to prove a second factor.
    pub(crate) fn demands_factor(&self) -> bool {
        !self.acr.is_empty() || !self.amr.is_empty()
    }

    /// What people call the provider.
    pub(crate) fn called(&self) -> String {
        let host =
            || openidconnect::url::Url::parse(&self.issuer).ok()?.host_str().map(str::to_owned);
        self.name.clone().or_else(host).unwrap_or_else(|| self.issuer.clone())
    }
}

/// Whether an address is this machine's own.
pub(crate) fn here(url: &openidconnect::url::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<OidcConfig, String> {
        let all = format!("issuer = \"https://login.example.dk\"\nclient_id = \"frist\"\n{text}");
        let config: OidcConfig = toml::from_str(&all).map_err(|e| e.message().to_owned())?;
        config.check(Some("https://frist.example.dk")).map_err(|t| t.message)?;
        Ok(config)
    }

    #[test]
    fn groups_give_no_role_that_shows_personal_data() {
        assert!(read("[roles]\nit = \"engineer\"\nrevision = \"auditor\"").is_ok());
        for role in Role::ALL {
            let text = format!("[roles]\ng = \"{}\"", role.as_str());
            assert_eq!(read(&text).is_err(), role.reads(), "{role:?}");
        }
        assert!(read("[roles]\ng = \"root\"").unwrap_err().contains("there is not"));
    }

    #[test]
    fn a_provider_without_tls_is_refused_but_on_this_machine() {
        let check = |issuer: &str| {
            let config = OidcConfig { issuer: issuer.into(), ..read("").unwrap() };
            config.check(Some("https://x")).is_ok()
        };
        assert!(check("https://login.example.dk/realms/a"));
        assert!(
            check("http://127.0.0.1:4593") && check("http://[::1]:1") && check("http://localhost")
        );
        assert!(!check("http://login.example.dk") && !check("login.example.dk") && !check(""));
        assert!(read("").unwrap().check(None).is_err(), "no address to come back to");
        assert_eq!(read("").unwrap().called(), "login.example.dk");
    }
}
