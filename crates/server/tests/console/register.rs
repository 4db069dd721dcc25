//! The register: read, changed by form and as text, its effect seen, approved by another person.

use frist_server::access::Role;
use frist_state::ProposalStatus;

use crate::kit::{Answer, Client, House, files};

const INVOICES: &str = "/register/part/dataset/invoices";
const BILLING: &str = "register/afregning.toml";

fn text(house: &House, name: &str) -> String {
    files(house.dir.path()).into_iter().find(|(n, _)| n == name).unwrap().1
}

/// What an input, text or choice of the page says.
fn value(page: &Answer, name: &str) -> String {
    let tag = format!("name=\"{name}\"");
    let at = page.body.find(&tag).unwrap_or_else(|| panic!("no {name}"));
    let from = page.body[..at].rfind('<').unwrap();
    let rest = &page.body[from..];
    let plain = |text: &str| {
        text.replace("&#34;", "\"")
            .replace("&#38;", "&")
            .replace("&#60;", "<")
            .replace("&#62;", ">")
            .replace("&#39;", "'")
    };
    if rest.starts_with("<textarea") {
        let inner = rest.split_once('>').unwrap().1.split("</textarea>").next().unwrap();
        return plain(inner.strip_prefix('\n').unwrap_or(inner));
    }
    if rest.starts_with("<select") {
        let inner = rest.split("</select>").next().unwrap();
        let chosen = inner.split("<option value=\"").find(|o| o.contains("\" selected>"));
        return chosen.map_or_else(String::new, |o| plain(o.split('"').next().unwrap()));
    }
    let input = rest.split('>').next().unwrap();
    plain(input.split("value=\"").nth(1).map_or("", |v| v.split('"').next().unwrap()))
}

/// All that a browser would send of the form, with some fields filled in otherwise.
fn filled(page: &Answer, to: &str, other: &[(&str, &str)]) -> Vec<(String, String)> {
    let form = page.body.split("<form ").find(|f| f.contains(&format!("action=\"{to}\""))).unwrap();
    let form = form.split("</form>").next().unwrap();
    let mut all: Vec<(String, String)> = Vec::new();
    for tag in form
        .split('<')
        .filter(|t| ["input ", "textarea ", "select "].iter().any(|k| t.starts_with(k)))
    {
        let Some(name) = tag.split("name=\"").nth(1).and_then(|n| n.split('"').next()) else {
            continue;
        };
        let head = tag.split('>').next().unwrap();
        if head.contains("type=\"checkbox\"") && !head.contains(" checked") {
            continue;
        }
        all.push((name.to_owned(), value(page, name)));
    }
    let token = page.token(to).unwrap();
    for (name, value) in other.iter().chain(&[("token", token.as_str())]) {
        all.retain(|(n, _)| n != name);
        all.push(((*name).to_owned(), (*value).to_owned()));
    }
    all
}

/// Loads a form, fills some of it in, and sends it as a browser does.
fn send(client: &mut Client, path: &str, other: &[(&str, &str)]) -> Answer {
    let page = client.get(path);
    let all = filled(&page, path, other);
    let all: Vec<(&str, &str)> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    client.post(path, &all)
}

fn change(at: &str) -> String {
    at.split('?').next().unwrap().to_owned()
}

/// A step of a change: its form with what it hides, and more.
fn step(client: &mut Client, change: &str, step: &str, more: &[(&str, &str)]) -> Answer {
    let to = format!("{change}/{step}");
    let page = client.get(change);
    let mut fields = more.to_vec();
    let seen =
        if page.body.contains("name=\"seen\"") { value(&page, "seen") } else { String::new() };
    fields.push(("seen", &seen));
    let token = page.token(&to).unwrap_or_else(|| panic!("no form to {to}:\n{}", page.body));
    fields.push(("token", &token));
    client.post(&to, &fields)
}

/// A change that somebody proposes: the route test needs one.
pub(crate) fn a_change(house: &House) {
    let mut maker = house.signed_in("changer", &[Role::Engineer], &[]);
    let other = [("title.da", "Regninger"), ("keep.0.period", "7 years")];
    let sent = send(&mut maker, INVOICES, &other);
    assert_eq!(sent.location(), "/register/change/1?done=kept");
    step(&mut maker, "/register/change/1", "count", &[]);
    step(&mut maker, "/register/change/1", "submit", &[("why", "Klagefristen er ændret")]);
}

#[test]
fn a_period_is_changed_by_form_seen_and_approved_by_another() {
    let house = House::new();
    let before = text(&house, BILLING);
    let mut engineer = house.signed_in("jens", &[Role::Engineer], &[]);
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    // The first plan makes the register live that there is.
    engineer.send("/sweeps", "/sweeps", &[]);
    let page = engineer.get("/register");
    assert!(page.body.contains("Fakturaer") && page.body.contains("bogføringsloven"));
    assert!(page.body.contains("href=\"/register/part/dataset/invoices\""));

    let form = engineer.get(INVOICES);
    assert_eq!(value(&form, "keep.0.period"), "3 år");
    assert_eq!(value(&form, "keep.0.for"), "invoicing");
    let sent = send(
        &mut engineer,
        INVOICES,
        &[("keep.0.period", "7 years"), ("justification.da", "Kunden kan klage i \"syv\" år.")],
    );
    let at = change(sent.location());
    assert_eq!(text(&house, BILLING), before, "nothing is live yet");
    let counted = step(&mut engineer, &at, "count", &[]);
    assert_eq!(counted.status, 303, "{}", counted.body);
    let page = engineer.get(&at);
    assert!(page.body.contains("ændret fra"), "{}", page.body);
    assert!(page.body.contains("opbevares længere"), "{}", page.body);
    // The notice to customers promised three years.
    assert!(page.body.contains("<del>") && page.body.contains("Kunder"), "{}", page.body);
    // Not without a reason; then it waits for somebody else.
    assert!(step(&mut engineer, &at, "submit", &[("why", " ")]).body.contains("Skriv en begr"));
    let sent = step(&mut engineer, &at, "submit", &[("why", "Klagefristen er ændret")]);
    assert_eq!(sent.location(), format!("{at}?done=submitted"));
    let page = engineer.get(&at);
    assert_eq!(page.token(&format!("{at}/live")), None, "the maker has no such form");

    let page = dpo.get(&at);
    assert!(page.body.contains("Klagefristen er ændret"));
    assert_eq!(page.token(&format!("{at}/end")), None, "who did not make it takes nothing back");
    let unsure = step(&mut dpo, &at, "live", &[]);
    assert_eq!(unsure.status, 422, "{}", unsure.body);
    let entries = house.state().size().unwrap();
    let live = step(&mut dpo, &at, "live", &[("sure", "yes")]);
    assert_eq!(live.location(), format!("{at}?done=live"), "{}", live.body);

    let after = text(&house, BILLING);
    let expected = before
        .replacen("period = \"3 years\"", "period = \"7 years\"", 1)
        .replace(
            "Kunden kan gøre indsigelse mod en regning i tre år. Derefter opbevares fakturaen alene som regnskabsmateriale.",
            "Kunden kan klage i \\\"syv\\\" år.",
        );
    let unquoted = expected
        .replace("\"Kunden kan klage i \\\"syv\\\" år.\"", "'Kunden kan klage i \"syv\" år.'");
    assert!(after == expected || after == unquoted, "comments and all else stay:\n{after}");
    let mut state = house.state();
    assert_eq!(state.size().unwrap(), entries + 1, "one entry of the ledger");
    let revision = state.live_revision().unwrap().unwrap();
    assert_eq!(revision.by, "maria");
    assert!(revision.text.contains("7 years"));
    let proposal = state.proposal(1).unwrap().unwrap();
    assert_eq!(proposal.status, ProposalStatus::Live);
    assert!(dpo.get("/datasets/invoices").body.contains("7 år"), "the pages go by it");
    assert!(dpo.get(&at).body.contains("sat i kraft"));
    assert_eq!(step_status(&mut dpo, &at, "live"), 403, "no form, no second time");
}

/// Sends a step without the form that the page no longer has.
fn step_status(client: &mut Client, change: &str, step: &str) -> u16 {
    client.post(&format!("{change}/{step}"), &[("sure", "yes")]).status
}

#[test]
fn the_maker_cannot_approve_whatever_the_roles() {
    let house = House::new();
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    let sent = send(&mut dpo, INVOICES, &[("title.en", "Bills")]);
    let at = change(sent.location());
    step(&mut dpo, &at, "count", &[]);
    step(&mut dpo, &at, "submit", &[("why", "klarere")]);
    let page = dpo.get(&at);
    assert!(page.body.contains("En anden end den, der lavede"), "{}", page.body);
    // With a token that is right in itself, as one of another page's forms cannot be.
    let refused = dpo.post(&format!("{at}/live"), &[("sure", "yes")]);
    assert_eq!(refused.status, 403);
    let mut other = house.signed_in("kim", &[Role::Dpo], &[]);
    let token = other.get(&at).token(&format!("{at}/live")).unwrap();
    let stolen = dpo.post(&format!("{at}/live"), &[("sure", "yes"), ("token", &token)]);
    assert_eq!(stolen.status, 403);
    assert!(text(&house, BILLING).contains("en = \"Invoices\""));
    // Given back with a reason, the maker sees it and can go on.
    let back = step(&mut other, &at, "back", &[("why", "Skriv <b>hvorfor</b>")]);
    assert_eq!(back.status, 303, "{}", back.body);
    let page = dpo.get(&at);
    assert!(page.body.contains("Skriv &#60;b&#62;hvorfor"), "{}", page.body);
    let gone = step(&mut dpo, &at, "end", &[("sure", "yes")]);
    assert_eq!(gone.status, 303);
    assert!(dpo.get("/register").body.contains("trukket tilbage"));
}

#[test]
fn what_is_wrong_is_said_beside_its_field_and_kept_nowhere() {
    let house = House::new();
    let mut engineer = house.signed_in("jens", &[Role::Engineer], &[]);
    let hostile = "<script>alert(1)</script>\"'";
    let refused = send(
        &mut engineer,
        INVOICES,
        &[("keep.0.period", "3 yaers"), ("title.da", hostile), ("keep.1.from", hostile)],
    );
    assert_eq!(refused.status, 200);
    assert!(refused.body.contains("Intet er gemt"), "{}", refused.body);
    assert_eq!(value(&refused, "keep.0.period"), "3 yaers", "what was typed is still there");
    assert!(!refused.body.contains("<script"), "script comes out as text");
    let field = refused.body.split("name=\"keep.0.period\"").nth(1).unwrap();
    let beside = field.split("<label").next().unwrap();
    assert!(beside.contains("yaers") && beside.contains("E0"), "{beside}");
    let tied = beside.split("aria-describedby=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(
        tied.ends_with("-said")
            && beside.contains(&format!("id=\"{}\"", tied.split(' ').next_back().unwrap())),
        "{tied}"
    );
    let other = refused.body.split("name=\"keep.0.anchor\"").nth(1).unwrap();
    assert!(!other.split("<label").next().unwrap().contains("yaers"), "beside no other");
    assert_eq!(house.state().proposals(9).unwrap(), []);
    // A basis without the law behind it, a purpose that there is not: told with law and help.
    let wrong = send(
        &mut engineer,
        "/register/part/activity/billing",
        &[("purpose.0.basis", "6(1)(f)"), ("purpose.0.interest.da", "")],
    );
    let section = wrong.body.split("name=\"purpose.0.id\"").nth(1).unwrap();
    let section = section.split("name=\"purpose.1.id\"").next().unwrap();
    assert!(section.contains("class=\"said late\""), "{section}");
    // A text that cannot be read names its line.
    let page = engineer.get("/register/text/afregning");
    let text = value(&page, "text").replace("key = \"invoice_id\"", "key = ");
    let refused = send(&mut engineer, "/register/text/afregning", &[("text", &text)]);
    assert!(refused.body.contains("class=\"here\""), "{}", refused.body);
    assert!(value(&refused, "text").contains("key = \n"));
    assert_eq!(house.state().proposals(9).unwrap(), []);
}

#[test]
fn files_that_changed_meanwhile_are_not_overwritten() {
    let house = House::new();
    let mut engineer = house.signed_in("jens", &[Role::Engineer], &[]);
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    let sent = send(&mut engineer, INVOICES, &[("title.da", "Regninger")]);
    let at = change(sent.location());
    step(&mut engineer, &at, "count", &[]);
    step(&mut engineer, &at, "submit", &[("why", "dansk")]);
    let page = dpo.get(&at);
    let (seen, token) = (value(&page, "seen"), page.token(&format!("{at}/live")).unwrap());
    // Somebody writes into another file, in an editor.
    let path = house.dir.path().join("register/kunder.toml");
    let own = std::fs::read_to_string(&path).unwrap() + "\n# set i en editor\n";
    std::fs::write(&path, &own).unwrap();
    let fields = [("sure", "yes"), ("seen", seen.as_str()), ("token", token.as_str())];
    let refused = dpo.post(&format!("{at}/live"), &fields);
    assert_eq!(refused.status, 200);
    assert!(refused.body.contains("intet er gået tabt"), "{}", refused.body);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), own);
    assert!(!text(&house, BILLING).contains("da = \"Regninger\""));
    // The maker carries it over; both are then there.
    let renewed = step(&mut engineer, &at, "renew", &[]);
    assert_eq!(renewed.status, 303, "{}", renewed.body);
    step(&mut engineer, &at, "count", &[]);
    step(&mut engineer, &at, "submit", &[("why", "dansk")]);
    let live = step(&mut dpo, &at, "live", &[("sure", "yes")]);
    assert_eq!(live.location(), format!("{at}?done=live"), "{}", live.body);
    assert!(text(&house, BILLING).contains("da = \"Regninger\""));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), own);
    // The same file in both: nobody's words are lost, and the maker is sent to the text.
    let sent = send(&mut engineer, INVOICES, &[("title.da", "Fakturaer og rykkere")]);
    let at = change(sent.location());
    let path = house.dir.path().join(BILLING);
    let own = std::fs::read_to_string(&path).unwrap() + "\n# også her\n";
    std::fs::write(&path, &own).unwrap();
    let page = engineer.get(&at);
    assert!(page.body.contains("Den samme fil er ændret begge steder"), "{}", page.body);
    assert_eq!(page.token(&format!("{at}/renew")), None);
    assert!(page.body.contains("Fakturaer og rykkere"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), own);
}

#[test]
fn the_head_of_each_page_has_the_name_that_the_register_gives() {
    let house = House::new();
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    assert!(dpo.get("/").body.contains("<span class=\"of\">Nordkyst Forsyning A/S</span>"));
    for (name, text) in files(house.dir.path()) {
        let text = text.replace("Nordkyst Forsyning A/S", "Nordkyst Energi A/S");
        std::fs::write(house.dir.path().join(name), text).unwrap();
    }
    // The first page after the change reads the register anew; from then on it is in each head.
    dpo.get("/");
    let page = dpo.get("/account").body;
    assert!(page.contains("<span class=\"of\">Nordkyst Energi A/S</span>"), "{page}");
}

#[test]
fn grounds_and_recipients_come_and_go() {
    let house = House::new();
    let mut engineer = house.signed_in("jens", &[Role::Engineer], &[]);
    let sent = send(
        &mut engineer,
        "/register/part/activity/billing",
        &[
            ("disclosures.5.recipient", "auditor"),
            ("disclosures.5.subjects", "customer"),
            ("disclosures.5.categories", " consumption , payment"),
            ("disclosures.1._remove", "yes"),
        ],
    );
    let at = change(sent.location());
    // The second edit goes into the same change, and sees the first.
    let sent = send(
        &mut engineer,
        "/register/part/dataset/meter-readings",
        &[("keep.1.for", "bookkeeping"), ("keep.1.from", "read_at"), ("justification.en", "")],
    );
    assert_eq!(change(sent.location()), at);
    let proposal = house.state().proposal(1).unwrap().unwrap();
    let files: Vec<(String, String)> = serde_json::from_str(&proposal.new.files).unwrap();
    let text = &files.iter().find(|(n, _)| n == BILLING).unwrap().1;
    assert!(!text.contains("recipient = \"bank\""), "{text}");
    let last = "    { recipient = \"auditor\", subjects = [\"customer\"], categories = [\"consumption\", \"payment\"] }";
    assert!(text.contains(last), "{text}");
    assert!(
        text.contains("\n  [[dataset.keep]]\n  for = \"bookkeeping\"\n  from = \"read_at\"\n"),
        "{text}"
    );
    let register = frist_register::Register::read(&files).register.unwrap();
    let set = register.dataset("meter-readings").unwrap();
    assert_eq!(set.keep.len(), 2);
    assert!(text.contains("nødvendig for regnskabet.\" }\n"), "{text}");
    // A form that was made before is not laid over what it never saw.
    let page = engineer.get(INVOICES);
    let old = filled(&page, INVOICES, &[("title.da", "Gammelt")]);
    send(&mut engineer, INVOICES, &[("title.da", "Nyt")]);
    let old: Vec<(&str, &str)> = old.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let refused = engineer.post(INVOICES, &old);
    assert!(refused.body.contains("ændret imens"), "{}", refused.body);
    assert_eq!(value(&refused, "title.da"), "Gammelt");
}

#[test]
fn readers_read_and_propose_nothing() {
    let house = House::new();
    let mut auditor = house.signed_in("revi", &[Role::Auditor], &[]);
    let page = auditor.get("/register");
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("/register/part/"), "no way to a form");
    let form = auditor.get(INVOICES);
    assert!(form.body.contains("readonly") && !form.body.contains("Kontrollér og gem"));
    assert_eq!(auditor.post(INVOICES, &[]).status, 403);
    for none in [
        "/register/part/dataset/none",
        "/register/part/none/x",
        "/register/text/none",
        "/register/change/99",
        "/register/change/x",
    ] {
        assert_eq!(auditor.get(none).status, 404, "{none}");
    }
}
