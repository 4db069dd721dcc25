//! SIPp scenarios put together from steps, and the RTP that they play.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A scenario that grows step by step.
#[derive(Clone)]
pub struct Script {
    steps: String,
    caller: bool,
    number: u32,
    keys: u32,
}

/// What says that the caller keeps a session timer of three seconds up.
const TIMER: &str = "Require: timer\nSession-Expires: 3;refresher=uac\n";

const ACCEPT: &str = "<recv response=\"100\" optional=\"true\"/>";

impl Script {
    /// One who calls: INVITE with an offer of A-law and telephone-event 101, up to the ACK.
    pub fn caller() -> Script {
        Script::caller_with("RTP/AVP", "")
    }

    /// The same with other SDP attributes.
    pub fn caller_with(protocol: &str, attributes: &str) -> Script {
        let mut script = Script { steps: String::new(), caller: true, number: 1, keys: 0 };
        script.send("INVITE", &sdp("[auto_media_port]", protocol, "sendrecv", attributes), "");
        script.recv_answer();
        script.ack();
        script
    }

    /// One who is called: rings, and answers after so many milliseconds.
    pub fn agent(ring: u32) -> Script {
        let mut script = Script { steps: String::new(), caller: false, number: 1, keys: 0 };
        script.recv_invite();
        script.respond("180 Ringing", None);
        script.pause(ring);
        script.respond("200 OK", Some("sendrecv"));
        script.expect("ACK")
    }

    /// One who is called and refuses with this line (`486 Busy Here`).
    pub fn refusing(line: &str) -> Script {
        let mut script = Script { steps: String::new(), caller: false, number: 1, keys: 0 };
        script.recv_invite();
        script.respond(line, None);
        script.expect("ACK")
    }

    /// One who is called, plays something before it answers (183 with SDP), and then answers.
    pub fn early(milliseconds: u32) -> Script {
        let mut script = Script { steps: String::new(), caller: false, number: 1, keys: 0 };
        script.recv_invite();
        script.respond("183 Session Progress", Some("sendrecv"));
        script = script.voice(milliseconds);
        script.pause(milliseconds);
        script.respond("200 OK", Some("sendrecv"));
        script.expect("ACK")
    }

    /// One who is called and gives its whole answer in a reliable provisional response (RFC 3262): 183 with SDP, then a
    /// reliable 180, each until its PRACK has come, and a 200 without a body.
    pub fn reliable(milliseconds: u32) -> Script {
        let mut script = Script { steps: String::new(), caller: false, number: 1, keys: 0 };
        script.recv_invite();
        for (number, line, direction) in
            [(1, "183 Session Progress", Some("sendrecv")), (2, "180 Ringing", None)]
        {
            let headers = format!("Require: 100rel\nRSeq: {number}\n");
            script.respond_to_invite(line, direction, &headers, " retrans=\"500\"");
            let _ = write!(
                script.steps,
                "<recv request=\"PRACK\"><action><ereg regexp=\"^ *{number} [0-9]+ INVITE\" search_in=\"hdr\" \
                 header=\"RAck:\" check_it=\"true\" assign_to=\"rack\"/></action></recv><Reference variables=\"rack\"/>"
            );
            script.answer_last("200 OK", "");
        }
        script = script.voice(milliseconds).wait(milliseconds);
        script.respond_to_invite("200 OK", None, "", " retrans=\"500\"");
        script.expect("ACK")
    }

    /// One who is called, wants a session timer of three seconds at least (422), and then answers. `allow` says what it
    /// takes besides INVITE: with UPDATE it is refreshed by UPDATE, without by re-INVITE.
    pub fn timed(allow: &str) -> Script {
        let mut script = Script { steps: String::new(), caller: false, number: 1, keys: 0 };
        script.recv_invite();
        script.answer_last("422 Session Interval Too Small", "Min-SE: 3\n");
        script.steps += "<recv request=\"ACK\"/>";
        script.recv_invite_with(
            "<ereg regexp=\"Session-Expires: *3\" search_in=\"msg\" check_it=\"true\" assign_to=\"expires\"/>",
        );
        script.steps += "<Reference variables=\"expires\"/>";
        let headers = format!("Allow: {allow}\n{TIMER}");
        script.respond_to_invite("200 OK", Some("sendrecv"), &headers, " retrans=\"500\"");
        script.expect("ACK")
    }

    /// Expects a refresh of the session timer by UPDATE without a body.
    pub fn expect_update(mut self) -> Script {
        self.steps += "<recv request=\"UPDATE\"><action><ereg regexp=\"Session-Expires: *3;refresher=uac\" \
                       search_in=\"msg\" check_it=\"true\" assign_to=\"update\"/></action></recv>\
                       <Reference variables=\"update\"/>";
        self.answer_last("200 OK", TIMER);
        self
    }

    /// Expects one by re-INVITE, which offers the session as it stands.
    pub fn expect_refresh(mut self) -> Script {
        self.steps += "<recv request=\"INVITE\"><action><ereg regexp=\"Session-Expires: *3;refresher=uac\" \
                       search_in=\"msg\" check_it=\"true\" assign_to=\"refresh\"/></action></recv>\
                       <Reference variables=\"refresh\"/>";
        self.answer_last_with(
            "200 OK",
            TIMER,
            &sdp("[auto_media_port]", "RTP/AVP", "sendrecv", ""),
        );
        self.expect("ACK")
    }

    /// One who is called and whose call is forked on the way, as its caller sees it: each of two branches gives its whole
    /// answer in a reliable 183 (media ports `[one]` and `[two]`), both numbered 1; the first one answers without a body,
    /// and then the second one does as well, which is acknowledged and hung up.
    pub fn forked() -> Script {
        let mut script = Script { steps: String::new(), caller: false, number: 1, keys: 0 };
        script.recv_invite();
        for (tag, port) in [("one", "[one]"), ("two", "[two]")] {
            let body = sdp(port, "RTP/AVP", "sendrecv", "");
            let headers = "Require: 100rel\nRSeq: 1\n";
            script.respond_as(tag, "183 Session Progress", &body, headers, " retrans=\"500\"");
            script.expect_to("PRACK", tag);
            script.answer_last("200 OK", "");
        }
        script.pause(300);
        script.respond_as("one", "200 OK", "", "", " retrans=\"500\"");
        script.expect_to("ACK", "one");
        script.respond_as("two", "200 OK", "", "", "");
        script.expect_to("ACK", "two");
        script.expect_to("BYE", "two");
        script.answer_last("200 OK", "");
        script.wait(2000)
    }

    /// Expects a request to the branch with this tag.
    fn expect_to(&mut self, method: &str, tag: &str) {
        let _ = write!(
            self.steps,
            "<recv request=\"{method}\"><action><ereg regexp=\"tag={tag}[0-9]\" search_in=\"hdr\" header=\"To:\" \
             check_it=\"true\" assign_to=\"branch\"/></action></recv><Reference variables=\"branch\"/>"
        );
    }

    /// One who is called, rings, and is cancelled.
    pub fn cancelled() -> Script {
        Script::cancelled_after("180 Ringing", None, 0)
    }

    /// One who is called, speaks before it answers (blocks from `first` on), and is cancelled.
    pub fn early_cancelled(first: u32, milliseconds: u32) -> Script {
        Script::cancelled_after("183 Session Progress", Some(first), milliseconds)
    }

    fn cancelled_after(line: &str, first: Option<u32>, milliseconds: u32) -> Script {
        let mut script = Script { steps: String::new(), caller: false, number: 1, keys: 0 };
        script.recv_invite();
        script.respond(line, first.map(|_| "sendrecv"));
        if let Some(first) = first {
            script = script.voice_from(first, milliseconds);
        }
        script.steps += "<recv request=\"CANCEL\"/>";
        script.respond("200 OK", None);
        let _ = write!(
            script.steps,
            "<send><![CDATA[\nSIP/2.0 487 Request Terminated\nVia:[$via]\nFrom:[$from]\nTo:[$to];tag=a[call_number]\n\
             [last_Call-ID:]\nCSeq: [$cseq]\nContent-Length: 0\n\n]]></send>"
        );
        script.expect("ACK")
    }

    fn recv_invite(&mut self) {
        self.recv_invite_with("");
    }

    /// An INVITE that is looked at more closely.
    fn recv_invite_with(&mut self, action: &str) {
        let keep = |header: &str, name: &str| {
            format!(
                "<ereg regexp=\".*\" search_in=\"hdr\" header=\"{header}:\" assign_to=\"{name}\"/>"
            )
        };
        let _ = write!(
            self.steps,
            "<recv request=\"INVITE\" rrs=\"true\"><action>{}{}{}{}\
             <ereg regexp=\"[0-9]+ INVITE\" search_in=\"hdr\" header=\"CSeq:\" assign_to=\"cseq\"/>{action}</action></recv>\
             <Reference variables=\"from,to,via,cseq,callid\"/>",
            keep("From", "from"),
            keep("To", "to"),
            keep("Via", "via"),
            keep("Call-ID", "callid"),
        );
    }

    fn respond(&mut self, line: &str, direction: Option<&str>) {
        let retrans =
            if line.starts_with("200") && direction.is_some() { " retrans=\"500\"" } else { "" };
        let body = direction
            .map(|direction| sdp("[auto_media_port]", "RTP/AVP", direction, ""))
            .unwrap_or_default();
        let tag = if self.caller { "" } else { ";tag=a[call_number]" };
        let to = if self.caller || line.is_empty() {
            "[last_To:]".to_owned()
        } else {
            format!("To:[$to]{tag}")
        };
        let _ = write!(
            self.steps,
            "<send{retrans}><![CDATA[\nSIP/2.0 {line}\n[last_Via:]\n[last_Record-Route:]\n[last_From:]\n{to}\n[last_Call-ID:]\n[last_CSeq:]\n\
             Contact: <sip:peer@[local_ip]:[local_port];transport=[transport]>\nAllow: INVITE, ACK, BYE, CANCEL, UPDATE, INFO\n{}]]></send>",
            with_body(&body),
        );
    }

    /// A response to the INVITE when another request came since.
    fn respond_to_invite(
        &mut self,
        line: &str,
        direction: Option<&str>,
        headers: &str,
        retrans: &str,
    ) {
        let body = direction.map(|direction| sdp("[auto_media_port]", "RTP/AVP", direction, ""));
        self.respond_as("a", line, &body.unwrap_or_default(), headers, retrans);
    }

    /// The same with this tag and body.
    fn respond_as(&mut self, tag: &str, line: &str, body: &str, headers: &str, retrans: &str) {
        let _ = write!(
            self.steps,
            "<send{retrans}><![CDATA[\nSIP/2.0 {line}\nVia:[$via]\nFrom:[$from]\nTo:[$to];tag={tag}[call_number]\n\
             Call-ID: [call_id]\nCSeq: [$cseq]\n\
             Contact: <sip:peer@[local_ip]:[local_port];transport=[transport]>\n{headers}{}]]></send>",
            with_body(body),
        );
    }

    /// A response to the request that came last, with its own To; a tag is put there when it has none.
    fn answer_last(&mut self, line: &str, headers: &str) {
        self.answer_last_with(line, headers, "");
    }

    fn answer_last_with(&mut self, line: &str, headers: &str, body: &str) {
        let to = if line.starts_with("422") { "To:[$to];tag=a[call_number]" } else { "[last_To:]" };
        let _ = write!(
            self.steps,
            "<send><![CDATA[\nSIP/2.0 {line}\n[last_Via:]\n[last_From:]\n{to}\n[last_Call-ID:]\n[last_CSeq:]\n\
             Contact: <sip:peer@[local_ip]:[local_port];transport=[transport]>\n{headers}{}]]></send>",
            with_body(body),
        );
    }

    fn send(&mut self, method: &str, body: &str, headers: &str) {
        let first = method == "INVITE" && self.number == 1;
        let uri = if first { "sip:[service]@[remote_ip]:[remote_port]" } else { "[next_url]" };
        let (from, to) = if self.caller {
            let tag = if first { "" } else { "[peer_tag_param]" };
            (
                "From: <sip:4512345678@[local_ip]:[local_port]>;tag=[pid]c[call_number]".to_owned(),
                format!("To: <sip:[service]@[remote_ip]:[remote_port]>{tag}"),
            )
        } else {
            ("From:[$to];tag=a[call_number]".to_owned(), "To:[$from]".to_owned())
        };
        let number = self.number + if self.caller { 0 } else { 100 };
        let (retrans, routes) =
            if method == "ACK" { ("", "[routes]\n") } else { (" retrans=\"500\"", "[routes]\n") };
        let _ = write!(
            self.steps,
            "<send{retrans}><![CDATA[\n{method} {uri} SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n\
             {}{from}\n{to}\nCall-ID: [call_id]\nCSeq: {number} {method}\nMax-Forwards: 70\n\
             Contact: <sip:peer@[local_ip]:[local_port];transport=[transport]>\nAllow: INVITE, ACK, BYE, CANCEL, UPDATE, INFO\n{headers}{}]]></send>",
            if first { "" } else { routes },
            with_body(body),
        );
    }

    fn recv_answer(&mut self) {
        self.steps += ACCEPT;
        self.steps += "<recv response=\"180\" optional=\"true\"/><recv response=\"183\" optional=\"true\"/>\
                       <recv response=\"200\" rrs=\"true\"/>";
    }

    fn ack(&mut self) {
        self.send("ACK", "", "");
    }

    fn pause(&mut self, milliseconds: u32) {
        let _ = write!(self.steps, "<pause milliseconds=\"{milliseconds}\"/>");
    }

    /// The same with telephone numbers (RFC 3966) for who calls and who is called.
    pub fn by_number(mut self, caller: &str, called: &str) -> Script {
        self.steps = self
            .steps
            .replace("<sip:4512345678@[local_ip]:[local_port]>", &format!("<tel:{caller}>"))
            .replace(
                "To: <sip:[service]@[remote_ip]:[remote_port]>",
                &format!("To: <tel:{called}>"),
            )
            .replace(
                "INVITE sip:[service]@[remote_ip]:[remote_port]",
                &format!("INVITE tel:{called}"),
            );
        self
    }

    /// Waits.
    pub fn wait(mut self, milliseconds: u32) -> Script {
        self.pause(milliseconds);
        self
    }

    /// Presses a key by RFC 4733.
    pub fn key(mut self, key: char) -> Script {
        self.keys += 1;
        let path = pcap_dir().join(format!("key{}{}.pcap", key_code(key), self.keys));
        write_once(&path, || key_pcap(key, self.keys));
        self.play(&path);
        self.wait(60)
    }

    /// Presses a key by INFO.
    pub fn info(mut self, key: char) -> Script {
        self.number += 1;
        let body = format!("Signal={key}\nDuration=160\n");
        self.send("INFO", &body, "");
        self.steps += "<recv response=\"200\"/>";
        self
    }

    /// Speaks for so long, at the same time as what follows.
    pub fn voice(self, milliseconds: u32) -> Script {
        self.voice_from(0, milliseconds)
    }

    /// The same, with blocks numbered from `first`; the `n`th key of a call is where block 2000 * n would be.
    pub fn voice_from(mut self, first: u32, milliseconds: u32) -> Script {
        let path = pcap_dir().join(format!("voice{first}-{milliseconds}.pcap"));
        write_once(&path, || voice_pcap(first, milliseconds));
        self.play(&path);
        self
    }

    fn play(&mut self, path: &Path) {
        let _ = write!(
            self.steps,
            "<nop><action><exec play_pcap_audio=\"{}\"/></action></nop>",
            path.display()
        );
    }

    /// A re-INVITE with this direction.
    pub fn reinvite(mut self, direction: &str) -> Script {
        self.number += 1;
        self.send("INVITE", &sdp("[auto_media_port]", "RTP/AVP", direction, ""), "");
        self.recv_answer();
        self.ack();
        self
    }

    /// A re-INVITE that holds in the old way, by `c=0.0.0.0`.
    pub fn reinvite_old_hold(mut self) -> Script {
        self.number += 1;
        let body = sdp("[auto_media_port]", "RTP/AVP", "sendrecv", "")
            .replace("c=IN IP4 [media_ip]", "c=IN IP4 0.0.0.0");
        self.send("INVITE", &body, "");
        self.recv_answer();
        self.ack();
        self
    }

    /// An UPDATE with this direction.
    pub fn update(mut self, direction: &str) -> Script {
        self.number += 1;
        self.send("UPDATE", &sdp("[auto_media_port]", "RTP/AVP", direction, ""), "");
        self.steps += "<recv response=\"200\"/>";
        self
    }

    /// Expects a re-INVITE that offers `offered` and answers it.
    pub fn expect_reinvite(mut self, offered: &str, answer: &str) -> Script {
        let _ = write!(
            self.steps,
            "<recv request=\"INVITE\"><action><ereg regexp=\"a={offered}\" search_in=\"body\" check_it=\"true\" assign_to=\"offered\"/>\
             </action></recv><Reference variables=\"offered\"/>"
        );
        let caller = std::mem::replace(&mut self.caller, true);
        self.respond("200 OK", Some(answer));
        self.caller = caller;
        self.expect("ACK")
    }

    /// Expects an INFO with this key.
    pub fn expect_info(mut self, key: char) -> Script {
        let _ = write!(
            self.steps,
            "<recv request=\"INFO\"><action><ereg regexp=\"Signal={key}\" search_in=\"body\" check_it=\"true\" assign_to=\"signal\"/>\
             </action></recv><Reference variables=\"signal\"/>"
        );
        let caller = std::mem::replace(&mut self.caller, true);
        self.respond("200 OK", None);
        self.caller = caller;
        self
    }

    /// Expects a request without answering it (ACK).
    pub fn expect(mut self, method: &str) -> Script {
        let _ = write!(self.steps, "<recv request=\"{method}\"/>");
        self
    }

    /// Hangs up.
    pub fn bye(mut self) -> Script {
        self.number += 1;
        self.send("BYE", "", "");
        self.steps += "<recv response=\"200\"/>";
        self
    }

    /// Is hung up.
    pub fn expect_bye(mut self) -> Script {
        self.steps += "<recv request=\"BYE\"/>";
        let caller = std::mem::replace(&mut self.caller, true);
        self.respond("200 OK", None);
        self.caller = caller;
        self
    }

    /// The scenario's text.
    pub fn xml(&self) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\" ?>\n<scenario name=\"script\">\n{}\n</scenario>\n",
            self.steps.replace("><", ">\n<")
        )
    }
}

fn sdp(port: &str, protocol: &str, direction: &str, attributes: &str) -> String {
    format!(
        "v=0\no=peer 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\nm=audio {port} {protocol} 8 0 101\n\
         a=rtpmap:8 PCMA/8000\na=rtpmap:0 PCMU/8000\na=rtpmap:101 telephone-event/8000\na={direction}\n{attributes}"
    )
}

fn with_body(body: &str) -> String {
    let kind =
        if body.starts_with("Signal") { "application/dtmf-relay" } else { "application/sdp" };
    if body.is_empty() {
        "Content-Length: 0\n\n".to_owned()
    } else {
        format!("Content-Type: {kind}\nContent-Length: [len]\n\n{body}")
    }
}

/// Where pcaps lie: made once for all tests, the same bytes each time.
fn pcap_dir() -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pcap");
    std::fs::create_dir_all(&dir).expect("a folder for pcaps");
    dir
}

fn write_once(path: &Path, bytes: impl FnOnce() -> Vec<u8>) {
    if !path.exists() {
        let own = path.with_extension(format!(
            "{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        std::fs::write(&own, bytes()).expect("a pcap");
        std::fs::rename(&own, path).expect("a pcap");
    }
}

fn key_code(key: char) -> u8 {
    b"0123456789*#ABCD".iter().position(|have| *have as char == key).expect("a key") as u8
}

/// The `count`th press of a call: 100 ms of RFC 4733 with three end packets.
fn key_pcap(key: char, count: u32) -> Vec<u8> {
    // Sequence and timestamp go up together, as in `voice_from`.
    let stamp = 160 * 2000 * count;
    let packets = (0..8_u32).map(|at| {
        let duration = (160 * (at + 1)).min(800) as u16;
        let end = if at >= 5 { 0x80 } else { 0 };
        let [high, low] = duration.to_be_bytes();
        let marker = if at == 0 { 0x80 } else { 0 };
        (
            20 * at,
            rtp(
                101 | marker,
                (2000 * count + at) as u16,
                stamp,
                &[key_code(key), 10 | end, high, low],
            ),
        )
    });
    pcap(packets)
}

/// What a voice says in its `at`th block of 20 ms: easily told from silence and from any other block.
pub fn voice_block(at: u32) -> [u8; 160] {
    let mut state = at.wrapping_mul(2_654_435_761) | 1;
    std::array::from_fn(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
}

fn voice_pcap(first: u32, milliseconds: u32) -> Vec<u8> {
    let packet =
        |at: u32| rtp(8, (first + at) as u16, 160 * (first + at), &voice_block(first + at));
    pcap((0..milliseconds / 20).map(|at| (20 * at, packet(at))))
}

fn rtp(kind: u8, sequence: u16, stamp: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, kind];
    packet.extend(sequence.to_be_bytes());
    packet.extend(stamp.to_be_bytes());
    packet.extend(0x5eed_u32.to_be_bytes());
    packet.extend(payload);
    packet
}

/// Ethernet, IPv4 and UDP around each; SIPp puts its own addresses in.
fn pcap(packets: impl Iterator<Item = (u32, Vec<u8>)>) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 2 | 4 << 16, 0, 0, 65_535, 1] {
        file.extend(word.to_le_bytes());
    }
    for (at, rtp) in packets {
        let length = (42 + rtp.len()) as u32;
        for word in [1 + at / 1000, at % 1000 * 1000, length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend([0; 12]);
        file.extend([8, 0, 0x45, 0]);
        file.extend((28 + rtp.len() as u16).to_be_bytes());
        file.extend([0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
        file.extend([0x17, 0x70, 0x17, 0x70]);
        file.extend((8 + rtp.len() as u16).to_be_bytes());
        file.extend([0, 0]);
        file.extend(rtp);
    }
    file
}
