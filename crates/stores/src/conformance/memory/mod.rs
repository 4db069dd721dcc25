//! A store in memory: records in plain lists, decided by the interpreter.
//!
//! It knows neither indexes nor statements nor compiled tests, so it is short enough to be read and
//! believed; the other stores are compared with it. Erasing is removing from the list: nothing is
//! written anywhere, so there are no bytes to look for afterwards.

mod bind;
mod store;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use frist_decide::Value;

use super::{Note, Person, Site, World};
use crate::{Key, KeyPart, Store};

/// Collections by name.
pub(super) type Tables = BTreeMap<String, Table>;

/// A collection.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    /// The names of the fields; the first is the key.
    pub(super) fields: Vec<String>,
    /// Fields that refer to the key of another collection, whatever the register says.
    pub(super) foreign: Vec<(String, String)>,
    pub(super) rows: BTreeMap<Key, Vec<Value>>,
}

impl Table {
    pub(super) fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| f == name)
    }
}

/// A store in memory. Its clones are further connections to the same records.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    tables: Arc<Mutex<Tables>>,
}

impl Memory {
    pub(super) fn tables(&self) -> MutexGuard<'_, Tables> {
        // Nothing is left half done by a panic that could be told from what was there.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A store with these records, with the references that the world's databases have.
    pub fn of(world: &World) -> Self {
        let memory = Self::default();
        memory.replace(world);
        memory
    }

    fn replace(&self, world: &World) {
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let to_person = |field: &str| (field.to_owned(), "person".to_owned());
        let mut persons = Table {
            fields: names(&["id", "name", "ended", "state", "boss"]),
            foreign: vec![to_person("boss")],
            rows: BTreeMap::new(),
        };
        let text = |t: &Option<String>| t.clone().map_or(Value::Null, Value::Text);
        let int = |n: Option<i64>| n.map_or(Value::Null, Value::Int);
        for Person { id, name, ended, state, boss } in &world.persons {
            let name = Value::Text(name.clone());
            let row = vec![Value::Int(*id), name, text(ended), text(state), int(*boss)];
            persons.rows.insert(Key(vec![KeyPart::Int(*id)]), row);
        }
        let mut notes = Table {
            fields: names(&["id", "person", "at"]),
            foreign: vec![to_person("person")],
            rows: BTreeMap::new(),
        };
        for Note { id, person, at } in &world.notes {
            let row = vec![Value::Int(*id), int(*person), text(at)];
            notes.rows.insert(Key(vec![KeyPart::Int(*id)]), row);
        }
        *self.tables() = [("person".to_owned(), persons), ("note".to_owned(), notes)].into();
    }

    /// What is there.
    pub fn world(&self) -> World {
        let text = |v: &Value| match v {
            Value::Text(t) => Some(t.clone()),
            _ => None,
        };
        let int = |v: &Value| match v {
            Value::Int(n) => Some(*n),
            _ => None,
        };
        let tables = self.tables();
        let rows = |name: &str| tables.get(name).map(|t| t.rows.values()).into_iter().flatten();
        let person = |row: &Vec<Value>| Person {
            id: int(&row[0]).unwrap_or_default(),
            name: text(&row[1]).unwrap_or_default(),
            ended: text(&row[2]),
            state: text(&row[3]),
            boss: int(&row[4]),
        };
        let note = |row: &Vec<Value>| Note {
            id: int(&row[0]).unwrap_or_default(),
            person: int(&row[1]),
            at: text(&row[2]),
        };
        World {
            persons: rows("person").map(person).collect(),
            notes: rows("note").map(note).collect(),
        }
    }

    /// Changes a person's `ended`.
    pub fn set_ended(&self, person: i64, ended: Option<&str>) {
        let mut tables = self.tables();
        let persons = tables.get_mut("person").map(|t| &mut t.rows);
        if let Some(row) = persons.and_then(|rows| rows.get_mut(&Key(vec![KeyPart::Int(person)]))) {
            row[2] = ended.map_or(Value::Null, |e| Value::Text(e.to_owned()));
        }
    }
}

impl Site for Memory {
    fn store(&self) -> String {
        // The register knows no such kind; nothing is ever opened at this path.
        "kind = \"sqlite\"\npath = \"in memory\"".into()
    }
    fn open(
        &self,
        _register: &frist_register::Register,
    ) -> Result<Box<dyn Store>, crate::StoreError> {
        Ok(Box::new(self.clone()))
    }
    fn fill(&mut self, world: &World) {
        self.replace(world);
    }
    fn set_ended(&mut self, person: i64, ended: Option<&str>) {
        Memory::set_ended(self, person, ended);
    }
    fn world(&mut self) -> World {
        Memory::world(self)
    }
    fn unreadable(&self) -> Option<&'static str> {
        Some("2021-02-30")
    }
    fn bytes(&mut self) -> Option<Vec<u8>> {
        None
    }
}
