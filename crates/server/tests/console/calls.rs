//! Calls in the console, over a real server of calls with a real vault.

use frist_server::access::Role;

use crate::calls_house::House as Calls;
use crate::kit::House;

/// A console over the example's register, and the people who have tokens at the server of calls.
fn house(calls: &Calls) -> House {
    let mut text = format!("[calls]\nurl = \"http://{}\"\n", calls.addr());
    for (name, role) in
        [("sune", "supervisor"), ("lis", "listener"), ("dorte", "dpo"), ("bo", "evidence")]
    {
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
    assert!(page.body.contains("ja til quality"), "{}", page.body);
    assert!(page.body.contains("timer (til"), "the hours that are left: {}", page.body);
    assert!(!page.body.contains("12345678"), "no number of anybody");
    assert!(!page.body.contains("/listen\""), "a supervisor hears nothing");

    let mut listener = house.signed_in("lis", &[Role::Listener], &["recordings"]);
    let to = format!("/calls/recording/{recording}/listen");
    let bare = listener.send("/calls", &to, &[("purpose", "quality"), ("reason", "x")]);
    assert!(bare.body.contains("sagde nej"), "{}", bare.body);
    let reason = "Kvalitetssamtale <script>";
    let heard = listener.send("/calls", &to, &[("purpose", "quality"), ("reason", reason)]);
    assert!(heard.body.contains("<audio controls src=\"data:audio/wav;base64,UklGR"));
    assert!(heard.header("content-security-policy").unwrap().contains("media-src data:"));
    let other = listener.send("/calls", &to, &[("purpose", "training"), ("reason", reason)]);
    assert!(other.body.contains("sagde nej"), "{}", other.body);
    // Without need to know, and without a token: not even the page, or nothing on it.
    let mut stranger = house.signed_in("eva", &[Role::Listener], &[]);
    assert_eq!(stranger.get("/calls").status, 403);
    let mut tokenless = house.signed_in("ib", &[Role::Listener], &["recordings"]);
    assert!(tokenless.get("/calls").body.contains("intet bevis til"));
    assert_eq!(tokenless.post(&to, &[]).status, 403);

    let mut dpo = house.signed_in("dorte", &[Role::Dpo], &[]);
    let log = dpo.get("/calls/listenings");
    assert!(log.body.contains("Kvalitetssamtale &#60;script&#62;"), "{}", log.body);
    assert!(log.body.matches("<tr>").count() >= 4, "refusals as well: {}", log.body);
    assert!(!log.body.contains("<script"));

    let at = format!("/calls/call/{live}");
    let flagged = supervisor.send("/calls", &at, &[("act", "flag"), ("why", "Trussel")]);
    assert_eq!(flagged.status, 303, "{}", flagged.body);
    assert!(supervisor.get("/calls").body.contains("markeret"));
    let fields = [("why", "Fejl i samtykke"), ("sure", "yes")];
    let stopped = supervisor.send("/calls", "/calls/stop", &fields);
    assert_eq!(stopped.status, 303, "{}", stopped.body);
    assert!(supervisor.get("/calls").body.contains("Al optagelse er standset"));
    let heard = listener.send("/calls", &to, &[("purpose", "quality"), ("reason", "igen en gang")]);
    assert!(heard.body.contains("sagde nej"), "nothing is heard meanwhile");
    assert_eq!(supervisor.send("/calls", "/calls/start", &[("sure", "yes")]).status, 303);
    assert!(!supervisor.get("/calls").body.contains("Al optagelse er standset"));
}

#[test]
fn a_register_without_calls_says_how_to_begin() {
    let house = House::new();
    let mut supervisor = house.signed_in("sune", &[Role::Supervisor], &[]);
    let page = supervisor.get("/calls");
    assert!(page.body.contains("Registeret har ingen samtaler"), "{}", page.body);
    assert!(page.body.contains("frist vault init"));
}
