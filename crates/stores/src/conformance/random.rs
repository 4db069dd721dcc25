//! Made-up records in many combinations: the store and the interpreter always agree.

use super::deciding::agrees;
use super::{Case, Person, Site, World, marker};

/// Odd dates, odd texts and odd rules.
pub fn random_records_are_decided_alike(site: &mut dyn Site) {
    let mut dice = Dice::new(0);
    for round in 0..4 {
        let persons = (1..=60)
            .map(|id| Person {
                id,
                name: marker(id),
                ended: ended(site, &mut dice),
                state: [None, Some("open"), Some("closed"), Some("it's \\ a,\"b\""), Some("")]
                    [dice.below(5)]
                .map(str::to_owned),
                boss: None,
            })
            .collect();
        site.fill(&World { persons, notes: Vec::new() });
        let rule = rule(&mut dice);
        let due = agrees(&mut Case::new(site, "", &rule, ""), &[]);
        assert!(due.len() < 60, "round {round}: {rule}");
    }
}

pub(super) fn ended(site: &dyn Site, dice: &mut Dice) -> Option<String> {
    match dice.below(10) {
        0 => None,
        1 => site.unreadable().map(str::to_owned),
        // Around the days on which periods end.
        2 | 3 => Some(
            ["2022-05-31", "2022-06-01", "2022-06-02", "2024-02-29", "2021-12-31"][dice.below(5)]
                .to_owned(),
        ),
        _ => Some(format!(
            "{}-{:02}-{:02}",
            1999 + dice.below(28),
            1 + dice.below(12),
            1 + dice.below(28)
        )),
    }
}

pub(super) fn rule(dice: &mut Dice) -> String {
    let periods = ["3 years", "36 months", "1 year", "1096 days", "5 years"];
    let anchors = ["", "anchor = \"end of financial year\"\n", "anchor = \"end of month\"\n"];
    let whens = [
        "",
        "when = { state = [\"open\", \"\"] }\n",
        "when = { state = { not = [\"closed\"] } }\n",
        "when = { state = { set = false } }\n",
    ];
    let mut rule = String::new();
    for purpose in ["p", "q"] {
        rule += &format!(
            "[[dataset.keep]]\nfor = \"{purpose}\"\nfrom = \"ended\"\nperiod = \"{}\"\n{}{}{}",
            periods[dice.below(5)],
            anchors[dice.below(3)],
            ["", "open = true\n"][dice.below(2)],
            whens[dice.below(4)]
        );
    }
    rule
}

/// A xorshift generator: the same numbers in every run.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Self(0x9e37_79b9_7f4a_7c15 ^ seed.wrapping_mul(0xd134_2543_de82_ef95));
        for _ in 0..8 {
            dice.below(2);
        }
        dice
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The high bits: the low ones of neighbours are much alike.
        ((self.0 >> 32) % n as u64) as usize
    }
}
