//! What holds for the answer to any offer.

use proptest::prelude::*;

use super::*;

fn a_format() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("8".to_owned()),
        4 => Just("0".to_owned()),
        2 => Just("101".to_owned()),
        1 => (0u8..=127).prop_map(|n| n.to_string()),
        1 => Just("t38".to_owned()),
    ]
}

fn an_attribute() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("sendrecv".to_owned()),
        Just("sendonly".to_owned()),
        Just("recvonly".to_owned()),
        Just("inactive".to_owned()),
        Just("rtpmap:101 telephone-event/8000".to_owned()),
        (0u8..=127).prop_map(|n| format!("rtpmap:{n} PCMA/8000")),
        (1u8..=9, any::<[u8; 30]>()).prop_map(|(tag, key)| {
            use base64::Engine as _;
            let key = base64::engine::general_purpose::STANDARD.encode(key);
            format!("crypto:{tag} AES_CM_128_HMAC_SHA1_80 inline:{key}")
        }),
        "label:[a-z0-9_]{1,9}",
        "[ -~]{0,20}",
    ]
}

fn a_connection() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("c=IN IP4 198.51.100.7\n".to_owned()),
        1 => Just("c=IN IP4 0.0.0.0\n".to_owned()),
        1 => Just("c=IN IP6 2001:db8::1\n".to_owned()),
        1 => Just("c=IN IP4 host.example\n".to_owned()),
        1 => Just(String::new()),
    ]
}

fn a_stream() -> impl Strategy<Value = String> {
    let kind = prop_oneof![6 => Just("audio"), 1 => Just("video"), 1 => Just("image")];
    let port = prop_oneof![1 => Just(0u16), 6 => any::<u16>()];
    let protocol = prop_oneof![
        5 => Just("RTP/AVP"),
        3 => Just("RTP/SAVP"),
        1 => Just("RTP/AVPF"),
        1 => Just("UDP/TLS/RTP/SAVPF"),
    ];
    let formats = prop::collection::vec(a_format(), 0..5);
    let attributes = prop::collection::vec(an_attribute(), 0..6);
    (kind, port, protocol, formats, a_connection(), attributes).prop_map(
        |(kind, port, protocol, formats, connection, attributes)| {
            let attributes: String = attributes.iter().map(|a| format!("a={a}\n")).collect();
            format!("m={kind} {port} {protocol} {}\n{connection}{attributes}", formats.join(" "))
        },
    )
}

fn an_offer() -> impl Strategy<Value = String> {
    (a_connection(), prop::collection::vec(a_stream(), 0..4))
        .prop_map(|(connection, streams)| format!("v=0\n{connection}t=0 0\n{}", streams.concat()))
}

fn a_direction() -> impl Strategy<Value = Direction> {
    (any::<bool>(), any::<bool>()).prop_map(|(sends, receives)| Direction::of(sends, receives))
}

fn a_slot() -> impl Strategy<Value = Slot> {
    (
        1u16..,
        a_direction(),
        prop_oneof![3 => Just(Srtp::AsOffered), 1 => Just(Srtp::Required), 1 => Just(Srtp::Never)],
    )
        .prop_map(|(port, willing, srtp)| Slot { port, willing, codec: None, srtp })
}

/// Everything that must be true of the answer to this offer.
fn holds(offer: &Sdp, slots: &[Option<Slot>], answer: &Answer) {
    let ours = Sdp::parse(answer.body.as_bytes()).unwrap();
    assert_eq!(ours.media.len(), offer.media.len());
    for (index, (ours, theirs)) in ours.media.iter().zip(&offer.media).enumerate() {
        assert_eq!((&ours.kind, &ours.protocol), (&theirs.kind, &theirs.protocol));
        let agreed = match &answer.streams[index] {
            Ok(agreed) => agreed,
            Err(_) => {
                assert_eq!(ours.port, 0);
                continue;
            }
        };
        let slot = slots[index].unwrap();
        assert_ne!(theirs.port, 0);
        assert_eq!(ours.port, slot.port);
        // Only formats that were offered, under their numbers.
        assert!(ours.formats.iter().all(|f| theirs.formats.contains(f)));
        assert!(theirs.codecs().any(|c| c == (agreed.codec, agreed.pt)));
        assert_eq!(ours.codecs().collect::<Vec<_>>(), [(agreed.codec, agreed.pt)]);
        assert_eq!(ours.telephone_event(), theirs.telephone_event());
        // Never wider than the offer, nor than what we are willing to do.
        assert_eq!(ours.direction, agreed.direction);
        assert!(agreed.direction.within(theirs.flow().reversed()));
        assert!(agreed.direction.within(slot.willing));
        assert!(!agreed.direction.sends() || agreed.remote.is_some());
        // Protected exactly when both sides have a key; never plain where it must not be.
        let secure =
            matches!(theirs.protocol, Protocol::Srtp { .. }) || slot.srtp == Srtp::Required;
        assert!(!secure || agreed.srtp.is_some());
        assert!(slot.srtp != Srtp::Never || agreed.srtp.is_none());
        assert_eq!(ours.crypto.len(), usize::from(agreed.srtp.is_some()));
        if let (Some(keys), Some(Ok(line))) = (&agreed.srtp, ours.crypto.first()) {
            let offered =
                theirs.crypto.iter().flatten().find(|c| c.tag == line.tag && c.suite == line.suite);
            assert!(offered.is_some());
            assert_ne!(keys.ours, keys.theirs);
        }
    }
}

proptest! {
    #[test]
    fn any_answer_is_valid_and_never_widens(
        rounds in prop::collection::vec((an_offer(), prop::collection::vec(prop::option::weighted(0.9, a_slot()), 4)), 1..4)
    ) {
        let mut n = negotiation();
        let (mut version, mut last) = (0, String::new());
        for (text, slots) in &rounds {
            let offer = parse(text);
            let slots = &slots[..offer.media.len()];
            match n.answer(&offer, slots) {
                Ok(answer) => {
                    holds(&offer, slots, &answer);
                    // The version goes up exactly when the text changed.
                    prop_assert_eq!(n.version(), version + u64::from(answer.body != last));
                    (version, last) = (n.version(), answer.body);
                }
                Err(NegotiationError::Nothing(_)) => prop_assert_eq!(n.version(), version),
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut text = b"v=0\n".to_vec();
        text.extend(bytes);
        if let Ok(sdp) = Sdp::parse(&text) {
            let slots = vec![Some(slot(7000)); sdp.media.len()];
            if let Ok(answer) = negotiation().answer(&sdp, &slots) {
                holds(&sdp, &slots, &answer);
            }
        }
    }

    #[test]
    fn any_answer_to_us_stays_within_our_offer(
        text in an_offer(),
        direction in a_direction(),
        srtp in any::<bool>(),
    ) {
        let mut n = negotiation();
        let line = OfferLine { port: 7000, codecs: vec![Codec::Pcma], dtmf_pt: None, direction, srtp, label: None };
        n.offer(&[line]).unwrap();
        for stream in n.accept(&parse(&text)).into_iter().flatten().flatten() {
            prop_assert!(stream.direction.within(direction));
            prop_assert!(!stream.direction.sends() || stream.remote.is_some());
            prop_assert_eq!(stream.codec, Codec::Pcma);
            prop_assert_eq!(stream.srtp.is_some(), srtp);
        }
    }
}
