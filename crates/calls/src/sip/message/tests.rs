use super::*;
use proptest::prelude::*;

fn datagram(text: &str) -> Result<Message, Malformed> {
    Message::from_datagram(&Bytes::copy_from_slice(text.as_bytes()))
}

/// The shape of RFC 4475 section 3.1.1.1: everything odd, nothing wrong.
const TORTUOUS: &str = "\r\nINVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\n\
    TO :\r\n sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\n\
    from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n\
    MaX-fOrWaRdS: 0068\r\n\
    i: wsinv.ndaksdj@192.0.2.1\r\n\
    cseq: 0009\r\n  INVITE\r\n\
    v: SIP  / 2.0  / TCP     192.0.2.2 ;branch=390skdjuw, SIP/2.0/UDP\t[2001:db8::1]:5070;branch=z9hG4bK77asjd;rport\r\n\
    k: timer,\r\n\t100rel\r\n\
    NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n\
    c: application/sdp\r\nL: 4\r\n\r\nv=0\r\nrest";

#[test]
fn odd_but_legal() {
    let message = datagram(TORTUOUS).unwrap();
    assert_eq!(message.method(), Some("INVITE"));
    assert_eq!(message.headers.addr("To").unwrap().tag(), Some("1918181833n"));
    assert_eq!(message.headers.addr("From").unwrap().tag(), Some("98asjd8"));
    assert_eq!(message.headers.number("Max-Forwards"), Some(68));
    assert_eq!(message.headers.cseq(), Some((9, "INVITE".to_owned())));
    assert_eq!(message.headers.get("Call-ID"), Some("wsinv.ndaksdj@192.0.2.1"));
    assert_eq!(message.headers.via().unwrap().transport, "TCP");
    assert_eq!(message.headers.list("Via").len(), 2);
    assert_eq!(Via::parse(message.headers.list("Via")[1]).unwrap().host, "2001:db8::1");
    assert!(message.headers.lists("Supported", "100REL"));
    assert_eq!(&message.body[..], b"v=0\r");
    assert!(message.content().unwrap().is("Application/SDP"));
}

#[test]
fn bare_line_feeds_and_no_length() {
    let message = datagram(
        "BYE sip:a@b SIP/2.0\nVia: SIP/2.0/UDP b;branch=z9hG4bK1\nf: <sip:x@y>;tag=1\n\nbody",
    )
    .unwrap();
    assert_eq!((message.method(), &message.body[..]), (Some("BYE"), &b"body"[..]));
}

#[test]
fn a_cut_datagram_is_answered() {
    let cut = "INVITE sip:a@b SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 5000\r\n\r\nv=0";
    let refused = datagram(cut).unwrap_err();
    assert_eq!((refused.code, refused.answer.unwrap().headers.get("Call-ID")), (400, Some("1")));
    assert_eq!(datagram("INVITE sip:a@b SIP/3.0\r\n\r\n").unwrap_err().code, 505);
    let two = "INVITE sip:a@b SIP/2.0\r\nl: 1\r\nContent-Length: 2\r\n\r\nab";
    assert_eq!(datagram(two).unwrap_err().what, "there are two Content-Lengths");
    assert!(datagram("GET / HTTP/1.1\r\n\r\n").unwrap_err().answer.is_none());
    assert!(datagram("").is_err());
}

#[test]
fn a_stream_gives_one_message_after_the_other() {
    let one = "OPTIONS sip:a SIP/2.0\r\nl: 2\r\n\r\nhi";
    let both = format!("{one}\r\n\r\n{one}");
    for cut in 0..one.len() {
        assert_eq!(Message::from_stream(&one.as_bytes()[..cut]).unwrap(), None, "{cut}");
    }
    let (message, took) = Message::from_stream(both.as_bytes()).unwrap().unwrap();
    assert_eq!((took, &message.body[..]), (one.len(), &b"hi"[..]));
    let (_, rest) = Message::from_stream(&both.as_bytes()[took..]).unwrap().unwrap();
    assert_eq!(took + rest, both.len());
}

#[test]
fn a_value_cannot_bring_a_header_with_it() {
    let mut message = datagram("OPTIONS sip:a SIP/2.0\r\n\r\n").unwrap();
    message.headers.push("Subject", "x\r\nVia: evil");
    let again = Message::from_datagram(&message.to_bytes()).unwrap();
    assert_eq!(again.headers.get("Via"), None);
}

proptest! {
    #[test]
    fn whatever_comes_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0_usize..500, put in any::<u8>()) {
        let _ = Message::from_datagram(&Bytes::from(bytes.clone()));
        let _ = Message::from_stream(&bytes);
        let mut odd = TORTUOUS.as_bytes().to_vec();
        let at = at % odd.len();
        odd[at] = put;
        if let Ok(message) = Message::from_datagram(&Bytes::from(odd)) {
            let headers = &message.headers;
            let _ = (headers.addr("To"), headers.addr("From"), headers.cseq(), headers.via(), headers.list("Route"));
            let again = Message::from_datagram(&message.to_bytes()).unwrap();
            prop_assert_eq!(again.body, message.body);
            prop_assert_eq!(again.headers, message.headers);
        }
    }
}
