//! A PostgreSQL cluster of one's own: found, initialised, started, and gone with the process.

use std::fs::File;
use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::TestDatabase;

/// How a [`Cluster`] is to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Really write to disk. Off by default: only a test that crashes the *machine* could tell,
    /// a killed process or server loses nothing.
    pub fsync: bool,
    /// Offer TLS with a certificate made for `localhost` and 127.0.0.1 by `openssl`; its path is
    /// [`Cluster::certificate`].
    pub tls: bool,
}

/// A running server with its own folder, stopped and removed on drop, or when this process ends
/// in whatever way.
#[derive(Debug)]
pub struct Cluster {
    url: String,
    certificate: Option<PathBuf>,
    /// Waits for the end of its standard input, which comes when this process lets go of the
    /// other end: on drop, exit or kill. A static is never dropped, hence this.
    watchdog: Child,
    options: Options,
}

impl Cluster {
    /// Starts a new, empty cluster on a free port of 127.0.0.1, with a random password.
    ///
    /// # Panics
    ///
    /// When no PostgreSQL is installed, or it does not start.
    #[must_use]
    pub fn start(options: Options) -> Self {
        let runner = Runner::find();
        let folder = new_folder();
        let password = random_hex(16);
        let password_file = folder.join("password");
        std::fs::write(&password_file, &password)
            .unwrap_or_else(|e| panic!("cannot write into PostgreSQL's folder: {e}"));
        let certificate = options.tls.then(|| make_certificate(&folder));
        runner.give(&folder);
        let watchdog = watch(&runner, &folder);

        let output = runner
            .command("initdb", &folder)
            .args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"])
            .args(["--locale=C", "--no-sync", "--pwfile"])
            .arg(&password_file)
            .arg("-D")
            .arg(folder.join("data"))
            .output();
        check("initdb", output);

        let port = serve(&runner, &folder, options, certificate.as_deref());
        let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
        Self { url, certificate, watchdog, options }
    }

    /// Another server that follows this one (streaming replication) and answers questions meanwhile.
    ///
    /// # Panics
    ///
    /// When it cannot be made or does not start.
    #[must_use]
    pub fn standby(&self) -> Self {
        let runner = Runner::find();
        let folder = new_folder();
        runner.give(&folder);
        let watchdog = watch(&runner, &folder);
        let output = runner
            .command("pg_basebackup", &folder)
            .args(["--checkpoint=fast", "--write-recovery-conf", "--no-sync", "-d", &self.url])
            .arg("-D")
            .arg(folder.join("data"))
            .output();
        check("pg_basebackup", output);
        let options = Options { tls: false, ..self.options };
        let port = serve(&runner, &folder, options, None);
        let (before, _) = self.url.rsplit_once(':').unwrap_or_default();
        Self { url: format!("{before}:{port}/postgres"), certificate: None, watchdog, options }
    }

    /// The URL of the server's own database `postgres`, as superuser.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server's certificate in PEM form, which is its own root, if it offers TLS.
    #[must_use]
    pub fn certificate(&self) -> Option<&Path> {
        self.certificate.as_deref()
    }

    /// A fresh, empty database on this server.
    ///
    /// # Panics
    ///
    /// When the server does not answer.
    #[must_use]
    pub fn database(&self) -> TestDatabase {
        TestDatabase::create(&self.url)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

/// The path of `psql`, of the same installation as the server.
///
/// # Panics
///
/// When no PostgreSQL is installed.
#[must_use]
pub fn psql() -> PathBuf {
    Runner::find().folder.join("psql")
}

/// Where the programs are, and as whom to run them.
struct Runner {
    folder: PathBuf,
    /// The user to become; PostgreSQL refuses to run as root.
    user: Option<&'static str>,
}

impl Runner {
    fn find() -> Self {
        let folder = find_programs().unwrap_or_else(|| {
            panic!(
                "no PostgreSQL server found on the PATH or in /usr/lib/postgresql; on Debian run \
                 `apt-get install postgresql`, elsewhere install PostgreSQL 13 or later, or name a \
                 running server in {}",
                crate::SERVER
            )
        });
        // A folder that this process just made belongs to whom the process runs as.
        let root = tempfile::tempdir()
            .and_then(|dir| dir.path().metadata())
            .is_ok_and(|metadata| metadata.uid() == 0);
        let user = root.then(|| if has_user("postgres") { "postgres" } else { "nobody" });
        Self { folder, user }
    }

    /// A folder on the PATH may link to some of the programs only.
    fn path(&self, program: &str) -> PathBuf {
        let own = self.folder.join(program);
        let linked = self.folder.join("pg_ctl").canonicalize().map(|p| p.with_file_name(program));
        linked.ok().filter(|path| !own.is_file() && path.is_file()).unwrap_or(own)
    }

    fn command(&self, program: &str, folder: &Path) -> Command {
        let path = self.path(program);
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--"]).arg(path);
                command
            }
            None => Command::new(path),
        };
        // The caller's own folder may be closed to that user. PG* would redirect the programs.
        command.current_dir(folder).stdin(Stdio::null());
        for name in ["PGDATA", "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGOPTIONS"] {
            command.env_remove(name);
        }
        command
    }

    /// Makes the user that PostgreSQL runs as the owner of the folder.
    fn give(&self, folder: &Path) {
        if let Some(user) = self.user {
            check("chown", Command::new("chown").args(["-R", user]).arg(folder).output());
        }
    }
}

/// A folder for a server, which its watchdog removes.
fn new_folder() -> PathBuf {
    tempfile::Builder::new()
        .prefix("frist-postgres-")
        .tempdir()
        .unwrap_or_else(|e| panic!("cannot make a temporary folder for PostgreSQL: {e}"))
        .keep()
}

/// Starts the server whose data lies in the folder; its port.
fn serve(runner: &Runner, folder: &Path, options: Options, certificate: Option<&Path>) -> u16 {
    let mut settings = String::from(
        "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=60 \
         -c timezone=UTC -c autovacuum_naptime=1h",
    );
    if !options.fsync {
        settings.push_str(" -c fsync=off -c full_page_writes=off");
    }
    if let Some(certificate) = certificate {
        let key = folder.join("server.key");
        settings.push_str(&format!(
            " -c ssl=on -c ssl_cert_file={} -c ssl_key_file={}",
            certificate.display(),
            key.display()
        ));
    }
    let mut last = None;
    // A port that is free now may be taken a moment later by somebody else.
    for _ in 0..5 {
        let port = free_port();
        let output = runner
            .command("pg_ctl", folder)
            .args(["start", "--wait", "--silent", "--timeout=60", "--log"])
            .arg(folder.join("log"))
            .arg("-o")
            .arg(format!("-p {port} {settings}"))
            .arg("-D")
            .arg(folder.join("data"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        match output {
            Ok(status) if status.success() => return port,
            other => last = Some(format!("{other:?}")),
        }
    }
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    panic!("PostgreSQL did not start ({}):\n{log}", last.unwrap_or_default());
}

/// Starts the process that stops the server and removes its folder when this one has gone.
fn watch(runner: &Runner, folder: &Path) -> Child {
    // `read` returns when the last holder of the pipe's other end has closed it: only this
    // process holds it, since Rust opens pipes close-on-exec.
    const SCRIPT: &str = r#"trap '' HUP INT TERM; read _; "$@" stop --silent --mode=immediate -D "$0/data"; rm -rf "$0""#;
    let mut command = Command::new("sh");
    command.arg("-c").arg(SCRIPT).arg(folder);
    if let Some(user) = runner.user {
        command.args(["runuser", "-u", user, "--"]);
    }
    command
        .arg(runner.folder.join("pg_ctl"))
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Not in the test's process group, so that Ctrl-C does not reach it.
        .process_group(0)
        .spawn()
        .unwrap_or_else(|e| panic!("cannot start the watchdog of the test server: {e}"))
}

/// The folder with `initdb` and `pg_ctl`: from the PATH, else the newest of Debian's.
fn find_programs() -> Option<PathBuf> {
    let complete =
        |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file();
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(folder) = std::env::split_paths(&path).find(complete) {
        return Some(folder);
    }
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, folder)| complete(folder))
        .collect();
    versions.sort();
    versions.pop().map(|(_, folder)| folder)
}

fn has_user(name: &str) -> bool {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    users.lines().any(|line| line.split(':').next() == Some(name))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .unwrap_or_else(|e| panic!("no free port on 127.0.0.1: {e}"))
        .port()
}

/// A self-signed certificate and its key, in the folder.
fn make_certificate(folder: &Path) -> PathBuf {
    let certificate = folder.join("server.crt");
    let output = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(folder.join("server.key"))
        .arg("-out")
        .arg(&certificate)
        .output();
    check("openssl", output);
    certificate
}

fn check(program: &str, output: std::io::Result<Output>) {
    match output {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            panic!("{program} failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Err(e) => panic!("cannot run {program}: {e}"),
    }
}

/// Random bytes as lower-case hexadecimal digits.
pub(crate) fn random_hex(bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut buffer))
        .unwrap_or_else(|e| panic!("no random numbers: {e}"));
    buffer.iter().map(|byte| format!("{byte:02x}")).collect()
}
