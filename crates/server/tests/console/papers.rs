//! Papers that come in: kept as they are, given out as files, refused when they are not what they say.

use frist_server::access::Role;

use crate::kit::{Answer, Client, House};

/// Sends a file as a browser does.
fn send(client: &mut Client, case: &str, name: &str, what: &str, bytes: &[u8]) -> Answer {
    let to = format!("{case}/papers");
    let token = client.get(case).token(&to).unwrap();
    let mut body = Vec::new();
    for (field, value) in [("token", token.as_str()), ("what", what)] {
        body.extend(
            format!("--xY\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n")
                .bytes(),
        );
    }
    let head = "--xY\r\nContent-Disposition: form-data; name=\"file\"; filename=";
    // What the sender says of the type is not believed.
    body.extend(format!("{head}\"{name}\"\r\nContent-Type: text/html\r\n\r\n").bytes());
    body.extend(bytes);
    body.extend(b"\r\n--xY--\r\n");
    client.send_bytes(&to, "multipart/form-data; boundary=xY", &body)
}

fn papers(house: &House) -> Vec<frist_state::case::KeptPaper> {
    let all = house.state().papers("R-2026-0001").unwrap();
    all.into_iter().filter(|p| p.lang.is_none()).collect()
}

#[test]
fn a_paper_is_kept_and_given_out_as_a_file_and_nothing_else() {
    let house = House::new();
    let mut ida = house.signed_in("ida", &[Role::Caseworker], &["customers"]);
    let case = crate::cases::open(&mut ida, "erasure", &[]);
    let pdf = b"%PDF-1.4\n<script>alert(1)</script>\r\n--xZ\x00\xff";
    let sent = send(&mut ida, &case, "Brev;<script>\u{e6}.pdf", "received", pdf);
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert!(sent.location().contains("done=attached"), "{}", sent.location());
    assert_eq!(send(&mut ida, &case, "Brev;<script>\u{e6}.pdf", "received", pdf).status, 303);
    let kept = papers(&house);
    assert_eq!((kept.len(), kept[0].size), (1, pdf.len() as u64), "sent twice is kept once");
    let page = ida.get(&case).body;
    assert!(
        page.contains("Brev;&#60;script&#62;\u{e6}.pdf") && !page.contains("<script"),
        "{page}"
    );
    for query in ["", "?file=1"] {
        let got = ida.get(&format!("{case}/paper/{}{query}", kept[0].id));
        assert_eq!(got.bytes, pdf);
        assert_eq!(got.header("content-type"), Some("application/pdf"));
        let name = got.header("content-disposition").unwrap();
        assert_eq!(name, "attachment; filename=\"Brev__script__.pdf\"");
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
        assert!(got.header("content-security-policy").unwrap().contains("default-src 'none'"));
    }
    // A text may be read on the page, and stays text there.
    let text = b"Hej <img src=x onerror=alert(1)> \xff";
    assert_eq!(send(&mut ida, &case, "note.TXT", "received", text).status, 303);
    let id = papers(&house).iter().map(|p| p.id).max().unwrap();
    let read = ida.get(&format!("{case}/paper/{id}")).body;
    assert!(read.contains("Hej &#60;img src=x") && !read.contains("<img"), "{read}");
    // The log says that there is a paper, and the ledger not what it is called.
    assert!(ida.get(&case).body.contains("Bilag"));
    assert!(!ida.get("/ledger").body.contains("note.txt"));
}

#[test]
fn what_is_not_what_it_says_or_too_large_is_refused() {
    let house = House::new();
    let mut ida = house.signed_in("ida", &[Role::Caseworker], &["customers"]);
    let case = crate::cases::open(&mut ida, "erasure", &[]);
    for (name, bytes) in [
        ("side.html", &b"<script>alert(1)</script>"[..]),
        ("tegning.svg", b"<svg onload=\"alert(1)\">"),
        ("brev.pdf", b"<script>alert(1)</script>"),
        ("brev.pdf.exe", b"MZ"),
        ("uden-ende", b"%PDF-1.4"),
        ("", b"%PDF-1.4"),
        ("tom.pdf", b""),
    ] {
        let refused = send(&mut ida, &case, name, "received", bytes);
        assert_eq!(refused.status, 422, "{name}: {}", refused.body);
        assert!(!refused.body.contains("<script"), "{name}");
    }
    let mut large = b"%PDF-1.4".to_vec();
    large.resize(10 * 1024 * 1024, 0);
    assert_eq!(send(&mut ida, &case, "stor.pdf", "received", &large).status, 303);
    large.push(0);
    let refused = send(&mut ida, &case, "st\u{f8}rre.pdf", "received", &large);
    assert_eq!(refused.status, 413, "{}", refused.body);
    assert_eq!(papers(&house).len(), 1);
    // Not for who has no cases, not from elsewhere, and not into another case.
    let mut engineer = house.signed_in("jens", &[Role::Engineer], &[]);
    let to = format!("{case}/papers");
    assert_eq!(engineer.post(&to, &[]).status, 403);
    assert_eq!(ida.post(&to, &[]).status, 403, "without a token");
    assert_eq!(ida.get("/cases/R-2026-0002/paper/1").status, 404);
}

#[test]
fn a_proof_of_identity_goes_when_it_has_served() {
    let house = House::new();
    let mut ida = house.signed_in("ida", &[Role::Caseworker], &["customers"]);
    let case = crate::cases::open(&mut ida, "erasure", &[]);
    let png = b"\x89PNG\r\n\x1a\n0123";
    assert_eq!(send(&mut ida, &case, "pas.png", "identity", png).status, 303);
    assert_eq!(send(&mut ida, &case, "brev.png", "received", png).status, 303);
    let id = |name: &str| papers(&house).iter().find(|p| p.name == name).map(|p| p.id);
    let (pass, letter) = (id("pas.png").unwrap(), id("brev.png").unwrap());
    let page = ida.get(&case);
    assert!(page.body.contains("Bevis for identitet: pas.png"), "{}", page.body);
    // Only the proof: the rest of a case goes with the case.
    assert!(page.token(&format!("{case}/paper/{letter}/remove")).is_none());
    let remove = format!("{case}/paper/{pass}/remove");
    let done = ida.send(&case, &remove, &[]);
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!((id("pas.png"), id("brev.png")), (None, Some(letter)));
    assert_eq!(ida.get(&format!("{case}/paper/{pass}")).status, 404);
    let page = ida.get(&case).body;
    assert!(page.contains("Bevis for identitet slettet"), "{page}");
}
