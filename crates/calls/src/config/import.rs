//! `[import]`: a folder or a bucket that recordings of other systems come in from.

use std::path::{Path, PathBuf};

use frist_register::strict::Tab;
use frist_register::{Code, Diagnostic};
use frist_vault::S3Config;

/// Where recordings come in from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Import {
    /// A folder.
    Folder(PathBuf),
    /// A bucket of an S3-compatible object storage.
    Bucket(S3Config),
}

/// Reads the table; none when it is wrong, which is said.
pub(super) fn import(table: &Tab<'_>, folder: &Path) -> Option<Import> {
    let own = super::read::path(table, "folder", folder);
    let text = |name: &'static str| table.str(name).map(|text| text.value);
    let of_bucket = [text("endpoint"), text("bucket"), text("key_env"), text("secret_env")];
    let any = of_bucket.iter().any(Option::is_some);
    let (region, prefix) = (text("region"), text("prefix"));
    let said = table.bool("path_style");
    let path_style = said || !table.has("path_style");
    table.finish();
    let whole = match (own, of_bucket) {
        (Some(own), _) if !any => Some(Import::Folder(own.value)),
        (None, [Some(endpoint), Some(bucket), Some(key_env), Some(secret_env)]) => {
            Some(Import::Bucket(S3Config {
                endpoint,
                bucket,
                region: region.unwrap_or_else(|| "us-east-1".to_owned()),
                prefix: prefix.unwrap_or_default(),
                path_style,
                key_env,
                secret_env,
            }))
        }
        _ => None,
    };
    if whole.is_none() {
        table.say(Diagnostic::new(Code::E0004, table.span, "[import] names no place").help(
            "name a `folder`; or a bucket by `endpoint`, `bucket`, `key_env` and `secret_env`",
        ));
    }
    whole
}
