//! A store that fails at random, and one who asks again until it answers.

use std::collections::HashSet;

use frist_decide::{Compiled, RuleSet};
use frist_law::{Cutoff, Start};
use frist_register::{DataSet, Register};
use jiff::Timestamp;

use super::random::Dice;
use super::{Site, World};
use crate::Bound;
use crate::{
    Action, Aftercare, Census, CollectionInfo, Disposed, FieldMatch, Fields, Key, Looked, Part,
    Partition, Record, Search, Store, StoreError,
};

/// Fails a share of all calls, before or after the store inside did what was asked: who gets the
/// error cannot know which.
pub struct Flaky<S> {
    inner: S,
    dice: Dice,
    percent: usize,
    /// Calls that failed before anything happened, and after everything had.
    pub failed: (u64, u64),
}

impl<S: Store> Flaky<S> {
    /// Lets `percent` of 100 calls of `inner` fail, each seed in its own way.
    pub fn new(inner: S, seed: u64, percent: usize) -> Self {
        Self { inner, dice: Dice::new(seed), percent, failed: (0, 0) }
    }

    fn call<T>(
        &mut self,
        call: impl FnOnce(&mut S) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let lost = || StoreError::Refused {
            store: "s".into(),
            attempt: "answer".into(),
            why: "the connection was lost".into(),
            transient: true,
        };
        let fails = self.dice.below(100) < self.percent;
        let before = self.dice.below(2) == 0;
        if fails && before {
            self.failed.0 += 1;
            return Err(lost());
        }
        let answer = call(&mut self.inner);
        if fails {
            self.failed.1 += 1;
            return Err(lost());
        }
        answer
    }
}

/// Asks a store again until it answers, and finds out what became of a batch as recovery does: by
/// asking which of its records are gone.
pub struct Patient<S>(pub S);

/// More often than this no seed fails on end.
const TIMES: usize = 200;

impl<S: Store> Patient<S> {
    fn ask<T>(
        &mut self,
        mut call: impl FnMut(&mut S) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut answer = call(&mut self.0);
        for _ in 0..TIMES {
            match answer {
                Err(StoreError::Refused { transient: true, .. }) => answer = call(&mut self.0),
                answer => return answer,
            }
        }
        answer
    }

    /// Asks for a batch until there is an answer; what was there before and is gone now was done.
    fn batch(
        &mut self,
        bound: &Bound,
        keys: &[Key],
        mut call: impl FnMut(&mut S) -> Result<u64, StoreError>,
    ) -> Result<Disposed, StoreError> {
        let records = self.fetch(bound, keys)?;
        let before: HashSet<Key> = self.disposed(bound, keys)?.into_iter().collect();
        let detached = self.ask(&mut call)?;
        let after: HashSet<Key> = self.disposed(bound, keys)?.into_iter().collect();
        let is_done = |r: &Record| !before.contains(&r.key) && after.contains(&r.key);
        Ok(Disposed { done: records.into_iter().filter(is_done).collect(), detached })
    }
}

/// A store inside another, called through `$via`; only what disposes is written out.
macro_rules! calls {
    ($via:ident) => {
        fn catalogue(&mut self) -> Result<Vec<CollectionInfo>, StoreError> {
            self.$via(|s| s.catalogue())
        }
        fn bind(
            &mut self,
            register: &Register,
            dataset: &DataSet,
            rules: &RuleSet,
        ) -> Result<Bound, StoreError> {
            self.$via(|s| s.bind(register, dataset, rules))
        }
        fn census(&mut self, bound: &Bound, compiled: &Compiled) -> Result<Census, StoreError> {
            self.$via(|s| s.census(bound, compiled))
        }
        fn count_due(
            &mut self,
            bound: &Bound,
            compiled: &Compiled,
        ) -> Result<(u64, u64), StoreError> {
            self.$via(|s| s.count_due(bound, compiled))
        }
        fn total(&mut self, bound: &Bound, up_to: u64) -> Result<u64, StoreError> {
            self.$via(|s| s.total(bound, up_to))
        }
        fn due(
            &mut self,
            bound: &Bound,
            compiled: &Compiled,
            after: Option<&Record>,
            limit: usize,
        ) -> Result<Vec<Record>, StoreError> {
            self.$via(|s| s.due(bound, compiled, after, limit))
        }
        fn due_cycle(
            &mut self,
            bound: &Bound,
            compiled: &Compiled,
            limit: usize,
        ) -> Result<Vec<Key>, StoreError> {
            self.$via(|s| s.due_cycle(bound, compiled, limit))
        }
        fn fetch(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Record>, StoreError> {
            self.$via(|s| s.fetch(bound, keys))
        }
        fn find(
            &mut self,
            bound: &Bound,
            any_of: &[FieldMatch],
            wanted: &[String],
            limit: usize,
        ) -> Result<Looked, StoreError> {
            self.$via(|s| s.find(bound, any_of, wanted, limit))
        }
        fn fields(&mut self, bound: &Bound, key: &Key) -> Result<Option<Fields>, StoreError> {
            self.$via(|s| s.fields(bound, key))
        }
        fn keys(
            &mut self,
            bound: &Bound,
            after: Option<&Key>,
            limit: usize,
        ) -> Result<Vec<Key>, StoreError> {
            self.$via(|s| s.keys(bound, after, limit))
        }
        fn disposed(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Key>, StoreError> {
            self.$via(|s| s.disposed(bound, keys))
        }
        fn earliest_beyond(
            &mut self,
            bound: &Bound,
            fact: usize,
            cutoff: &Cutoff,
        ) -> Result<Option<Start>, StoreError> {
            self.$via(|s| s.earliest_beyond(bound, fact, cutoff))
        }
        fn partitions(
            &mut self,
            bound: &Bound,
            compiled: &Compiled,
        ) -> Result<Vec<Partition>, StoreError> {
            self.$via(|s| s.partitions(bound, compiled))
        }
        fn partition_keys(
            &mut self,
            bound: &Bound,
            partition: &str,
        ) -> Result<Vec<Key>, StoreError> {
            self.$via(|s| s.partition_keys(bound, partition))
        }
        fn pace(&mut self, rows: usize) -> Result<(), StoreError> {
            self.$via(|s| s.pace(rows))
        }
        fn settle(&mut self, bound: &Bound) -> Result<Aftercare, StoreError> {
            self.$via(|s| s.settle(bound))
        }
        fn clock(&mut self) -> Result<Option<Timestamp>, StoreError> {
            self.$via(|s| s.clock())
        }
    };
}

impl<S: Store> Store for Flaky<S> {
    calls!(call);

    fn dispose(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        keys: &[Key],
        action: &Action,
    ) -> Result<Disposed, StoreError> {
        self.call(|s| s.dispose(bound, compiled, keys, action))
    }
    fn was_cut_off(&self) -> bool {
        self.inner.was_cut_off()
    }
    fn parse_key(&self, bound: &Bound, text: &str) -> Result<Key, StoreError> {
        self.inner.parse_key(bound, text)
    }
    fn erase_again(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Key>, StoreError> {
        self.call(|s| s.erase_again(bound, keys))
    }
    fn finish_again(&mut self, bound: &Bound, keys: &[Key]) -> Result<(), StoreError> {
        self.call(|s| s.finish_again(bound, keys))
    }
    fn dispose_partition(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        partition: &str,
        keys: &[Key],
    ) -> Result<Disposed, StoreError> {
        self.call(|s| s.dispose_partition(bound, compiled, partition, keys))
    }
}

impl<S: Store> Store for Patient<S> {
    calls!(ask);

    fn dispose(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        keys: &[Key],
        action: &Action,
    ) -> Result<Disposed, StoreError> {
        self.batch(bound, keys, |s| s.dispose(bound, compiled, keys, action).map(|d| d.detached))
    }
    fn was_cut_off(&self) -> bool {
        self.0.was_cut_off()
    }
    fn parse_key(&self, bound: &Bound, text: &str) -> Result<Key, StoreError> {
        self.0.parse_key(bound, text)
    }
    fn erase_again(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Key>, StoreError> {
        // Also what is anonymised is erased: here, what is there no longer was done.
        let before = self.fetch(bound, keys)?;
        self.ask(|s| s.erase_again(bound, keys))?;
        let after: HashSet<Key> = self.fetch(bound, keys)?.into_iter().map(|r| r.key).collect();
        Ok(before.into_iter().map(|r| r.key).filter(|k| !after.contains(k)).collect())
    }
    fn finish_again(&mut self, bound: &Bound, keys: &[Key]) -> Result<(), StoreError> {
        self.ask(|s| s.finish_again(bound, keys))
    }
    fn dispose_partition(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        partition: &str,
        keys: &[Key],
    ) -> Result<Disposed, StoreError> {
        let once = |s: &mut S| s.dispose_partition(bound, compiled, partition, keys);
        self.batch(bound, keys, |s| once(s).map(|d| d.detached))
    }
}

impl Store for Box<dyn Store> {
    calls!(through);

    fn dispose(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        keys: &[Key],
        action: &Action,
    ) -> Result<Disposed, StoreError> {
        (**self).dispose(bound, compiled, keys, action)
    }
    fn takes_together(&self) -> bool {
        (**self).takes_together()
    }
    fn dispose_together(&mut self, parts: &[Part<'_>]) -> Result<Vec<Disposed>, StoreError> {
        (**self).dispose_together(parts)
    }
    fn find_all(&mut self, searches: &[Search<'_>]) -> Vec<Result<Looked, StoreError>> {
        (**self).find_all(searches)
    }
    fn clears_up(&self) -> bool {
        (**self).clears_up()
    }
    fn was_cut_off(&self) -> bool {
        (**self).was_cut_off()
    }
    fn parse_key(&self, bound: &Bound, text: &str) -> Result<Key, StoreError> {
        (**self).parse_key(bound, text)
    }
    fn erase_again(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Key>, StoreError> {
        (**self).erase_again(bound, keys)
    }
    fn finish_again(&mut self, bound: &Bound, keys: &[Key]) -> Result<(), StoreError> {
        (**self).finish_again(bound, keys)
    }
    fn dispose_partition(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        partition: &str,
        keys: &[Key],
    ) -> Result<Disposed, StoreError> {
        (**self).dispose_partition(bound, compiled, partition, keys)
    }
}

/// A way into the box, so that [`calls`] serves it too.
trait Through {
    fn through<T>(&mut self, call: impl FnOnce(&mut dyn Store) -> T) -> T;
}

impl Through for Box<dyn Store> {
    fn through<T>(&mut self, call: impl FnOnce(&mut dyn Store) -> T) -> T {
        call(self.as_mut())
    }
}

/// A site whose store fails at random, and is asked again until it answers.
pub struct FlakySite<S> {
    inner: S,
    seed: std::cell::Cell<u64>,
}

impl<S: Site> FlakySite<S> {
    /// Three calls of ten to the stores of `inner` fail.
    pub fn new(inner: S) -> Self {
        Self { inner, seed: std::cell::Cell::new(1) }
    }
}

impl<S: Site> Site for FlakySite<S> {
    fn store(&self) -> String {
        self.inner.store()
    }
    fn open(&self, register: &Register) -> Result<Box<dyn Store>, StoreError> {
        self.seed.set(self.seed.get() + 1);
        let flaky = Flaky::new(self.inner.open(register)?, self.seed.get(), 30);
        Ok(Box::new(Patient(flaky)))
    }
    fn base_dir(&self) -> std::path::PathBuf {
        self.inner.base_dir()
    }
    fn env(&self, name: &str) -> Option<String> {
        self.inner.env(name)
    }
    fn collection(&self, name: &str) -> String {
        self.inner.collection(name)
    }
    fn key_line(&self) -> String {
        self.inner.key_line()
    }
    fn key(&self, collection: &str, id: i64) -> Key {
        self.inner.key(collection, id)
    }
    fn fill(&mut self, world: &World) {
        self.inner.fill(world);
    }
    fn set_ended(&mut self, person: i64, ended: Option<&str>) {
        self.inner.set_ended(person, ended);
    }
    fn world(&mut self) -> World {
        self.inner.world()
    }
    fn unreadable(&self) -> Option<&'static str> {
        self.inner.unreadable()
    }
    fn loses_answers(&self) -> bool {
        true
    }
    fn bytes(&mut self) -> Option<Vec<u8>> {
        self.inner.bytes()
    }
}
