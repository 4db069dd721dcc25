//! Quoting. Identifiers come from the register and are held against the store's catalogue before
//! they get here; quoting is the second line of defence.

/// A quoted identifier.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('\0', "").replace('"', "\"\""))
}

/// A quoted text. For PostgreSQL this needs `standard_conforming_strings`, which is its default
/// and which the store sets.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn quotes_are_doubled() {
        assert_eq!(super::identifier(r#"a"b"#), r#""a""b""#);
        assert_eq!(super::literal("it's"), "'it''s'");
    }
}
