//! Opening the database: the file or the connection, with the settings that Frist relies on.

use std::cell::Cell;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use postgres::config::SslMode;
use rusqlite::ErrorCode;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::db::{Db, Place, postgres_reason, sqlite_reason};
use crate::location::Server;
use crate::{Error, Result};

/// How long to wait for another process that holds a lock.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where Debian, Red Hat and Alpine keep the roots that the system trusts.
const SYSTEM_ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// Opens the file, made readable for its owner alone when it is not there.
pub(crate) fn sqlite(path: &Path) -> Result<Db> {
    let failed = |reason: String| Error::Open { place: path.display().to_string(), reason };
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Err(failed("its folder does not exist; make it first".to_owned()));
        }
        Err(e) => return Err(failed(e.to_string())),
        Ok(_) => {}
    }
    let open = || -> rusqlite::Result<rusqlite::Connection> {
        let mut connection = rusqlite::Connection::open(path)?;
        connection.busy_handler(Some(wait))?;
        in_wal_mode(&connection)?;
        // FULL: a commit is on disk when it returns, also when the power fails.
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // Freed content is overwritten with zeros: sealed keys and their key must be gone.
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(connection)
    };
    let connection = open().map_err(|e| failed(sqlite_reason(&e)))?;
    Ok(Db::Sqlite(connection, Place::of(path)))
}

/// Waits for another process that holds a lock, looking once a millisecond: a sweep lets go of it for
/// a few between two batches, which SQLite's own waiting, of up to 100 ms at once, would often miss.
fn wait(times: i32) -> bool {
    thread_local!(static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) });
    let now = Instant::now();
    let began = BEGAN.get().filter(|_| times > 0).unwrap_or(now);
    BEGAN.set(Some(began));
    let patient = now.duration_since(began) < PATIENCE;
    if patient {
        std::thread::sleep(Duration::from_millis(1));
    }
    patient
}

/// Switches the file to write-ahead logging. SQLite does not wait for a lock here, since two that
/// switch at once would wait for each other: the one that is refused tries again.
fn in_wal_mode(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    let end = Instant::now() + PATIENCE;
    loop {
        match connection.pragma_update(None, "journal_mode", "wal") {
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                if Instant::now() >= end {
                    return Err(e);
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

/// Connects to the server. A password that the URL does not have is taken from `PGPASSWORD`.
pub(crate) fn postgres(server: &Server) -> Result<Db> {
    let place = server.to_string();
    let failed = |reason: String| Error::Open { place: place.clone(), reason };
    let mut config = server.config.clone();
    if config.get_password().is_none()
        && let Ok(password) = std::env::var("PGPASSWORD")
    {
        config.password(password);
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(15));
    }
    if config.get_application_name().is_none() {
        config.application_name("frist");
    }
    let connected = if config.get_ssl_mode() == SslMode::Disable {
        config.connect(postgres::NoTls)
    } else {
        config.connect(tls(server).map_err(failed)?)
    };
    let mut client = connected.map_err(|e| {
        let mut reason = postgres_reason(&e);
        if server.tls_by_default && e.as_db_error().is_none() {
            reason.push_str(
                "; TLS is required because the server is on another machine: if the network \
                 between is trusted, say so with ?sslmode=disable",
            );
        }
        failed(reason)
    })?;
    // A server set to synchronous_commit=off may forget what it confirmed; other values are
    // durable or stricter, so they stay.
    // While the store is asked, the gate's transaction waits: no limit of the server may end it.
    let settings = "SET search_path TO frist, pg_temp; SET lock_timeout TO '30s';
        SET idle_in_transaction_session_timeout TO 0;
        SELECT set_config('synchronous_commit', 'on', false)
            WHERE current_setting('synchronous_commit') = 'off';";
    client.batch_execute(settings).map_err(|e| failed(postgres_reason(&e)))?;
    Ok(Db::Postgres(Box::new(client)))
}

fn tls(server: &Server) -> Result<MakeRustlsConnect, String> {
    let named =
        server.roots.clone().or_else(|| std::env::var_os("PGSSLROOTCERT").map(PathBuf::from));
    let path = match named {
        Some(path) => path,
        None => SYSTEM_ROOTS.iter().map(PathBuf::from).find(|path| path.exists()).ok_or(
            "TLS is asked for but the system has no file of trusted roots; install \
             ca-certificates, or name a PEM file in PGSSLROOTCERT",
        )?,
    };
    let shown = path.display();
    let mut roots = rustls::RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(&path)
        .map_err(|e| format!("cannot read the trusted roots in {shown}: {e}"))?;
    roots.add_parsable_certificates(certificates.filter_map(|certificate| certificate.ok()));
    if roots.is_empty() {
        return Err(format!("{shown} holds no certificate in PEM form"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
