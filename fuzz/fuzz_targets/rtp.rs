//! Packets of any bytes (each after its length, and how much later it came): a payload lies in its
//! packet, what is written is read again, and no key comes from packets that carry none.
#![no_main]

use frist_fuzz::media::{Listener, written};
use frist_fuzz::seeds;
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds(examples),
    |bytes: &[u8]| {
        let mut side = Listener::default();
        let mut rest = bytes;
        let mut packets = 0u64;
        while let [length, later, after @ ..] = rest {
            let (packet, next) = after.split_at(usize::from(*length).min(after.len()));
            rest = next;
            let Some(taken) = side.packet(packet, *later) else { continue };
            packets += 1;
            assert!(taken.payload.start >= 12 && taken.payload.end <= packet.len());
            assert!(taken.key.is_none() || taken.payload.len() >= 4);
        }
        // No jump is longer than 3000 numbers; a longer one is another stream.
        assert!(side.lost() <= packets * 3000);
        if let [pt, marker, a, b, payload @ ..] = bytes {
            let packet = written(pt & 0x7f, marker & 1 != 0, u16::from(*a) << 8, u32::from(*b), 7, payload);
            let taken = Listener::default().packet(&packet, 0);
            let rtcp = packet.len() >= 8 && (192..=223).contains(&packet[1]);
            assert_eq!(taken.map(|t| t.payload), (!rtcp).then_some(12..packet.len()));
        }
    }
);

fn examples() -> Vec<Vec<u8>> {
    let framed = |packets: Vec<Vec<u8>>| {
        packets.into_iter().flat_map(|p| [vec![p.len() as u8, 20], p].concat()).collect::<Vec<u8>>()
    };
    let sound =
        |n: u16| written(8, n == 0, 65_530u16.wrapping_add(n), u32::from(n) * 160, 9, &[0xd5; 160]);
    let key = |n: u16, end: u8| written(101, n == 0, n, 4000, 9, &[1, 10 | end, 0, 160]);
    let mut odd = sound(3);
    odd[0] |= 0x3f;
    vec![
        framed((0..12).map(sound).collect()),
        framed(vec![key(0, 0), key(1, 0), key(2, 0x80), key(3, 0x80), sound(9)]),
        framed(vec![sound(0), sound(4000), sound(1), odd, vec![0x80, 200, 0, 1, 0, 0, 0, 0]]),
    ]
}
