//! What real clients send, one test a shape.

use super::*;

/// Our answer's lines that begin so.
fn lines<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    text.lines().filter(|l| l.starts_with(start)).collect()
}

#[test]
fn an_answer_whole() {
    let mut n = negotiation();
    let (text, agreed) = n.answer_one(&offer("a=ptime:30\n"), slot(7000)).unwrap();
    let id = text.lines().nth(1).unwrap().split(' ').nth(1).unwrap().to_owned();
    let expected = format!(
        "v=0\no=- {id} 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n\
         m=audio 7000 RTP/AVP 8 101\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\n\
         a=fmtp:101 0-15\na=ptime:20\na=sendrecv\n"
    );
    assert_eq!(text.as_bytes(), body(&expected));
    assert_eq!(agreed.remote, Some("198.51.100.7:6000".parse().unwrap()));
    assert_eq!((agreed.codec, agreed.pt, agreed.dtmf_pt), (Codec::Pcma, 8, Some(101)));
    assert_eq!((agreed.ptime, agreed.rtcp, agreed.srtp), (30, None, None));
}

#[test]
fn bare_line_feeds_no_last_one_and_unknown_lines() {
    let text = "v=0\no=x\nr=7d 1h\nz=?\nk=prompt\nthis is no line\n=\ns=\nt=never\nb=AS:64\n\
                a=sendonly\na=rtcp-fb:* nack\na=candidate:what\nc=IN IP4 198.51.100.7\n\
                m=audio 6000 RTP/AVP 0\na=label:a_leg\na=crypto:nonsense\na=rtpmap:nonsense";
    let sdp = Sdp::parse(text.as_bytes()).unwrap();
    assert_eq!(sdp.media[0].label.as_deref(), Some("a_leg"));
    assert_eq!(sdp.media[0].direction, Direction::SendOnly);
    let (text, agreed) = negotiation().answer_one(&sdp, slot(7000)).unwrap();
    assert_eq!(agreed.direction, Direction::RecvOnly);
    assert_eq!(lines(&text, "t="), ["t=0 0"]);
}

#[test]
fn carriage_returns_alone_and_a_byte_order_mark() {
    let text = "\u{feff}v=0\rc=IN IP4 198.51.100.7\rm=audio 6000 RTP/AVP 0\r";
    assert_eq!(Sdp::parse(text.as_bytes()).unwrap().media.len(), 1);
}

#[test]
fn labels_of_any_shape() {
    for label in ["1", "a_leg", "16777227", "urn:uuid:0 x", "æ"] {
        let sdp = offer(&format!("a=label:{label}\n"));
        let (_, agreed) = negotiation().answer_one(&sdp, slot(7000)).unwrap();
        assert_eq!(agreed.label.as_deref(), Some(label));
    }
}

#[test]
fn video_is_declined_by_port_0_where_it_stood() {
    let sdp = parse(
        "v=0\nc=IN IP4 198.51.100.7\nm=video 6002 RTP/AVP 96\na=rtpmap:96 H264/90000\n\
         m=audio 6000 RTP/AVP 8\nm=image 6004 udptl t38\nm=audio 0 RTP/AVP 8\n",
    );
    let (text, agreed) = negotiation().answer_one(&sdp, slot(7000)).unwrap();
    assert_eq!(agreed.index, 1);
    assert_eq!(
        lines(&text, "m="),
        [
            "m=video 0 RTP/AVP 96",
            "m=audio 7000 RTP/AVP 8",
            "m=image 0 udptl t38",
            "m=audio 0 RTP/AVP 8"
        ]
    );
}

#[test]
fn two_streams_with_a_connection_each_one_of_them_ipv6() {
    let sdp = parse(
        "v=0\nm=audio 6000 RTP/AVP 8\nc=IN IP4 198.51.100.7/127\na=sendonly\n\
         m=audio 6002 RTP/AVP 0\nc=IN IP6 2001:db8::1\na=rtcp:6100\na=inactive\n",
    );
    let answer = negotiation().answer(&sdp, &[Some(slot(7000)), Some(slot(7002))]).unwrap();
    let [a, b]: [&Agreed; 2] = answer.agreed().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(a.remote, Some("198.51.100.7:6000".parse().unwrap()));
    assert_eq!(b.remote, Some("[2001:db8::1]:6002".parse().unwrap()));
    assert_eq!(b.rtcp, Some("[2001:db8::1]:6100".parse().unwrap()));
    assert_eq!((a.direction, b.direction), (Direction::RecvOnly, Direction::Inactive));
    assert_eq!(lines(&answer.body, "a=recvonly").len(), 1);
    assert_eq!(lines(&answer.body, "a=inactive").len(), 1);
}

#[test]
fn our_own_ipv6_address() {
    let mut n = Negotiation::new("2001:db8::5".parse().unwrap()).unwrap();
    let (text, _) = n.answer_one(&offer(""), slot(7000)).unwrap();
    assert_eq!(lines(&text, "c="), ["c=IN IP6 2001:db8::5"]);
}

#[test]
fn hold_in_the_old_way_is_not_sent_to() {
    for (direction, ours) in [
        ("sendrecv", Direction::RecvOnly),
        ("recvonly", Direction::Inactive),
        ("inactive", Direction::Inactive),
    ] {
        for zero in ["IN IP4 0.0.0.0", "IN IP6 ::"] {
            let sdp = offer(&format!("c={zero}\na={direction}\n"));
            let (_, agreed) = negotiation().answer_one(&sdp, slot(7000)).unwrap();
            assert_eq!((agreed.direction, agreed.remote), (ours, None), "{direction} {zero}");
        }
    }
}

#[test]
fn a_host_name_is_no_address_but_can_be_listened_to() {
    let sdp = offer("c=IN IP4 media.example\n");
    let sent = negotiation().answer_one(&sdp, slot(7000));
    assert_eq!(sent.unwrap_err(), NegotiationError::Nothing(Declined::Address));
    let listen = Slot { willing: Direction::RecvOnly, ..slot(7000) };
    let (_, agreed) = negotiation().answer_one(&sdp, listen).unwrap();
    assert_eq!((agreed.direction, agreed.remote), (Direction::RecvOnly, None));
}

#[test]
fn formats_by_other_numbers_and_numbers_with_other_formats() {
    let text = "v=0\nc=IN IP4 198.51.100.7\nm=audio 6000 RTP/AVP 9 0 96 97 98\n\
                a=rtpmap:0 G722/16000\na=rtpmap:96 pcma/8000/1\n\
                a=rtpmap:97 telephone-event/16000\na=rtpmap:98 Telephone-Event/8000\n";
    let (answer, agreed) = negotiation().answer_one(&parse(text), slot(7000)).unwrap();
    assert_eq!((agreed.codec, agreed.pt, agreed.dtmf_pt), (Codec::Pcma, 96, Some(98)));
    assert_eq!(lines(&answer, "m="), ["m=audio 7000 RTP/AVP 96 98"]);
    let stereo = "v=0\nc=IN IP4 198.51.100.7\nm=audio 6000 RTP/AVP 96\na=rtpmap:96 PCMA/8000/2\n";
    let refused = negotiation().answer_one(&parse(stereo), slot(7000)).unwrap_err();
    assert_eq!(refused, NegotiationError::Nothing(Declined::Codec));
}

#[test]
fn numbers_in_an_odd_spelling_are_no_payload_types() {
    for odd in ["08", "+8", "264"] {
        let text = format!("v=0\nc=IN IP4 198.51.100.7\nm=audio 6000 RTP/AVP {odd}\n");
        let refused = negotiation().answer_one(&parse(&text), slot(7000)).unwrap_err();
        assert_eq!(refused, NegotiationError::Nothing(Declined::Codec), "{odd}");
    }
}

#[test]
fn only_the_sound_format_asked_for() {
    let only = Slot { codec: Some(Codec::Pcmu), ..slot(7000) };
    let (_, agreed) = negotiation().answer_one(&offer(""), only).unwrap();
    assert_eq!((agreed.codec, agreed.pt), (Codec::Pcmu, 0));
}

#[test]
fn what_is_no_session_description_is_refused() {
    for text in ["", "\r\n\r\n", "v=1\r\n", "<xml/>", "m=audio 1 RTP/AVP 0", "v = 0"] {
        assert_eq!(Sdp::parse(text.as_bytes()), Err(SdpError::NotSdp), "{text:?}");
    }
    for m in
        ["", "audio", "audio x RTP/AVP 0", "audio 65536 RTP/AVP 0", "audio -1 RTP/AVP 0", "audio 1"]
    {
        let text = format!("v=0\r\ns=-\r\nm={m}\r\n");
        assert_eq!(Sdp::parse(text.as_bytes()), Err(SdpError::Media { line: 3 }), "{m:?}");
    }
    let many = format!("v=0\n{}", "m=audio 1 RTP/AVP 0\n".repeat(33));
    assert_eq!(Sdp::parse(many.as_bytes()), Err(SdpError::TooManyMedia));
}

#[test]
fn an_offer_of_nothing_but_dtls_is_refused_and_says_so() {
    let text = "v=0\nc=IN IP4 198.51.100.7\nm=audio 6000 UDP/TLS/RTP/SAVPF 8\n";
    let refused = negotiation().answer_one(&parse(text), slot(7000)).unwrap_err();
    assert_eq!(refused, NegotiationError::Nothing(Declined::Protocol));
    assert_eq!(
        negotiation().answer_one(&parse("v=0\n"), slot(1)).unwrap_err().to_string(),
        "no stream of the offer can be used: the stream is not m=audio"
    );
}

#[test]
fn nothing_of_an_offer_can_be_slipped_into_the_answer() {
    let text = "v=0\nt=0 0\ra=recvonly\nc=IN IP4 198.51.100.7\n\
                m=video 5 RTP/AVP 1\rm=audio 1 RTP/AVP 0\nm=audio 6000 RTP/AVP 8\n";
    let sdp = Sdp::parse(text.as_bytes()).unwrap();
    let answer = negotiation().answer(&sdp, &[None, Some(slot(7000))]).unwrap();
    assert_eq!(lines(&answer.body, "m=").len(), 2);
    assert!(!answer.body.replace("\r\n", "").contains(['\r', '\n']));
}

const KEY: &str = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

fn secure(crypto: &[String]) -> Sdp {
    let crypto: String = crypto.iter().map(|c| format!("a=crypto:{c}\n")).collect();
    parse(&format!("v=0\nc=IN IP4 198.51.100.7\nm=audio 6000 RTP/SAVP 8\n{crypto}"))
}

#[test]
fn keys_are_taken_and_ours_is_another() {
    let sdp = secure(&[
        format!("1 F8_128_HMAC_SHA1_80 inline:{KEY}"),
        format!("7 AES_CM_128_HMAC_SHA1_32 inline:{KEY}|2^48 WSH=128 -EXT=1"),
        format!("8 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"),
    ]);
    let mut n = negotiation();
    let (text, agreed) = n.answer_one(&sdp, slot(7000)).unwrap();
    let keys = agreed.srtp.unwrap();
    assert_eq!(keys.suite, SrtpSuite::AesCm128HmacSha1_32);
    assert_eq!((keys.theirs.len(), keys.ours.len()), (30, 30));
    assert_ne!(keys.theirs, keys.ours);
    let ours = lines(&text, "a=crypto:");
    assert_eq!(ours.len(), 1);
    assert!(ours[0].starts_with("a=crypto:7 AES_CM_128_HMAC_SHA1_32 inline:"));
    assert_eq!(lines(&text, "m="), ["m=audio 7000 RTP/SAVP 8"]);
    // A second offer keeps our key; the other side may bring a new one.
    let (again, _) = n.answer_one(&sdp, slot(7000)).unwrap();
    assert_eq!(lines(&again, "a=crypto:"), ours);
    assert!(!format!("{keys:?} {n:?}").contains(KEY));
}

#[test]
fn keys_that_cannot_be_used_are_refused_with_the_reason() {
    let suite = "1 AES_CM_128_HMAC_SHA1_80 inline:";
    for (line, why) in [
        (format!("{suite}{KEY}|2^20|1:4"), Unusable::Mki),
        (format!("{suite}{KEY};inline:{KEY}"), Unusable::Mki),
        (format!("{suite}{KEY}|2^19"), Unusable::Lifetime),
        (format!("{suite}{KEY}|1048575"), Unusable::Lifetime),
        (format!("{suite}{KEY}|2^"), Unusable::Malformed),
        (format!("{suite}{KEY} UNENCRYPTED_SRTP"), Unusable::Parameter),
        (format!("{suite}{KEY} KDR=1"), Unusable::Parameter),
        (format!("{suite}AAAA"), Unusable::Key),
        (format!("{suite}!"), Unusable::Key),
        (format!("1 AES_999 inline:{KEY}"), Unusable::Suite),
        (format!("x AES_CM_128_HMAC_SHA1_80 inline:{KEY}"), Unusable::Malformed),
        (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}"), Unusable::Malformed),
        ("1 AES_CM_128_HMAC_SHA1_80".to_owned(), Unusable::Malformed),
        (String::new(), Unusable::Malformed),
    ] {
        let refused = negotiation().answer_one(&secure(std::slice::from_ref(&line)), slot(7000));
        let expected = NegotiationError::Nothing(Declined::Crypto(Some(why)));
        assert_eq!(refused.unwrap_err(), expected, "{line}");
    }
    let without = negotiation().answer_one(&secure(&[]), slot(7000)).unwrap_err();
    assert_eq!(without, NegotiationError::Nothing(Declined::Crypto(None)));
}

#[test]
fn lifetimes_that_a_call_does_not_reach_are_taken() {
    for lifetime in ["2^20", "2^31", "2^48", "2^4294967296", "1048576", "281474976710656"] {
        let line = format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|{lifetime}");
        assert!(negotiation().answer_one(&secure(&[line]), slot(7000)).is_ok(), "{lifetime}");
    }
}

#[test]
fn srtp_where_it_is_required_and_where_it_is_only_possible() {
    let required = Slot { srtp: Srtp::Required, ..slot(7000) };
    let plain = negotiation().answer_one(&offer(""), required).unwrap_err();
    assert_eq!(plain, NegotiationError::Nothing(Declined::Plain));
    let possible = offer(&format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\n"));
    let (text, agreed) = negotiation().answer_one(&possible, required).unwrap();
    assert!(agreed.srtp.is_some());
    assert_eq!(lines(&text, "m="), ["m=audio 7000 RTP/AVP 8 101"]);
    let never = Slot { srtp: Srtp::Never, ..slot(7000) };
    let (_, agreed) = negotiation().answer_one(&possible, never).unwrap();
    assert_eq!(agreed.srtp, None);
    let only = secure(&[format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}")]);
    let off = negotiation().answer_one(&only, never).unwrap_err();
    assert_eq!(off, NegotiationError::Nothing(Declined::Secure));
}

#[test]
fn the_version_goes_up_only_when_something_changed() {
    let mut n = negotiation();
    n.answer_one(&offer(""), slot(7000)).unwrap();
    n.answer_one(&offer(""), slot(7000)).unwrap();
    assert_eq!(n.version(), 1);
    n.answer_one(&offer("a=inactive\n"), slot(7000)).unwrap();
    assert_eq!(n.version(), 2);
}

#[test]
fn offering_again_keeps_what_was_agreed_and_changes_the_direction() {
    let mut n = negotiation();
    let sdp = parse(
        "v=0\nc=IN IP4 198.51.100.7\nm=audio 6000 RTP/AVP 96\na=rtpmap:96 PCMA/8000\na=sendonly\n\
         m=video 6004 RTP/AVP 99\na=rtpmap:99 H264/90000\nm=audio 6002 RTP/AVP 0\na=sendonly\n",
    );
    let closed = |port| Some(Slot { willing: Direction::Inactive, ..slot(port) });
    let first = n.answer(&sdp, &[closed(7000), None, closed(7004)]).unwrap();
    assert!(first.agreed().all(|a| a.direction == Direction::Inactive));
    let text = n.offer_again(|_, _| Direction::RecvOnly).unwrap();
    assert_eq!(
        lines(&text, "m="),
        ["m=audio 7000 RTP/AVP 96", "m=video 0 RTP/AVP 99", "m=audio 7004 RTP/AVP 0"]
    );
    assert_eq!(lines(&text, "a=recvonly").len(), 2);
    assert_eq!(n.version(), 2);
    // Open: nothing else may be offered or answered (RFC 3264 section 4).
    assert_eq!(n.offer_again(|_, d| d), Err(NegotiationError::OutOfTurn));
    assert_eq!(n.answer(&sdp, &[]).unwrap_err(), NegotiationError::OutOfTurn);
    let streams = n.accept(&sdp).unwrap();
    assert!(streams[0].as_ref().is_ok_and(|a| a.direction == Direction::RecvOnly && a.pt == 96));
    assert_eq!(streams[1], Err(Declined::Ended));
    // One that was refused leaves the last agreement, and its version is not used again.
    n.offer_again(|_, _| Direction::Inactive).unwrap();
    n.withdraw();
    let text = n.offer_again(|_, now| now).unwrap();
    assert_eq!(lines(&text, "a=recvonly").len(), 2);
    assert_eq!(n.version(), 4);
}

fn first_offer(n: &mut Negotiation, srtp: bool) -> String {
    n.offer(&[OfferLine {
        port: 7000,
        codecs: vec![Codec::Pcma, Codec::Pcmu],
        dtmf_pt: Some(101),
        direction: Direction::SendRecv,
        srtp,
        label: Some("caller\r\na=x".to_owned()),
    }])
    .unwrap()
}

#[test]
fn two_of_us_agree_with_keys_crosswise() {
    for srtp in [false, true] {
        let (mut a, mut b) = (negotiation(), negotiation());
        let text = first_offer(&mut a, srtp);
        assert_eq!(lines(&text, "a=label:"), ["a=label:callerax"]);
        let (reply, theirs) =
            b.answer_one(&Sdp::parse(text.as_bytes()).unwrap(), slot(8000)).unwrap();
        let mine = a.accept(&Sdp::parse(reply.as_bytes()).unwrap()).unwrap().remove(0).unwrap();
        assert_eq!((mine.codec, mine.pt, mine.dtmf_pt), (Codec::Pcma, 8, Some(101)));
        assert_eq!(mine.remote.unwrap().port(), 8000);
        assert_eq!(srtp, mine.srtp.is_some());
        if let (Some(mine), Some(theirs)) = (mine.srtp, theirs.srtp) {
            assert_eq!((&mine.ours, &mine.theirs), (&theirs.theirs, &theirs.ours));
        }
    }
}

#[test]
fn answers_that_do_not_belong_to_the_offer() {
    let fresh = |srtp| {
        let mut n = negotiation();
        first_offer(&mut n, srtp);
        n
    };
    let plain = |m: &str| parse(&format!("v=0\nc=IN IP4 198.51.100.7\n{m}\n"));
    assert_eq!(fresh(false).accept(&plain("s=-")), Err(NegotiationError::Streams));
    assert_eq!(fresh(false).accept(&plain("m=video 1 RTP/AVP 8")), Err(NegotiationError::Streams));
    let two = plain("m=audio 1 RTP/AVP 8\nm=audio 3 RTP/AVP 8");
    assert_eq!(fresh(false).accept(&two), Err(NegotiationError::Streams));
    assert_eq!(fresh(true).accept(&plain("m=audio 1 RTP/SAVP 8")), Err(NegotiationError::Crypto));
    let wrong =
        plain(&format!("m=audio 1 RTP/SAVP 8\na=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"));
    assert_eq!(fresh(true).accept(&wrong), Err(NegotiationError::Crypto));
    let down = plain("m=audio 1 RTP/AVP 8");
    assert_eq!(fresh(true).accept(&down).unwrap(), [Err(Declined::Protocol)]);
    assert_eq!(fresh(false).accept(&plain("m=audio 0 RTP/AVP 8")).unwrap(), [Err(Declined::Ended)]);
    assert_eq!(fresh(false).accept(&plain("m=audio 1 RTP/AVP 9")).unwrap(), [Err(Declined::Codec)]);
    assert_eq!(negotiation().accept(&down), Err(NegotiationError::OutOfTurn));
}

#[test]
fn an_answer_never_widens_our_offer() {
    let mut n = negotiation();
    n.answer_one(&offer("a=sendonly\n"), Slot { willing: Direction::Inactive, ..slot(7000) })
        .unwrap();
    n.offer_again(|_, _| Direction::Inactive).unwrap();
    let streams = n.accept(&offer("a=sendrecv\n")).unwrap();
    assert_eq!(streams[0].as_ref().unwrap().direction, Direction::Inactive);
}

#[test]
fn a_payload_type_repeated_without_its_meaning_is_understood() {
    let mut n = negotiation();
    first_offer(&mut n, false);
    let answer = parse("v=0\nc=IN IP4 198.51.100.7\nm=audio 6000 RTP/AVP 8 101\n");
    assert_eq!(n.accept(&answer).unwrap()[0].as_ref().unwrap().dtmf_pt, Some(101));
}
