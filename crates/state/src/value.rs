//! What goes into a statement and comes out of it: four kinds of value that both databases have.
//!
//! Instants are microseconds since 1970-01-01T00:00Z, truth values 0 and 1.

use bytes::BytesMut;
use jiff::Timestamp;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::{Error, Result};

/// A parameter.
#[derive(Clone, Copy)]
pub(crate) enum Val<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

// No Debug: parameters can be personal data or keys. `ToSql` demands one.
impl std::fmt::Debug for Val<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("..")
    }
}

impl From<i64> for Val<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<bool> for Val<'_> {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}
impl From<Timestamp> for Val<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.as_microsecond())
    }
}
impl<'a> From<&'a str> for Val<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}
impl<'a> From<&'a String> for Val<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}
impl<'a> From<&'a [u8]> for Val<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Blob(value)
    }
}
impl<'a> From<&'a Vec<u8>> for Val<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Blob(value)
    }
}
impl<'a, T: Into<Val<'a>>> From<Option<T>> for Val<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A count as both databases store it.
pub(crate) fn count(what: &'static str, value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| Error::Value { what, reason: "it is too large".into() })
}

impl rusqlite::ToSql for Val<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Val::Null => ValueRef::Null,
            Val::Int(value) => ValueRef::Integer(value),
            Val::Text(value) => ValueRef::Text(value.as_bytes()),
            Val::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

impl ToSql for Val<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (self, ty) {
            (Val::Null, _) => Ok(IsNull::Yes),
            (Val::Int(value), &Type::INT8) => value.to_sql(ty, out),
            (Val::Int(value), &Type::INT4) => i32::try_from(*value)?.to_sql(ty, out),
            (Val::Text(value), &Type::TEXT) => value.to_sql(ty, out),
            (Val::Blob(value), &Type::BYTEA) => value.to_sql(ty, out),
            _ => Err(format!("a parameter of another type than {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// One column of a row.
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// A row that was read.
pub(crate) struct Row(Vec<Cell>);

impl Row {
    pub(crate) fn of_sqlite(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let columns = row.as_ref().column_count();
        (0..columns)
            .map(|at| {
                Ok(match row.get_ref(at)? {
                    ValueRef::Null => Cell::Null,
                    ValueRef::Integer(value) => Cell::Int(value),
                    ValueRef::Text(value) => Cell::Text(
                        String::from_utf8(value.to_vec())
                            .map_err(|e| rusqlite::Error::Utf8Error(at, e.utf8_error()))?,
                    ),
                    ValueRef::Blob(value) => Cell::Blob(value.to_vec()),
                    ValueRef::Real(_) => {
                        return Err(rusqlite::Error::InvalidColumnType(
                            at,
                            "?".into(),
                            rusqlite::types::Type::Real,
                        ));
                    }
                })
            })
            .collect::<rusqlite::Result<_>>()
            .map(Self)
    }

    pub(crate) fn of_postgres(row: &postgres::Row) -> Result<Self, postgres::Error> {
        let cell = |at: usize, ty: &Type| -> Result<Cell, postgres::Error> {
            Ok(match *ty {
                Type::INT4 => row.try_get::<_, Option<i32>>(at)?.map(|v| Cell::Int(v.into())),
                Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at)?.map(Cell::Blob),
                Type::TEXT => row.try_get::<_, Option<String>>(at)?.map(Cell::Text),
                _ => row.try_get::<_, Option<i64>>(at)?.map(Cell::Int),
            }
            .unwrap_or(Cell::Null))
        };
        let columns = row.columns().iter().enumerate();
        columns.map(|(at, column)| cell(at, column.type_())).collect::<Result<_, _>>().map(Self)
    }

    /// The column at this place, counted from 0.
    pub(crate) fn get<T: FromCell>(&mut self, at: usize) -> Result<T> {
        let cell = self.0.get_mut(at).map(|cell| std::mem::replace(cell, Cell::Null));
        cell.and_then(T::from_cell)
            .ok_or_else(|| Error::damaged(format!("column {at} of a row has an impossible value")))
    }
}

/// A type that a column can be read as.
pub(crate) trait FromCell: Sized {
    fn from_cell(cell: Cell) -> Option<Self>;
}

impl FromCell for i64 {
    fn from_cell(cell: Cell) -> Option<Self> {
        if let Cell::Int(value) = cell { Some(value) } else { None }
    }
}
impl FromCell for u64 {
    fn from_cell(cell: Cell) -> Option<Self> {
        i64::from_cell(cell)?.try_into().ok()
    }
}
impl FromCell for bool {
    fn from_cell(cell: Cell) -> Option<Self> {
        i64::from_cell(cell).map(|value| value != 0)
    }
}
impl FromCell for String {
    fn from_cell(cell: Cell) -> Option<Self> {
        if let Cell::Text(value) = cell { Some(value) } else { None }
    }
}
impl FromCell for Vec<u8> {
    fn from_cell(cell: Cell) -> Option<Self> {
        if let Cell::Blob(value) = cell { Some(value) } else { None }
    }
}
impl FromCell for Timestamp {
    fn from_cell(cell: Cell) -> Option<Self> {
        Timestamp::from_microsecond(i64::from_cell(cell)?).ok()
    }
}
impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: Cell) -> Option<Self> {
        if let Cell::Null = cell { Some(None) } else { T::from_cell(cell).map(Some) }
    }
}

/// An enum stored as a word.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$inner])* $variant,)* }

        impl $name {
            /// The word it is stored and shown as.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::value::FromCell for $name {
            fn from_cell(cell: $crate::value::Cell) -> Option<Self> {
                match String::from_cell(cell)?.as_str() {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use words;
