//! The ledger told in words, and proofs verified in the browser.

use frist_server::access::Role;

use crate::kit::{Answer, Client, House};

/// Sends a file as a browser does.
fn upload(client: &mut Client, file: &[u8], key: &str) -> Answer {
    let page = client.get("/ledger/verify");
    let token = page.token("/ledger/verify").unwrap();
    let mut body = Vec::new();
    for (name, value) in [("token", token.as_str()), ("text", ""), ("key", key)] {
        let head = format!("--Q7\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend(format!("{head}{value}\r\n").into_bytes());
    }
    body.extend(b"--Q7\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b\"\r\n");
    body.extend(b"Content-Type: application/octet-stream\r\n\r\n");
    body.extend(file);
    body.extend(b"\r\n--Q7--\r\n");
    client.send_bytes("/ledger/verify", "multipart/form-data; boundary=Q7", &body)
}

#[test]
fn a_receipt_is_verified_step_by_step_and_a_changed_one_refused() {
    let house = House::new();
    let mut engineer = house.signed_in("jens", &[Role::Engineer], &[]);
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &["invoices"]);
    let plan = engineer.send("/sweeps", "/sweeps", &[]).location().to_owned();
    let page = dpo.send(&plan, &format!("{plan}/sample"), &[]);
    let section = page.body.split("href=\"/datasets/").find(|s| s.contains("<caption>")).unwrap();
    let set = section.split('"').next().unwrap().to_owned();
    let key = section.split("<td>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    dpo.send(&plan, &format!("{plan}/approve"), &[("sure", "yes")]);
    dpo.send(&plan, &format!("{plan}/run"), &[("sure", "yes")]);
    for _ in 0..600 {
        if dpo.get(&plan).body.contains("Resultat") {
            break;
        }
        house.later(jiff::SignedDuration::from_secs(1));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let at = format!("/datasets/{set}");
    let receipt = dpo.send(&at, &format!("{at}/receipt"), &[("key", &key)]);
    assert_eq!(receipt.status, 200, "{}", receipt.body);

    let good = upload(&mut dpo, &receipt.bytes, "");
    assert!(good.body.contains("Beviset holder."), "{}", good.body);
    for step in ["postens blad", "portionens rod", "indførslens hash", "Underskriften"] {
        assert!(good.body.contains(step), "{step}");
    }
    let hashes = good.body.matches("<code class=\"long\">").count();
    assert!(hashes >= 4, "{hashes} hashes");
    assert!(good.body.contains("frist verify"), "strangers are told of the other way");
    // Pasted, as browsers send a text.
    let pasted = receipt.body.replace('\n', "\r\n");
    let pasted =
        dpo.send("/ledger/verify", "/ledger/verify", &[("text", pasted.trim_end()), ("key", "")]);
    assert!(pasted.body.contains("Beviset holder."), "{}", pasted.body);
    // One digit otherwise, another key, no proof at all, and script in it.
    let changed = receipt.body.replacen("index ", "index 1", 1);
    let bad = upload(&mut dpo, changed.as_bytes(), "");
    assert!(bad.body.contains("Beviset holder ikke"), "{}", bad.body);
    assert!(!bad.body.contains("portionens rod"), "nothing of it is shown as checked");
    let hostile = upload(&mut dpo, b"<script>alert(1)</script>", "");
    assert!(hostile.body.contains("Beviset holder ikke") && !hostile.body.contains("<script"));
    let key = upload(&mut dpo, &receipt.bytes, "<script>x");
    assert!(key.body.contains("kan ikke læses") && !key.body.contains("<script"), "{}", key.body);
    assert!(upload(&mut dpo, b"", "").body.contains("Vælg en fil"));

    let evidence = dpo.get("/ledger/evidence");
    let good = upload(&mut dpo, &evidence.bytes, "");
    assert!(good.body.contains("Beviset holder.") && good.body.contains("regnet efter post for"));
    let mut cut = evidence.bytes.clone();
    cut.truncate(cut.len() - 30);
    assert!(upload(&mut dpo, &cut, "").body.contains("Beviset holder ikke"));
    // Every entry is a sentence.
    let page = dpo.get("/ledger");
    assert!(!page.body.contains("{&#34;"), "{}", page.body);
    assert!(page.body.contains("maria godkendte plan"));
}
