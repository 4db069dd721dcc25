//! A whole SIP message of any bytes, as a datagram and from a stream: written and read again it is
//! the same, a stream takes no more than it has, and reading it as a recording client's INVITE ends
//! in a refusal or in streams.
#![no_main]

use frist_fuzz::calls::invites;
use frist_fuzz::seeds;
use frist_fuzz::sip::Message;
use frist_fuzz::siprec::request;
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds(invites),
    |bytes: &[u8]| {
        if let Ok(Some((message, taken))) = Message::from_stream(bytes) {
            assert!(taken <= bytes.len() && taken > 0);
            headers(&message);
        }
        let datagram = bytes::Bytes::copy_from_slice(bytes);
        match Message::from_datagram(&datagram) {
            Ok(message) => {
                headers(&message);
                let again = Message::from_datagram(&message.to_bytes()).expect("what we write can be read");
                assert_eq!(again, message);
                recording(&message);
            }
            // What is answered to a malformed request must be a message itself.
            Err(why) => {
                if let Some(answer) = why.answer {
                    headers(&answer);
                }
            }
        }
    }
);

/// Everything that is asked of a message's headers.
fn headers(message: &Message) {
    let _ = (message.method(), message.code(), message.content());
    let headers = &message.headers;
    let _ = (headers.cseq(), headers.via(), headers.number("Expires"));
    for name in ["From", "To", "Contact", "Route", "Record-Route"] {
        let addr = headers.addr(name);
        addr.map(|a| (a.tag().map(str::to_owned), a.uri.without_user(), a.to_string()));
    }
}

fn recording(message: &Message) {
    if let Err(why) = request::check(&message.headers) {
        assert!((400..500).contains(&why.code()));
        why.headers();
    }
    match request::read(message.headers.get("Content-Type"), &message.body) {
        Ok(said) => {
            let names = ["Session-ID".to_owned()];
            request::ids(&message.headers, &names, said.metadata.as_ref(), "");
            request::parties(&message.headers, said.metadata.as_ref());
        }
        Err(why) => assert!((400..500).contains(&why.code())),
    }
}
