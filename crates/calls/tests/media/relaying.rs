use std::time::{Duration, Instant};

use frist_calls::media::*;

use crate::phone::*;

#[test]
fn both_ways_as_one_stream_each() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    call.session.relay(true);
    settle();
    for n in 0..50u8 {
        call.caller.say(&[n; 160]);
        call.agent.say(&[100 + n; 160]);
        std::thread::sleep(Duration::from_millis(6));
    }
    for (phone, first) in [(&call.agent, 0), (&call.caller, 100)] {
        let heard = phone.hear_all();
        assert_eq!(heard.len(), 50);
        assert_one_stream(&heard);
        for (n, packet) in heard.iter().enumerate() {
            assert_eq!(packet.payload, vec![first + n as u8; 160]);
            assert_eq!(packet.pt, 8);
        }
        assert!(heard[1..].iter().all(|packet| !packet.marker), "one talkspurt");
    }
    std::thread::sleep(Duration::from_millis(300));
    let figures = call.session.figures();
    assert_eq!((figures.received, figures.sent, figures.lost), (100, 100, 0), "{figures:?}");
    assert_eq!(figures.dropped_without_consent, 0, "a front needs no consent to relay");
}

#[test]
fn nothing_passes_before_it_is_relayed() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    settle();
    call.caller.say(&[1; 160]);
    settle();
    call.session.relay(true);
    settle();
    call.caller.say(&[2; 160]);
    let heard = call.agent.hear_all();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].payload, [2; 160]);
}

#[test]
fn laws_and_payload_types_are_mapped() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    let agent = Remote { pt: 0, dtmf_pt: Some(96), ..call.agent.remote() };
    call.session.set_remote(Side::Agent, Remote { audio: Codec::Pcmu, ..agent });
    call.session.relay(true);
    settle();
    call.caller.say(&[0xd5; 160]);
    call.caller.press(5, 2);
    let heard = call.agent.hear_all();
    assert_eq!(heard[0].pt, 0);
    assert!([0xff, 0x7f, 0xfe].contains(&heard[0].payload[0]), "silence in µ-law");
    assert_eq!(heard.len(), 6);
    assert!(heard[1..].iter().all(|p| p.pt == 96 && p.payload[0] == 5));
    assert!(heard[2..].iter().all(|p| p.timestamp == heard[1].timestamp), "one press");
    assert_one_stream(&heard);
}

#[test]
fn srtp_on_one_side_and_on_both() {
    let suites = SrtpSuite::ALL.map(|suite| std::thread::spawn(move || srtp_both_ways(suite)));
    suites.into_iter().for_each(|thread| thread.join().unwrap());
}

fn srtp_both_ways(suite: SrtpSuite) {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    let length = suite.key_len() + suite.salt_len();
    let keys = |theirs, ours| SrtpKeys {
        suite,
        theirs: vec![theirs; length].into(),
        ours: vec![ours; length].into(),
    };
    let secure =
        |phone: &Phone, theirs, ours| Remote { srtp: Some(keys(theirs, ours)), ..phone.remote() };
    call.session.set_remote(Side::Caller, secure(&call.caller, 1, 2));
    call.session.relay(true);
    settle();
    let mut encrypt = srtp(suite, 1);
    let mut sent = Vec::new();
    for n in 0..10 {
        let sealed = encrypt.encrypt_rtp(&call.caller.rtp(8, &[n; 160])).unwrap().to_vec();
        call.caller.raw(&sealed);
        call.caller.seq = call.caller.seq.wrapping_add(1);
        call.caller.timestamp += 160;
        sent.push(sealed);
        std::thread::sleep(Duration::from_millis(6));
    }
    // Replayed, changed, and not encrypted at all.
    call.caller.raw(&sent[3]);
    let mut changed = encrypt.encrypt_rtp(&call.caller.rtp(8, &[66; 160])).unwrap().to_vec();
    changed[40] ^= 1;
    call.caller.raw(&changed);
    call.caller.raw(&call.caller.rtp(8, &[77; 160]));
    let heard = call.agent.hear_all();
    assert_eq!(heard.len(), 10, "{suite:?}");
    assert_one_stream(&heard);
    assert!(heard.iter().enumerate().all(|(n, p)| p.payload == [n as u8; 160]));

    // The other way it goes out encrypted.
    call.agent.say(&[42; 160]);
    let mut buffer = [0; 2048];
    let (length, _) = call.caller.socket.recv_from(&mut buffer).unwrap();
    assert!(!buffer[..length].windows(8).any(|w| w == [42; 8]), "not in the clear");
    let mut decrypt = srtp(suite, 2);
    let first = packet(&decrypt.decrypt_rtp(&buffer[..length]).unwrap());
    assert_eq!(first.payload, [42; 160]);

    // A re-INVITE with the same keys: counters go on, so a packet from before is still refused.
    call.session.set_remote(Side::Caller, secure(&call.caller, 1, 2));
    settle();
    call.caller.raw(&sent[4]);
    call.agent.say(&[43; 160]);
    let (length, _) = call.caller.socket.recv_from(&mut buffer).unwrap();
    let second = packet(&decrypt.decrypt_rtp(&buffer[..length]).unwrap());
    assert_one_stream(&[first.clone(), second]);

    // Another key begins with another SSRC, for the key might have been used before.
    call.session.set_remote(Side::Caller, secure(&call.caller, 1, 9));
    settle();
    call.agent.say(&[44; 160]);
    let (length, _) = call.caller.socket.recv_from(&mut buffer).unwrap();
    let third = packet(&srtp(suite, 9).decrypt_rtp(&buffer[..length]).unwrap());
    assert_ne!(third.ssrc, first.ssrc);
    until("the count", || call.session.figures().unauthenticated == 4);
}

pub fn srtp(suite: SrtpSuite, byte: u8) -> webrtc_srtp::context::Context {
    use webrtc_srtp::protection_profile::ProtectionProfile as P;
    let profile = match suite {
        SrtpSuite::AesCm128HmacSha1_80 => P::Aes128CmHmacSha1_80,
        SrtpSuite::AesCm128HmacSha1_32 => P::Aes128CmHmacSha1_32,
        SrtpSuite::AeadAes128Gcm => P::AeadAes128Gcm,
        SrtpSuite::AeadAes256Gcm => P::AeadAes256Gcm,
    };
    let (key, salt) = (vec![byte; suite.key_len()], vec![byte; suite.salt_len()]);
    webrtc_srtp::context::Context::new(&key, &salt, profile, None, None).unwrap()
}

#[test]
fn another_stream_and_a_jumped_clock_go_on_as_one() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    call.session.relay(true);
    settle();
    for part in 0..4u8 {
        for _ in 0..5 {
            call.caller.say(&[part; 160]);
            std::thread::sleep(Duration::from_millis(20));
        }
        match part {
            0 => (call.caller.ssrc, call.caller.seq) = (7, 12),
            1 => call.caller.timestamp = call.caller.timestamp.wrapping_add(0x4000_0000),
            _ => call.caller.seq = call.caller.seq.wrapping_add(20_000),
        }
    }
    let heard = call.agent.hear_all();
    assert_eq!(heard.len(), 20);
    assert_one_stream(&heard);
    let span = heard[19].timestamp.wrapping_sub(heard[0].timestamp);
    assert!((2800..4800).contains(&span), "the time that passed: {span}");
    assert!([5, 10, 15].into_iter().all(|n| heard[n].marker));
}

#[test]
fn lost_and_swapped_packets_look_the_same_behind() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    call.session.relay(true);
    settle();
    let start = (call.caller.seq, call.caller.timestamp);
    for n in [0u16, 1, 3, 2, 6, 7] {
        call.caller.seq = start.0.wrapping_add(n);
        call.caller.timestamp = start.1.wrapping_add(160 * u32::from(n));
        call.caller.raw(&call.caller.rtp(8, &[n as u8; 160]));
        std::thread::sleep(Duration::from_millis(6));
    }
    let heard = call.agent.hear_all();
    let order: Vec<_> = heard.iter().map(|p| p.seq.wrapping_sub(heard[0].seq)).collect();
    assert_eq!(order, [0, 1, 3, 2, 6, 7]);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(call.session.figures().lost, 2);
}

#[test]
fn only_the_far_end_is_listened_to() {
    let media =
        Media::start(MediaConfig { latch: Duration::from_millis(200), ..config() }).unwrap();
    let mut call = pair(&media, Purpose::Front);
    call.session.relay(true);
    settle();
    call.caller.say(&[1; 160]);
    settle();
    // A stranger on another address, after the far end was found and while it is still open.
    let stranger = std::net::UdpSocket::bind("127.0.0.2:0").unwrap();
    stranger.send_to(&call.caller.rtp(8, &[9; 160]), call.caller.to).unwrap();
    std::thread::sleep(Duration::from_millis(250));
    stranger.send_to(&call.caller.rtp(8, &[9; 160]), call.caller.to).unwrap();
    // Another port of the same address is a stranger too, once the far end was found.
    let near = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    near.send_to(&call.caller.rtp(8, &[9; 160]), call.caller.to).unwrap();
    call.caller.say(&[2; 160]);
    let heard: Vec<u8> = call.agent.hear_all().iter().map(|p| p.payload[0]).collect();
    assert_eq!(heard, [1, 2]);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(call.session.figures().foreign, 3);
}

#[test]
fn the_far_end_may_be_found_elsewhere_at_first() {
    let media =
        Media::start(MediaConfig { latch: Duration::from_millis(300), ..config() }).unwrap();
    let mut call = pair(&media, Purpose::Front);
    call.session.relay(true);
    // The SDP says an address that does not work from here.
    let told = Remote { addr: "127.0.0.3:4000".parse().unwrap(), ..call.caller.remote() };
    call.session.set_remote(Side::Caller, told.clone());
    settle();
    call.caller.say(&[1; 160]);
    settle();
    call.agent.say(&[2; 160]);
    assert_eq!(call.caller.hear().unwrap().payload, [2; 160], "sent back to where it came from");
    assert_eq!(call.agent.hear().unwrap().payload, [1; 160]);

    // Too late for it.
    let told = Remote { addr: "127.0.0.3:4002".parse().unwrap(), ..told };
    call.session.set_remote(Side::Caller, told);
    std::thread::sleep(Duration::from_millis(350));
    call.caller.say(&[3; 160]);
    assert!(call.agent.hear().is_none());
}

#[test]
fn hold_is_no_gap() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    call.session.relay(true);
    settle();
    call.caller.say_for(5, 1);
    let begun = std::time::Instant::now();
    let held = Remote { direction: Direction::NONE, ..call.agent.remote() };
    call.session.set_remote(Side::Agent, held);
    settle();
    call.caller.say_for(10, 2);
    call.session.set_remote(Side::Agent, call.agent.remote());
    settle();
    let took = 8 * begun.elapsed().as_millis() as u32;
    call.caller.say_for(5, 3);
    let heard = call.agent.hear_all();
    assert_eq!(
        heard.iter().map(|p| p.payload[0]).collect::<Vec<_>>(),
        [1, 1, 1, 1, 1, 3, 3, 3, 3, 3]
    );
    assert_one_stream(&heard);
    let step = heard[5].timestamp.wrapping_sub(heard[4].timestamp);
    assert!(step + 800 > took && step < took + 800, "the hold took its time: {step}, {took}");
}

#[test]
fn digits_are_heard_once() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    settle();
    call.caller.press(1, 3);
    call.caller.press(1, 3);
    // The end is lost.
    call.caller.event(9, false, 160);
    call.caller.event(9, false, 320);
    call.caller.timestamp += 1000;
    settle();
    call.agent.press(11, 2);
    settle();
    call.caller.event(12, true, 320);
    // What is no key: a fax tone.
    call.caller.timestamp += 1000;
    call.caller.event(36, false, 160);
    settle();
    assert_eq!(call.keys(), "119#A");
}

#[test]
fn a_key_by_info_is_sent_as_an_event() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    call.session.relay(true);
    settle();
    call.caller.say_for(2, 1);
    call.session.send_digit(Side::Agent, '7');
    call.caller.say_for(15, 1);
    let heard = call.agent.hear_all();
    assert_one_stream(&heard);
    let events: Vec<_> = heard.iter().filter(|p| p.pt == 101).collect();
    assert_eq!(events.len(), 9);
    assert!(events[0].marker && events.iter().all(|p| p.timestamp == events[0].timestamp));
    assert!(
        events[6..].iter().all(|p| p.payload == [7, 0x8a, 3, 192]),
        "three ends of 960 samples"
    );
    assert!(heard.last().unwrap().pt == 8);
}

#[test]
fn malformed_packets_are_counted_and_nothing_else() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    call.session.relay(true);
    settle();
    let good = call.caller.rtp(8, &[1; 160]);
    let mut bad: Vec<Vec<u8>> = (0..12).map(|n| good[..n].to_vec()).collect();
    for (at, byte) in [(0, 0x40), (0, 0xc0), (0, 0x90), (0, 0xa0)] {
        let mut packet = good.clone();
        packet[at] = byte;
        // An extension and a padding longer than the packet.
        *packet.last_mut().unwrap() = 200;
        (packet[14], packet[15]) = (0xff, 0xff);
        bad.push(packet);
    }
    let mut sources = good[..16].to_vec();
    sources[0] = 0x8f;
    bad.push(sources);
    bad.push(vec![0x80; 4000]);
    for packet in &bad {
        call.caller.raw(packet);
        std::thread::sleep(Duration::from_millis(6));
    }
    assert!(call.agent.hear().is_none());
    call.caller.say(&[1; 160]);
    assert!(call.agent.hear().is_some(), "still well");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(call.session.figures().malformed, bad.len() as u64);
}

#[test]
fn ports_are_free_again() {
    let four = MediaConfig { ports: 20_990..=20_993, ..config() };
    let media = Media::start(four).unwrap();
    for _ in 0..20 {
        let call = pair(&media, Purpose::Front);
        let (sender, _events) = tokio::sync::mpsc::unbounded_channel();
        assert!(media.session(Purpose::Front, sender).is_err(), "all are taken");
        drop(call);
        settle();
    }
}

#[test]
fn quiet_and_first_packets_are_told() {
    let quiet = Duration::from_millis(400);
    let media = Media::start(MediaConfig { quiet, ..config() }).unwrap();
    let mut call = pair(&media, Purpose::Front);
    call.session
        .set_remote(Side::Agent, Remote { direction: Direction::NONE, ..call.agent.remote() });
    settle();
    call.caller.say(&[1; 160]);
    assert_eq!(call.event(), Some(MediaEvent::First { side: Side::Caller }));
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(
        call.event(),
        Some(MediaEvent::Quiet { side: Side::Caller }),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(call.events.try_recv().ok(), None, "nobody is waited for on the agent's side");
}

#[test]
fn reports_are_sent_and_multiplexed_ones_tolerated() {
    let media = Media::start(config()).unwrap();
    let mut call = pair(&media, Purpose::Front);
    let control = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    control.set_read_timeout(Some(Duration::from_secs(7))).unwrap();
    let remote = Remote { rtcp: control.local_addr().ok(), ..call.caller.remote() };
    call.session.set_remote(Side::Caller, remote);
    call.session.relay(true);
    settle();
    call.caller.say(&[1; 160]);
    call.agent.say(&[1; 160]);
    // A receiver report on the port of RTP.
    call.caller.raw(&[0x80, 201, 0, 1, 1, 2, 3, 4]);
    let mut buffer = [0; 2048];
    let (length, from) = control.recv_from(&mut buffer).unwrap();
    assert_eq!(from.port(), call.session.port(Side::Caller) + 1);
    // SR with one report block, then SDES.
    assert_eq!((buffer[0], buffer[1], length), (0x81, 200, 52 + 20));
    assert_eq!(buffer[28..32], call.caller.ssrc.to_be_bytes());
    assert_eq!(buffer[20..24], 1u32.to_be_bytes(), "one packet was sent");
    assert_eq!((buffer[52], buffer[53]), (0x81, 202));
    assert_eq!(call.session.figures().malformed, 0);
    assert_eq!(call.agent.hear_all().len(), 1, "RTCP is not relayed");
}
