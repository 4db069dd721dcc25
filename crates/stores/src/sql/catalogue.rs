//! What a database says of its tables, in one form for both kinds of database. Every identifier in
//! a statement is spelled as it is here, never as the register spells it.

use frist_decide::sql::Physical;

use crate::nearest;

/// What a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Table,
    View,
    /// Data that lies in another database.
    Foreign,
}

/// A table and what refers to it.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// Its name, without schema.
    pub(crate) name: String,
    /// Its name as SQL: quoted, with its schema.
    pub(crate) sql: String,
    pub(crate) relation: Relation,
    pub(crate) columns: Vec<Column>,
    /// The primary key, in its order.
    pub(crate) key: Vec<String>,
    /// The columns of each unique index that covers every row.
    pub(crate) unique: Vec<Vec<String>>,
    /// Foreign keys of this table.
    pub(crate) outbound: Vec<ForeignKey>,
    /// Foreign keys of other tables, and of this one, that refer here.
    pub(crate) inbound: Vec<ForeignKey>,
    /// How a row's place is called, where the table lies in one piece: it finds the row without an
    /// index, as long as nobody has changed it.
    pub(crate) place: Option<&'static str>,
    /// Rows, where the database knows without counting.
    pub(crate) estimate: Option<u64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) physical: Physical,
    /// The type as the database calls it, for people and for casts.
    pub(crate) type_name: String,
    /// Longest text that fits, where there is a limit.
    pub(crate) max_length: Option<u32>,
    pub(crate) generated: bool,
    pub(crate) nullable: bool,
    pub(crate) indexed: Indexed,
}

/// Whether an index starts with the column, and whether it serves comparisons of dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Indexed {
    No,
    /// An index serves `column <collate> <= constant`.
    Serves {
        /// Empty, or ` COLLATE "C"`.
        collate: String,
    },
    /// There is one, but in an order of another language than plain characters.
    OtherOrder,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ForeignKey {
    /// The referring table.
    pub(crate) table: String,
    pub(crate) table_sql: String,
    /// The table referred to.
    pub(crate) to: String,
    /// (referring column, column referred to).
    pub(crate) pairs: Vec<(String, String)>,
}

impl Table {
    /// The column that the register calls `name`, or a hint.
    pub(crate) fn column(&self, name: &str) -> Result<&Column, String> {
        spelled(&self.columns, name, |c| &c.name)
    }

    /// Whether no two rows can have the same values in these columns.
    pub(crate) fn is_unique(&self, columns: &[String]) -> bool {
        std::iter::once(&self.key)
            .chain(&self.unique)
            .any(|set| !set.is_empty() && set.iter().all(|c| columns.contains(c)))
    }
}

/// The one of `all` that `name` means: spelled exactly so, or else the only one that differs in
/// upper and lower case; else a hint.
pub(crate) fn spelled<'a, T>(
    all: &'a [T],
    name: &str,
    of: impl Fn(&T) -> &String,
) -> Result<&'a T, String> {
    if let Some(exact) = all.iter().find(|t| of(t) == name) {
        return Ok(exact);
    }
    let mut near = all.iter().filter(|t| of(t).eq_ignore_ascii_case(name));
    match (near.next(), near.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(nearest::hint(name, all.iter().map(|t| of(t).as_str()))),
    }
}

#[cfg(test)]
mod tests {
    use super::spelled;

    #[test]
    fn names_are_spelled_as_the_catalogue_does() {
        let all = [
            "Invoice".to_owned(),
            "a".to_owned(),
            "A".to_owned(),
            "bb".to_owned(),
            "BB".to_owned(),
        ];
        assert_eq!(spelled(&all, "invoice", |s| s).unwrap(), "Invoice");
        assert_eq!(spelled(&all, "A", |s| s).unwrap(), "A");
        assert!(spelled(&all, "bB", |s| s).is_err(), "two differ only in case");
        assert_eq!(spelled(&all, "invioce", |s| s).unwrap_err(), "; did you mean `Invoice`?");
    }
}
