//! The tree: RFC 6962's known vectors, and proofs against plain recomputation.

use frist_ledger::hash::{self, Frontier, Hash, leaf_hash, node_hash};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// The leaves of the reference tree that Certificate Transparency implementations test with.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// Their roots for sizes 1 to 8.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn vector_leaves() -> Vec<Hash> {
    LEAVES.iter().map(|l| leaf_hash(l)).collect()
}

fn leaves(n: u64) -> Vec<Hash> {
    (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

/// RFC 6962 section 2.1, word for word.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash(Sha256::digest([]).into()),
        [one] => *one,
        _ => {
            let mut k = 1;
            while k * 2 < leaves.len() {
                k *= 2;
            }
            let (left, right) = leaves.split_at(k);
            Hash(Sha256::digest([&[1u8][..], &mth(left).0, &mth(right).0].concat()).into())
        }
    }
}

#[test]
fn empty_tree_is_the_hash_of_nothing() {
    assert_eq!(hash::root(&[]), Hash::EMPTY);
    assert_eq!(mth(&[]), Hash::EMPTY);
}

#[test]
fn known_roots() {
    let leaves = vector_leaves();
    for (i, expected) in ROOTS.iter().enumerate() {
        assert_eq!(hash::root(&leaves[..=i]).to_string(), *expected, "size {}", i + 1);
    }
}

#[test]
fn known_inclusion_and_consistency_proofs() {
    let leaves = vector_leaves();
    let hex = |path: Vec<Hash>| path.iter().map(Hash::to_string).collect::<Vec<_>>();
    let Ok(path) = hash::inclusion_proof(&leaves[..], 5, 8);
    assert_eq!(
        hex(path),
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    let Ok(path) = hash::consistency_proof(&leaves[..], 6, 8);
    assert_eq!(
        hex(path),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
}

#[test]
fn hashes_agree_with_the_general_hasher_at_every_length() {
    let data: Vec<u8> = (0..400u32).map(|i| (i * 7 % 251) as u8).collect();
    for len in 0..data.len() {
        let expected: [u8; 32] = Sha256::digest([&[0u8][..], &data[..len]].concat()).into();
        assert_eq!(leaf_hash(&data[..len]).0, expected, "length {len}");
    }
    let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
    let expected: [u8; 32] = Sha256::digest([&[1u8][..], &a.0, &b.0].concat()).into();
    assert_eq!(node_hash(&a, &b).0, expected);
}

#[test]
fn every_small_proof_verifies_and_no_other_index_does() {
    let all = leaves(20);
    for size in 0..=20u64 {
        let root = mth(&all[..size as usize]);
        assert_eq!(hash::root(&all[..size as usize]), root);
        for index in 0..size {
            let Ok(path) = hash::inclusion_proof(&all[..], index, size);
            for other in 0..size + 2 {
                let ok = hash::verify_inclusion(&all[index as usize], other, size, &path, &root);
                assert_eq!(ok, other == index, "leaf {index} of {size} at {other}");
            }
        }
        for old in 0..=size {
            let Ok(path) = hash::consistency_proof(&all[..], old, size);
            let old_root = mth(&all[..old as usize]);
            assert!(
                hash::verify_consistency(old, &old_root, size, &root, &path),
                "{old} to {size}"
            );
            if old > 0 {
                assert!(!hash::verify_consistency(old, &leaf_hash(b"x"), size, &root, &path));
                assert!(!hash::verify_consistency(old, &old_root, size, &leaf_hash(b"x"), &path));
            }
        }
    }
}

#[test]
fn frontier_refuses_what_does_not_fit() {
    let mut frontier = Frontier::new();
    leaves(11).into_iter().for_each(|leaf| frontier.append(leaf));
    let bytes = frontier.to_bytes();
    assert_eq!(Frontier::from_bytes(&bytes).unwrap(), frontier);
    for cut in 0..bytes.len() {
        assert!(Frontier::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    assert!(Frontier::from_parts(12, frontier.hashes().to_vec()).is_err());
}

#[test]
fn text_forms_are_the_only_ones() {
    let h = leaf_hash(b"text");
    assert_eq!(h.to_string().parse::<Hash>().unwrap(), h);
    assert!(h.to_string().to_uppercase().parse::<Hash>().is_err());
    assert!(h.to_string()[1..].parse::<Hash>().is_err());
    let base64 = h.to_base64();
    assert_eq!(Hash::from_base64(&base64), Some(h));
    assert_eq!(Hash::from_base64(&base64[..43]), None);
    // 32 bytes end in a group with two unused bits: setting them must not give the same hash.
    let last = base64.as_bytes()[42];
    let spelled = format!("{}{}=", &base64[..42], (last + 1) as char);
    assert_ne!(Hash::from_base64(&spelled), Some(h));
}

proptest! {
    #[test]
    fn frontier_gives_the_tree_s_root(n in 0u64..3000, stop in 0u64..3000) {
        let all = leaves(n);
        let mut frontier = Frontier::new();
        for (i, leaf) in all.iter().enumerate() {
            if i as u64 == stop {
                frontier = Frontier::from_bytes(&frontier.to_bytes()).unwrap();
            }
            frontier.append(*leaf);
        }
        prop_assert_eq!(frontier.size(), n);
        prop_assert_eq!(frontier.root(), mth(&all));
        let Ok(root) = hash::root_of(&all[..], n);
        prop_assert_eq!(root, mth(&all));
    }

    #[test]
    fn a_changed_proof_fails(n in 2u64..600, at in any::<prop::sample::Index>(), which in any::<prop::sample::Index>(), bit in 0usize..256) {
        let all = leaves(n);
        let root = mth(&all);
        let index = at.index(n as usize) as u64;
        let Ok(mut path) = hash::inclusion_proof(&all[..], index, n);
        prop_assert!(hash::verify_inclusion(&all[index as usize], index, n, &path, &root));
        let step = which.index(path.len());
        path[step].0[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!hash::verify_inclusion(&all[index as usize], index, n, &path, &root));
        path[step].0[bit / 8] ^= 1 << (bit % 8);
        path.remove(step);
        prop_assert!(!hash::verify_inclusion(&all[index as usize], index, n, &path, &root));
    }

    #[test]
    fn a_changed_consistency_proof_fails(n in 2u64..600, at in any::<prop::sample::Index>(), which in any::<prop::sample::Index>(), bit in 0usize..256) {
        let all = leaves(n);
        let old = 1 + at.index(n as usize - 1) as u64;
        let (old_root, new_root) = (mth(&all[..old as usize]), mth(&all));
        let Ok(mut path) = hash::consistency_proof(&all[..], old, n);
        prop_assert!(hash::verify_consistency(old, &old_root, n, &new_root, &path));
        let step = which.index(path.len());
        path[step].0[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!hash::verify_consistency(old, &old_root, n, &new_root, &path));
    }
}
