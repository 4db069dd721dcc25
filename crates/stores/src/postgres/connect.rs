//! Where the server is, and a connection to it with its limits set.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use frist_decide::sql::identifier;
use frist_register::{Store as StoreEntry, StoreKind};
use postgres::{Client, Config};

use super::tls::{self, Tls};
use crate::StoreError;

/// What to connect to. It holds the password, so it does not print.
pub(super) struct Target {
    config: Config,
    tls: Tls,
    /// What names the address.
    at: String,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Target(..)")
    }
}

/// When the register does not say: long enough for counting a large table, short enough that
/// nobody else waits for us for long.
pub(super) const STATEMENT_TIMEOUT_MS: u64 = 600_000;
const LOCK_TIMEOUT_MS: u64 = 5_000;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl Target {
    /// Reads the URL from the environment variable or the file that the register names; gives the
    /// schema too.
    pub(super) fn read(
        entry: &StoreEntry,
        base_dir: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(Self, String), StoreError> {
        let store = entry.id.value.clone();
        let unreachable = |why: String| StoreError::Unreachable { store: store.clone(), why };
        let StoreKind::Postgresql { url_env, url_file, schema } = &entry.kind else {
            return Err(unreachable("it is no PostgreSQL database".into()));
        };
        let (url, at) = match (url_env, url_file) {
            (Some(name), _) => {
                let url = env(name).filter(|u| !u.trim().is_empty()).ok_or_else(|| {
                    unreachable(format!("the environment variable `{name}` is not set; it holds the URL, such as postgresql://frist@host/database"))
                })?;
                (url, name)
            }
            (None, Some(file)) => {
                let url = std::fs::read_to_string(base_dir.join(file)).map_err(|e| {
                    unreachable(format!(
                        "the file `{file}`, which holds the URL, cannot be read: {}",
                        e.kind()
                    ))
                })?;
                (url, file)
            }
            (None, None) => {
                return Err(unreachable(
                    "the register names neither `url_env` nor `url_file`".into(),
                ));
            }
        };
        let (plain, mode, root) = tls::split(url.trim());
        // The parser's own message might quote the password.
        let mut config: Config = plain.parse().map_err(|_| {
            unreachable(format!("the URL in `{at}` cannot be read; it looks like postgresql://user@host:5432/database"))
        })?;
        if config.get_password().is_none()
            && let Some(password) = env("PGPASSWORD")
        {
            config.password(password);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        config.application_name("frist");
        let tls = Tls::prepare(mode.as_deref(), root, env, &mut config).map_err(unreachable)?;
        Ok((Self { config, tls, at: at.clone() }, schema.clone()))
    }

    pub(super) fn connect(&self, entry: &StoreEntry, schema: &str) -> Result<Client, StoreError> {
        let unreachable =
            |why: String| StoreError::Unreachable { store: entry.id.value.clone(), why };
        let mut client = match self.within() {
            Some(answer) => answer.map_err(|e| unreachable(self.why(&e)))?,
            None => return Err(unreachable(self.nobody())),
        };
        let version: String = client
            .query_one("SELECT current_setting('server_version_num')", &[])
            .map_err(|e| unreachable(self.why(&e)))?
            .get(0);
        if version.parse::<u32>().is_ok_and(|v| v < 130_000) {
            return Err(unreachable(
                "it is older than PostgreSQL 13, which is the oldest that Frist knows".into(),
            ));
        }
        client.batch_execute(&session(entry, schema)).map_err(|e| unreachable(self.why(&e)))?;
        Ok(client)
    }

    /// A connection, unless whoever took it says nothing: a server that hangs must not hang us.
    fn within(&self) -> Option<Result<Client, postgres::Error>> {
        let (tls, config) = (self.tls.clone(), self.config.clone());
        let hosts = u32::try_from(config.get_hosts().len()).unwrap_or(u32::MAX).max(1);
        let each = config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
        let (send, answer) = std::sync::mpsc::channel();
        // It ends with the connection, which nobody waits for any longer.
        std::thread::spawn(move || drop(send.send(tls.connect(&config))));
        answer.recv_timeout(each.saturating_mul(hosts.saturating_add(1))).ok()
    }

    fn why(&self, error: &postgres::Error) -> String {
        if error.as_db_error().is_some() {
            return super::why(error).0;
        }
        let source = std::error::Error::source(error).map(ToString::to_string);
        match source.filter(|s| s.contains("certificate")) {
            Some(why) => format!(
                "its certificate was not accepted ({why}); name the file of its certificate authority in PGSSLROOTCERT"
            ),
            None => self.nobody(),
        }
    }

    /// The same for a port that is closed, one that is silent and one where something else answers:
    /// a register names addresses, and must not be a way to find out what is there.
    fn nobody(&self) -> String {
        format!(
            "no PostgreSQL server answered at the address in `{0}`; is it running, and are host and port right? `psql` on this machine, with that address, tells more",
            self.at
        )
    }
}

/// The limits, and the forms in which values are written.
fn session(entry: &StoreEntry, schema: &str) -> String {
    let statement = entry.statement_timeout_ms.unwrap_or(STATEMENT_TIMEOUT_MS);
    let lock = entry.lock_timeout_ms.unwrap_or(LOCK_TIMEOUT_MS);
    format!(
        "SET statement_timeout = {statement}; SET lock_timeout = {lock}; \
         SET idle_in_transaction_session_timeout = {}; \
         SET standard_conforming_strings = on; SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; \
         SET bytea_output = 'hex'; SET extra_float_digits = 1; \
         SET default_transaction_isolation = 'read committed'; \
         SET search_path = pg_catalog, {}, public; \
         -- A policy that hides rows must be an error: what is not seen is not erased.
         SET row_security = off; \
         -- What is reported as erased must be on the disk.
         SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';",
        statement.max(60_000),
        identifier(schema)
    )
}
