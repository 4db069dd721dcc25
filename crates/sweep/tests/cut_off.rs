//! The connection to a PostgreSQL store breaks at the one moment at which nobody can know: `COMMIT`
//! was sent, and no answer came. A proxy of the test's own stands between Frist and a real server,
//! sees the message and cuts: before it was passed on, after the server has done it, or so that the
//! server gets it only later.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use frist_ledger::RecordKey;
use frist_sweep::Engine;
use support::*;

/// When the proxy cuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// The server never hears of it.
    Before,
    /// The server has committed; its answer is lost.
    After,
    /// The server hears of it when Frist has connected anew already.
    Late,
}

/// What the proxy does with the next `COMMIT`, and what it did.
#[derive(Default)]
struct Orders {
    cut: Option<Cut>,
    /// Whether nobody gets through any more once it has cut.
    then_gone: bool,
    gone: bool,
    cuts: usize,
}

/// Stands between Frist and the server.
struct Proxy {
    address: SocketAddr,
    orders: Arc<Mutex<Orders>>,
}

/// The simple query `COMMIT`, as the client sends it.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

impl Proxy {
    fn start(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let orders = Arc::new(Mutex::new(Orders::default()));
        let ours = Arc::clone(&orders);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                if !ours.lock().unwrap().gone {
                    connect_through(client, TcpStream::connect(&*server).unwrap(), &ours);
                }
            }
        });
        Self { address, orders }
    }

    fn order(&self, cut: Option<Cut>, then_gone: bool) {
        *self.orders.lock().unwrap() = Orders { cut, then_gone, gone: false, ..Orders::default() };
    }

    fn cuts(&self) -> usize {
        self.orders.lock().unwrap().cuts
    }
}

fn connect_through(client: TcpStream, server: TcpStream, orders: &Arc<Mutex<Orders>>) {
    let (mut back, mut answers) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (mut asks, mut to) = (client, server);
    let orders = Arc::clone(orders);
    // Answers, byte for byte.
    std::thread::spawn(move || {
        let mut bytes = [0; 16 * 1024];
        while let Ok(n @ 1..) = answers.read(&mut bytes) {
            if back.write_all(&bytes[..n]).is_err() {
                break;
            }
        }
        let _ = back.shutdown(Shutdown::Both);
    });
    std::thread::spawn(move || {
        let mut bytes = [0; 16 * 1024];
        while let Ok(n @ 1..) = asks.read(&mut bytes) {
            let cut = match bytes[..n].ends_with(COMMIT) {
                true => take(&orders),
                false => None,
            };
            if let Some(cut) = cut {
                // From here on the client hears nothing more.
                asks.shutdown(Shutdown::Both).unwrap();
                match cut {
                    Cut::Before => {}
                    Cut::After => to.write_all(&bytes[..n]).unwrap(),
                    Cut::Late => {
                        std::thread::sleep(Duration::from_millis(700));
                        to.write_all(&bytes[..n]).unwrap();
                    }
                }
                // A server that was told to commit does so before it sees that nobody listens.
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
            if to.write_all(&bytes[..n]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}

fn take(orders: &Mutex<Orders>) -> Option<Cut> {
    let mut orders = orders.lock().unwrap();
    let cut = orders.cut.take()?;
    orders.cuts += 1;
    orders.gone = orders.then_gone;
    Some(cut)
}

/// An organisation whose store is reached through a proxy.
fn behind_a_proxy(state: Db, datasets: &str) -> (Org, Proxy) {
    let mut org = Org::new(Db::Postgres, state, datasets);
    let url = org.place.url.clone().unwrap();
    let (before, rest) = url.rsplit_once('@').unwrap();
    let (server, database) = rest.split_once('/').unwrap();
    let proxy = Proxy::start(server.to_owned());
    org.place.url = Some(format!("{before}@{}/{database}", proxy.address));
    (org, proxy)
}

/// How often the ledger tells of a record.
fn told(engine: &mut Engine, place: &str) -> usize {
    let leaf = RecordKey::new([7; 32]).leaf(place.as_bytes());
    engine.state.find_record(&leaf).unwrap().len()
}

/// Whatever was cut where: those due are gone and told of once each, the others are there.
fn look(org: &Org, what: &str) {
    let mut engine = org.engine();
    assert_eq!(org.ids("person"), [5, 6], "{what}");
    assert_eq!(org.ids("note"), [50], "{what}");
    for id in 1..=6 {
        assert_eq!(told(&mut engine, &format!("s/person/{id}")), usize::from(id < 5), "{what}");
    }
    for (id, times) in [(10, 1), (20, 1), (50, 0)] {
        assert_eq!(told(&mut engine, &format!("s/note/{id}")), times, "{what}");
    }
    assert!(engine.state.open_batches().unwrap().is_empty(), "{what}");
    assert!(engine.state.running_sweeps().unwrap().is_empty(), "{what}");
    assert!(sweep(org).green(), "{what}");
}

/// Persons 1 to 4 are due, and the notes 10 and 20.
fn fill(org: &Org) {
    org.persons(1..=4, 400);
    org.persons(5..=6, 1);
    org.note(10, 1, 400);
    org.note(20, 2, 400);
    org.note(50, 5, 1);
}

fn cut_in_a_sweep(state: Db, cut: Cut, then_gone: bool) {
    let what = format!("state {state:?}, cut {cut:?}, server gone: {then_gone}");
    let (org, proxy) = behind_a_proxy(state, &format!("{PERSONS}{NOTES}"));
    fill(&org);
    let mut engine = org.engine();
    let plan = plan(&mut engine);
    proxy.order(Some(cut), then_gone);
    // Where Frist can connect anew it goes on by itself; else it is an alarm, or an error.
    let report = carry_out(&org, &mut engine, &plan);
    assert_eq!(proxy.cuts(), 1, "{what}");
    if then_gone {
        let open = engine.state.open_batches().unwrap();
        assert_eq!(open.len(), 1, "{what}: {report:?}");
        assert!(report.is_err() || !report.unwrap().green(), "{what}");
    }
    proxy.order(None, false);
    org.clock.step(200);
    engine.recover(&mut |_| ()).unwrap();
    drop(engine);
    sweep(&org);
    look(&org, &what);
}

fn cut_in_a_request(state: Db, cut: Cut, then_gone: bool) {
    let what = format!("a request, state {state:?}, cut {cut:?}, server gone: {then_gone}");
    let (org, proxy) = behind_a_proxy(state, &format!("{PERSONS}{NOTES}"));
    fill(&org);
    let mut engine = org.engine();
    let notes = frist_sweep::Grant {
        dataset: "notes".into(),
        keys: [10, 20, 50].map(|id| frist_stores::Key(vec![frist_stores::KeyPart::Int(id)])).into(),
        ..grant([], &[])
    };
    let grants = [grant(1..=5, &[]), notes];
    proxy.order(Some(cut), then_gone);
    let carried = engine.carry_out(&grants, &mut |_| ());
    assert_eq!(proxy.cuts(), 1, "{what}");
    if then_gone {
        // Both data sets were in one transaction.
        assert_eq!(engine.state.open_batches().unwrap().len(), 2, "{what}");
        assert!(
            carried.unwrap().iter().all(|c| c.refused.is_some() && c.done.is_empty()),
            "{what}"
        );
    }
    proxy.order(None, false);
    org.clock.step(200);
    engine.recover(&mut |_| ()).unwrap();
    let carried = engine.carry_out(&grants, &mut |_| ()).unwrap();
    assert!(carried.iter().all(|c| c.refused.is_none()), "{what}: {carried:?}");
    drop(engine);
    look(&org, &what);
}

const CUTS: [Cut; 3] = [Cut::Before, Cut::After, Cut::Late];

#[test]
fn a_sweep_goes_on_when_its_commit_is_cut_off() {
    for cut in CUTS {
        cut_in_a_sweep(Db::Sqlite, cut, false);
    }
    cut_in_a_sweep(Db::Postgres, Cut::After, false);
}

#[test]
fn a_sweep_whose_server_is_gone_after_its_commit_is_recovered() {
    for cut in CUTS {
        cut_in_a_sweep(Db::Sqlite, cut, true);
    }
    cut_in_a_sweep(Db::Postgres, Cut::After, true);
}

#[test]
fn a_request_whose_commit_is_cut_off_is_carried_out_once() {
    for cut in CUTS {
        cut_in_a_request(Db::Sqlite, cut, false);
        cut_in_a_request(Db::Sqlite, cut, true);
    }
}
