//! Every page of the route table, as a browser shows it: narrow and wide, dark and light, in both
//! languages; and with axe, where it is at hand.

use frist_server::access::Role;
use frist_server::{Method, ROUTES};
use jiff::SignedDuration;

use super::Browser;
use crate::kit::House;
use crate::routes::{filled, path};

/// A house with something on every page, and somebody who may see them all.
fn house() -> (House, String) {
    let house = House::new();
    house.person("another", &[Role::Auditor], &[]);
    let mut maker = house.signed_in("maker", &[Role::Engineer], &[]);
    let plan = maker.send("/sweeps", "/sweeps", &[]).location().to_owned();
    house.person("maria", &Role::ALL, &["invoices", "complaints"]);
    filled(&house);
    (house, plan.trim_start_matches("/sweeps/").to_owned())
}

/// Sweeps one data set: until something was swept the first page is about how to begin.
fn swept(house: &House, dataset: &str) {
    let mut engine = house.engine();
    let only = frist_sweep::plan::Options {
        datasets: Some(vec![dataset.to_owned()]),
        ..frist_sweep::plan::Options::default()
    };
    let plan = engine.examine(&only, &mut |_| {}).unwrap();
    engine.propose(&plan, &mut |_| {}).unwrap();
    engine.act_as(frist_ledger::Id::new("approver").unwrap());
    engine.approve(&plan.id).unwrap();
    engine.sweep(&plan.id, &mut |_| {}).unwrap();
}

/// The pages of the table that are pages.
fn pages(plan: &str) -> Vec<String> {
    let files = [
        "/assets",
        "/metrics",
        "/healthz",
        "/ledger/",
        "/language",
        "/sign-in/",
        "/api",
        "/openapi",
    ];
    let mut all: Vec<String> = ROUTES
        .iter()
        .filter(|r| r.method == Method::Get && !r.path.starts_with("/documents/{id}/"))
        .filter(|r| !r.path.contains("/paper/") && !r.path.starts_with("/p/s/{id}/"))
        .filter(|r| !files.iter().any(|f| r.path.starts_with(f)))
        .map(|r| path(r, plan))
        .collect();
    all.extend(["/nothing".into(), "/holds?all=1".into(), "/account?must=factor".into()]);
    all
}

fn speaks(house: &House, lang: &str) {
    let mut state = house.state();
    let id = state.account("maria").unwrap().unwrap().id;
    state.set_lang(id, lang).unwrap();
}

/// What is wrong with a page, whatever it shows.
const FAULTS: &str = "(() => {
    const all = s => [...document.querySelectorAll(s)], out = [];
    // A phone's window grows with what runs out of it; the page's own width does not.
    const room = document.documentElement.clientWidth, wide = document.documentElement.scrollWidth - room;
    if (wide > 0) out.push('wider than the window by ' + wide + ': ' + all('main *').filter(e => e.getBoundingClientRect().right > room + 1 && !e.closest('.scroll')).slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join(' | '));
    all('input:not([type=hidden]),select,textarea').filter(e => !e.labels || !e.labels.length).forEach(e => out.push('no label: ' + e.name));
    if (all('h1').length != 1) out.push(all('h1').length + ' h1');
    if (all('main').length != 1) out.push('not one main');
    if (!document.title || !document.documentElement.lang) out.push('no title or language');
    const ids = all('[id]').map(e => e.id);
    ids.filter((id, at) => ids.indexOf(id) != at).forEach(id => out.push('twice the id ' + id));
    all('[aria-describedby],[aria-labelledby]').forEach(e => ['aria-describedby', 'aria-labelledby'].forEach(a => (e.getAttribute(a) || '').split(' ').filter(Boolean).forEach(id => { if (!document.getElementById(id)) out.push(a + ' leads nowhere: ' + id); })));
    if (all('script,style,[style],[onclick]').length) all('script,style,[style],[onclick]').slice(0, 1).forEach(e => out.push('script or style: ' + e.outerHTML.slice(0, 200)));
    all('*').filter(e => { const s = getComputedStyle(e); return s.transitionDuration.split(',').some(d => parseFloat(d) > 0) || s.animationName != 'none'; }).slice(0, 1).forEach(e => out.push('moves: ' + e.outerHTML.slice(0, 80)));
    return out.join('\\n');
})()";

/// At 320 points, which is what 400 % zoom leaves of a window of 1,280.
#[test]
fn every_page_is_whole_on_the_narrowest_phone_and_at_four_times_the_size() {
    let (house, plan) = house();
    let Some(mut b) = Browser::before(&house) else { return };
    b.size(320, 640, "dark");
    b.sign_in("maria");
    let mut faults = Vec::new();
    for lang in ["da", "en"] {
        speaks(&house, lang);
        for page in pages(&plan) {
            house.later(SignedDuration::from_secs(3));
            b.go(&page);
            if b.js("document.documentElement.lang") != lang && !page.starts_with("/welcome") {
                faults.push(format!("{page} is not in {lang}"));
            }
            let found = b.text(FAULTS);
            if !found.is_empty() {
                faults.push(format!("{lang} {page}: {found}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// With axe-core, in both languages, light and dark:
///
/// ```sh
/// (cd /tmp && npm install axe-core)
/// FRIST_AXE=/tmp/node_modules/axe-core/axe.min.js cargo test -p frist-server --test console axe -- --ignored
/// ```
#[test]
#[ignore = "needs axe-core: FRIST_AXE=.../axe.min.js"]
fn axe_finds_nothing_serious() {
    let script = std::env::var("FRIST_AXE").expect("FRIST_AXE names axe.min.js");
    let script = std::fs::read_to_string(script).unwrap();
    let (house, plan) = house();
    let Some(mut b) = Browser::before(&house) else { panic!("Chromium is not installed") };
    b.sign_in("maria");
    let (mut faults, mut looked) = (Vec::new(), 0);
    for (lang, scheme, width) in
        [("da", "light", 1280), ("da", "dark", 1280), ("en", "light", 390), ("en", "dark", 1280)]
    {
        b.size(width, 900, scheme);
        speaks(&house, lang);
        for page in pages(&plan) {
            house.later(SignedDuration::from_secs(3));
            b.go(&page);
            b.js(&format!("{script}; 0"));
            let found = b.js(
                "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.filter(v => v.impact == 'serious' || v.impact == 'critical').map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + n.any.map(a => a.message).join(' ').slice(0, 160)).join(' | ')))",
            );
            let found =
                found.as_array().unwrap_or_else(|| panic!("{page}: axe did not run")).clone();
            looked += 1;
            faults.extend(found.iter().map(|f| {
                format!("{lang} {scheme} {width} {page}: {}", f.as_str().unwrap_or_default())
            }));
        }
    }
    eprintln!("axe looked at {looked} pages");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The pictures of the documentation, into `docs/pictures`:
///
/// ```sh
/// FRIST_PICTURES=docs/pictures cargo test -p frist-server --test console pictures -- --ignored
/// ```
#[test]
#[ignore = "writes pictures: FRIST_PICTURES=FOLDER"]
fn pictures_of_the_main_pages() {
    let folder = std::env::var("FRIST_PICTURES").expect("FRIST_PICTURES names a folder");
    let base = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = base.join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let (house, plan) = house();
    // A plan is called by its instant.
    house.later(SignedDuration::from_secs(3));
    swept(&house, "complaints");
    let Some(mut b) = Browser::before(&house) else { panic!("Chromium is not installed") };
    b.sign_in("maria");
    for (name, page, scheme) in crate::routes::main_pages(&plan) {
        house.later(SignedDuration::from_secs(3));
        b.size(1280, 800, scheme);
        b.go(&page);
        let png = b.picture(false);
        assert!(png.len() < 150_000, "{name}: {} bytes", png.len());
        std::fs::write(folder.join(format!("{name}.png")), png).unwrap();
    }
    // All pages, narrow and wide, for somebody to look at.
    if let Some(all) = std::env::var_os("FRIST_PICTURES_ALL") {
        let all = std::path::PathBuf::from(all);
        std::fs::create_dir_all(&all).unwrap();
        for page in pages(&plan) {
            for (width, scheme) in [(1280, "light"), (1280, "dark"), (390, "light")] {
                house.later(SignedDuration::from_secs(3));
                b.size(width, 860, scheme);
                b.go(&page);
                let name = page.replace(['/', '?', '='], "_");
                std::fs::write(all.join(format!("{name}-{width}-{scheme}.png")), b.picture(true))
                    .unwrap();
            }
        }
    }
}
