//! Reading `[[store]]`.

use super::values::duration_ms;
use crate::codes::Code;
use crate::diag::Diagnostic;
use crate::model::{Exempt, Store, StoreKind, Vacuum};
use crate::shape::{self, STORE_KINDS};
use crate::span::Sp;
use crate::walk::Tab;

#[derive(Clone, Copy, PartialEq)]
enum System {
    Sqlite,
    Postgresql,
    Files,
    Vault,
}

/// Reads one store.
pub(super) fn read(table: &Tab<'_>) -> Option<Store> {
    let id = table.id();
    let title = table.text("title");
    let systems = [System::Sqlite, System::Postgresql, System::Files, System::Vault];
    let system = table.one_of("kind", STORE_KINDS, &systems);
    if !table.has("kind") {
        table.missing("kind");
    }
    let kind = kind(table, system);
    let most = i64::from(i32::MAX);
    let count = |name| table.count(name, most).and_then(|n| u32::try_from(n).ok());
    let vacuum = table.one_of("vacuum", shape::VACUUMS, &[Vacuum::Recommend, Vacuum::Run]);
    let mut exempt = Vec::new();
    for inner in table.tables("exempt", &shape::EXEMPT) {
        let (at, why) = (inner.need_str("at"), inner.need_text("why"));
        exempt.extend(at.zip(why).map(|(at, why)| Exempt { at, why }));
        inner.finish();
    }
    let backups = table.parsed("backups");
    let (batch, max_rows_per_second) = (count("batch"), count("max_rows_per_second"));
    let statement_timeout_ms = duration_ms(table, "statement_timeout");
    let lock_timeout_ms = duration_ms(table, "lock_timeout");
    let max_replica_lag_ms = duration_ms(table, "max_replica_lag");
    table.finish();
    let id = id?;
    Some(Store {
        title: super::title_or_id(title, &id),
        id,
        kind: kind?,
        backups,
        batch,
        max_rows_per_second,
        statement_timeout_ms,
        lock_timeout_ms,
        max_replica_lag_ms,
        vacuum: vacuum.unwrap_or_default(),
        exempt,
        span: table.span,
    })
}

fn kind(table: &Tab<'_>, system: Option<System>) -> Option<StoreKind> {
    let path = table.str("path");
    let url_env = table.str("url_env");
    let url_file = table.str("url_file");
    let schema = table.str("schema");
    let root = table.str("root");
    let system = system?;
    let fields = [
        ("path", &path, &[System::Sqlite, System::Vault][..]),
        ("url_env", &url_env, &[System::Postgresql]),
        ("url_file", &url_file, &[System::Postgresql]),
        ("schema", &schema, &[System::Postgresql]),
        ("root", &root, &[System::Files]),
    ];
    for (name, field, of) in fields {
        if let Some(field) = field.as_ref().filter(|_| !of.contains(&system)) {
            let word = |s: &System| STORE_KINDS.get(*s as usize).copied().unwrap_or_default();
            let kinds: Vec<String> = of.iter().map(|of| format!("`{}`", word(of))).collect();
            let message = format!(
                "`{name}` is for stores of kind {}, and this one is `{}`",
                kinds.join(" or "),
                word(&system)
            );
            table.say(Diagnostic::new(Code::E0008, field.span, message));
        }
    }
    let needed = |name: &'static str, field: Option<Sp<String>>| match field {
        Some(text) if !text.value.trim().is_empty() => Some(text.value),
        Some(text) => {
            table.say(Diagnostic::new(Code::E0004, text.span, format!("`{name}` is empty")));
            None
        }
        None if table.has(name) => None,
        None => {
            table.missing(name);
            None
        }
    };
    match system {
        System::Sqlite => Some(StoreKind::Sqlite { path: needed("path", path)? }),
        System::Vault => Some(StoreKind::Vault { path: needed("path", path)? }),
        System::Files => Some(StoreKind::Files { root: needed("root", root)? }),
        System::Postgresql => {
            match (&url_env, &url_file) {
                (Some(env), Some(file)) => table.say(
                    Diagnostic::new(Code::E0008, file.span, "the URL is said to be in two places")
                        .label(env.span, "here as well")
                        .help("keep `url_env` or `url_file`"),
                ),
                (None, None) if !table.has("url") => table.missing("url_env"),
                (Some(env), None) if env.value.contains("://") => table.say(
                    Diagnostic::new(
                        Code::E0007,
                        env.span,
                        "`url_env` holds a URL, where the name of an environment variable is meant",
                    )
                    .law("GDPR Art. 32(1)")
                    .help("write url_env = \"ERP_URL\", and set the variable where Frist runs"),
                ),
                _ => {}
            }
            Some(StoreKind::Postgresql {
                url_env: url_env.map(|s| s.value),
                url_file: url_file.map(|s| s.value),
                schema: schema.map_or_else(|| "public".to_owned(), |s| s.value),
            })
        }
    }
}
