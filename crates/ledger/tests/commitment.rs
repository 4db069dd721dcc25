//! Records' leaves and the batch's sub-tree.

use frist_ledger::commitment::{RecordKey, Salt, SubTree, SubTreeBuilder, find_leaf, leaf};
use frist_ledger::hash::{self, Hash, leaf_hash};
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sha2::Sha256;

fn key() -> RecordKey {
    RecordKey::new(std::array::from_fn(|i| i as u8))
}

fn locators(n: u32) -> Vec<String> {
    (0..n).map(|i| format!("erp/invoice/{i}")).collect()
}

#[test]
fn salt_is_the_hmac_of_the_locator() {
    for len in 0..300 {
        let locator = vec![b'k'; len];
        let mut mac = Hmac::<Sha256>::new_from_slice(key().secret()).unwrap();
        mac.update(&locator);
        let expected = mac.finalize().into_bytes();
        assert_eq!(key().salt(&locator).0, expected[..16], "length {len}");
        let salted = [&expected[..16], &locator].concat();
        assert_eq!(key().leaf(&locator), leaf_hash(&salted), "length {len}");
    }
}

#[test]
fn parts_are_the_same_as_the_whole() {
    let key = key();
    let mut builder = SubTreeBuilder::new(&key, 2);
    let long = "x".repeat(200);
    assert_eq!(builder.push(&[b"erp/invoice/", b"17"]), key.leaf(b"erp/invoice/17"));
    assert_eq!(builder.push(&[long.as_bytes()]), key.leaf(long.as_bytes()));
    assert_eq!(builder.push(&[b"erp/invoice/1", b"", b"7"]), key.leaf(b"erp/invoice/17"));
    assert_eq!(builder.pushed(), 3);
    let tree = builder.build();
    assert_eq!(tree.count(), 2, "a record pushed twice is one leaf");
    assert_eq!(tree, SubTree::build(&key, [long.as_str(), "erp/invoice/17"]));
}

#[test]
fn another_key_gives_other_leaves_and_one_salt_opens_one_record() {
    let (a, b) = (key(), RecordKey::new([9; 32]));
    assert_ne!(a.leaf(b"s/c/1"), b.leaf(b"s/c/1"));
    assert_ne!(a.id(), b.id());
    assert_ne!(a.salt(b"s/c/1"), a.salt(b"s/c/2"));
    assert_eq!(leaf(&a.salt(b"s/c/1"), b"s/c/1"), a.leaf(b"s/c/1"));
    assert_ne!(leaf(&a.salt(b"s/c/1"), b"s/c/2"), a.leaf(b"s/c/2"));
    assert_ne!(leaf(&Salt([0; 16]), b"s/c/1"), a.leaf(b"s/c/1"));
}

#[test]
fn the_key_is_not_in_its_debug_form() {
    let text = format!("{:?}", key());
    assert_eq!(text, format!("RecordKey({})", key().id()));
    assert!(RecordKey::from_bytes(&[1; 31]).is_err());
    assert_eq!(RecordKey::from_bytes(key().secret()).unwrap().id(), key().id());
}

#[test]
fn stored_form_comes_back_and_damage_is_refused() {
    let tree = SubTree::build(&key(), locators(50));
    let bytes = tree.leaves_bytes();
    assert_eq!(bytes.len(), 50 * 32);
    assert_eq!(SubTree::from_bytes(bytes).unwrap(), tree);
    assert!(SubTree::from_bytes(&bytes[1..]).is_err());
    let mut swapped = bytes.to_vec();
    swapped[..64].rotate_left(32);
    assert!(SubTree::from_bytes(&swapped).is_err(), "out of order");
    let twice = [&bytes[..32], bytes].concat();
    assert!(SubTree::from_bytes(&twice).is_err(), "a leaf twice");
    let empty = SubTree::from_bytes(&[]).unwrap();
    assert_eq!((empty.count(), empty.root()), (0, Hash::EMPTY));
}

proptest! {
    #[test]
    fn every_record_is_found_and_proven(n in 1u32..400, pick in any::<prop::sample::Index>()) {
        let (key, locators) = (key(), locators(n));
        let tree = SubTree::build(&key, &locators);
        prop_assert_eq!(tree.count(), u64::from(n));
        let wanted = key.leaf(locators[pick.index(locators.len())].as_bytes());
        let index = tree.find(&wanted).unwrap();
        prop_assert_eq!(find_leaf(tree.leaves_bytes(), &wanted), Some(index));
        prop_assert_eq!(tree.leaf(index), Some(wanted));
        prop_assert!(hash::verify_inclusion(&wanted, index, tree.count(), &tree.proof(index), &tree.root()));
        prop_assert_eq!(tree.find(&key.leaf(b"erp/invoice/none")), None);
        let sorted: Vec<Hash> = (0..tree.count()).map(|i| tree.leaf(i).unwrap()).collect();
        prop_assert!(sorted.is_sorted());
        prop_assert_eq!(hash::root(&sorted), tree.root());
    }
}
