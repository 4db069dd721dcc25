//! The store against the model in memory: the same records, the same doings, the same answers.

use std::collections::BTreeSet;

use frist_decide::{Compiled, HoldScope};
use frist_law::Cutoff;
use frist_register::Anonymise;

use super::random::{Dice, ended, rule};
use super::{Case, KEEP, Memory, Note, Person, Site, World, marker, ok};
use crate::{Action, Key};

/// Records of one collection.
pub fn the_model_says_the_same(site: &mut dyn Site) {
    rounds(site, 11, &|_, dice| Setting { rule: rule(dice), ..Setting::default() });
}

/// Records that refer to each other, with each effect of a link and with facts of other records.
pub fn the_model_says_the_same_of_references(site: &mut dyn Site) {
    rounds(site, 12, &|round, dice| {
        let effect = ["detach", "block", "cascade"][round % 3];
        let own = ["", "[[dataset.link]]\nto = \"persons\"\nby = \"boss\"\n"][dice.below(2)];
        let latest = "last = { latest = \"notes.at\", by = \"person\", else = \"ended\", type = \"date\" }\n\
            [[dataset.keep]]\nfor = \"p\"\nfrom = \"last\"\nperiod = \"3 years\"\n";
        let base = [KEEP, latest][dice.below(2)];
        Setting {
            rule: format!("{base}{own}"),
            notes: format!(
                "[[dataset.keep]]\nfor = \"p\"\nfrom = \"at\"\nperiod = \"1 year\"\n\
                 [[dataset.link]]\nto = \"persons\"\nby = \"person\"\non_erase = \"{effect}\"\n"
            ),
            ..Setting::default()
        }
    });
}

/// Fields that are changed instead of records that are erased.
pub fn the_model_says_the_same_of_fields(site: &mut dyn Site) {
    rounds(site, 13, &|_, dice| Setting {
        then: "then = { anonymise = { name = \"pseudonym\", state = { fixed = \"-\" } } }",
        rule: rule(dice),
        fields: vec![
            ("name".to_owned(), Anonymise::Pseudonym),
            ("state".to_owned(), Anonymise::Fixed("-".into())),
        ],
        ..Setting::default()
    });
}

#[derive(Default)]
struct Setting {
    then: &'static str,
    rule: String,
    /// The data set of notes; none when empty.
    notes: String,
    fields: Vec<(String, Anonymise)>,
}

const PERSONS: usize = 40;

fn rounds(site: &mut dyn Site, seed: u64, setting: &dyn Fn(usize, &mut Dice) -> Setting) {
    let rounds = if std::env::var_os("FRIST_LONG").is_some() { 200 } else { 2 };
    for round in 0..rounds {
        let mut dice = Dice::new(seed * 1000 + round as u64);
        let setting = setting(round, &mut dice);
        let world = world(site, &mut dice, !setting.notes.is_empty());
        site.fill(&world);
        let model = Memory::of(&world);
        let new = |site: &dyn Site| Case::new(site, setting.then, &setting.rule, &setting.notes);
        let mut pair = Pair { real: new(site), memory: new(&model), model, site };
        let mut holds = Vec::new();
        for step in 0..6 {
            let what = format!("round {round}, step {step}:\n{}{}", setting.rule, setting.notes);
            pair.doing(&mut dice, &mut holds, &setting, &what);
            pair.same(&holds, &what);
        }
    }
}

fn world(site: &dyn Site, dice: &mut Dice, references: bool) -> World {
    let mut person = |id: i64| Person {
        id,
        name: marker(id),
        ended: ended(site, dice),
        state: [None, Some("open"), Some("closed"), Some("-")][dice.below(4)].map(str::to_owned),
        boss: (references && dice.below(3) == 0).then(|| 1 + dice.below(PERSONS) as i64),
    };
    let persons = (1..=PERSONS as i64).map(&mut person).collect();
    let mut note = |id: i64| Note {
        id,
        person: (dice.below(6) > 0).then(|| 1 + dice.below(PERSONS) as i64),
        at: ended(site, dice),
    };
    let notes = if references { (1..=25).map(&mut note).collect() } else { Vec::new() };
    World { persons, notes }
}

/// The same data set in the store and in the model.
struct Pair<'s> {
    site: &'s mut dyn Site,
    real: Case,
    model: Memory,
    memory: Case,
}

impl Pair<'_> {
    /// The same keys, as both sides write them.
    fn keys(&self, ids: &BTreeSet<i64>) -> (Vec<Key>, Vec<Key>) {
        let of = |site: &dyn Site| ids.iter().map(|id| site.key("person", *id)).collect();
        (of(self.site), of(&self.model))
    }

    fn ids<'k>(&self, site: &dyn Site, keys: impl IntoIterator<Item = &'k Key>) -> BTreeSet<i64> {
        let found: BTreeSet<&Key> = keys.into_iter().collect();
        let all = (1..=PERSONS as i64).map(|id| (id, site.key("person", id)));
        let ids: BTreeSet<i64> =
            all.filter(|(_, key)| found.contains(key)).map(|(id, _)| id).collect();
        assert_eq!(ids.len(), found.len(), "a key that nobody has");
        ids
    }

    fn compiled(&self, holds: &[Hold]) -> (Compiled, Compiled) {
        let of = |case: &Case, site: &dyn Site| {
            let scopes: Vec<HoldScope> = holds.iter().map(|h| h.scope(site)).collect();
            case.compiled(&scopes)
        };
        (of(&self.real, self.site), of(&self.memory, &self.model))
    }

    /// Does the same thing on both sides.
    fn doing(&mut self, dice: &mut Dice, holds: &mut Vec<Hold>, setting: &Setting, what: &str) {
        let some: BTreeSet<i64> = (1..=PERSONS as i64).filter(|_| dice.below(3) > 0).collect();
        let (real_keys, model_keys) = self.keys(&some);
        let (real, model) = self.compiled(holds);
        match dice.below(8) {
            0 => {
                let ended = ended(self.site, dice);
                let id = 1 + dice.below(PERSONS) as i64;
                if self.model.world().persons.iter().any(|p| p.id == id) {
                    self.site.set_ended(id, ended.as_deref());
                    self.model.set_ended(id, ended.as_deref());
                }
            }
            1 => holds.push(match dice.below(2) {
                0 => Hold::Person(1 + dice.below(PERSONS) as i64),
                _ => Hold::State(["open", "closed"][dice.below(2)]),
            }),
            2 => holds.clear(),
            3 => {
                let few = |keys: Vec<Key>| keys.into_iter().take(3).collect::<Vec<_>>();
                let (a, b) = (few(real_keys), few(model_keys));
                let a = ok(self.real.store.erase_again(&self.real.bound, &a));
                let b = ok(self.memory.store.erase_again(&self.memory.bound, &b));
                assert_eq!(
                    self.ids(self.site, &a),
                    self.ids(&self.model, &b),
                    "`erase_again`, {what}"
                );
            }
            4 if !setting.notes.is_empty() => {
                let a = ok(self.real.store.due_cycle(&self.real.bound, &real, 1));
                let b = ok(self.memory.store.due_cycle(&self.memory.bound, &model, 1));
                assert_eq!(a.is_empty(), b.is_empty(), "`due_cycle`, {what}");
                let ids = self.ids(self.site, &a);
                let (_, same) = self.keys(&ids);
                self.dispose((&real, &a), (&model, &same), setting, what);
            }
            _ => self.dispose((&real, &real_keys), (&model, &model_keys), setting, what),
        }
    }

    fn dispose(
        &mut self,
        real: (&Compiled, &[Key]),
        model: (&Compiled, &[Key]),
        setting: &Setting,
        what: &str,
    ) {
        let action = match setting.fields.is_empty() {
            true => Action::Erase,
            false => Action::Anonymise { fields: setting.fields.clone(), pseudonym_key: [5; 32] },
        };
        let a = ok(self.real.store.dispose(&self.real.bound, real.0, real.1, &action));
        let b = ok(self.memory.store.dispose(&self.memory.bound, model.0, model.1, &action));
        let done = |d: &crate::Disposed| d.done.iter().map(|r| r.key.clone()).collect::<Vec<_>>();
        let (x, y) = (self.ids(self.site, &done(&a)), self.ids(&self.model, &done(&b)));
        assert_eq!(x, y, "`dispose`, {what}");
        assert!(a.detached == b.detached || self.site.loses_answers(), "`detached`, {what}");
    }

    /// That both sides say the same of everything.
    fn same(&mut self, holds: &[Hold], what: &str) {
        assert_eq!(self.site.world(), self.model.world(), "what is there, {what}");
        let (real, model) = self.compiled(holds);
        let (a, b) = (&mut self.real, &mut self.memory);
        assert_eq!(
            ok(a.store.census(&a.bound, &real)),
            ok(b.store.census(&b.bound, &model)),
            "`census`, {what}"
        );
        assert_eq!(
            ok(a.store.count_due(&a.bound, &real)),
            ok(b.store.count_due(&b.bound, &model)),
            "`count_due`, {what}"
        );
        for up_to in [3, 1_000_000] {
            let (a, b) = (a.store.total(&a.bound, up_to), b.store.total(&b.bound, up_to));
            assert_eq!(ok(a), ok(b), "`total`, {what}");
        }
        let day = Cutoff::Date(jiff::civil::Date::constant(2016, 6, 1));
        assert_eq!(
            ok(a.store.earliest_beyond(&a.bound, 0, &day)),
            ok(b.store.earliest_beyond(&b.bound, 0, &day)),
            "`earliest_beyond`, {what}"
        );
        let due = (a.due(&real, 7), b.due(&model, 9));
        let keys = |due: &[crate::Record]| due.iter().map(|r| r.key.clone()).collect::<Vec<_>>();
        assert_eq!(
            self.ids(self.site, &keys(&due.0)),
            self.ids(&self.model, &keys(&due.1)),
            "`due`, {what}"
        );
        let (a, b) = self.keys(&(1..=PERSONS as i64).collect());
        let a = ok(self.real.store.disposed(&self.real.bound, &a));
        let b = ok(self.memory.store.disposed(&self.memory.bound, &b));
        assert_eq!(self.ids(self.site, &a), self.ids(&self.model, &b), "`disposed`, {what}");
    }
}

/// A hold, whatever keys look like.
enum Hold {
    Person(i64),
    State(&'static str),
}

impl Hold {
    fn scope(&self, site: &dyn Site) -> HoldScope {
        match self {
            Hold::Person(id) => HoldScope::Keys(vec![site.key("person", *id).text()]),
            Hold::State(state) => {
                HoldScope::Field { field: "state".into(), values: vec![(*state).to_owned()] }
            }
        }
    }
}
