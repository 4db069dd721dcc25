//! What Art. 15(1) asks for, (a) to (h), for the purposes of the records in a package.

use frist_documents::{Source, small, words};
use frist_paper::letters::AccessLine;
use frist_register::Purpose;

use super::gather::{Gathered, title};
use crate::{CasesError, Result};

/// One entry for each purpose, in the register's order.
pub(super) fn lines(source: &Source<'_>, gathered: &Gathered) -> Result<Vec<AccessLine>> {
    let mut out = Vec::new();
    for activity in &source.register.activities {
        let sets =
            || gathered.sets.iter().filter(|s| s.dataset.activity.value == activity.id.value);
        for purpose in &activity.purposes {
            let of = || {
                sets()
                    .filter(|s| s.dataset.keep.iter().any(|k| k.purpose.value == purpose.id.value))
            };
            if of().next().is_none() {
                continue;
            }
            let mut categories: Vec<&str> = Vec::new();
            let mut periods = Vec::new();
            for set in of() {
                for category in &set.dataset.categories {
                    if !categories.contains(&category.value.as_str()) {
                        categories.push(&category.value);
                    }
                }
                let rule = words::rule(source, &set.dataset)
                    .map_err(|e| CasesError::Input { what: "the register", why: e.to_string() })?;
                let sentences = rule.sentences(source).join(" ");
                periods.push(format!("{}: {sentences}", title(&set.dataset, source.lang)));
            }
            out.push(AccessLine {
                purpose: or_id(purpose.text.value.get(source.lang), &purpose.id.value),
                basis: basis(source, purpose),
                recipients: recipients(source, of().map(|s| s.dataset.id.value.as_str())),
                categories: categories.iter().map(|c| small(&source.category(c))).collect(),
                period: periods.join(" "),
                source: said(&activity.source, source),
                automated: said(&activity.automated, source),
            });
        }
    }
    Ok(out)
}

fn or_id(text: &str, id: &str) -> String {
    if text.is_empty() { id.to_owned() } else { text.to_owned() }
}

fn said(text: &Option<frist_register::Text>, source: &Source<'_>) -> String {
    text.as_ref().map_or_else(String::new, |t| t.get(source.lang).to_owned())
}

/// The legal basis, with the law and the interest.
fn basis(source: &Source<'_>, purpose: &Purpose) -> String {
    let bases = purpose.basis.iter().chain(&purpose.special_basis).map(|b| {
        let label = b.value.label();
        let label = if source.da() { &label.da } else { &label.en };
        // What the label says in parentheses is for whoever writes the register.
        let label = small(label.split(" (").next().unwrap_or(label));
        format!("{} ({label})", source.article(&b.value.to_string()))
    });
    let mut out = bases.collect::<Vec<_>>().join(if source.da() { " og " } else { " and " });
    let law = purpose.law.as_ref().and_then(|id| source.book.get(id));
    if let Some(law) = law {
        let version = law.version_on(source.law_day()).unwrap_or_else(|| law.newest());
        let so = if source.da() { ", jf. " } else { ", under " };
        // Danish acts are written with a small letter inside a sentence.
        out.push_str(so);
        out.push_str(&small(&version.citation));
    }
    if let Some(interest) = &purpose.interest {
        out.push_str(if source.da() { ". Interessen er: " } else { ". The interest is: " });
        out.push_str(&small(interest.value.get(source.lang)));
    }
    out
}

/// Who receives data of these data sets, with the third country and its safeguard. By the same relation
/// of categories and subjects as those who are told under Art. 19.
fn recipients<'d>(source: &Source<'_>, datasets: impl Iterator<Item = &'d str>) -> Vec<String> {
    let named = |id: &str| {
        let mut name = small(&source.recipient(id));
        let declared = source.register.recipients.iter().find(|r| r.id.value == id);
        if let Some(recipient) = declared
            && recipient.third_country().is_some()
            && let Some(country) = recipient.country_name(source.lang)
        {
            name.push_str(&format!(" ({country}"));
            if let Some(safeguard) = &recipient.safeguard {
                name.push_str(&format!(": {}", safeguard.value.get(source.lang)));
            }
            name.push(')');
        }
        name
    };
    let had = crate::recipients::disclosed(datasets, source.register);
    had.iter().map(|one| named(&one.recipient)).collect()
}
