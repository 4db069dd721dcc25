//! A session description of any text, taken as an offer and as an answer to ours: what we answer
//! has the offer's streams, only its formats, and never a wider direction; what we take from an
//! answer stays within what we offered.
#![no_main]

use frist_fuzz::calls::descriptions;
use frist_fuzz::sdp::{
    Codec, Declined, Direction, Negotiation, NegotiationError, OfferLine, Sdp, Slot, Srtp,
};
use frist_fuzz::seeds;
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds(examples),
    |bytes: &[u8]| {
        let Some((first, bytes)) = bytes.split_first() else { return };
        let Ok(theirs) = Sdp::parse(bytes) else { return };
        let willing = Direction::of(first & 1 != 0, first & 2 != 0);
        let srtp = [Srtp::AsOffered, Srtp::Required, Srtp::Never][usize::from(first >> 2) % 3];
        let slot = Slot { port: 7000, willing, codec: None, srtp };
        let slots: Vec<_> = (0..theirs.media.len()).map(|n| (n != 3).then_some(slot)).collect();
        let mut negotiation = Negotiation::new([192, 0, 2, 1].into()).expect("random numbers");
        // Twice: a later offer is answered with what the first agreed.
        for round in 1..=2u64 {
            match negotiation.answer(&theirs, &slots) {
                Ok(answer) => {
                    assert_eq!(negotiation.version(), 1, "the same offer, round {round}");
                    answered(&theirs, slot, &answer);
                }
                Err(NegotiationError::Nothing(why)) => assert_ne!(why, Declined::NotWanted),
                Err(other) => panic!("{other}"),
            }
        }
        as_an_answer(&theirs, willing, first & 0x80 != 0);
    }
);

fn answered(theirs: &Sdp, slot: Slot, answer: &frist_fuzz::sdp::Answer) {
    let ours = Sdp::parse(answer.body.as_bytes()).expect("our own answer can be read");
    assert_eq!(ours.media.len(), theirs.media.len());
    for ((ours, theirs), stream) in ours.media.iter().zip(&theirs.media).zip(&answer.streams) {
        assert_eq!((&ours.kind, &ours.protocol), (&theirs.kind, &theirs.protocol));
        let Ok(agreed) = stream else {
            assert_eq!(ours.port, 0);
            continue;
        };
        assert!(ours.formats.iter().all(|f| theirs.formats.contains(f)));
        assert_eq!(ours.direction, agreed.direction);
        assert!(agreed.direction.within(theirs.flow().reversed()));
        assert!(agreed.direction.within(slot.willing));
        assert!(!agreed.direction.sends() || agreed.remote.is_some());
        assert!(slot.srtp != Srtp::Required || agreed.srtp.is_some());
        assert!(slot.srtp != Srtp::Never || agreed.srtp.is_none());
        assert_eq!(ours.crypto.len(), usize::from(agreed.srtp.is_some()));
    }
}

fn as_an_answer(theirs: &Sdp, direction: Direction, srtp: bool) {
    let mut negotiation = Negotiation::new([192, 0, 2, 1].into()).expect("random numbers");
    let codecs = vec![Codec::Pcma, Codec::Pcmu];
    let line = OfferLine { port: 7000, codecs, dtmf_pt: Some(101), direction, srtp, label: None };
    negotiation.offer(&[line]).expect("a first offer");
    for agreed in negotiation.accept(theirs).into_iter().flatten().flatten() {
        assert!(agreed.direction.within(direction));
        assert!(!agreed.direction.sends() || agreed.remote.is_some());
        assert_eq!(agreed.srtp.is_some(), srtp);
    }
}

fn examples() -> Vec<Vec<u8>> {
    let with = |first: u8| descriptions().into_iter().map(move |d| [vec![first], d].concat());
    with(3).chain(with(6)).collect()
}
