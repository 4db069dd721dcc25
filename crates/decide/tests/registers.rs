//! The laws of the engine over generated registers: text as somebody might write it, read,
//! resolved against the law book, and held against what the law book itself says. (The rules that
//! `laws.rs` generates say more than a register can, and have not been read from one.)

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use frist_decide::eval::Row;
use frist_decide::rules::Use;
use frist_decide::{Decision, Kind, Outcome, RuleSet, Value, compile, decide};
use frist_law::{Calendar, Expiry, LawBook, Start, Term, expires};
use frist_register::Register;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

/// Of the law book: duties to keep, and what only supports a purpose.
const LAWS: [&str; 8] = [
    "dk.bogfoering",
    "dk.moms",
    "dk.hvidvask.keep",
    "dk.arbejdstid",
    "dk.patientjournal",
    "dk.foraeldelse",
    "dk.ansoegere",
    "dk.koebeloven",
];
const PERIODS: [&str; 6] = ["0 days", "30 days", "6 months", "1 year", "5 years", "96 hours"];
const ANCHORS: [&str; 3] = ["end of month", "end of calendar year", "end of financial year"];
const YEARS: [&str; 4] = ["12-31", "06-30", "02-29", "09-30"];
const STATES: [&str; 3] = ["a", "b", "c"];
/// Days on which a version of a law begins or ends, and leap days.
const DAYS: [&str; 8] = [
    "1999-06-30",
    "2022-06-30",
    "2022-07-01",
    "2024-06-30",
    "2024-07-01",
    "2021-05-27",
    "2021-05-28",
    "2024-02-29",
];

/// One `[[dataset.keep]]` with a purpose of its own.
#[derive(Debug, Clone)]
struct Line {
    law: Option<&'static str>,
    /// Also beside a law; always without one.
    period: Option<(&'static str, Option<&'static str>)>,
    from: usize,
    open: bool,
    when: Option<&'static str>,
    until: Option<usize>,
}

#[derive(Debug, Clone)]
struct Written {
    year_end: &'static str,
    lines: Vec<Line>,
    /// A duty to erase of one's own: from when, and after how long.
    erase: Option<(usize, &'static str)>,
}

/// Three days and a state; what is none is missing.
type Record = ([Option<String>; 3], Option<&'static str>);

fn lines() -> impl Strategy<Value = Line> {
    let own = (select(PERIODS.to_vec()), prop::option::of(select(ANCHORS.to_vec())));
    (
        prop::option::weighted(0.7, select(LAWS.to_vec())),
        (any::<bool>(), own),
        0..3usize,
        any::<bool>(),
        prop::option::of(select(STATES.to_vec())),
        prop::option::weighted(0.2, 0..3usize),
    )
        .prop_map(|(law, (beside, own), from, open, when, until)| Line {
            law,
            period: (beside || law.is_none()).then_some(own),
            from,
            open,
            when,
            until,
        })
}

fn written() -> impl Strategy<Value = Written> {
    let erase = prop::option::weighted(0.3, (0..3usize, select(PERIODS.to_vec())));
    (select(YEARS.to_vec()), prop::collection::vec(lines(), 1..5), erase)
        .prop_map(|(year_end, lines, erase)| Written { year_end, lines, erase })
}

fn record() -> impl Strategy<Value = Record> {
    let anywhere = (2012i16..2027, 1i8..=12, 1i8..=28)
        .prop_map(|(y, m, d)| Date::constant(y, m, d).to_string());
    let day = prop_oneof![
        4 => anywhere.prop_map(Some),
        3 => select(DAYS.to_vec()).prop_map(|day| Some(day.to_owned())),
        1 => Just(None),
        1 => Just(Some("2021-02-30".to_owned())),
    ];
    ([day.clone(), day.clone(), day], prop::option::weighted(0.8, select(STATES.to_vec())))
}

impl Written {
    /// The register's files, the lines of this data set in this order.
    fn files(&self, order: &[usize]) -> [(&'static str, String); 3] {
        let controller = format!(
            "[controller]\nname = \"N\"\nfinancial_year_end = \"{}\"\n[[store]]\nid = \"db\"\nkind = \"sqlite\"\npath = \"db\"\n",
            self.year_end
        );
        let mut activity =
            "[[activity]]\nid = \"a\"\ntitle = { da = \"A\", en = \"A\" }\n".to_owned();
        for ix in order {
            activity += &format!(
                "[[activity.purpose]]\nid = \"p{ix}\"\ntext = {{ da = \"F\", en = \"P\" }}\nbasis = \"6(1)(c)\"\n"
            );
            if let Some(law) = self.lines[*ix].law {
                activity += &format!("law = \"{law}\"\n");
            }
        }
        let mut dataset = "[[dataset]]\nid = \"r\"\nactivity = \"a\"\nat = \"db/t\"\nsubjects = [\"customer\"]\ncategories = [\"identity\"]\n".to_owned();
        for ix in order {
            let line = &self.lines[*ix];
            dataset += &format!("[[dataset.keep]]\nfor = \"p{ix}\"\nfrom = \"day{}\"\n", line.from);
            if let Some((period, anchor)) = line.period {
                dataset += &format!("period = \"{period}\"\n");
                if let Some(anchor) = anchor {
                    dataset += &format!("anchor = \"{anchor}\"\n");
                }
            }
            if line.open {
                dataset += "open = true\n";
            }
            if let Some(state) = line.when {
                dataset += &format!("when = {{ state = \"{state}\" }}\n");
            }
            if let Some(until) = line.until {
                dataset += &format!("until = \"day{until}\"\n");
            }
        }
        if let Some((from, period)) = self.erase {
            dataset += &format!("[[dataset.erase]]\nfrom = \"day{from}\"\nperiod = \"{period}\"\n");
        }
        [("controller.toml", controller), ("activity.toml", activity), ("dataset.toml", dataset)]
    }

    fn rules(&self, order: &[usize], backwards: bool) -> RuleSet {
        let mut files = self.files(order);
        if backwards {
            files.reverse();
        }
        let reading = Register::read(&files);
        let register =
            reading.register.unwrap_or_else(|| panic!("{:#?}\n{files:?}", reading.diagnostics));
        let dataset = register.dataset("r").unwrap();
        RuleSet::resolve(&register, LawBook::embedded(), dataset).unwrap()
    }

    fn term(&self, line: &Line) -> Option<Term> {
        let (period, anchor) = line.period?;
        let text = match anchor {
            Some(anchor) => format!("{period} from the {anchor}"),
            None => period.to_owned(),
        };
        Some(text.parse().unwrap())
    }
}

fn kinds(rules: &RuleSet) -> Vec<Kind> {
    let kind = |usage: &Use| match usage {
        Use::Time(_) => Kind::Date,
        Use::Text => Kind::Text,
        other => panic!("no rule here uses a fact as {other:?}"),
    };
    rules.facts.iter().map(|f| kind(&f.usage)).collect()
}

fn facts(rules: &RuleSet, record: &Record) -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    let value = |name: &str| match name.strip_prefix("day") {
        Some(ix) => record.0[ix.parse::<usize>().unwrap()].as_deref().map(text),
        None => record.1.map(text),
    };
    rules.facts.iter().map(|f| value(&f.name).unwrap_or(Value::Null)).collect()
}

fn calendar(written: &Written) -> Calendar {
    let years = frist_law::FinancialYears::new(written.year_end).unwrap();
    Calendar::new(frist_law::zone("Europe/Copenhagen").unwrap(), years)
}

/// The instants at which a line's own period or its law's ends, and the nanosecond before each.
fn instants(written: &Written, record: &Record) -> Vec<Timestamp> {
    let mut at = vec!["2026-11-22T12:00:00Z".parse().unwrap()];
    for line in &written.lines {
        let Some(day) = record.0[line.from].as_ref().and_then(|d| d.parse::<Date>().ok()) else {
            continue;
        };
        let law = line.law.and_then(|law| LawBook::embedded().get(law)?.version_on(day)?.term());
        for term in [law, written.term(line)].into_iter().flatten() {
            if let Expiry::At(over) = expires(term, &Start::Date(day), &calendar(written)) {
                at.extend([over, over - SignedDuration::from_nanos(1)]);
            }
        }
    }
    at
}

/// Whether a condition of a line surely fails.
fn spared(line: &Line, record: &Record) -> bool {
    line.when.is_some_and(|state| record.1.is_some_and(|is| is != state))
}

fn settings() -> ProptestConfig {
    let long = std::env::var_os("FRIST_LONG").is_some_and(|v| v == "1");
    let set = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let cases = if set {
        default.cases
    } else if long {
        20_000
    } else {
        200
    };
    ProptestConfig { cases, ..default }
}

proptest! {
    #![proptest_config(settings())]

    /// Law 1: nothing is due while a statute of the law book that concerns it still runs; without a
    /// duty to erase, nor while a purpose does. Law 6: the compiled test says the same.
    #[test]
    fn nothing_goes_before_the_law_book_lets_it(
        written in written(), records in prop::collection::vec(record(), 1..6),
    ) {
        let order: Vec<usize> = (0..written.lines.len()).collect();
        let rules = written.rules(&order, false);
        let kinds = kinds(&rules);
        let calendar = calendar(&written);
        for record in &records {
            let facts = facts(&rules, record);
            for t in instants(&written, record) {
                let decision = decide(&rules, &kinds, &facts, false, t);
                let row = Row { key: "", facts: &facts, field: &|_| None };
                let compiled = compile(&rules, &kinds, t, &[]);
                prop_assert_eq!(compiled.outcome(&row), decision.outcome);
                if decision.outcome != Outcome::Due {
                    continue;
                }
                for line in written.lines.iter().filter(|line| !spared(line, record)) {
                    let day = record.0[line.from].as_ref().and_then(|d| d.parse::<Date>().ok());
                    let over = |term: Term| {
                        day.is_some_and(|d| expires(term, &Start::Date(d), &calendar).is_over(t))
                    };
                    let law = line.law.map(|law| LawBook::embedded().get(law).unwrap());
                    let version = day.and_then(|day| law.map(|law| law.version_on(day)));
                    if law.is_some_and(|law| law.kind.is_minimum()) {
                        // Without a day nobody can say which version, if any.
                        let free = version.is_some_and(|v| v.is_none_or(|v| v.term().is_some_and(over)));
                        prop_assert!(free, "{line:?} at {t}: {record:?}");
                    }
                    let until = line.until.and_then(|f| record.0[f].as_ref()?.parse::<Date>().ok());
                    let today = t.to_zoned(calendar.zone.clone()).date();
                    let stopped = written.erase.is_some() || until.is_some_and(|d| d <= today);
                    if let (Some(term), false) = (written.term(line), stopped) {
                        prop_assert!(over(term), "{line:?} at {t}: {record:?}");
                    }
                }
            }
        }
    }

    /// Law 4: purposes, lines and files in another order say the same.
    #[test]
    fn a_register_says_the_same_in_any_order(
        (written, order) in written().prop_flat_map(|w| {
            let order = Just((0..w.lines.len()).collect::<Vec<_>>()).prop_shuffle();
            (Just(w), order)
        }),
        records in prop::collection::vec(record(), 1..6),
    ) {
        let sorted: Vec<usize> = (0..order.len()).collect();
        let told = |rules: &RuleSet, record: &Record, t| {
            let d: Decision = decide(rules, &kinds(rules), &facts(rules, record), false, t);
            let mut names: Vec<String> =
                d.reasons.iter().map(|r| format!("{} {:?} {:?}", r.name, r.role, r.last_day)).collect();
            names.sort();
            (d.outcome, d.due_since, d.next_change, names)
        };
        let (one, other) = (written.rules(&sorted, false), written.rules(&order, true));
        for record in &records {
            for t in instants(&written, record) {
                prop_assert_eq!(told(&one, record, t), told(&other, record, t));
            }
        }
    }
}
