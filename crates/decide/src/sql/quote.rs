//! Quoting. Identifiers come from the register and are held against the store's catalogue before
//! they get here; quoting is the second line of defence.

use super::Dialect;

/// A quoted identifier.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('\0', "").replace('"', "\"\""))
}

/// A quoted text. For PostgreSQL this needs `standard_conforming_strings`, which is its default
/// and which the store sets.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', "''"))
}

/// Texts to compare with, quoted. PostgreSQL has no text with a NUL, so nothing there equals one;
/// SQLite does, and writes it as a character by its number.
pub(super) fn texts<'a>(dialect: Dialect, texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let quoted = |text: &str| {
        let parts: Vec<String> = text.split('\0').map(literal).collect();
        match (parts.len(), dialect) {
            (1, _) => parts.into_iter().next(),
            (_, Dialect::Sqlite) => Some(format!("({})", parts.join(" || char(0) || "))),
            (_, Dialect::Postgres) => None,
        }
    };
    texts.filter_map(quoted).collect()
}

#[cfg(test)]
mod tests {
    use super::{Dialect, texts};

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(super::identifier(r#"a"b"#), r#""a""b""#);
        assert_eq!(super::literal("it's"), "'it''s'");
    }
    #[test]
    fn a_nul_is_kept_where_there_can_be_one() {
        let list = ["a", "b\0c"];
        assert_eq!(texts(Dialect::Sqlite, list.into_iter()), ["'a'", "('b' || char(0) || 'c')"]);
        assert_eq!(texts(Dialect::Postgres, list.into_iter()), ["'a'"]);
    }
}
