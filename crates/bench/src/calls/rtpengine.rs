//! rtpengine in userspace, told what to do by its own protocol: bencoded dictionaries over UDP.

use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Server;
use crate::Outcome;

pub struct Rtpengine {
    child: Child,
    control: UdpSocket,
    folder: PathBuf,
    calls: usize,
}

impl Rtpengine {
    /// Starts it as `calls.md`'s measurement did: recording to pcap, no kernel module.
    pub fn start(folder: &Path, threads: usize) -> Outcome<Rtpengine> {
        std::fs::create_dir_all(folder)?;
        let port = UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new("rtpengine")
            .args(["--table=-1", "--interface=127.0.0.1", "--recording-method=pcap"])
            .args(["--recording-format=eth", "-f", "-E", "-L", "4", "-m", "30000", "-M", "39998"])
            .args(["--delete-delay=0", "--timeout=120"])
            .arg(format!("--num-threads={threads}"))
            .arg(format!("--listen-ng=127.0.0.1:{port}"))
            .arg(format!("--recording-dir={}", folder.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("cannot start rtpengine (Debian: rtpengine-daemon): {e}"))?;
        let control = UdpSocket::bind("127.0.0.1:0")?;
        control.connect(("127.0.0.1", port))?;
        control.set_read_timeout(Some(Duration::from_millis(500)))?;
        let engine = Rtpengine { child, control, folder: folder.to_owned(), calls: 0 };
        let until = Instant::now() + Duration::from_secs(10);
        while engine.ask("d7:command4:pinge").is_err() {
            if Instant::now() > until {
                return Err("rtpengine does not answer".into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(engine)
    }

    fn ask(&self, dictionary: &str) -> Outcome<String> {
        let mut buffer = [0; 65_536];
        self.control.send(format!("c{} {dictionary}", self.calls).as_bytes())?;
        let length = self.control.recv(&mut buffer)?;
        let answer = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if answer.contains("6:result2:ok") || answer.contains("6:result4:pong") {
            Ok(answer)
        } else {
            Err(format!("rtpengine refused: {answer}").into())
        }
    }

    /// Offers or answers; the port that rtpengine puts into the SDP.
    fn describe(&self, command: &str, port: u16) -> Outcome<u16> {
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
        );
        let call = self.calls.to_string();
        let mut pairs = vec![
            ("ICE", string("remove")),
            ("call-id", string(&call)),
            ("command", string(command)),
            ("from-tag", string("a")),
            ("record call", string("yes")),
            ("replace", format!("l{}{}e", string("origin"), string("session-connection"))),
            ("sdp", string(&sdp)),
        ];
        if command == "answer" {
            pairs.push(("to-tag", string("b")));
        }
        let body: String = pairs.iter().map(|(key, value)| string(key) + value).collect();
        let answer = self.ask(&format!("d{body}e"))?;
        let port = answer.split("m=audio ").nth(1).and_then(|rest| rest.split(' ').next());
        Ok(port.ok_or("no port in rtpengine's SDP")?.parse()?)
    }
}

fn string(text: &str) -> String {
    format!("{}:{text}", text.len())
}

impl Server for Rtpengine {
    fn name(&self) -> &'static str {
        "rtpengine"
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    fn call(&mut self, caller: u16, agent: u16) -> Outcome<(u16, u16)> {
        self.calls += 1;
        // The offer's SDP goes on to the agent, so its port takes what the agent sends.
        let to_agent_side = self.describe("offer", caller)?;
        let to_caller_side = self.describe("answer", agent)?;
        Ok((to_caller_side, to_agent_side))
    }

    fn end(&mut self) -> Outcome<(u64, u64)> {
        for call in 1..=self.calls {
            let call = string(&call.to_string());
            self.ask(&format!("d7:call-id{call}7:command6:delete8:from-tag1:ae"))?;
        }
        // The files are closed a moment later.
        std::thread::sleep(Duration::from_secs(2));
        let mut bytes = 0;
        for entry in std::fs::read_dir(self.folder.join("pcaps"))? {
            // The file's own header is 24 bytes; a packet has one of 16, and Ethernet, IP and UDP.
            bytes += entry?.metadata()?.len().saturating_sub(24);
        }
        Ok((bytes / (16 + 14 + 20 + 8 + 172), 0))
    }
}

impl Drop for Rtpengine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
