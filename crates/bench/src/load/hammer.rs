//! Asking: once by a plain client, many times by `wrk`; and nginx, which sends the same bytes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Ended;
use crate::Outcome;

/// What is asked for, and by whom.
pub struct Asked<'a> {
    /// Where.
    pub address: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// The cookie of somebody who signed in.
    pub cookie: Option<&'a str>,
    /// The token of a machine.
    pub token: Option<&'a str>,
}

impl Asked<'_> {
    fn headers(&self) -> Vec<(&'static str, String)> {
        let cookie = self.cookie.map(|c| ("Cookie", c.to_owned()));
        let token = self.token.map(|t| ("Authorization", format!("Bearer {t}")));
        cookie.into_iter().chain(token).collect()
    }
}

/// The body of one answer, which must be a good one; none while something is being counted for it.
pub fn get(asked: &Asked<'_>) -> Outcome<Option<Vec<u8>>> {
    let mut stream = TcpStream::connect(asked.address)?;
    let mut head = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-Forwarded-For: 10.0.0.1\r\n",
        asked.path, asked.address
    );
    for (name, value) in asked.headers() {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    if all.starts_with(b"HTTP/1.1 503") {
        return Ok(None);
    }
    if !all.starts_with(b"HTTP/1.1 200") {
        let line = all.split(|b| *b == b'\r').next().unwrap_or_default();
        return Err(format!("{}: {}", asked.path, String::from_utf8_lossy(line)).into());
    }
    let end = all.windows(4).position(|w| w == b"\r\n\r\n").ok_or("an answer without an end")?;
    let body = all.split_off(end + 4);
    // A page without its counts comes again by itself.
    let again = b"http-equiv=\"refresh\"";
    Ok((!body.windows(again.len()).any(|w| w == again)).then_some(body))
}

/// What requests took.
pub struct Took {
    /// Requests a second.
    pub each_second: f64,
    /// Half within so many milliseconds.
    pub p50: f64,
    /// 99 of 100.
    pub p99: f64,
    /// The slowest.
    pub most: f64,
}

/// Asks for so many seconds on so many connections; an answer that is not a good one is an error.
pub fn wrk(dir: &Path, asked: &Asked<'_>, connections: u32, seconds: u32) -> Outcome<Took> {
    let headers: Vec<String> =
        asked.headers().into_iter().map(|(n, v)| format!("[\"{n}\"] = \"{v}\"")).collect();
    // Each request from another address, in turn.
    let script = format!(
        r#"local n, base = 0, math.random(0, 99)
local headers = {{ {} }}
function request()
  n = n + 1
  headers["X-Forwarded-For"] = "10." .. base .. "." .. (math.floor(n / 200) % 40) .. "." .. (n % 200 + 1)
  return wrk.format("GET", nil, headers)
end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("TOOK %f %f %f %f %d\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
    e.connect + e.read + e.write + e.timeout + e.status))
end
"#,
        headers.join(", ")
    );
    let file = dir.join("ask.lua");
    std::fs::write(&file, script)?;
    let threads = connections.min(2).to_string();
    let done = Command::new("wrk")
        .args(["-t", &threads, "-c", &connections.to_string(), "-d", &seconds.to_string()])
        .args(["--timeout", "30s", "-s"])
        .arg(&file)
        .arg(format!("http://{}{}", asked.address, asked.path))
        .output()
        .map_err(|e| format!("wrk does not run ({e}); install it: apt-get install wrk"))?;
    let out = String::from_utf8_lossy(&done.stdout);
    let line = out.lines().find_map(|l| l.strip_prefix("TOOK "));
    let line = line.ok_or_else(|| format!("wrk told nothing: {out}"))?;
    let n: Vec<f64> = line.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let &[each_second, p50, p99, most, errors] = n.as_slice() else {
        return Err(format!("wrk told something else: {line}").into());
    };
    if errors > 0.0 {
        return Err(format!("{}: {errors} requests failed", asked.path).into());
    }
    Ok(Took { each_second, p50, p99, most })
}

/// nginx with a folder of files.
pub struct Nginx {
    /// Where it listens.
    pub address: String,
    root: PathBuf,
    _program: Ended,
}

impl Nginx {
    /// Starts it with two workers, and a log of requests as Frist has one.
    pub fn start(dir: &Path, port: u16) -> Outcome<Self> {
        let root = dir.join("files");
        std::fs::create_dir_all(&root)?;
        // Its workers are another user.
        use std::os::unix::fs::PermissionsExt as _;
        for folder in [dir, &root] {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
        }
        let at = dir.display();
        let config = format!(
            "daemon off;\nworker_processes 2;\npid {at}/nginx.pid;\nerror_log {at}/error.log;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log {at}/access.log; sendfile on; default_type text/html;\n\
             client_body_temp_path {at}/b; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f;\n\
             uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;\n\
             server {{ listen 127.0.0.1:{port}; root {at}/files; }} }}\n"
        );
        let file = dir.join("nginx.conf");
        std::fs::write(&file, config)?;
        let program = Command::new("nginx")
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| {
                format!("nginx does not run ({e}); install it: apt-get install nginx-light")
            })?;
        let program = Ended(program);
        let address = format!("127.0.0.1:{port}");
        for _ in 0..200 {
            if TcpStream::connect(&address).is_ok() {
                return Ok(Self { address, root, _program: program });
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Err("nginx did not begin to listen".into())
    }

    /// Puts a page there; its path.
    pub fn put(&self, body: &[u8]) -> Outcome<String> {
        std::fs::write(self.root.join("page.html"), body)?;
        Ok("/page.html".into())
    }
}
