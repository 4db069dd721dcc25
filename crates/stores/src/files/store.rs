//! The store's trait, for files.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow::{Break, Continue};

use frist_decide::rules::Use;
use frist_decide::sql::{Physical, kind_of};
use frist_decide::{Compiled, Kind, Outcome, RuleSet, value};
use frist_law::{Cutoff, Start};
use frist_register::model::{DataSet, Disposition, FactSource, Register};
use jiff::Timestamp;

use super::FilesStore;
use super::dispose::{Disposal, Target, by_folder, left_behind, sync};
use super::folder::{Listing, Opened};
use super::pattern::{OWN_FOLDER, Pattern, Shape, escaped};
use super::record::{Detail, Found, Judge, Source};
use super::walk::Walk;
use crate::bound::{Bound, Common};
use crate::{
    Action, Aftercare, Census, CollectionInfo, Disposed, FieldInfo, FieldMatch, Key, KeyPart,
    Looked, Record, Store, StoreError, Unnamed,
};

impl Store for FilesStore {
    /// The folders directly below the root, as patterns, with the number of files in each; `*` for
    /// the files that lie in the root itself.
    fn catalogue(&mut self) -> Result<Vec<CollectionInfo>, StoreError> {
        let pattern = Pattern::parse("**").map_err(|why| self.bad_pattern("", "**", &why))?;
        let refused = |e| self.refused("list its files", e);
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let top = Listing::read(self.root.folder().map_err(refused)?).map_err(refused)?;
        let folders = top.entries.iter().filter_map(|e| e.strip_suffix('/'));
        counts.extend(
            folders.filter(|f| *f != OWN_FOLDER).map(|f| (format!("{}/**", escaped(f)), 0)),
        );
        let walk = Walk { root: &self.root, pattern: &pattern, after: None, all: false };
        walk.run(&mut |seen| {
            *counts.entry(below_top(seen.path)).or_insert(0) += 1;
            Ok(Continue(()))
        })
        .map_err(refused)?;
        let field = |name: &str, type_name: &str| FieldInfo {
            name: name.into(),
            type_name: type_name.into(),
            generated: true,
            ..FieldInfo::default()
        };
        let fields = [field("path", "text"), field("mtime", "instant"), field("size", "integer")];
        let info = |(name, count)| CollectionInfo {
            name,
            fields: fields.to_vec(),
            key: vec!["path".into()],
            estimate: Some(count),
            ..CollectionInfo::default()
        };
        Ok(counts.into_iter().map(info).collect())
    }

    fn unnamed(&mut self, named: &[&str]) -> Result<Vec<Unnamed>, StoreError> {
        let parse =
            |text: &&str| Pattern::parse(text).map_err(|why| self.bad_pattern("", text, &why));
        let named: Vec<Pattern> = named.iter().map(parse).collect::<Result<_, _>>()?;
        let all = parse(&"**")?;
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let walk = Walk { root: &self.root, pattern: &all, after: None, all: false };
        walk.run(&mut |seen| {
            if !named.iter().any(|p| p.captures(seen.path).is_some()) {
                *counts.entry(below_top(seen.path)).or_insert(0) += 1;
            }
            Ok(Continue(()))
        })
        .map_err(|e| self.refused("list its files", e))?;
        Ok(counts.into_iter().map(|(at, n)| Unnamed { at, files: Some(n) }).collect())
    }

    fn bind(
        &mut self,
        register: &Register,
        dataset: &DataSet,
        rules: &RuleSet,
    ) -> Result<Bound, StoreError> {
        let id = &dataset.id.value;
        let unsupported =
            |what: &str| StoreError::Unsupported { dataset: id.clone(), what: what.into() };
        let collection = &dataset.collection.value;
        let pattern =
            Pattern::parse(collection).map_err(|why| self.bad_pattern(id, collection, &why))?;
        match &dataset.then.value {
            Disposition::Erase => {}
            Disposition::Anonymise(_) => {
                return Err(unsupported("files cannot be anonymised; let them be erased"));
            }
            Disposition::Transfer(_) => {
                return Err(unsupported("files cannot be transferred; let them be erased"));
            }
        }
        if !matches!(&dataset.key[..], [] | [_]) || dataset.key.iter().any(|k| k.value != "path") {
            return Err(unsupported("the key of a file is its path; leave out `key`"));
        }
        if !dataset.links.is_empty()
            || register.datasets.iter().any(|d| d.links.iter().any(|l| l.to.value == *id))
        {
            return Err(unsupported(
                "files cannot have links to other data sets, nor others to them",
            ));
        }
        let mut others = Vec::new();
        let rest =
            register.datasets.iter().filter(|d| d.store == dataset.store && d.id.value != *id);
        for text in rest.map(|d| &d.collection.value).chain(&self.exempt) {
            others.push(Pattern::parse(text).map_err(|why| self.bad_pattern(id, text, &why))?);
        }
        let (mut sources, mut kinds) = (Vec::new(), Vec::new());
        for fact in &rules.facts {
            let FactSource::Field(field) = &fact.source else {
                let name = &fact.name;
                return Err(unsupported(&format!(
                    "`{name}` cannot be looked up from a file; write it into the sidecar"
                )));
            };
            let source = Detail::source(&pattern, &field.value);
            let physical = match &source {
                Source::Path => Physical::Text,
                Source::Mtime => Physical::TimestampTz,
                Source::Size => Physical::Integer,
                Source::Group(ix) => match (pattern.groups()[*ix].1, &fact.usage) {
                    (Shape::Date, Use::Time(_)) => Physical::Date,
                    _ => Physical::Text,
                },
                Source::Sidecar(_) => Physical::Dynamic(String::new()),
            };
            let kind = kind_of(&fact.name, &fact.usage, &physical, &rules.calendar.zone)
                .map_err(|source| StoreError::Bind { dataset: id.clone(), source })?;
            sources.push(source);
            kinds.push(kind);
        }
        let common = Common {
            dataset: id.clone(),
            store: self.id.clone(),
            collection: collection.clone(),
            kinds,
            // A folder has no index, and there is nothing that anybody could do about it.
            driver: Ok("path".into()),
        };
        Ok(Bound::new(common, Detail { pattern, sources, named: named(dataset, rules), others }))
    }

    fn census(&mut self, bound: &Bound, compiled: &Compiled) -> Result<Census, StoreError> {
        let detail = self.detail(bound)?;
        let judge = Judge::new(detail, compiled);
        let mut census = Census::default();
        self.found(detail, None, judge.with_sidecar, &mut |found| {
            let outcome = judge.outcome(&found);
            if let Some(ix) = Outcome::ALL.iter().position(|o| *o == outcome) {
                census.by_outcome[ix] += 1;
            }
            Continue(())
        })?;
        Ok(census)
    }

    fn count_due(&mut self, bound: &Bound, compiled: &Compiled) -> Result<(u64, u64), StoreError> {
        let detail = self.detail(bound)?;
        let judge = Judge::new(detail, compiled);
        let mut due = 0;
        self.found(detail, None, judge.with_sidecar, &mut |found| {
            due += u64::from(judge.is_due(&found));
            Continue(())
        })?;
        Ok((due, 0))
    }

    /// One walk for all of them.
    fn count_due_at(&mut self, bound: &Bound, tests: &[Compiled]) -> Result<Vec<u64>, StoreError> {
        let detail = self.detail(bound)?;
        let judges: Vec<Judge<'_>> = tests.iter().map(|test| Judge::new(detail, test)).collect();
        let mut due = vec![0; judges.len()];
        let with_sidecar = judges.iter().any(|judge| judge.with_sidecar);
        self.found(detail, None, with_sidecar, &mut |found| {
            // Due by one, due by all later ones.
            let first = judges.partition_point(|judge| !judge.is_due(&found));
            due[first..].iter_mut().for_each(|n| *n += 1);
            Continue(())
        })?;
        Ok(due)
    }

    fn total(&mut self, bound: &Bound, up_to: u64) -> Result<u64, StoreError> {
        let detail = self.detail(bound)?;
        let mut total = 0;
        self.records(detail, None, &mut |_| {
            total += 1;
            Ok(if total < up_to { Continue(()) } else { Break(()) })
        })?;
        Ok(total)
    }

    /// In the order of the paths' bytes.
    fn due(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        after: Option<&Record>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let detail = self.detail(bound)?;
        let judge = Judge::new(detail, compiled);
        let mut due = Vec::new();
        if limit == 0 {
            return Ok(due);
        }
        let after = after.map(|r| r.key.text());
        self.found(detail, after.as_deref(), judge.with_sidecar, &mut |found| {
            if judge.is_due(&found) {
                due.push(found.record(detail));
            }
            if due.len() < limit { Continue(()) } else { Break(()) }
        })?;
        Ok(due)
    }

    /// Files know no transaction: `done` names exactly those that are gone and synced.
    fn dispose(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        keys: &[Key],
        action: &Action,
    ) -> Result<Disposed, StoreError> {
        let detail = self.detail(bound)?;
        if !matches!(action, Action::Erase) {
            let what = "files cannot be anonymised; let them be erased".to_owned();
            return Err(StoreError::Unsupported { dataset: bound.common().dataset.clone(), what });
        }
        let judge = Judge::new(detail, compiled);
        let may_go = |found: &Found| judge.is_due(found);
        let disposal =
            Disposal { root: &self.root, detail, may_go: &may_go, whole: true, finish: true };
        let done =
            disposal.run(keys, &self.cut_off).map_err(|e| self.refused("unlink files", e))?;
        Ok(Disposed { done, detached: 0 })
    }

    fn due_cycle(
        &mut self,
        _bound: &Bound,
        _compiled: &Compiled,
        _limit: usize,
    ) -> Result<Vec<Key>, StoreError> {
        Ok(Vec::new())
    }

    fn fetch(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Record>, StoreError> {
        let detail = self.detail(bound)?;
        let found = self.look_at(detail, keys, detail.reads_sidecars(None))?;
        Ok(found.iter().map(|f| f.record(detail)).collect())
    }

    fn find(
        &mut self,
        bound: &Bound,
        any_of: &[FieldMatch],
        wanted: &[String],
        limit: usize,
    ) -> Result<Looked, StoreError> {
        let detail = self.detail(bound)?;
        self.look(detail, any_of, wanted, limit)
    }

    fn fields(
        &mut self,
        bound: &Bound,
        key: &Key,
    ) -> Result<Option<Vec<(String, Option<String>)>>, StoreError> {
        let detail = self.detail(bound)?;
        let found = self.look_at(detail, std::slice::from_ref(key), true)?;
        Ok(found.first().map(|f| f.fields(detail)))
    }

    fn keys(
        &mut self,
        bound: &Bound,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Key>, StoreError> {
        let detail = self.detail(bound)?;
        let mut keys = Vec::new();
        if limit == 0 {
            return Ok(keys);
        }
        let after = after.map(Key::text);
        self.records(detail, after.as_deref(), &mut |seen| {
            keys.push(Key(vec![KeyPart::Text(seen.path.to_owned())]));
            Ok(if keys.len() < limit { Continue(()) } else { Break(()) })
        })?;
        Ok(keys)
    }

    fn parse_key(&self, bound: &Bound, text: &str) -> Result<Key, StoreError> {
        let detail = self.detail(bound)?;
        let common = bound.common();
        let path = text.strip_prefix("./").unwrap_or(text);
        Target::at(detail, path).map(|t| Key(vec![KeyPart::Text(t.path)])).ok_or_else(|| {
            StoreError::Unsupported {
                dataset: common.dataset.clone(),
                what: format!(
                    "a key is a path below the root of the store `{}` that `{}` takes; what was given is none",
                    common.store, common.collection
                ),
            }
        })
    }

    fn relocate(
        &mut self,
        bound: &Bound,
        keys: &[Key],
        other: &str,
        back: bool,
    ) -> Result<Vec<Key>, StoreError> {
        let detail = self.detail(bound)?;
        self.move_files(detail, keys, other, back)
    }

    fn content(&mut self, bound: &Bound, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        let detail = self.detail(bound)?;
        self.read_file(detail, key)
    }

    /// As with [`Store::dispose`], those are returned that are gone and synced.
    fn erase_again(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Key>, StoreError> {
        let detail = self.detail(bound)?;
        // A sidecar without its file is nobody's, unless it was left here just now.
        let finish = self.cut_off.get();
        let disposal =
            Disposal { root: &self.root, detail, may_go: &|_| true, whole: true, finish };
        let done =
            disposal.run(keys, &self.cut_off).map_err(|e| self.refused("unlink files", e))?;
        Ok(done.into_iter().map(|r| r.key).collect())
    }

    fn finish_again(&mut self, bound: &Bound, keys: &[Key]) -> Result<(), StoreError> {
        let detail = self.detail(bound)?;
        let disposal =
            Disposal { root: &self.root, detail, may_go: &|_| true, whole: false, finish: true };
        let run = disposal.run(keys, &self.cut_off);
        run.map(|_| ()).map_err(|e| self.refused("unlink files", e))
    }

    /// Gone, and the folder synced.
    fn disposed(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Key>, StoreError> {
        let detail = self.detail(bound)?;
        let refused = |e| self.refused("look for files", e);
        let mut gone = Vec::new();
        for (folder, targets) in by_folder(detail, keys) {
            let opened = self.root.descend(&folder).map_err(refused)?;
            let listing = match &opened {
                Opened::Folder(fd) => Listing::read(fd).map_err(refused)?,
                Opened::Gone => Listing::default(),
                // The folder was put elsewhere and something else in its place: nobody can say.
                Opened::Barred | Opened::Elsewhere => continue,
            };
            let before = gone.len();
            for target in targets {
                // Nor is a record gone whose sidecar was left behind.
                let is_gone = !listing.has_any(target.name())
                    && left_behind(detail, &folder, &listing, target.name()).is_none();
                if is_gone {
                    gone.push(Key(vec![KeyPart::Text(target.path)]));
                }
            }
            // A process that died may have unlinked them and not come to this.
            if let Opened::Folder(fd) = &opened
                && gone.len() > before
            {
                sync(fd).map_err(refused)?;
            }
        }
        Ok(gone)
    }

    fn earliest_beyond(
        &mut self,
        bound: &Bound,
        fact: usize,
        cutoff: &Cutoff,
    ) -> Result<Option<Start>, StoreError> {
        let detail = self.detail(bound)?;
        let Some((source, kind)) = detail.sources.get(fact).zip(bound.kinds().get(fact)) else {
            return Ok(None);
        };
        if matches!(kind, Kind::Text | Kind::Int | Kind::Bool | Kind::Presence) {
            return Ok(None);
        }
        let mut earliest: Option<Start> = None;
        let with_sidecar = matches!(source, Source::Sidecar(_));
        self.found(detail, None, with_sidecar, &mut |found| {
            if let Ok(start) = value::start(&found.value(detail, fact), kind)
                && !cutoff.admits(&start)
                && earliest.as_ref().is_none_or(|e| order(&start, e) == Ordering::Less)
            {
                earliest = Some(start);
            }
            Continue(())
        })?;
        Ok(earliest)
    }

    fn settle(&mut self, bound: &Bound) -> Result<Aftercare, StoreError> {
        let detail = self.detail(bound)?;
        let (mut linked, mut two_rules, mut loose) = (0u64, 0u64, 0u64);
        let walk = Walk { root: &self.root, pattern: &detail.pattern, after: None, all: true };
        let passed = walk
            .run(&mut |seen| {
                if !seen.record {
                    loose +=
                        u64::from(seen.name.ends_with(".json") && !detail.two_rules(seen.path));
                    return Ok(Continue(()));
                }
                let place = (seen.name, seen.path, Vec::new());
                if let Some(found) =
                    Found::look(&self.root, seen.folder, seen.listing, place, true)?
                {
                    linked += u64::from(found.linked);
                    two_rules += u64::from(detail.two_rules(seen.path));
                }
                Ok(Continue(()))
            })
            .map_err(|e| self.refused("list its files", e))?;
        let said = [
            (
                linked,
                "have further names (hard links) and are not erased, since their content would stay readable; remove the other names",
            ),
            (
                two_rules,
                "are taken by the pattern of another data set or exemption too and are not erased; let the patterns tell them apart",
            ),
            (
                passed.not_text,
                "have names that are not UTF-8 and are covered by no rule; rename them",
            ),
            (passed.links, "are symbolic links, which are not followed and covered by no rule"),
            (
                passed.elsewhere,
                "are folders on another file system, which are not entered; give them a store of their own",
            ),
            (
                loose,
                "are JSON files that are neither a record nor beside a file of their name: perhaps what is left of erased ones; look at them",
            ),
        ];
        let advice = said.iter().filter(|(n, _)| *n > 0).map(|(n, text)| {
            let collection = &bound.common().collection;
            format!("{n} files in `{collection}` {text}")
        });
        Ok(Aftercare { done: Vec::new(), advice: advice.collect() })
    }

    fn was_cut_off(&self) -> bool {
        self.cut_off.get()
    }

    fn clock(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }
}

impl FilesStore {
    fn bad_pattern(&self, dataset: &str, text: &str, why: &str) -> StoreError {
        let what =
            format!("`{text}` is no pattern for the files of the store `{}`: {why}", self.id);
        StoreError::Unsupported { dataset: dataset.to_owned(), what }
    }

    /// The records that these keys name and that are there.
    fn look_at(
        &self,
        detail: &Detail,
        keys: &[Key],
        with_sidecar: bool,
    ) -> Result<Vec<Found>, StoreError> {
        let refused = |e| self.refused("read files", e);
        let mut all = Vec::new();
        for (folder, targets) in by_folder(detail, keys) {
            let Opened::Folder(fd) = self.root.descend(&folder).map_err(refused)? else { continue };
            let listing = Listing::read(&fd).map_err(refused)?;
            for target in targets.iter().filter(|t| !listing.sidecars.contains_key(t.name())) {
                let place = (target.name(), target.path.as_str(), target.groups.clone());
                all.extend(
                    Found::look(&self.root, &fd, &listing, place, with_sidecar).map_err(refused)?,
                );
            }
        }
        Ok(all)
    }
}

/// The fields that the register names for this data set: where a readable sidecar lacks one of
/// these, it is empty.
fn named(dataset: &DataSet, rules: &RuleSet) -> HashSet<String> {
    let mut named: HashSet<String> = dataset.identifiers.iter().map(|f| f.value.clone()).collect();
    named.extend(dataset.subjects.iter().filter_map(|(_, f)| f.as_ref().map(|f| f.value.clone())));
    named.extend(dataset.identity.iter().map(|(field, _)| field.value.clone()));
    let declared = dataset.facts.values().map(|f| &f.source);
    for source in declared.chain(rules.facts.iter().map(|f| &f.source)) {
        if let FactSource::Field(field) = source {
            named.insert(field.value.clone());
        }
    }
    named
}

/// The pattern for everything in the folder, right below the root, in which a file lies.
fn below_top(path: &str) -> String {
    match path.split_once('/') {
        Some((top, _)) => format!("{}/**", escaped(top)),
        None => "*".to_owned(),
    }
}

/// Two starting points of one fact in order.
fn order(a: &Start, b: &Start) -> Ordering {
    match (a, b) {
        (Start::Date(a), Start::Date(b)) => a.cmp(b),
        (Start::Local(a, _), Start::Local(b, _)) => a.cmp(b),
        (Start::Instant(a), Start::Instant(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}
