//! How fast records in memory are decided, against the same predicate written by hand.
//!
//! `cargo run --release -p frist-decide --example speed [millions of records]`
//!
//! One rule (accounts for five years from the end of the financial year; claims for three years
//! from the end of the relationship, for some kinds of record only), one thread, and records as
//! plain arrays: two of days, one of codes. The forms take turns on blocks of the same arrays, each
//! too short for another program to come in between often; the medians over all blocks and rounds
//! count. All forms must find the same records.

use std::hint::black_box;
use std::time::{Duration, Instant};

use frist_decide::columns::{Batch, Column, Mark, Values};
use frist_decide::eval::Row;
use frist_decide::{Compiled, Kind, RuleSet, Value, compile};
use frist_law::LawBook;
use frist_register::Register;
use jiff::Timestamp;
use jiff::civil::Date;

const REGISTER: &str = r#"
[controller]
name = "Nordkyst"

[[store]]
id = "db"
kind = "sqlite"
path = "db"

[[activity]]
id = "billing"
title = { da = "Fakturering", en = "Billing" }

[[activity.purpose]]
id = "bookkeeping"
text = { da = "At opbevare regnskabsmateriale", en = "To keep accounting records" }
basis = "6(1)(c)"
law = "dk.bogfoering"

[[activity.purpose]]
id = "claims"
text = { da = "At imødegå krav", en = "To meet claims" }
basis = "6(1)(f)"

[[dataset]]
id = "records"
activity = "billing"
at = "db/t"
subjects = ["customer"]
categories = ["identity"]

[[dataset.keep]]
for = "bookkeeping"
from = "invoice_date"

[[dataset.keep]]
for = "claims"
from = "ended_on"
period = "3 years"
open = true
when = { kind = ["contract", "warranty"] }
"#;

const KINDS: [&str; 5] = ["enquiry", "contract", "order", "warranty", "complaint"];
const ROUNDS: usize = 15;
/// Records a block.
const BLOCK: usize = 1 << 16;

/// The records, an array a field.
struct Records {
    invoice_date: Vec<i32>,
    ended_on: Vec<i32>,
    ended_is: Vec<Mark>,
    kind: Vec<u32>,
}

/// Some of them.
struct Slice<'a> {
    invoice_date: &'a [i32],
    ended_on: &'a [i32],
    ended_is: &'a [Mark],
    kind: &'a [u32],
}

impl Records {
    fn slice(&self, at: std::ops::Range<usize>) -> Slice<'_> {
        Slice {
            invoice_date: &self.invoice_date[at.clone()],
            ended_on: &self.ended_on[at.clone()],
            ended_is: &self.ended_is[at.clone()],
            kind: &self.kind[at],
        }
    }
}

fn records(count: usize) -> Records {
    let mut state = 88_172_645_463_325_252_u64;
    let mut below = |n: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % n
    };
    let mut r = Records {
        invoice_date: Vec::with_capacity(count),
        ended_on: Vec::with_capacity(count),
        ended_is: Vec::with_capacity(count),
        kind: Vec::with_capacity(count),
    };
    for _ in 0..count {
        // Twelve years up to the end of 2026; one customer in four is still one.
        let day = 20_818 - below(4_383) as i32;
        let ended = below(4) != 0;
        r.invoice_date.push(day);
        r.ended_on.push(if ended { day + below(900) as i32 } else { 0 });
        r.ended_is.push(if ended { Mark::There } else { Mark::Missing });
        r.kind.push(below(KINDS.len() as u64) as u32);
    }
    r
}

fn days(year: i16, month: i8, day: i8) -> i32 {
    let since = Date::constant(year, month, day).duration_since(Date::constant(1970, 1, 1));
    (since.as_hours() / 24) as i32
}

/// By hand, a record at a time: the constants worked out by a person for 22 November 2026.
fn by_hand(r: &Slice<'_>, due: &mut [bool]) {
    let (accounts, claims) = (days(2020, 12, 31), days(2023, 11, 21));
    let (contract, warranty) = (1, 3);
    for (ix, due) in due.iter_mut().enumerate() {
        let claim = r.kind[ix] == contract || r.kind[ix] == warranty;
        let over = r.ended_is[ix] == Mark::There && r.ended_on[ix] <= claims;
        *due = r.invoice_date[ix] <= accounts && (!claim || over);
    }
}

/// The same by somebody who knows the compiler: no branches, no checks of bounds.
fn by_hand_tuned(r: &Slice<'_>, due: &mut [bool]) {
    let (accounts, claims) = (days(2020, 12, 31), days(2023, 11, 21));
    let (contract, warranty) = (1, 3);
    let ended = r.ended_on.iter().zip(r.ended_is);
    let all = r.invoice_date.iter().zip(ended).zip(r.kind);
    for (due, ((invoice, (ended, is)), kind)) in due.iter_mut().zip(all) {
        let claim = (*kind == contract) | (*kind == warranty);
        let over = (*is == Mark::There) & (*ended <= claims);
        *due = (*invoice <= accounts) & (!claim | over);
    }
}

/// The engine's test a record at a time, as the file store asks it.
fn by_record(compiled: &Compiled, values: &[[Value; 3]]) -> usize {
    let due = |facts: &&[Value; 3]| {
        let row = Row { key: "", facts: *facts, field: &|_| None };
        compiled.due.admits(&compiled.kinds, &row)
    };
    values.iter().filter(due).count()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

fn main() {
    let millions = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(4);
    let count: usize = millions * 1_000_000;
    let reading = Register::read(&[("speed.toml", REGISTER)]);
    let register = reading.register.expect("the register is in order");
    let dataset = register.dataset("records").expect("it has the data set");
    let rules =
        RuleSet::resolve(&register, LawBook::embedded(), dataset).expect("its rule resolves");
    let names: Vec<&str> = rules.facts.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["invoice_date", "ended_on", "kind"]);
    let kinds = [Kind::Date, Kind::Date, Kind::Text];
    let at: Timestamp = "2026-11-22T12:00:00+01:00".parse().expect("an instant");
    let compiled = compile(&rules, &kinds, at, &[]);

    let r = records(count);
    let mut found = [const { Vec::new() }; 3];
    let mut times = [const { Vec::new() }; 3];
    let mut due = vec![false; BLOCK];
    for round in 0..=ROUNDS {
        found.iter_mut().for_each(Vec::clear);
        for block in 0..count / BLOCK {
            let r = r.slice(block * BLOCK..(block + 1) * BLOCK);
            let texts = Values::Texts { codes: r.kind, dictionary: &KINDS };
            let batch = Batch {
                len: BLOCK,
                facts: vec![
                    Column { values: Values::Days(r.invoice_date), marks: None },
                    Column { values: Values::Days(r.ended_on), marks: Some(r.ended_is) },
                    Column { values: texts, marks: None },
                ],
                held: None,
            };
            for form in [0, 1, 2] {
                // Who goes first takes turns too: the others find the block in the cache.
                let form = (form + round) % 3;
                let start = Instant::now();
                match form {
                    0 => compiled.due_columns(black_box(&batch), &mut due).expect("it fits"),
                    1 => by_hand(black_box(&r), &mut due),
                    _ => by_hand_tuned(black_box(&r), &mut due),
                }
                let time = start.elapsed();
                found[form].extend_from_slice(black_box(&due));
                // The first round warms up.
                if round > 0 {
                    times[form].push(time);
                }
            }
        }
        assert!(found[0] == found[1] && found[1] == found[2], "the forms disagree");
    }
    let engine = &found[0];
    let total = engine.len();
    let due = engine.iter().filter(|due| **due).count();
    println!(
        "{total} records, {due} of them due; medians over {ROUNDS} rounds of blocks, one core"
    );
    let [engine_s, hand_s, tuned_s] = times.map(median);
    let rate = |seconds: f64| BLOCK as f64 / seconds / 1e6;
    println!("engine, columns:           {:7.0} million records/s", rate(engine_s));
    println!("by hand, with branches:    {:7.0} million records/s", rate(hand_s));
    println!("by hand, without branches: {:7.0} million records/s", rate(tuned_s));
    println!("engine's time / by hand, with branches:    {:.2}", engine_s / hand_s);
    println!("engine's time / by hand, without branches: {:.2}", engine_s / tuned_s);

    let some = total.min(500_000);
    let epoch = Date::constant(1970, 1, 1);
    let date = |n: i32| Value::Date(epoch.saturating_add(jiff::Span::new().days(n)));
    let values: Vec<[Value; 3]> = (0..some)
        .map(|ix| {
            let ended = match r.ended_is[ix] {
                Mark::There => date(r.ended_on[ix]),
                _ => Value::Null,
            };
            let kind = Value::Text(KINDS[r.kind[ix] as usize].to_owned());
            [date(r.invoice_date[ix]), ended, kind]
        })
        .collect();
    let start = Instant::now();
    let found = by_record(&compiled, black_box(&values));
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(found, engine[..some].iter().filter(|due| **due).count());
    println!("engine, a record a time:   {:7.1} million records/s", some as f64 / seconds / 1e6);
}
