//! What the register says can be looked for where, and what a field may prove.
//!
//! A kind of value is *personal* when it numbers persons: a category of data subjects (from
//! `subject = { customer = "customer_id" }`) or a CPR number. A record that carries another personal
//! value than the person's is somebody else's. Other kinds (an e-mail address, an order's number)
//! may be several for one person. `former-customer` numbers as `customer` does.
//!
//! A field *stands alone* when it can only be about the one person whom the record is about. It does
//! not where the data set names the same kind in two fields (caller and called), has two fields that
//! number persons (a customer and the employee who served them), or lists the field among `others`:
//! such a field finds the record, but what stands in it is not taken for the person's.

use std::collections::{BTreeSet, HashMap};

use frist_register::{IdentityFormat, Register};

/// A kind of value.
pub(super) struct Kind {
    pub(super) id: String,
    pub(super) format: IdentityFormat,
    pub(super) shared: bool,
    pub(super) personal: bool,
    /// Whether it is a category of data subjects.
    pub(super) category: bool,
}

/// A field that tells who a record is about.
pub(super) struct Field {
    pub(super) name: String,
    /// Kinds, by their place in [`Fields::kinds`].
    pub(super) kinds: Vec<usize>,
    pub(super) alone: bool,
}

/// A data set that can be searched.
pub(super) struct Place {
    pub(super) dataset: String,
    pub(super) fields: Vec<Field>,
    /// Whether it numbers several persons in one record.
    pub(super) several: bool,
}

/// All kinds, and the data sets in the register's order.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) kinds: Vec<Kind>,
    by_id: HashMap<String, usize>,
    pub(super) places: Vec<Place>,
    /// Data sets without such a field.
    pub(super) without: Vec<String>,
}

/// The category under which somebody's number was given.
fn class(id: &str) -> &str {
    id.strip_prefix("former-").unwrap_or(id)
}

impl Fields {
    pub(super) fn new(register: &Register) -> Self {
        let mut fields = Self::default();
        for identity in &register.identities {
            fields.kind(register, &identity.id.value);
        }
        for dataset in &register.datasets {
            let mut own: Vec<Field> = Vec::new();
            for (name, kind) in register.identity_fields(dataset) {
                let kind = fields.kind(register, kind);
                match own.iter_mut().find(|f| f.name == name) {
                    Some(field) if field.kinds.contains(&kind) => {}
                    Some(field) => field.kinds.push(kind),
                    None => {
                        own.push(Field { name: name.to_owned(), kinds: vec![kind], alone: true })
                    }
                }
            }
            let dataset_id = dataset.id.value.clone();
            if own.is_empty() {
                fields.without.push(dataset_id);
                continue;
            }
            let numbers_persons = |f: &&Field| f.kinds.iter().any(|k| fields.kinds[*k].category);
            let several = own.iter().filter(numbers_persons).count() > 1;
            let mut seen = BTreeSet::new();
            let twice: BTreeSet<usize> =
                own.iter().flat_map(|f| &f.kinds).filter(|k| !seen.insert(**k)).copied().collect();
            for field in &mut own {
                let listed = dataset.others.iter().any(|o| o.value == field.name);
                field.alone = !several && !listed && !field.kinds.iter().any(|k| twice.contains(k));
            }
            fields.places.push(Place { dataset: dataset_id, fields: own, several });
        }
        fields
    }

    fn kind(&mut self, register: &Register, id: &str) -> usize {
        let own = class(id);
        // Only categories of data subjects come with a former one.
        let id = if register.subjects.contains_key(own) { own } else { id };
        if let Some(ix) = self.by_id.get(id) {
            return *ix;
        }
        let (format, shared) = register.identity_rules(id);
        let category = register.subjects.contains_key(id);
        let personal = !shared && (category || format == IdentityFormat::Cpr);
        self.kinds.push(Kind { id: id.to_owned(), format, shared, personal, category });
        self.by_id.insert(id.to_owned(), self.kinds.len() - 1);
        self.kinds.len() - 1
    }

    /// The kind that a person calls `id`.
    pub(super) fn kind_of(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).or_else(|| self.by_id.get(class(id))).copied()
    }

    /// The ids of all kinds by which some data set can be searched, in order.
    pub(super) fn ids(&self) -> Vec<&str> {
        let used: BTreeSet<usize> = self
            .places
            .iter()
            .flat_map(|p| &p.fields)
            .flat_map(|f| f.kinds.iter().copied())
            .collect();
        used.into_iter().map(|k| self.kinds[k].id.as_str()).collect()
    }
}
