mod cases;
mod laws;

use std::net::{IpAddr, Ipv4Addr};

use super::*;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// A slot that agrees to everything.
fn slot(port: u16) -> Slot {
    Slot { port, willing: Direction::SendRecv, codec: None, srtp: Srtp::AsOffered }
}

fn negotiation() -> Negotiation {
    Negotiation::new(HERE).unwrap()
}

/// The text with `\n` made CRLF, as a body.
fn body(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

fn parse(text: &str) -> Sdp {
    Sdp::parse(&body(text)).unwrap()
}

/// An ordinary offer with these lines after its `m=audio 6000 RTP/AVP 8 0 101`.
fn offer(attributes: &str) -> Sdp {
    parse(&format!(
        "v=0\no=- 1 1 IN IP4 198.51.100.7\ns=-\nc=IN IP4 198.51.100.7\nt=0 0\n\
         m=audio 6000 RTP/AVP 8 0 101\na=rtpmap:101 telephone-event/8000\n{attributes}"
    ))
}
