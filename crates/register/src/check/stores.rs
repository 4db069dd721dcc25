//! Stores: each has data sets, each collection has one rule, and none reaches too far.

use std::collections::{HashMap, HashSet};

use super::Check;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{DataSet, Disposition, Store, StoreKind};

/// Folders that are never a store: the system's own and people's homes.
const SYSTEM: &[&str] = &[
    "bin", "boot", "dev", "etc", "home", "lib", "lib64", "proc", "root", "run", "sbin", "sys",
    "usr", "var", "Users", "Windows",
];

impl<'a> Check<'a> {
    /// Checks stores, collections and transfers.
    pub(super) fn stores(&mut self) {
        let mut used: HashSet<&str> = HashSet::new();
        let mut rules: HashMap<String, &DataSet> = HashMap::new();
        for dataset in &self.register.datasets {
            used.insert(&dataset.store);
            if let Disposition::Transfer(to) = &*dataset.then {
                let id = to.value.split('/').next().unwrap_or_default();
                used.insert(id);
                self.transfer(id, dataset, to.span);
            }
            let place = match self.index.stores.get(dataset.store.as_str()) {
                Some(store) => place(store, &dataset.collection),
                None => continue,
            };
            if let Some(first) = rules.get(&place) {
                let message = format!(
                    "`{}` and `{}` are two rules for one collection",
                    first.id.value, dataset.id.value
                );
                let said = Diagnostic::new(Code::E0031, dataset.collection.span, message)
                    .label(first.collection.span, "the first is here")
                    .law("ISO/IEC 27555: a cluster of PII has exactly one deletion rule")
                    .help(
                        "make them one data set: several [[dataset.keep]] may have a `when` each",
                    );
                self.say(said);
            } else {
                rules.insert(place, dataset);
            }
        }
        for store in &self.register.stores {
            if !used.contains(store.id.as_str()) && store.exempt.is_empty() {
                let message = format!("the store `{}` has no data set", store.id.value);
                self.tell(
                    Code::E0035,
                    store.id.span,
                    message,
                    "GDPR Art. 5(1)(e) and 5(2)",
                    "add a [[dataset]] for what lies there, or say with `exempt` which collections \
                     hold no personal data, and why",
                );
            }
            if let StoreKind::Files { root } = &store.kind
                && too_wide(root)
            {
                let message = format!("`{root}` is far too wide to be a store");
                self.tell(
                    Code::E0033,
                    store.span,
                    message,
                    "",
                    "name the folder that holds the records and nothing else",
                );
            }
        }
    }

    fn transfer(&mut self, id: &str, dataset: &DataSet, span: crate::Span) {
        let Some(store) = self.index.stores.get(id) else { return };
        if !matches!(store.kind, StoreKind::Files { .. }) {
            let message = format!(
                "`{}` is transferred to `{id}`, which is not a files store",
                dataset.id.value
            );
            let said = Diagnostic::new(Code::E0032, span, message)
                .label(store.span, "declared here")
                .help("a transfer writes files: name a store of kind `files`");
            self.say(said);
        }
    }
}

/// Where a collection really is, so that two names of one place are seen to be one.
fn place(store: &Store, collection: &str) -> String {
    match &store.kind {
        StoreKind::Sqlite { path } => {
            let path = path.strip_prefix("./").unwrap_or(path);
            format!("sqlite {path} {}", collection.to_ascii_lowercase())
        }
        StoreKind::Postgresql { url_env, url_file, schema } => {
            let table = collection.strip_prefix(&format!("{schema}.")).unwrap_or(collection);
            let url = url_env.as_deref().or(url_file.as_deref()).unwrap_or_default();
            format!("postgresql {url} {schema} {table}")
        }
        StoreKind::Vault { path } => {
            let path = path.trim_start_matches("./").trim_end_matches('/');
            format!("vault {path} {}", collection.to_ascii_lowercase())
        }
        StoreKind::Files { root } => {
            format!("files {}/{collection}", root.trim_start_matches("./").trim_end_matches('/'))
        }
    }
}

fn too_wide(root: &str) -> bool {
    let path = root.trim().replace('\\', "/");
    let home = ["~", "$HOME", "${HOME}", "%USERPROFILE%"];
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    let drive = |p: &str| p.len() == 2 && p.ends_with(':');
    let absolute = path.starts_with('/') || parts.first().is_some_and(|p| drive(p));
    let parts: Vec<&str> = parts.into_iter().filter(|p| !drive(p)).collect();
    match parts[..] {
        [] => absolute || !path.contains('.'),
        [one] if home.contains(&one) => true,
        [one] if absolute => SYSTEM.contains(&one),
        ["home" | "Users", _] => absolute,
        _ => parts.iter().all(|p| *p == ".."),
    }
}

#[cfg(test)]
mod tests {
    use super::too_wide;

    #[test]
    fn roots() {
        for root in
            ["/", "//", "/home", "/home/ida", "/root/", "~", "$HOME/", "C:\\", "..", "/etc", ""]
        {
            assert!(too_wide(root), "{root}");
        }
        for root in ["data/mail", "/srv/mail", "/home/ida/mail", "./mail", "../mail", "/data", "."]
        {
            assert!(!too_wide(root), "{root}");
        }
    }
}
