//! Receipts: what they prove, and that nothing in their text can say anything else.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::*;
use frist_ledger::receipt::escape;
use frist_ledger::*;

#[test]
fn every_record_of_every_batch_gets_its_receipt() {
    let log = Log::small();
    for (index, records) in [(2, 5), (3, 3), (4, 1)] {
        for record in 0..records {
            let locator = format!("erp/invoice/{index}-{record}");
            let text = log.receipt(index, &locator).to_text().unwrap();
            let verified = verify_receipt(&text, &keys()).unwrap();
            assert_eq!(verified.locator, locator.as_bytes());
            assert_eq!(verified.index, index as u64);
            assert_eq!(verified.checkpoint.size, 7);
            assert_eq!(verified.disposal().unwrap().dataset, id("invoices"));
            assert_eq!(verified.entry.at, instant(index as i64));
            assert!(
                matches!(verify(text.as_bytes(), &keys(), None), Ok(Verified::Receipt(v)) if *v == verified)
            );
        }
    }
}

#[test]
fn a_person_can_read_it() {
    let log = Log::small();
    let text = log.receipt(3, "erp/invoice/3-1").to_text().unwrap();
    let head: Vec<&str> = text.lines().take(9).collect();
    assert_eq!(
        head,
        [
            "frist-receipt@v1",
            "record: erp/invoice/3-1",
            "disposition: erase",
            "at: 2026-11-18T11:06:43Z",
            "note: the batch was interrupted; recovery finished it and wrote this entry",
            "data set: invoices",
            "rule: 5 years from the end of the financial year of invoice_date",
            "law: bogføringsloven (lov nr. 700/2022) § 12, stk. 1",
            "register revision: 2fca70dc54310253a61af0b3d7e72dc7458e3ddab658ea64a8e984a8ca85fb5b",
        ]
    );
}

#[test]
fn a_bit_anywhere_is_found() {
    let text = Log::small().receipt(2, "erp/invoice/2-4").to_text().unwrap();
    assert!(verify_receipt(&text, &keys()).is_ok());
    for (bit, changed) in flips(text.as_bytes()) {
        assert!(verify(&changed[..], &keys(), None).is_err(), "bit {bit} changed unseen");
    }
}

#[test]
fn a_cut_or_grown_receipt_is_found() {
    let text = Log::small().receipt(2, "erp/invoice/2-4").to_text().unwrap();
    for cut in 0..text.len() {
        assert!(verify(&text.as_bytes()[..cut], &keys(), None).is_err(), "cut at {cut}");
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for i in 0..lines.len() {
        let without = [&lines[..i], &lines[i + 1..]].concat().concat();
        assert!(verify(without.as_bytes(), &keys(), None).is_err(), "without line {}", i + 1);
        // A repeated signature line is the same signature twice and changes nothing; every other line does.
        if i + 1 < lines.len() {
            let twice = [&lines[..i], &lines[i..=i], &lines[i..]].concat().concat();
            assert!(verify(twice.as_bytes(), &keys(), None).is_err(), "line {} twice", i + 1);
        }
    }
    assert!(verify_receipt(&text.replace("\nindex", "\nextra AAAA\nindex"), &keys()).is_err());
}

#[test]
fn another_record_rule_key_or_log_is_found() {
    let log = Log::small();
    let receipt = log.receipt(2, "erp/invoice/2-4");
    let text = receipt.to_text().unwrap();
    let cases = [
        (text.replace("invoice/2-4", "invoice/2-3"), "record's place"),
        (text.replace("rule: 5 years", "rule: 3 years"), "receipt's text"),
        (text.replace("\"text\":\"5 years", "\"text\":\"3 years"), "place in the ledger"),
        (text.replace("disposition: erase", "disposition: transfer"), "receipt's text"),
        (text.replace("index 2", "index 3"), "place in the ledger"),
    ];
    for (changed, check) in cases {
        let error = verify_receipt(&changed, &keys()).unwrap_err().to_string();
        assert!(error.contains(check), "{error}");
        assert!(!error.contains("invoice/2-"), "no record's name in an error: {error}");
    }
    let wrong = [SigningKey::from_seed(ORIGIN, &[43; 32]).unwrap().verifier()];
    assert!(matches!(verify_receipt(&text, &wrong), Err(Error::UnknownSigner { .. })));
    // The salt of one record does not open another one's leaf.
    let other = Receipt { salt: log.receipt(2, "erp/invoice/2-3").salt, ..receipt.clone() };
    assert!(verify_receipt(&other.to_text().unwrap(), &keys()).is_err());
    let missing = Receipt::new(
        &record_key(),
        b"erp/invoice/none",
        log.subtrees[2].as_ref().unwrap(),
        &log.entries[2],
        receipt.proof.clone(),
    );
    assert!(missing.is_err());
    // An entry that disposes of nothing gives no receipt.
    assert!(Receipt { entry: log.entries[6].clone(), ..receipt }.to_text().is_err());
}

#[test]
fn an_older_head_is_compared_as_far_as_a_receipt_can() {
    let log = Log::small();
    let text = log.receipt(2, "erp/invoice/2-4").to_text().unwrap();
    let against = |size| Checkpoint::open(&log.checkpoint(size), &keys()).unwrap();
    assert!(verify(text.as_bytes(), &keys(), Some(&against(7))).is_ok());
    assert!(matches!(
        verify(text.as_bytes(), &keys(), Some(&against(6))),
        Err(Error::NotCovered { old: 6 })
    ));
    let mut longer = log.clone();
    longer.batch(1, false);
    let newer = Checkpoint::open(&longer.checkpoint(8), &keys()).unwrap();
    assert!(matches!(verify(text.as_bytes(), &keys(), Some(&newer)), Err(Error::Check { .. })));
}

#[test]
fn locators_of_any_bytes_are_one_safe_line() {
    let cases: [(&[u8], &str); 6] = [
        (b"files/cctv/a b.mp4", "files/cctv/a b.mp4"),
        ("s/løn/Ærø".as_bytes(), "s/løn/Ærø"),
        (b"s/c/100%", "s/c/100%25"),
        (b"s/c/a\nrecord: b", "s/c/a%0arecord: b"),
        (b"s/c/\xff\xc3", "s/c/%ff%c3"),
        ("s/c/\u{202e}x".as_bytes(), "s/c/%e2%80%aex"),
    ];
    let mut log = Log::small();
    log.batch(1, false);
    let tree = SubTree::build(&record_key(), cases.iter().map(|(locator, _)| locator));
    let mut entry = Entry::parse(log.entries.last().unwrap()).unwrap();
    let frist_ledger::Kind::Erased(disposal) = &mut entry.what else { panic!("a batch") };
    (disposal.n, disposal.root) = (tree.count(), tree.root());
    *log.entries.last_mut().unwrap() = entry.to_bytes().unwrap();
    *log.subtrees.last_mut().unwrap() = Some(tree.clone());
    for (locator, shown) in cases {
        assert_eq!(escape(locator), shown);
        let entry = &log.entries[7];
        let text = Receipt::new(&record_key(), locator, &tree, entry, log.proof(7, 8))
            .unwrap()
            .to_text()
            .unwrap();
        assert_eq!(text.lines().nth(1), Some(format!("record: {shown}").as_str()));
        assert_eq!(verify_receipt(&text, &keys()).unwrap().locator, locator);
    }
}

#[test]
fn what_is_no_file_of_ours_is_said_to_be_none() {
    let log = Log::small();
    let said = |file: &[u8]| verify(file, &keys(), None).unwrap_err().to_string();
    for (file, words) in [
        (&b""[..], "the file is empty"),
        (b"%PDF-1.7\n\xff\xfe\x00", "not even text"),
        (b"Dear Sir or Madam,\nplease find enclosed\n\nkind regards\n", "some other text"),
        (b"[controller]\nname = \"Nordkyst\"\n", "some other text"),
        (b"frist-receipt@v2\nrecord: x\n", "a receipt in a form that this version does not know"),
        (b"frist-evidence@v9\nfrom 0\n", "evidence in a form that this version does not know"),
    ] {
        let error = said(file);
        assert!(error.starts_with("this is no receipt, no evidence and no signed"), "{error}");
        assert!(error.contains(words), "{error}");
    }
    // Ours, but changed on the way: that is another matter.
    let receipt = log.receipt(2, "erp/invoice/2-1").to_text().unwrap();
    assert!(said(receipt.replace('\n', "\r\n").as_bytes()).contains("line ends were changed"));
    let checkpoint = log.checkpoint(7);
    for cut in [checkpoint.len() - 1, checkpoint.find('\u{2014}').unwrap()] {
        assert!(said(&checkpoint.as_bytes()[..cut]).contains("signed checkpoint, line"));
    }
}
