//! Stores: health, coverage, and connecting one.

use frist_server::access::Role;

use crate::kit::House;

#[test]
fn health_and_what_no_rule_covers() {
    let house = House::new();
    let mut engineer = house.signed_in("jens", &[Role::Engineer], &[]);
    let page = engineer.get("/stores");
    assert!(page.body.contains("SQLite 3.") && page.body.contains("kan nås"), "{}", page.body);
    assert!(page.body.contains("Alt i datakilden hører til et datasæt"), "{}", page.body);
    // A table that nobody named, with a column that looks like personal data; a store that is gone.
    let db = rusqlite(&house, "erp.sqlite");
    db.execute_batch("CREATE TABLE lead (lead_id INTEGER PRIMARY KEY, email TEXT, colour TEXT)")
        .unwrap();
    std::fs::remove_file(house.dir.path().join("data/hr.sqlite")).unwrap();
    let page = engineer.get("/stores");
    let row = page.body.split("<th scope=\"row\">lead</th>").nth(1).unwrap();
    let row = row.split("</tr>").next().unwrap();
    assert!(row.contains("warn\">email<") && !row.contains("warn\">colour<"), "{row}");
    assert!(page.body.contains("kan ikke nås"), "{}", page.body);
    // An administrator sees health, and no way into the register.
    let mut admin = house.signed_in("ada", &[Role::Administrator], &[]);
    let page = admin.get("/stores");
    assert!(page.body.contains("kan nås") && !page.body.contains("/register/part/"));
}

fn rusqlite(house: &House, name: &str) -> rusqlite::Connection {
    rusqlite::Connection::open(house.dir.path().join("data").join(name)).unwrap()
}

/// A small database of one's own: people, their orders, and goods.
pub(crate) fn crm(house: &House) {
    rusqlite(house, "crm.sqlite")
        .execute_batch(
            "CREATE TABLE client (client_id INTEGER PRIMARY KEY, full_name TEXT, email TEXT, ended_on TEXT);
             CREATE TABLE complaint (id INTEGER PRIMARY KEY, client_id INTEGER REFERENCES client, body TEXT, closed_on TEXT);
             CREATE TABLE product (id INTEGER PRIMARY KEY, colour TEXT);
             INSERT INTO client VALUES (1, 'Karen Hemmelig', 'k@example.dk', '2019-01-01'), (2, 'Bo', 'b@example.dk', NULL);
             INSERT INTO complaint VALUES (1, 2, 'x', '2020-02-02');",
        )
        .unwrap();
}

fn typed<'a>(id: &'a str, kind: &'a str, at: &'a str) -> Vec<(&'a str, &'a str)> {
    let title = ("title_da", "Kunder \"x\" <script>");
    vec![("id", id), ("kind", kind), ("at", at), title, ("backups", "35 dage")]
}

const TO: &str = "/stores/connect";

#[test]
fn a_database_is_looked_at_answered_for_and_becomes_the_register() {
    let house = House::new();
    let mut engineer = house.signed_in("jens", &[Role::Engineer], &[]);
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    crm(&house);
    let page = engineer.send(TO, TO, &typed("crm", "sqlite", "data/crm.sqlite"));
    for word in ["client", "complaint", "ended_on", "product", "Behandlingsgrundlag"] {
        assert!(page.body.contains(word), "{word}: {}", page.body);
    }
    // What is seen are names and forms, never data; and nothing is kept before the answers.
    assert!(!page.body.contains("Hemmelig") && !page.body.contains("<script"), "{}", page.body);
    assert!(house.state().proposal_of("jens").unwrap().is_none());
    let names = |what: &str| -> Vec<String> {
        let tag = format!("name=\"{what}");
        page.body
            .split(&tag)
            .skip(1)
            .map(|x| format!("{what}{}", x.split('"').next().unwrap()))
            .collect()
    };
    let token = page.token(TO).unwrap();
    // Back, with what was typed.
    let mut fields = typed("crm", "sqlite", "data/crm.sqlite");
    fields.extend([("back", "1"), ("token", token.as_str())]);
    let back = engineer.post(TO, &fields).fields(TO);
    for (name, value) in
        [("id", "crm"), ("kind", "sqlite"), ("at", "data/crm.sqlite"), ("backups", "35 dage")]
    {
        assert!(back.contains(&(name.into(), value.into())), "{name}: {back:?}");
    }
    let send = |answered: &[(String, &str)]| {
        let mut fields = typed("crm", "sqlite", "data/crm.sqlite");
        fields.extend([("step", "add"), ("token", token.as_str())]);
        fields.extend(answered.iter().map(|(n, v)| (n.as_str(), *v)));
        engineer.clone().post(TO, &fields)
    };
    let each = |what: &str, value: &'static str| {
        names(what).into_iter().map(move |name| (name, value)).collect::<Vec<_>>()
    };
    let mut answers = each("take-", "yes");
    answers.extend(each("text:", "At betjene kunden"));
    answers.extend(each("basis:", "6(1)(b)"));
    let from = |n: &str| {
        let list = page.body.split(&format!("<select id=\"{n}\"")).nth(1).unwrap();
        let list = list.split("</select>").next().unwrap();
        if list.contains("ended_on") { "ended_on" } else { "closed_on" }
    };
    answers.extend(names("from-").into_iter().map(|n| (n.clone(), from(&n))));
    let bad = [answers.clone(), each("period-", "snart")].concat();
    let refused = send(&bad);
    assert!(refused.body.contains("fristen kan ikke læses"), "{}", refused.body);
    assert!(refused.body.contains("At betjene kunden"), "what was typed is still there");
    // With everything answered nothing is wrong, and it goes the way of every change.
    let sent = send(&[answers, each("period-", "3 år")].concat());
    assert_eq!(sent.status, 303, "{}", sent.body);
    let at = sent.location().split('?').next().unwrap().to_owned();
    let page = engineer.get(&at);
    assert!(!page.body.contains("class=\"said late\""), "{}", page.body);
    assert!(!page.body.contains("<script"));
    let step = |client: &mut crate::kit::Client, word: &str, more: &[(&str, &str)]| {
        let page = client.get(&at);
        let seen = page.body.split("name=\"seen\" value=\"").nth(1);
        let seen = seen.map_or(String::new(), |s| s.split('"').next().unwrap().to_owned());
        let fields = [more, &[("seen", seen.as_str())]].concat();
        let done = client.send(&at, &format!("{at}/{word}"), &fields);
        assert_eq!(done.status, 303, "{word}: {}", done.body);
    };
    step(&mut engineer, "count", &[]);
    step(&mut engineer, "submit", &[("why", "Ny datakilde")]);
    step(&mut dpo, "live", &[("sure", "yes")]);
    let files = crate::kit::files(house.dir.path());
    let (_, text) = files.iter().find(|(name, _)| name == "register/crm.toml").unwrap();
    assert!(text.contains("backups = \"35 days\"") && text.contains("ended_on"), "{text}");
    // What is due there is due now.
    let page = engineer.get("/datasets/client").body;
    assert!(page.contains("3 år"), "{page}");
    let plan = engineer.send("/sweeps", "/sweeps", &[]).location().to_owned();
    let page = engineer.get(&plan).body;
    assert!(page.contains("client") && page.contains("complaint"), "{page}");
    // A second store of the same shape stands beside the first.
    std::fs::copy(house.dir.path().join("data/crm.sqlite"), house.dir.path().join("data/b.sqlite"))
        .unwrap();
    let page = engineer.send(TO, TO, &typed("b", "sqlite", "data/b.sqlite"));
    let token = page.token(TO).unwrap();
    let mut fields = typed("b", "sqlite", "data/b.sqlite");
    fields.extend([("step", "add"), ("take-0", "yes"), ("take-1", "yes"), ("token", &token)]);
    let sent = engineer.post(TO, &fields);
    let page = engineer.get(sent.location().split('?').next().unwrap()).body;
    assert!(page.contains("client-b"), "{page}");
    // What is still to be answered is said, each with the way to its form; nobody can send it.
    assert!(page.contains("/register/part/dataset/client-b") && page.contains("E0056"), "{page}");
    assert!(!page.contains("/submit\"") && !page.contains("declared twice"), "{page}");
}

#[test]
fn what_is_no_store_is_not_opened() {
    let house = House::new();
    let mut engineer = house.signed_in("jens", &[Role::Engineer], &[]);
    let hidden = house.dir.path().join(".frist");
    std::fs::create_dir(&hidden).unwrap();
    std::fs::write(hidden.join("people.key"), "hemmelig").unwrap();
    std::fs::write(house.dir.path().join("note.txt"), "hemmelig tekst, ingen database").unwrap();
    std::os::unix::fs::symlink(&hidden, house.dir.path().join("data/link")).unwrap();
    let pipe = house.dir.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let pipe = pipe.to_string_lossy().into_owned();
    for (id, kind, at, wrong) in [
        ("crm", "postgresql", "postgres://u:hemmelig@h/db", "den har en adgangskode"),
        ("crm", "postgresql", "http://169.254.169.254/", "den har en adgangskode"),
        ("crm", "postgresql", "NOT_THERE", "is not set"),
        ("crm", "sqlite", ".frist/people.key", "Frists egne"),
        ("crm", "files", "./.frist", "Frists egne"),
        ("crm", "sqlite", "data/../.frist/x", "Frists egne"),
        ("crm", "sqlite", "data/link/people.key", "own keys and data"),
        ("crm", "files", "data/link", "own keys and data"),
        ("crm", "sqlite", "file:data/erp.sqlite?mode=ro", "there is no file"),
        ("crm", "sqlite", "http://169.254.169.254/latest/meta-data", "there is no file"),
        ("crm", "files", "\\\\169.254.169.254\\share", "kan ikke læses"),
        ("crm", "postgresql", "localhost:22", "den har en adgangskode"),
        ("crm", "postgresql", "host=/var/run", "den har en adgangskode"),
        ("crm", "sqlite", "note.txt", "kan ikke læses"),
        ("crm", "sqlite", "/dev/zero", "kan ikke læses"),
        ("crm", "sqlite", &pipe, "kan ikke læses"),
        ("crm", "sqlite", "data", "kan ikke læses"),
        ("crm", "sqlite", "data/none.sqlite", "none.sqlite"),
        ("crm", "files", "/", "kan ikke læses"),
        ("crm", "vault", "vault", "System"),
        ("erp", "sqlite", "data/erp.sqlite", "allerede en datakilde"),
        ("controller", "sqlite", "data/erp.sqlite", "allerede en datakilde"),
        ("../x", "sqlite", "data/erp.sqlite", "små bogstaver"),
        ("", "sqlite", "data/erp.sqlite", "Kort navn"),
        ("crm", "sqlite", "", "Fil, mappe"),
    ] {
        let page = engineer.send(TO, TO, &typed(id, kind, at));
        assert_eq!(page.status, 200, "{at}: {}", page.body);
        assert!(page.body.contains(wrong), "{at}: {}", page.body);
        assert!(!page.body.contains("hemmelig"), "{at}: {}", page.body);
        assert!(page.token(TO).is_some(), "the form is there again");
    }
    assert!(house.state().proposal_of("jens").unwrap().is_none());
    // Whoever does not change the register does not look into stores either.
    for role in [Role::Auditor, Role::Administrator, Role::Caseworker] {
        let name = role.as_str();
        let mut other = house.signed_in(name, &[role], &["invoices"]);
        let fields = typed("crm", "sqlite", "data/erp.sqlite");
        assert_eq!(other.post(TO, &fields).status, 403, "{name}");
    }
}
