//! Everything that the document permits, and much that it does not, asked by schemathesis. Opt-in:
//!
//! ```sh
//! SCHEMATHESIS=venv/bin/schemathesis cargo test -p frist-server --test api -- --ignored schemathesis --nocapture
//! ```
//!
//! `SCHEMATHESIS_OPTIONS` has more options for it, such as `--max-examples=200 --seed=1`.

use frist_server::Scope;
use serde_json::json;

use crate::client::program;
use crate::kit::House;

#[test]
#[ignore = "wants schemathesis, and minutes"]
fn schemathesis_finds_nothing() {
    let house = House::with(|settings| settings.config.api.per_minute = u32::MAX);
    let all = program(&house, "all", Scope::ALL, &["*"]);
    let secret = all.secret.as_deref().unwrap();
    let program = std::env::var("SCHEMATHESIS").unwrap_or_else(|_| "schemathesis".into());
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/schemathesis.toml");
    seed(&all);
    let root = format!("http://{}{}", house.console.local, crate::client::ROOT);
    let more = std::env::var("SCHEMATHESIS_OPTIONS").unwrap_or_default();
    let over = std::sync::atomic::AtomicBool::new(false);
    let status = std::thread::scope(|threads| {
        // Time goes on, as for anybody.
        threads.spawn(|| {
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                std::thread::sleep(std::time::Duration::from_millis(1));
                house.later(jiff::SignedDuration::from_millis(1));
            }
        });
        let status = std::process::Command::new(program)
            .current_dir(house.dir.path())
            .args(["--config-file", own, "run", "--url", &root])
            .args(["--header", &format!("Authorization: Bearer {secret}")])
            .args(more.split_whitespace())
            .arg(format!("{root}/openapi.json"))
            .status();
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        status.unwrap()
    });
    let log = house.log.lock().unwrap();
    let ours: Vec<&String> =
        log.iter().filter(|l| l.contains("\"status\":5") || l.contains("\"trouble\"")).collect();
    assert!(ours.is_empty(), "{ours:#?}");
    assert!(status.success());
}

/// What `schemathesis.toml` names, so that more is found than that nothing is there.
fn seed(all: &crate::client::Program<'_>) {
    let case = json!({"right": "erasure", "person": {"name": "Ida Holm"}, "identifiers": {"customer": "17"}});
    assert_eq!(all.post("/cases", case).status, 201);
    let hold = json!({"id": "seed", "matter": "m", "reason": "r", "dataset": "invoices", "covers": {"by": "all"}});
    assert_eq!(all.post("/holds", hold).status, 201);
}
