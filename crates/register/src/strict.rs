//! Strict reading of other TOML files that people write, by the same means as the register: every
//! field that is not known is a complaint with a place and, where it looks like a slip of the pen,
//! with the field that was probably meant.

use std::cell::RefCell;

pub use crate::shape::{Field, Kind, Shape, may, must};
pub use crate::walk::{File, Tab, Value};

use crate::diag::Diagnostic;
use crate::source::Sources;
use crate::span::Span;

/// Reads one file of a known shape: `read` asks the outermost table for its fields. The texts come
/// back for messages, and everything that is wrong with how the file is written, in its order.
///
/// `shapes` are all the tables that such a file may have, `root` the outermost.
pub fn read<T>(
    name: &str,
    text: &str,
    shapes: &'static [&'static Shape],
    root: &'static Shape,
    read: impl FnOnce(&Tab<'_>) -> T,
) -> (T, Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let id = sources.add(name, text);
    let file = File { id, text, shapes, said: RefCell::default() };
    let table = crate::read::parse(&file);
    let tab = Tab::root(&file, table.get_ref(), Span::new(id, 0..0), root, None);
    let value = read(&tab);
    tab.finish();
    let mut said = file.said.into_inner();
    said.sort_by_key(|d| (d.severity, d.span()));
    (value, sources, said)
}
