//! Properties of the judge, on small generated worlds.

use super::super::value;
use super::*;
use frist_register::Register;
use frist_stores::KeyPart;
use proptest::prelude::*;

const REGISTER: &str = r#"
[controller]
name = "A"
[[store]]
id = "s"
kind = "sqlite"
path = "s.sqlite"
[[identity]]
id = "email"
title = { en = "E-mail" }
format = "email"
[[identity]]
id = "phone"
title = { en = "Phone" }
format = "phone"
shared = true
[[identity]]
id = "order"
title = { en = "Order" }
[[activity]]
id = "a"
title = { en = "A" }
[[activity.purpose]]
id = "p"
text = { en = "service" }
basis = "6(1)(b)"
"#;

const SETS: [(&str, &str); 5] = [
    (
        "customers",
        "subject = { customer = \"id\" }\nidentity = { email = \"email\", phone = \"phone\" }",
    ),
    ("orders", "subject = { customer = \"customer\" }\nidentity = { order = \"order\" }"),
    ("lines", "subjects = [\"customer\"]\nidentity = { order = \"order\", email = \"email\" }"),
    ("calls", "subjects = [\"customer\"]\nidentity = { phone = \"phone\", email = \"email\" }"),
    ("served", "subject = { customer = \"customer\", employee = \"employee\" }"),
];

fn fields() -> Fields {
    let sets = SETS.iter().map(|(id, who)| {
        format!("[[dataset]]\nid = \"{id}\"\nactivity = \"a\"\nat = \"s/{id}\"\n{who}\ncategories = [\"identity\"]\n[[dataset.keep]]\nfor = \"p\"\nfrom = \"at\"\nperiod = \"1 year\"\n")
    });
    let text = format!("{REGISTER}{}", sets.collect::<String>());
    let reading = Register::read(&[("register.toml", &text)]);
    Fields::new(&reading.register.unwrap())
}

/// Rows of a world in which persons have numbers, addresses and orders of their own, share
/// telephones, and some addresses are written into a record of somebody else by mistake.
#[derive(Debug, Clone)]
struct World(Vec<Entry>);

/// Set, person, another person, telephone.
type Entry = (usize, u8, u8, u8);

fn world() -> impl Strategy<Value = World> {
    proptest::collection::vec((0usize..5, 1u8..5, 1u8..5, 1u8..4), 1..24).prop_map(World)
}

/// The row of an entry: its set, the person it is about, and whose address or order it says.
fn row(fields: &Fields, ix: usize, (set, person, other, phone): Entry) -> Row {
    let place = &fields.places[set];
    // One address in ten is somebody else's.
    let says = if (ix + other as usize).is_multiple_of(10) { other } else { person };
    let value = |name: &str| match name {
        "id" | "customer" => Some(person.to_string()),
        "employee" => Some(format!("{}", 90 + other)),
        "email" => (!ix.is_multiple_of(3)).then(|| format!("p{says}@x.dk")),
        "phone" => Some(format!("2000000{phone}")),
        _ => Some(format!("A-{person}-{}", other % 2)),
    };
    let values = place.fields.iter().enumerate();
    Row {
        place: set,
        key: Key(vec![KeyPart::Int(ix as i64)]),
        values: values.filter_map(|(at, f)| Some((at, value(&f.name)?))).collect(),
    }
}

fn hits(fields: &Fields, rows: &[Row], person: u8) -> (BTreeSet<(String, Key)>, usize) {
    let kind = fields.kind_of("customer").unwrap();
    let text = person.to_string();
    let normal = value::normal(fields.kinds[kind].format, &text).unwrap();
    let outside = Outside { given: vec![((kind, normal), text)], ..Outside::default() };
    let verdict = judge(fields, rows, &outside, 1000);
    let teller = Teller { verdict: &verdict, fields, rows, outside: &outside };
    let asked = teller.asked(&HashSet::new());
    let all = teller.hits().into_iter().map(|h| (h.dataset, h.key)).collect();
    (all, asked.iter().map(|q| q.records.len()).sum())
}

proptest! {
    /// In whatever order the stores answer, the judgement is the same.
    #[test]
    fn order_does_not_matter(world in world(), seed in any::<u64>(), person in 1u8..5) {
        let fields = fields();
        let all: Vec<_> = world.0.iter().enumerate().collect();
        let mut mixed = all.clone();
        // Fisher and Yates, by a generator of one line.
        let mut state = seed | 1;
        for i in (1..mixed.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            mixed.swap(i, (state >> 33) as usize % (i + 1));
        }
        let rows = |list: &[(usize, &Entry)]| -> Vec<Row> {
            list.iter().map(|(ix, entry)| row(&fields, *ix, **entry)).collect()
        };
        prop_assert_eq!(hits(&fields, &rows(&all), person), hits(&fields, &rows(&mixed), person));
    }

    /// No record that says by its number that it is about another is ever certain.
    #[test]
    fn never_against_a_number(world in world(), person in 1u8..5) {
        let fields = fields();
        let rows: Vec<Row> =
            world.0.iter().enumerate().map(|(ix, entry)| row(&fields, ix, *entry)).collect();
        for (dataset, key) in hits(&fields, &rows, person).0 {
            let [KeyPart::Int(ix)] = key.0[..] else { panic!("another key") };
            let entry = world.0[ix as usize];
            if dataset != "lines" && dataset != "calls" {
                prop_assert_eq!(entry.1, person, "a record of somebody else");
            }
        }
    }

    /// What has the person's number is always found.
    #[test]
    fn always_by_the_number(world in world(), person in 1u8..5) {
        let fields = fields();
        let rows: Vec<Row> =
            world.0.iter().enumerate().map(|(ix, entry)| row(&fields, ix, *entry)).collect();
        let (hits, _) = hits(&fields, &rows, person);
        for (ix, entry) in world.0.iter().enumerate() {
            if entry.1 == person && ["customers", "orders", "served"].contains(&SETS[entry.0].0) {
                let key = Key(vec![KeyPart::Int(ix as i64)]);
                prop_assert!(hits.contains(&(SETS[entry.0].0.to_owned(), key)));
            }
        }
    }
}
