//! Calls in the console, over a real server of calls with a real vault.

use frist_server::access::Role;

use crate::calls_house::House as Calls;
use crate::kit::{Answer, House};

/// The page with its forms, while calls are under way.
const STILL: &str = "/calls?still=1";

/// A console over the example's register, and the people who have tokens at the server of calls.
pub(crate) fn house(calls: &Calls) -> House {
    let mut text = format!("[calls]\nurl = \"http://{}\"\n", calls.addr());
    for (name, role) in [
        ("sune", "supervisor"),
        ("lis", "listener"),
        ("dorte", "dpo"),
        ("bo", "evidence"),
        ("rie", "second"),
    ] {
        let file = calls.keep(name, &calls.tokens[role]);
        text += &format!("[[calls.person]]\nname = \"{name}\"\ntoken_file = {file:?}\n");
    }
    let config = frist_server::Config::read(&text).unwrap();
    let house = House::with(|settings| settings.config = config);
    // The register is the example's, which has calls.
    let register = house.dir.path().join("register");
    std::fs::remove_dir_all(&register).unwrap();
    std::fs::create_dir(&register).unwrap();
    for file in std::fs::read_dir(crate::calls_house::example().join("register")).unwrap() {
        let path = file.unwrap().path();
        std::fs::copy(&path, register.join(path.file_name().unwrap())).unwrap();
    }
    house
}

#[test]
fn calls_are_seen_heard_with_a_reason_and_stopped() {
    let calls = Calls::new();
    let (_, recording) = calls.recorded("a@b", &["quality"], 4);
    let live = calls.call("c@d");
    let house = house(&calls);
    let mut supervisor = house.signed_in("sune", &[Role::Supervisor], &[]);
    let page = supervisor.get("/calls");
    // While a call is under way the page comes again by itself, so there is nothing to type into;
    // where there is, it stands still.
    let renews = |page: &Answer| page.body.contains("http-equiv=\"refresh\"");
    assert!(renews(&page) && !page.body.contains("name=\"why\""), "{}", page.body);
    let still = supervisor.get(STILL);
    assert!(!renews(&still) && still.body.contains("name=\"why\""), "{}", still.body);
    assert!(page.body.contains("ja til At forbedre vores service i telefonen"), "{}", page.body);
    assert!(page.body.contains("timer (til"), "the hours that are left: {}", page.body);
    assert!(!page.body.contains("12345678"), "no number of anybody");
    assert!(!page.body.contains("/listen\""), "a supervisor hears nothing");

    let mut listener = house.signed_in("lis", &[Role::Listener], &["recordings"]);
    let to = format!("/calls/recording/{recording}/listen");
    let bare = listener.send(STILL, &to, &[("purpose", "quality"), ("reason", "x")]);
    assert!(bare.body.contains("sagde nej"), "{}", bare.body);
    let again = bare.fields(&to);
    assert!(again.contains(&("reason".into(), "x".into())), "what was typed is there: {again:?}");
    let reason = "Kvalitetssamtale <script>";
    let heard = listener.send(STILL, &to, &[("purpose", "quality"), ("reason", reason)]);
    assert!(heard.body.contains("<audio controls src=\"data:audio/wav;base64,UklGR"));
    assert!(heard.header("content-security-policy").unwrap().contains("media-src data:"));
    let other = listener.send(STILL, &to, &[("purpose", "training"), ("reason", reason)]);
    assert!(other.body.contains("sagde nej"), "{}", other.body);
    // Without need to know, and without a token: not even the page, or nothing on it.
    let mut stranger = house.signed_in("eva", &[Role::Listener], &[]);
    assert_eq!(stranger.get("/calls").status, 403);
    let mut tokenless = house.signed_in("ib", &[Role::Listener], &["recordings"]);
    assert!(tokenless.get("/calls").body.contains("ingen adgangsnøgle til"));
    assert_eq!(tokenless.post(&to, &[]).status, 403);

    let mut dpo = house.signed_in("dorte", &[Role::Dpo], &[]);
    let log = dpo.get("/calls/listenings");
    assert!(log.body.contains("Kvalitetssamtale &#60;script&#62;"), "{}", log.body);
    assert!(log.body.matches("<tr>").count() >= 4, "refusals as well: {}", log.body);
    assert!(!log.body.contains("<script"));

    let at = format!("/calls/call/{live}");
    let flagged = supervisor.send(STILL, &at, &[("act", "flag"), ("why", "Trussel")]);
    assert_eq!(flagged.status, 303, "{}", flagged.body);
    assert!(supervisor.get("/calls").body.contains("markeret"));
    let fields = [("why", "Fejl i samtykke"), ("sure", "yes")];
    let stopped = supervisor.send(STILL, "/calls/stop", &fields);
    assert_eq!(stopped.status, 303, "{}", stopped.body);
    assert!(supervisor.get("/calls").body.contains("Al optagelse er standset"));
    let heard = listener.send(STILL, &to, &[("purpose", "quality"), ("reason", "igen en gang")]);
    assert!(heard.body.contains("sagde nej"), "nothing is heard meanwhile");
    assert_eq!(supervisor.send(STILL, "/calls/start", &[("sure", "yes")]).status, 303);
    assert!(!supervisor.get("/calls").body.contains("Al optagelse er standset"));
}

#[test]
fn a_transfer_takes_two_and_a_pause_is_the_supervisors() {
    let calls = Calls::new();
    let (_, recording) = calls.recorded("a@b", &["quality"], 4);
    let (live, tape) = calls.under_way("c@d", &["quality"], 2);
    let silent = calls.call("e@f");
    let house = house(&calls);
    let mut supervisor = house.signed_in("sune", &[Role::Supervisor], &[]);
    let at = format!("/calls/call/{live}");
    // Of a call of which nothing is recorded there is nothing to pause.
    let page = supervisor.get("/calls").body;
    let card = page.split(&format!("id=\"call-{silent}\"")).nth(1).unwrap();
    assert!(!card.split("</section>").next().unwrap().contains("value=\"pause\""), "{page}");
    let none = supervisor.send(STILL, &format!("/calls/call/{silent}"), &[("act", "pause")]);
    assert!(none.body.contains("sagde nej"), "{}", none.body);
    let paused = supervisor.send(STILL, &at, &[("act", "pause")]);
    assert_eq!(paused.status, 303, "{}", paused.body);
    assert_eq!(supervisor.send(STILL, &at, &[("act", "resume")]).status, 303);
    tape.finish();
    assert_eq!(supervisor.send(STILL, &at, &[("act", "nothing")]).status, 404);
    // Evidence: a caseworker who needs to know asks, with the law and an end; a DPO approves.
    let mut case = house.signed_in("bo", &[Role::Caseworker], &["recordings"]);
    let to = format!("/calls/recording/{recording}/transfer");
    let fields = [
        ("grounds", "Trussel mod en medarbejder <script>"),
        ("legal_basis", "GDPR Art. 6(1)(f)"),
        ("matter", "J.nr. 2026-9"),
        ("keep_until", "2027-05-01"),
    ];
    assert!(supervisor.get(STILL).token(&to).is_none(), "a supervisor transfers nothing");
    let bare = case.send(STILL, &to, &[("matter", "x"), ("grounds", "Trussel")]);
    assert!(bare.body.contains("sagde nej"), "{}", bare.body);
    let again = bare.fields(&to);
    assert!(again.contains(&("grounds".into(), "Trussel".into())), "{again:?}");
    assert!(!bare.body.contains("http-equiv=\"refresh\""), "{}", bare.body);
    let asked = case.send(STILL, &to, &fields);
    assert_eq!(asked.status, 303, "{}", asked.body);
    let page = case.get("/calls");
    assert!(page.body.contains("afventer en anden persons godkendelse"), "{}", page.body);
    assert!(page.body.contains("J.nr. 2026-9") && !page.body.contains("<script"), "{}", page.body);
    let approve = page.body.split("/calls/transfer/").nth(1);
    assert!(approve.is_none(), "nobody approves one's own: {}", page.body);
    // Who approves has a token for evidence as well: the server of calls has its own table.
    let mut dpo = house.signed_in("rie", &[Role::Dpo], &[]);
    let page = dpo.get(STILL);
    let id = page.body.split("action=\"/calls/transfer/").nth(1).unwrap();
    let to = format!("/calls/transfer/{}", id.split('"').next().unwrap());
    assert_eq!(dpo.send(STILL, &to, &[]).status, 422, "nobody said to be sure");
    let approved = dpo.send(STILL, &to, &[("sure", "yes")]);
    assert_eq!(approved.status, 303, "{}", approved.body);
    let page = dpo.get("/calls");
    assert!(page.body.contains("second") && page.token(&to).is_none(), "{}", page.body);
    assert_eq!(case.post(&to, &[]).status, 403);
}

#[test]
fn a_register_without_calls_says_how_to_begin() {
    let house = House::new();
    let mut supervisor = house.signed_in("sune", &[Role::Supervisor], &[]);
    let page = supervisor.get("/calls");
    assert!(page.body.contains("Registeret har ingen samtaler"), "{}", page.body);
    assert!(page.body.contains("frist vault init"));
}
