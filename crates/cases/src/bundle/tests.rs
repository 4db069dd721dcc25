use super::collect::Given;
use super::manifest::{MANIFEST, Manifest, Part, SEAL, sha256};
use super::verify::{Looked, verify};
use super::*;
use crate::CasesError;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use frist_ledger::{Checkpoint, Hash, Id, RecordKey, SigningKey, Tiles, VerifierKey};
use frist_register::{Lang, Register};
use frist_state::{Location, State};
use frist_sweep::{Engine, Keys, Loaded, Options};
use jiff::Timestamp;

const NOW: &str = "2026-11-22T12:00:00Z";

fn t(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_seed("nordkyst.example/frist", &[7; 32]).unwrap()
}

fn keys() -> Vec<VerifierKey> {
    vec![key().verifier()]
}

/// A sample organisation in a folder, swept once.
struct Org {
    dir: tempfile::TempDir,
    engine: Engine,
}

impl Org {
    /// A copy of the organisation, which is made and swept once for all tests.
    fn new(swept: bool) -> Self {
        static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
        static SWEPT: OnceLock<tempfile::TempDir> = OnceLock::new();
        let made = || {
            MADE.get_or_init(|| {
                let dir = tempfile::tempdir().unwrap();
                let as_of = "2026-11-22".parse().unwrap();
                let options = frist_demo::Options { seed: 3, as_of, scale: 0.01 };
                frist_demo::generate(dir.path(), &options, &mut |_, _, _| {}).unwrap();
                dir
            })
        };
        let from = match swept {
            false => made(),
            true => SWEPT.get_or_init(|| {
                let mut org = Self::over(copied(made().path()));
                org.sweep();
                org.dir
            }),
        };
        Self::over(copied(from.path()))
    }

    fn over(dir: tempfile::TempDir) -> Self {
        let engine = engine(dir.path(), "ida");
        Self { dir, engine }
    }

    fn sweep(&mut self) {
        let plan = self.engine.examine(&Options::default(), &mut |_| {}).unwrap();
        self.engine.propose(&plan, &mut |_| {}).unwrap();
        engine(self.dir.path(), "bo").approve(&plan.id).unwrap();
        self.engine.sweep(&plan.id, &mut |_| {}).unwrap();
    }

    fn bundle(&mut self, name: &str, lang: Lang) -> PathBuf {
        self.bundle_of(name, lang, None)
    }

    fn bundle_of(&mut self, name: &str, lang: Lang, calls: Option<Calls>) -> PathBuf {
        let folder = self.dir.path().join(name);
        fs::create_dir(&folder).unwrap();
        let period = Period { since: t("2025-11-22T12:00:00Z"), until: t("2026-11-22T12:00:01Z") };
        let given = Given {
            period,
            made: t(NOW),
            by: "ida".into(),
            program: "frist test".into(),
            calls,
            tokens: None,
        };
        let tiles = Tiles::new(self.dir.path().join("ledger"));
        make(&mut self.engine, given, &folder, lang, &keys(), &mut |engine| {
            publish(engine, &tiles).map(drop)
        })
        .unwrap();
        folder
    }
}

/// Somebody's engine over the organisation in a folder.
fn engine(dir: &Path, who: &str) -> Engine {
    let register = Register::read(frist_demo::REGISTER).register.unwrap();
    let revision: Hash = frist_register::revision_hash(&register).parse().unwrap();
    let files = frist_demo::REGISTER.iter().map(|(n, t)| ((*n).into(), (*t).into())).collect();
    let base = dir.to_owned();
    Engine::new(
        Loaded { register, revision, files },
        frist_law::LawBook::embedded(),
        State::open(&Location::File(dir.join("state.sqlite"))).unwrap(),
        Keys { record: RecordKey::new([1; 32]), pseudonym: [2; 32] },
        Id::new(who).unwrap(),
        format!("test-{who}"),
        Box::new(move |store| frist_stores::open(store, &base, &|_| None)),
        Box::new(|| t(NOW)),
    )
}

fn copied(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in files(folder) {
        let to = copy.path().join(&name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(folder.join(&name), to).unwrap();
    }
    copy
}

fn publish(engine: &mut Engine, tiles: &Tiles) -> Result<Checkpoint, CasesError> {
    Ok(engine.publish(tiles, &key())?)
}

fn look(folder: &Path) -> Looked {
    verify(&mut Folder::new(folder), &keys(), None).unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    Folder::new(folder).names().unwrap()
}

/// The bundle after something was done to a copy of it.
fn after(folder: &Path, what: &dyn Fn(&Path)) -> Looked {
    let copy = copied(folder);
    what(copy.path());
    look(copy.path())
}

/// The manifest written anew over what now lies in the folder.
fn remanifest(folder: &Path) -> String {
    let old = Manifest::parse(&fs::read_to_string(folder.join(MANIFEST)).unwrap()).unwrap();
    let parts = files(folder).into_iter().filter(|n| n != MANIFEST && n != SEAL).map(|name| {
        let bytes = fs::read(folder.join(&name)).unwrap();
        (name, Part { sha256: sha256(&bytes), bytes: bytes.len() as u64 })
    });
    let text = Manifest { parts: parts.collect(), ..old }.text();
    fs::write(folder.join(MANIFEST), &text).unwrap();
    text
}

fn faults(looked: &Looked) -> String {
    looked.faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "`{from}` is not in {}", path.display());
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_bundle_verifies_and_whatever_is_changed_is_seen() {
    let mut org = Org::new(true);
    let first = org.bundle("first", Lang::Da);
    let second = org.bundle("second", Lang::En);
    for folder in [&first, &second] {
        let looked = look(folder);
        assert!(looked.valid(), "{}", faults(&looked));
        let figures = looked.figures.unwrap();
        assert!(figures.proven.records() > 100, "{:?}", figures.proven);
        assert_eq!(figures.proven.sweeps_finished, 1);
        assert_eq!(looked.revisions, 1);
        assert_eq!(looked.same_words[0], (REPORT_HTML, true));
        assert_eq!(looked.sealed.unwrap().by, "ida");
    }

    // Any byte of any part.
    for name in files(&first) {
        let looked = after(&first, &|folder| {
            let mut bytes = fs::read(folder.join(&name)).unwrap();
            let at = bytes.len() / 2;
            bytes[at] ^= 1;
            fs::write(folder.join(&name), bytes).unwrap();
        });
        assert!(!looked.valid(), "{name}");
        let said = faults(&looked);
        // A manifest that was changed may blame the part whose hash it now has wrong, too.
        let blamed = said.contains(&format!("`{name}`")) || name == MANIFEST && !said.is_empty();
        assert!(blamed, "{name}: {said}");
    }
    // Any part taken away, or cut.
    for name in files(&first) {
        let gone = after(&first, &|folder| fs::remove_file(folder.join(&name)).unwrap());
        assert!(!gone.valid() && faults(&gone).contains("missing"), "{name}: {}", faults(&gone));
        let cut = after(&first, &|folder| {
            let bytes = fs::read(folder.join(&name)).unwrap();
            fs::write(folder.join(&name), &bytes[..bytes.len() - 1]).unwrap();
        });
        assert!(!cut.valid(), "{name}");
    }
    let cut = after(&first, &|folder| {
        let bytes = fs::read(folder.join(EVIDENCE)).unwrap();
        fs::write(folder.join(EVIDENCE), &bytes[..bytes.len() / 2]).unwrap();
    });
    assert!(faults(&cut).contains("it was cut off or changed"), "{}", faults(&cut));
    assert!(faults(&cut).contains("`evidence.frist`: it does not verify"), "{}", faults(&cut));
    // Something added, something exchanged, a part or the seal of another bundle.
    let added = after(&first, &|folder| fs::write(folder.join("extra.txt"), "x").unwrap());
    assert!(faults(&added).contains("`extra.txt`: the manifest does not name it"));
    let swapped = after(&first, &|folder| {
        fs::rename(folder.join(README), folder.join("x")).unwrap();
        fs::rename(folder.join(REPORT_HTML), folder.join(README)).unwrap();
        fs::rename(folder.join("x"), folder.join(REPORT_HTML)).unwrap();
    });
    assert!(swapped.faults.len() == 2, "{}", faults(&swapped));
    for name in [REPORT_HTML, EVIDENCE, FIGURES, SEAL, MANIFEST] {
        let looked = after(&first, &|folder| {
            fs::copy(second.join(name), folder.join(name)).map(drop).unwrap();
        });
        assert!(!looked.valid(), "{name} of another bundle");
    }
    let looked = after(&first, &|folder| {
        fs::copy(second.join(SEAL), folder.join(SEAL)).map(drop).unwrap();
    });
    assert!(faults(&looked).contains("it is another bundle's"), "{}", faults(&looked));
    let looked = after(&second, &|folder| {
        fs::copy(first.join(SEAL), folder.join(SEAL)).map(drop).unwrap();
    });
    assert!(faults(&looked).contains("the ledger does not name it"), "{}", faults(&looked));

    // A number changed and the manifest written anew: the ledger does not name that manifest.
    let looked = after(&first, &|folder| {
        edit(&folder.join(FIGURES), "\"sweeps_aborted\": 0", "\"sweeps_aborted\": 1");
        remanifest(folder);
    });
    let said = faults(&looked);
    assert!(said.contains("the ledger does not name it"), "{said}");
    assert!(said.contains("does not come out of the evidence"), "{said}");
    // Another key.
    let other = SigningKey::from_seed("nordkyst.example/frist", &[8; 32]).unwrap().verifier();
    let looked = verify(&mut Folder::new(&first), &[other], None).unwrap();
    assert!(!looked.valid());
}

#[test]
fn whoever_has_the_key_cannot_seal_wrong_numbers_of_the_ledger() {
    let mut org = Org::new(true);
    let folder = org.bundle("honest", Lang::Da);
    let reseal = |org: &mut Org, what: &dyn Fn(&Path)| -> Looked {
        let copy = copied(&folder);
        what(copy.path());
        let text = remanifest(copy.path());
        // The controller itself puts the new manifest into its ledger, and signs.
        let figures: Figures =
            serde_json::from_slice(&fs::read(folder.join(FIGURES)).unwrap()).unwrap();
        let state = &mut org.engine.state;
        let edge = seal::edge(state, figures.ledger_entries).unwrap();
        let by = Id::new("ida").unwrap();
        let entry = seal::entry(&sha256(text.as_bytes()), &by, t(NOW)).unwrap();
        state.append(&entry).unwrap();
        let tiles = Tiles::new(org.dir.path().join("ledger"));
        let head = publish(&mut org.engine, &tiles).unwrap();
        let signed = org.engine.state.checkpoint().unwrap().unwrap().text;
        let file = fs::File::create(copy.path().join(SEAL)).unwrap();
        seal::write(&mut org.engine.state, file, &edge, &head, &signed).unwrap();
        look(copy.path())
    };
    let same = reseal(&mut org, &|_| ());
    assert!(same.valid(), "sealed again without a change: {}", faults(&same));

    let number = |figures: &Figures| figures.proven.disposed[0].records;
    let honest: Figures = serde_json::from_slice(&fs::read(folder.join(FIGURES)).unwrap()).unwrap();
    let records = number(&honest);
    let looked = reseal(&mut org, &|folder| {
        let (from, to) =
            (format!("\"records\": {records}"), format!("\"records\": {}", records - 1));
        edit(&folder.join(FIGURES), &from, &to);
    });
    assert!(looked.sealed.is_some());
    assert!(faults(&looked).contains("does not come out of the evidence"), "{}", faults(&looked));

    // Words that do not follow from the figures are told.
    let looked = reseal(&mut org, &|folder| edit(&folder.join(REPORT_HTML), "Ja. ", "Jo. "));
    assert!(looked.valid() && looked.same_words[0] == (REPORT_HTML, false));

    let looked = reseal(&mut org, &|folder| {
        let rule = files(folder).into_iter().find(|n| n.ends_with("rekruttering.toml")).unwrap();
        edit(&folder.join(rule), "period = \"", "period = \"1");
    });
    assert!(faults(&looked).contains("do not make the revision"), "{}", faults(&looked));
}

#[test]
fn a_zip_verifies_like_its_folder_and_a_damaged_one_does_not() {
    let mut org = Org::new(false);
    let folder = org.bundle("b", Lang::En);
    let mut bytes = std::io::Cursor::new(Vec::new());
    zip_folder(&folder, &mut bytes).unwrap();
    let (bytes, mut again) = (bytes.into_inner(), std::io::Cursor::new(Vec::new()));
    zip_folder(&folder, &mut again).unwrap();
    assert_eq!(bytes, again.into_inner(), "the same files give the same zip");
    let of = |bytes: Vec<u8>| -> Option<Looked> {
        let mut zip = Zipped::new(std::io::Cursor::new(bytes)).ok()?;
        verify(&mut zip, &keys(), None).ok()
    };
    assert!(of(bytes.clone()).unwrap().valid());
    for at in (0..bytes.len()).step_by(bytes.len() / 31) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        // A bit of a zip that carries nothing (a time, a version) may be another: then the parts
        // are what they were. What verifies has every byte of every part.
        if let Some(looked) = of(damaged).filter(Looked::valid) {
            assert_eq!(
                looked.manifest.unwrap().text(),
                fs::read_to_string(folder.join(MANIFEST)).unwrap()
            );
        }
    }
    assert!(of(bytes[..bytes.len() - 30].to_vec()).is_none());
}

#[test]
fn the_same_figures_give_the_same_report_in_both_languages() {
    let mut org = Org::new(true);
    let folder = org.bundle("b", Lang::Da);
    let figures: Figures =
        serde_json::from_slice(&fs::read(folder.join(FIGURES)).unwrap()).unwrap();
    let da = report::document(&figures, Lang::Da, true);
    assert_eq!(da.html(), fs::read_to_string(folder.join(REPORT_HTML)).unwrap());
    assert_eq!(da.html(), report::document(&figures, Lang::Da, true).html());
    let en = report::document(&figures, Lang::En, true).html();
    let da = da.html();
    // Every question of an inspection has its answer, and says where the proof is.
    for n in 1..=12 {
        assert!(da.contains(&format!("{n}. ")) && en.contains(&format!("{n}. ")), "{n}");
    }
    for (da_word, en_word) in [
        ("Slettes der i alle systemer", "Is it erased in all systems"),
        ("Bogføringsloven", "Bogføringsloven"),
        ("Sikkerhedskopier", "Backups"),
        ("Hvad der ikke er i orden", "What is not in order"),
        ("frist verify", "frist verify"),
    ] {
        assert!(da.contains(da_word) && en.contains(en_word), "{da_word}");
    }
    assert!(!en.contains("Ja. Alle"), "Danish in the English report");
}

/// Every name, address, telephone number, civil registration number and long key in the databases.
fn people(dir: &Path) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for file in ["erp.sqlite", "hr.sqlite"] {
        let db = rusqlite::Connection::open(dir.join("data").join(file)).unwrap();
        let mut tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
        let tables: Vec<String> =
            tables.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
        for table in tables {
            let mut rows = db.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
            let columns: Vec<String> = rows.column_names().map(str::to_owned).collect();
            let telling: Vec<usize> = columns
                .iter()
                .enumerate()
                .filter(|(at, c)| {
                    let names = ["name", "email", "phone", "cpr", "address"];
                    names.iter().any(|n| c.contains(n)) || (*at == 0 && c.ends_with("_id"))
                })
                .map(|(at, _)| at)
                .collect();
            let mut rows = rows.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                for at in &telling {
                    let value = match row.get_ref(*at).unwrap() {
                        rusqlite::types::ValueRef::Text(text) => {
                            String::from_utf8_lossy(text).into()
                        }
                        rusqlite::types::ValueRef::Integer(n) => n.to_string(),
                        _ => continue,
                    };
                    let value: String = value;
                    // Short numbers stand in any text; they name nobody by themselves.
                    if value.chars().count() >= 6 {
                        out.insert(value);
                    }
                }
            }
        }
    }
    out
}

#[test]
fn nobody_of_the_organisation_s_people_is_in_the_bundle() {
    let mut org = Org::new(false);
    let known = people(org.dir.path());
    assert!(known.len() > 300, "{} values", known.len());
    assert!(known.iter().any(|v| v.contains('@')) && known.iter().any(|v| v.contains(' ')));
    // A hold, a request and a breach that name people: they stay with the case.
    let someone = known.iter().find(|v| v.contains('@')).unwrap().clone();
    let name = known.iter().find(|v| v.contains(' ') && !v.contains(char::is_numeric)).unwrap();
    let hold = frist_state::NewHold {
        id: "sag-1".into(),
        matter: format!("krav fra {name}"),
        reason: someone.clone(),
        dataset: Some("invoices".into()),
        scope: frist_state::Scope::Subject { kind: "customer".into(), value: "100001".into() },
        owner: "ida".into(),
        created_at: t("2026-11-20T12:00:00Z"),
        review_at: None,
        ends_at: None,
        viewers: Vec::new(),
    };
    let entry = frist_ledger::Entry::new(
        t(NOW),
        frist_ledger::Kind::Hold {
            hold: Id::new("sag-1").unwrap(),
            change: frist_ledger::entry::HoldChange::Added,
            by: Id::new("ida").unwrap(),
        },
    );
    org.engine.state.add_hold(&hold, &entry).unwrap();
    let register = org.engine.register.clone();
    let mut breaches = crate::breach::desk::Desk {
        state: &mut org.engine.state,
        register: &register,
        by: "ida",
        at: t(NOW),
    };
    let what = format!("en mail til {name} gik til {someone}");
    let new = crate::breach::NewBreach { what: &what, ..Default::default() };
    breaches.open(t("2026-11-21T12:00:00Z"), &new).unwrap();
    let mut inquiries = crate::inquiry::desk::Desk {
        state: &mut org.engine.state,
        register: &register,
        by: "ida",
        at: t(NOW),
    };
    let day = "2026-11-20".parse().unwrap();
    let within = Some(frist_law::Period::days(28));
    inquiries
        .open(&crate::inquiry::NewInquiry {
            authority: "Datatilsynet",
            reference: Some("2026-32-0001"),
            about: &what,
            received: day,
            deadline: crate::inquiry::Deadline::set(day, within, None, None).unwrap(),
            questions: std::slice::from_ref(&what),
        })
        .unwrap();
    org.sweep();

    let folder = org.bundle("b", Lang::Da);
    let looked = look(&folder);
    let figures = looked.figures.unwrap();
    assert_eq!((figures.breaches.len(), figures.inquiries.len(), figures.holds.len()), (1, 1, 1));
    for name in files(&folder) {
        let bytes = fs::read(folder.join(&name)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        // A record is named `store/collection/key` wherever Frist names one.
        for dataset in &register.datasets {
            let place = format!("{}/{}/", dataset.store.value, dataset.collection.value);
            assert!(!text.contains(&place), "`{name}` names a record of `{place}`");
        }
        for value in &known {
            // A key is a word of its own; a name or an address stands anywhere.
            let found = match value.chars().all(|c| c.is_ascii_digit()) {
                true => text.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| w == value),
                false => text.contains(value.as_str()),
            };
            assert!(!found, "`{name}` has a value of a person");
        }
    }
}

#[test]
fn what_the_ledger_proves_is_of_the_period_only() {
    let mut org = Org::new(true);
    let folder = org.bundle("b", Lang::Da);
    let read = |since: &str, until: &str| {
        let mut proof = proven::Proof::new(Period { since: t(since), until: t(until) });
        let file = std::io::BufReader::new(fs::File::open(folder.join(EVIDENCE)).unwrap());
        frist_ledger::verify_entries(file, &keys(), None, &mut |_, e| proof.take(e)).unwrap();
        proof.finish()
    };
    let all = read("2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z");
    let none = read("2020-01-01T00:00:00Z", NOW);
    let later = read("2026-11-22T12:00:01Z", "2030-01-01T00:00:00Z");
    assert!(all.records() > 0 && all.entries > 0);
    assert_eq!((none.records(), none.entries, none.revisions.len()), (0, 0, 0));
    // The revision in force at the start of a period belongs to it.
    assert_eq!((later.records(), later.entries, later.revisions.len()), (0, 0, 1));
}

#[test]
fn who_may_do_what_and_who_listened_is_told_and_no_words_of_a_reason() {
    let mut org = Org::new(false);
    let set = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<BTreeSet<_>>();
    let new = |name: &str| frist_state::NewAccount {
        name: name.into(),
        title: "Prøve Eksempelsen".into(),
        at: t(NOW),
        by: "ida".into(),
    };
    let state = &mut org.engine.state;
    let sag = state.add_account(&new("sagsbehandler"), &set(&["caseworker"])).unwrap();
    state.set_need_to_know(sag, &set(&["customers"])).unwrap();
    let gone = state.add_account(&new("fratraadt"), &set(&["dpo"])).unwrap();
    state.set_disabled(gone, Some(t(NOW))).unwrap();
    let heard = |who: &str, allowed| HeardRow {
        at: t(NOW),
        who: who.into(),
        purpose: "quality".into(),
        act: "listen".into(),
        recording: "0f3a".into(),
        reason: true,
        allowed,
    };
    let calls = Calls {
        listening: vec![Listening {
            purpose: "quality".into(),
            act: "listen".into(),
            allowed: 2,
            refused: 1,
            people: 1,
            reasons: 1,
            without_reason: 0,
        }],
        log: vec![heard("leder", true), heard("leder", false)],
        ..Calls::default()
    };
    let folder = org.bundle_of("b", Lang::Da, Some(calls));
    assert!(look(&folder).valid());
    let figures: Figures =
        serde_json::from_slice(&fs::read(folder.join(FIGURES)).unwrap()).unwrap();
    let told: Vec<_> = figures
        .access
        .accounts
        .iter()
        .map(|a| (a.name.as_str(), a.roles.join(","), a.datasets.join(","), a.closed))
        .collect();
    let line = |n, r: &str, d: &str, c| (n, r.to_owned(), d.to_owned(), c);
    let known = [
        line("fratraadt", "dpo", "", true),
        line("sagsbehandler", "caseworker", "customers", false),
    ];
    assert_eq!(told, known);
    let page = fs::read_to_string(folder.join(REPORT_HTML)).unwrap();
    for words in
        ["sagsbehandler", "lukket", "Aflytningsloggen", "0f3a", "De seneste 2 af 3", "1 bruger"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("Eksempelsen"), "what a person is called is not needed");
}
