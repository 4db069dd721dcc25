//! Finished objects in an S3-compatible storage, for real: `FRIST_S3_TEST` is its URL, and the keys
//! are in `FRIST_S3_KEY` and `FRIST_S3_SECRET`.

use std::fs;
use std::time::{Duration, Instant};

use frist_vault::{ObjectId, Remover, RootSource, S3Config, Vault, VaultError};
use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle};

use crate::support::*;

const SIGNED: Duration = Duration::from_secs(60);

struct Site {
    bucket: Bucket,
    credentials: Credentials,
    agent: ureq::Agent,
    config: S3Config,
}

fn env(name: &str) -> Option<String> {
    if name == "ROOT" { Some("07".repeat(32)) } else { std::env::var(name).ok() }
}

impl Site {
    fn new(versions: bool) -> Self {
        let endpoint = env("FRIST_S3_TEST").expect("FRIST_S3_TEST is the URL of an object storage");
        let name = format!("vault-{}", &ObjectId::random().unwrap().to_string()[..12]);
        let config = S3Config {
            endpoint: endpoint.clone(),
            bucket: name.clone(),
            region: "us-east-1".into(),
            prefix: "calls/".into(),
            path_style: true,
            key_env: "FRIST_S3_KEY".into(),
            secret_env: "FRIST_S3_SECRET".into(),
        };
        let bucket =
            Bucket::new(endpoint.parse().unwrap(), UrlStyle::Path, name, "us-east-1").unwrap();
        let credentials =
            Credentials::new(env("FRIST_S3_KEY").unwrap(), env("FRIST_S3_SECRET").unwrap());
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let site = Self { bucket, credentials, agent, config };
        let made = site.bucket.create_bucket(&site.credentials).sign(SIGNED);
        let answer = site.agent.put(made.as_str()).send_empty().unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        if versions {
            let mut action = site.bucket.put_object(Some(&site.credentials), "");
            action.query_mut().insert("versioning", "");
            let on = "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>";
            let answer = site.agent.put(action.sign(SIGNED).as_str()).send(on).unwrap();
            assert!(answer.status().is_success(), "{}", answer.status());
        }
        site
    }

    fn list(&self, versions: bool) -> String {
        let mut action = self.bucket.get_object(Some(&self.credentials), "");
        if versions {
            action.query_mut().insert("versions", "");
        }
        let mut answer = self.agent.get(action.sign(SIGNED).as_str()).call().unwrap();
        answer.body_mut().read_to_string().unwrap()
    }

    fn put(&self, id: &ObjectId, bytes: &[u8]) {
        let name = format!("calls/{id}");
        let url = self.bucket.put_object(Some(&self.credentials), &name).sign(SIGNED);
        assert!(self.agent.put(url.as_str()).send(bytes).unwrap().status().is_success());
    }
}

fn until(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed().as_secs() < 120, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn lives_in_a_bucket(versions: bool) {
    let site = Site::new(versions);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault");
    frist_vault::init(&path, RootSource::env("ROOT"), Some(site.config.clone()), &env).unwrap();
    let vault = Vault::open(&path, &env, FACTS).unwrap();
    let text: Vec<u8> = (0..3_000_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let mut writer = begin(&vault, "2026-11-22T20:00:00Z", CHUNK);
    let id = *writer.id();
    writer.append(&text).unwrap();
    assert!(
        file(&path, &id).exists() && !site.list(false).contains(&id.to_string()),
        "live: on disk"
    );
    let sealed = writer.finish(at("2026-11-22T20:03:00Z")).unwrap();
    until("it is uploaded", || !file(&path, &id).exists());
    assert!(site.list(false).contains(&id.to_string()));
    let mut reader = vault.read(&id).unwrap();
    assert_eq!(reader.content_sha256().unwrap(), sealed.content_sha256);
    assert_eq!(*reader.chunk(200).unwrap(), text[200 * CHUNK..201 * CHUNK]);
    let kept = ObjectId::random().unwrap();
    vault.keep_copy(&id, "evidence", &kept, &[]).unwrap();
    until("the copy is uploaded", || !file(&path, &kept).exists());
    let other = object(&vault, "2026-11-22T21:00:00Z", 100, b"by the sweep");
    until("it is uploaded", || !file(&path, &other).exists());
    // Written over, as a bucket that keeps versions would keep both.
    site.put(&id, b"another version");
    assert!(matches!(vault.read(&id), Err(VaultError::Damaged { .. })));

    vault.destroy(&[id]).unwrap();
    until("every version is gone", || !site.list(versions).contains(&id.to_string()));
    assert!(!site.list(false).contains(&id.to_string()));
    assert_eq!(content(&vault, &kept).unwrap(), text);

    // The sweep's half, beside it: and what nobody knows goes as an orphan.
    let index = rusqlite::Connection::open(path.join("index.db")).unwrap();
    index.execute("DELETE FROM recording WHERE id = ?1", [other.to_string()]).unwrap();
    let mut remover = Remover::open(&path, &env).unwrap();
    assert_eq!(remover.remove(&[other]).unwrap(), 0);
    assert!(!site.list(versions).contains(&other.to_string()));
    let stranger = ObjectId::random().unwrap();
    site.put(&stranger, b"x");
    site.put(&stranger, b"y");
    assert_eq!(remover.orphans().unwrap(), 1);
    assert!(!site.list(versions).contains(&stranger.to_string()));
    site.put(&stranger, b"x");

    // A process that died between the end of an object and its upload.
    let late = object(&vault, "2026-11-22T22:00:00Z", 100, b"late");
    until("it is uploaded", || !file(&path, &late).exists());
    drop(vault);
    let storage_has = site.list(false);
    assert!(storage_has.contains(&late.to_string()));
    let name = format!("calls/{late}");
    let url = site.bucket.get_object(Some(&site.credentials), &name).sign(SIGNED);
    let bytes = site.agent.get(url.as_str()).call().unwrap().body_mut().read_to_vec().unwrap();
    fs::write(file(&path, &late), bytes).unwrap();
    index
        .execute("UPDATE recording SET vault_place = 'disk' WHERE id = ?1", [late.to_string()])
        .unwrap();
    let vault = Vault::open(&path, &env, FACTS).unwrap();
    let done = vault.recover(at("2026-11-22T23:00:00Z")).unwrap();
    assert_eq!((done.uploading, done.orphans, done.storage), (1, 1, None));
    until("it is uploaded", || !file(&path, &late).exists());
    assert_eq!(content(&vault, &late).unwrap(), b"late");
    drop(vault);

    // The storage does not answer: recordings go on, on disk, and recovery says so.
    let toml = fs::read_to_string(path.join("vault.toml")).unwrap();
    fs::write(path.join("vault.toml"), toml.replace(&site.config.endpoint, "http://127.0.0.1:9"))
        .unwrap();
    let vault = Vault::open(&path, &env, FACTS).unwrap();
    assert!(vault.recover(at("2026-11-22T23:00:00Z")).unwrap().storage.is_some());
    let here = object(&vault, "2026-11-22T22:00:00Z", 100, b"here");
    assert_eq!(content(&vault, &here).unwrap(), b"here");
    assert!(matches!(vault.read(&late), Err(VaultError::Storage { .. })));
}

#[test]
#[ignore = "needs an object storage: FRIST_S3_TEST, FRIST_S3_KEY, FRIST_S3_SECRET"]
fn a_bucket() {
    lives_in_a_bucket(false);
}

#[test]
#[ignore = "needs an object storage: FRIST_S3_TEST, FRIST_S3_KEY, FRIST_S3_SECRET"]
fn a_bucket_that_keeps_versions() {
    lives_in_a_bucket(true);
}
