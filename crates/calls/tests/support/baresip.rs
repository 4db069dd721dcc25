//! baresip without a screen, steered over its control socket.

use super::{Process, free_port, missing};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A baresip that runs.
pub struct Baresip {
    process: Process,
    control: TcpStream,
    /// Where it takes SIP.
    pub port: u16,
    dir: tempfile::TempDir,
}

impl Baresip {
    /// Starts one with this account line's parameters (`;answermode=auto`, `;mediaenc=srtp-mand`). It speaks a tone of
    /// so many hertz.
    pub fn start(name: &str, params: &str, hertz: f64) -> Baresip {
        let dir = tempfile::tempdir().expect("a folder");
        let (port, control) = (free_port(), free_port());
        let wav = dir.path().join("speech.wav");
        speech(&wav, hertz);
        // Where it would else take any port, one of SIPp's or of a server's own among them.
        let config = format!(
            "sip_listen 127.0.0.1:{port}\nnet_interface 127.0.0.1\nrtp_ports 30000-32700\naudio_player aubridge,nil\n\
             audio_source aufile,{}\naudio_alert aubridge,alert\nausrc_srate 8000\nauplay_srate 8000\n\
             module_path /usr/lib/baresip/modules\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\nmodule srtp.so\n\
             module_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{control}\n",
            wav.display()
        );
        let account = format!("<sip:{name}@127.0.0.1:{port}>;regint=0;audio_codecs=pcma{params}\n");
        std::fs::write(dir.path().join("config"), config).expect("a configuration");
        std::fs::write(dir.path().join("accounts"), account).expect("an account");
        std::fs::write(dir.path().join("contacts"), "").expect("no contacts");
        let log = std::fs::File::create(dir.path().join("log")).expect("a log");
        let child = Command::new("baresip")
            .arg("-f")
            .arg(dir.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|_| panic!("{}", missing("baresip")));
        let process = Process { child, name: format!("baresip {name}") };
        let end = Instant::now() + Duration::from_secs(10);
        let control = loop {
            match TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], control))) {
                Ok(control) => break control,
                Err(_) if Instant::now() < end => std::thread::sleep(Duration::from_millis(50)),
                Err(error) => panic!("{}: {error}", process.name),
            }
        };
        control.set_read_timeout(Some(Duration::from_millis(200))).expect("a time-out");
        Baresip { process, control, port, dir }
    }

    /// Says a command (`dial`, `sndcode`, `hangup`).
    pub fn say(&mut self, command: &str, params: &str) {
        let text = format!("{{\"command\":\"{command}\",\"params\":\"{params}\"}}");
        let framed = format!("{}:{text},", text.len());
        self.control
            .write_all(framed.as_bytes())
            .unwrap_or_else(|error| panic!("{}: {error}", self.process.name));
        let mut answer = [0; 4096];
        let _ = self.control.read(&mut answer);
    }

    /// What it wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

fn speech(path: &Path, hertz: f64) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).expect("a WAV file");
    for at in 0..8000 * 20 {
        let turn = f64::from(at) * hertz / 8000.0 * std::f64::consts::TAU;
        writer.write_sample((turn.sin() * 8000.0) as i16).expect("a sample");
    }
    writer.finalize().expect("a WAV file");
}
