//! The root key in a PKCS#11 token: SoftHSM, for real.

use std::path::Path;
use std::process::Command;

use frist_vault::{ObjectId, RootSource, TokenSource, Vault, VaultError};

use crate::support::*;

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// SoftHSM reads where its tokens lie from the environment once a process, so that this runs in a
/// process of its own.
#[test]
#[ignore = "run by a_token"]
fn token_child() {
    let dir = std::env::var("TOKEN_DIR").unwrap();
    let dir = Path::new(&dir);
    let path = dir.join("vault");
    let env = |name: &str| (name == "PIN").then(|| "4711".to_owned());
    let of = |token: &str, key: &str| {
        RootSource::token(TokenSource {
            module: MODULE.into(),
            token: token.into(),
            key: key.into(),
            pin_env: "PIN".into(),
        })
    };
    let err = |source| frist_vault::init(&path, source, None, &env).unwrap_err().to_string();
    assert!(err(of("other", "root")).contains("has no token `other`"));
    let wrong = |_: &str| Some("0000".to_owned());
    let pin = frist_vault::init(&path, of("calls", "root"), None, &wrong).unwrap_err().to_string();
    assert!(pin.contains("refused to log in") && !pin.contains("0000"), "{pin}");
    assert!(
        frist_vault::init(&path, of("calls", "root"), None, &env).unwrap(),
        "made in the token"
    );

    let vault = Vault::open(&path, &env, FACTS).unwrap();
    let id = object(&vault, "2026-11-22T20:00:00Z", 100, b"said on the phone");
    let other = object(&vault, "2026-11-22T21:00:00Z", 100, b"later");
    let kept = ObjectId::random().unwrap();
    vault.keep_copy(&id, "evidence", &kept, &[]).unwrap();
    drop(vault);
    let backup = dir.join("backup");
    copy(&path, &backup);

    let vault = Vault::open(&path, &env, FACTS).unwrap();
    assert_eq!(content(&vault, &id).unwrap(), b"said on the phone");
    vault.destroy(&[id]).unwrap();
    drop(vault);
    std::fs::copy(backup.join("index.db"), path.join("index.db")).unwrap();
    copy(&backup.join("objects"), &path.join("objects"));
    let vault = Vault::open(&path, &env, FACTS).unwrap();
    assert!(matches!(vault.read(&id), Err(VaultError::KeyDestroyed(_))), "the hour's key is gone");
    assert_eq!(content(&vault, &other).unwrap(), b"later");
    assert_eq!(content(&vault, &kept).unwrap(), b"said on the phone");
    drop(vault);

    // A wrapped key that was changed does not open.
    let hours = rusqlite::Connection::open(path.join("hours.db")).unwrap();
    let whole: Vec<u8> =
        hours.query_row("SELECT wrapped_key FROM hour_key", [], |r| r.get(0)).unwrap();
    let mut bad = whole.clone();
    bad[9] ^= 1;
    hours.execute("UPDATE hour_key SET wrapped_key = ?1", [&bad]).unwrap();
    let vault = Vault::open(&path, &env, FACTS).unwrap();
    assert!(matches!(vault.read(&other), Err(VaultError::Root(_))));
    hours.execute("UPDATE hour_key SET wrapped_key = ?1", [&whole]).unwrap();
    assert_eq!(content(&vault, &other).unwrap(), b"later");
    drop(vault);

    drop(hours);

    // Another key in the token, and from there to a file.
    assert_eq!(frist_vault::rewrap(&path, of("calls", "root-2"), &env).unwrap(), 2);
    assert_eq!(
        frist_vault::rewrap(&path, RootSource::file("../root.key"), &no_env)
            .err()
            .map(|e| e.to_string().contains("PIN")),
        Some(true)
    );
    assert_eq!(frist_vault::rewrap(&path, RootSource::file("../root.key"), &env).unwrap(), 2);
    let vault = Vault::open(&path, &no_env, FACTS).unwrap();
    assert_eq!(content(&vault, &other).unwrap(), b"later");
    assert_eq!(content(&vault, &kept).unwrap(), b"said on the phone");
    println!("the token did its part");
}

#[test]
fn a_token() {
    assert!(
        Path::new(MODULE).exists(),
        "SoftHSM is missing: apt-get install softhsm2 (./test installs it)"
    );
    let dir = tempfile::tempdir().unwrap();
    let conf = dir.path().join("softhsm2.conf");
    std::fs::create_dir(dir.path().join("tokens")).unwrap();
    let tokens = dir.path().join("tokens");
    std::fs::write(
        &conf,
        format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display()),
    )
    .unwrap();
    let init = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", "calls", "--so-pin", "1234", "--pin", "4711"])
        .env("SOFTHSM2_CONF", &conf)
        .output()
        .unwrap();
    assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "token::token_child", "--ignored", "--nocapture"])
        .env("SOFTHSM2_CONF", &conf)
        .env("TOKEN_DIR", dir.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success() && told.contains("the token did its part"),
        "{told}{}",
        String::from_utf8_lossy(&run.stderr)
    );
}
