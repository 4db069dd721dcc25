//! Where Frist's own database is: a file, or a PostgreSQL server.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use postgres::config::{Host, SslMode};

use crate::{Error, Result};

/// Where Frist's own database is. Shown without any password.
#[derive(Clone)]
pub enum Location {
    /// An SQLite file; made when it is not there.
    File(PathBuf),
    /// A PostgreSQL database, in which Frist uses the schema `frist`.
    Postgres(Box<Server>),
}

/// A PostgreSQL server and what its URL says about TLS.
#[derive(Clone)]
pub struct Server {
    pub(crate) config: postgres::Config,
    /// `sslrootcert`: a PEM file with the roots to trust instead of the system's.
    pub(crate) roots: Option<PathBuf>,
    /// The URL says nothing about TLS and the server is not on this machine.
    pub(crate) tls_by_default: bool,
}

impl Location {
    /// Reads `postgres://user@host:port/database?sslmode=require`, or else a path.
    ///
    /// `sslmode` is `disable`, `prefer` or `require` (`verify-ca` and `verify-full` mean the same
    /// as `require`: the server's certificate and name are always verified). Without it, TLS is
    /// required unless the server is on this machine. `sslrootcert` names a PEM file of roots.
    ///
    /// # Errors
    ///
    /// [`Error::Location`] when the URL cannot be read or has another scheme.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = |text: &str, reason: &str| Error::Location {
            text: text.to_owned(),
            reason: reason.to_owned(),
        };
        if let Some((scheme, _)) = text.split_once("://") {
            if scheme != "postgres" && scheme != "postgresql" {
                let reason = "write a path for SQLite, or postgres://user@host:port/database";
                return Err(bad(&format!("{scheme}://..."), reason));
            }
            // The reader's own message is not passed on: it can quote a piece of the password.
            return Server::parse(text).map(Box::new).map(Self::Postgres).ok_or_else(|| {
                let reason = "the URL cannot be read; write postgres://user@host:port/database, \
                              with special characters percent-encoded (@ as %40, / as %2F)";
                bad(&format!("{scheme}://..."), reason)
            });
        }
        if text.is_empty() {
            return Err(bad(text, "it is empty; write a path or a postgres:// URL"));
        }
        Ok(Self::File(PathBuf::from(text)))
    }
}

impl Server {
    fn parse(url: &str) -> Option<Self> {
        let (main, query) = url.split_once('?').unwrap_or((url, ""));
        let mut roots = None;
        let mut mode = None;
        let mut rest = String::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=')? {
                ("sslmode", "disable") => mode = Some(SslMode::Disable),
                ("sslmode", "prefer" | "allow") => mode = Some(SslMode::Prefer),
                ("sslmode", "require" | "verify-ca" | "verify-full") => {
                    mode = Some(SslMode::Require);
                }
                ("sslmode", _) => return None,
                ("sslrootcert", path) => roots = Some(PathBuf::from(percent_decode(path)?)),
                _ => {
                    rest.push(if rest.is_empty() { '?' } else { '&' });
                    rest.push_str(pair);
                }
            }
        }
        let mut config = postgres::Config::from_str(&format!("{main}{rest}")).ok()?;
        if config.get_hosts().is_empty() {
            return None;
        }
        let local = config.get_hosts().iter().all(is_local);
        let tls_by_default = mode.is_none() && !local;
        config.ssl_mode(match mode {
            Some(mode) => mode,
            None if local => SslMode::Disable,
            None => SslMode::Require,
        });
        Some(Self { config, roots, tls_by_default })
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => true,
    }
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first == b'%' {
            let (digits, tail) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = tail;
        } else {
            bytes.push(first);
        }
    }
    String::from_utf8(bytes).ok()
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => Path::display(path).fmt(f),
            Self::Postgres(server) => server.fmt(f),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(f, "{user}@")?;
        }
        let ports = self.config.get_ports();
        for (at, host) in self.config.get_hosts().iter().enumerate() {
            f.write_str(if at == 0 { "" } else { "," })?;
            match host {
                Host::Tcp(name) => f.write_str(name)?,
                Host::Unix(path) => Path::display(path).fmt(f)?,
            }
            if let Some(port) = ports.get(at).or(ports.first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

// By hand, so that no password gets into a log.
impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> Server {
        match Location::parse(url).unwrap() {
            Location::Postgres(server) => *server,
            Location::File(path) => panic!("{path:?}"),
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let location = Location::parse("postgres://anna:s3cret@db.example:5433/frist").unwrap();
        assert_eq!(location.to_string(), "postgres://anna@db.example:5433/frist");
        assert!(!format!("{location:?}").contains("s3cret"));
        for odd in [
            "postgres://anna:s3cret@db.example:99999/frist",
            "postgres://anna:s3cret/x@db.example/frist",
            "postgres://anna:s3?s3cret=1@db.example/frist",
            "postgres://anna:s3cret@db.example/frist?sslmode=yes",
            "postgres://anna:s3cret",
            "mysql://anna:s3cret@db.example/frist",
            "postgres://",
        ] {
            let read = Location::parse(odd);
            let shown = match &read {
                Ok(location) => format!("{location} {location:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }

    #[test]
    fn tls_is_required_from_another_machine_unless_the_url_says_otherwise() {
        for (url, mode) in [
            ("postgres://a@db.example/f", SslMode::Require),
            ("postgres://a@db.example/f?sslmode=disable", SslMode::Disable),
            ("postgres://a@db.example/f?sslmode=verify-full", SslMode::Require),
            ("postgres://a@127.0.0.1/f", SslMode::Disable),
            ("postgres://a@localhost/f?sslmode=prefer", SslMode::Prefer),
            ("postgres://a@%2Frun%2Fpostgresql/f", SslMode::Disable),
        ] {
            assert_eq!(server(url).config.get_ssl_mode(), mode, "{url}");
        }
        let with_roots = server("postgres://a@h/f?sslrootcert=%2Fetc%2Fca.pem&connect_timeout=3");
        assert_eq!(with_roots.roots, Some(PathBuf::from("/etc/ca.pem")));
    }

    #[test]
    fn anything_else_is_a_path() {
        let location = Location::parse("a/b.db").unwrap();
        assert!(matches!(location, Location::File(path) if path == Path::new("a/b.db")));
        assert!(Location::parse("").is_err());
    }
}
