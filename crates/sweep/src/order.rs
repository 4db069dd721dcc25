//! In which order data sets are swept: what refers to others goes before what it refers to.

use std::collections::BTreeSet;

use frist_register::{DataSet, OnErase, Register};

/// The data sets to sweep, children before parents. Where references go round in a circle, the
/// register's order decides, and what stays blocked is reported.
///
/// `chosen` names data sets, or none for all. A data set that is erased along with a chosen one
/// (`cascade`) is added.
pub fn order<'r>(register: &'r Register, chosen: Option<&[String]>) -> Vec<&'r DataSet> {
    let mut wanted: BTreeSet<&str> = match chosen {
        None => register.datasets.iter().map(|d| d.id.as_str()).collect(),
        Some(ids) => register
            .datasets
            .iter()
            .map(|d| d.id.as_str())
            .filter(|id| ids.iter().any(|c| c == id))
            .collect(),
    };
    loop {
        let along: Vec<&str> = register
            .datasets
            .iter()
            .filter(|d| !wanted.contains(d.id.as_str()))
            .filter(|d| {
                d.links
                    .iter()
                    .any(|l| l.on_erase == OnErase::Cascade && wanted.contains(l.to.as_str()))
            })
            .map(|d| d.id.as_str())
            .collect();
        if along.is_empty() {
            break;
        }
        wanted.extend(along);
    }
    let mut left: Vec<&DataSet> =
        register.datasets.iter().filter(|d| wanted.contains(d.id.as_str())).collect();
    let mut out = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free = left.iter().position(|d| !left.iter().any(|other| refers(other, d)));
        out.push(left.remove(free.unwrap_or(0)));
    }
    out
}

/// Whether `child` must go before `parent`: it refers to it, and not merely to itself.
fn refers(child: &DataSet, parent: &DataSet) -> bool {
    child.id.value != parent.id.value && child.links.iter().any(|l| l.to.value == parent.id.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use frist_register::{Guard, Link};
    use frist_register::{Sp, Span};

    fn sp(s: &str) -> Sp<String> {
        Sp::new(s.to_owned(), Span::default())
    }

    fn dataset(id: &str, links: &[(&str, OnErase)]) -> DataSet {
        DataSet {
            id: sp(id),
            title: Default::default(),
            activity: sp("a"),
            store: sp("s"),
            collection: sp(id),
            key: vec![],
            subjects: vec![],
            categories: vec![],
            facts: Default::default(),
            keep: vec![],
            erase: vec![],
            then: Sp::new(Default::default(), Span::default()),
            links: links
                .iter()
                .map(|(to, on_erase)| Link {
                    to: sp(to),
                    by: sp("x"),
                    on_erase: *on_erase,
                    span: Span::default(),
                })
                .collect(),
            review: None,
            two_person: false,
            guard: Guard::default(),
            drop_partitions: false,
            identifiers: vec![],
            justification: None,
            assessment: None,
            identity: Vec::new(),
            others: Vec::new(),
            provided: None,
            restrict: None,
            span: Span::default(),
        }
    }

    fn ids(register: &Register, chosen: Option<&[String]>) -> Vec<String> {
        order(register, chosen).iter().map(|d| d.id.value.clone()).collect()
    }

    #[test]
    fn children_go_first_and_circles_end() {
        let register = Register {
            datasets: vec![
                dataset("customer", &[]),
                dataset("line", &[("invoice", OnErase::Cascade)]),
                dataset("invoice", &[("customer", OnErase::Block)]),
                dataset("employee", &[("employee", OnErase::Block)]),
                dataset("a", &[("b", OnErase::Block)]),
                dataset("b", &[("a", OnErase::Block)]),
            ],
            ..Default::default()
        };
        assert_eq!(ids(&register, None), ["line", "invoice", "customer", "employee", "a", "b"]);
        // A cascade brings its children along; a block does not.
        assert_eq!(ids(&register, Some(&["invoice".into()])), ["line", "invoice"]);
        assert_eq!(ids(&register, Some(&["customer".into()])), ["customer"]);
    }
}
