//! The register: its revisions in force, and the rule of each data set in words.

use frist_decide::RuleSet;
use frist_decide::rules::{Force, Piece};
use frist_law::book::Verified;
use frist_register::{DataSet, Register};
use frist_sweep::Engine;

use super::RegisterFile;
use crate::bundle::manifest::is_name;
use crate::bundle::{FileRow, Ground, Proven, Revision, RuleRow, Words};
use crate::{CasesError, Result};

/// The revisions that the ledger names, with their files from Frist's own database.
pub(super) fn revisions(
    engine: &mut Engine,
    proven: &Proven,
) -> Result<(Vec<Revision>, Vec<RegisterFile>)> {
    let mut rows = Vec::new();
    let mut files: Vec<RegisterFile> = Vec::new();
    for live in &proven.revisions {
        let mut row = Revision {
            hash: live.revision.clone(),
            from: live.from,
            by: live.by.clone(),
            files: Vec::new(),
        };
        if let Some(kept) = engine.state.revision(&live.revision)? {
            let texts: Vec<(String, String)> = serde_json::from_str(&kept.text).map_err(|e| {
                CasesError::Damaged { what: "the text of a revision", why: e.to_string() }
            })?;
            for (name, text) in texts {
                let part = format!("register/{}/{}", live.revision, plain(&name));
                row.files.push(FileRow { name, part: part.clone() });
                if !files.iter().any(|f| f.part == part) {
                    files.push(RegisterFile { part, text });
                }
            }
        }
        rows.push(row);
    }
    Ok((rows, files))
}

/// A register's file name as a part of the bundle can have it.
fn plain(name: &str) -> String {
    let short = name.strip_prefix("register/").unwrap_or(name);
    if is_name(short) {
        return short.to_owned();
    }
    let fits = |c: char| if c.is_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let out: String = short.chars().map(fits).take(200).collect();
    format!("_{}", out.trim_start_matches('.'))
}

/// The rules now in force, in the order of the register.
pub(super) fn rules(engine: &Engine) -> Vec<RuleRow> {
    let row = |dataset: &DataSet| rule(engine, &engine.register, dataset);
    engine.register.datasets.iter().map(row).collect()
}

fn rule(engine: &Engine, register: &Register, dataset: &DataSet) -> RuleRow {
    let (grounds, problem) = match RuleSet::resolve(register, engine.book, dataset) {
        Ok(rules) => (grounds(&rules, dataset), None),
        Err(e) => (Vec::new(), Some(e.to_string())),
    };
    RuleRow {
        dataset: dataset.id.value.clone(),
        title: Words::from(&dataset.title),
        place: format!("{}/{}", dataset.store.value, dataset.collection.value),
        grounds,
        then: Words::from(&frist_decide::explain::disposition(&dataset.then.value)),
        two_person: dataset.two_person,
        justification: dataset.justification.as_ref().map(Words::from),
        assessed_on: dataset.assessment.as_ref().map(|a| a.on.value),
        assess_again: dataset.assessment.as_ref().and_then(|a| a.next.as_ref().map(|d| d.value)),
        problem,
    }
}

fn grounds(rules: &RuleSet, dataset: &DataSet) -> Vec<Ground> {
    let name = |ix: usize| {
        let name = &rules.facts.get(ix)?.name;
        let title = dataset.facts.get(name).map(|f| Words::from(&f.title));
        let said = title.filter(|t| !t.get(frist_register::Lang::Da).is_empty());
        Some(said.unwrap_or_else(|| Words { da: name.clone(), en: name.clone() }))
    };
    let keep = rules.grounds.iter().map(|g| Ground {
        title: Words::from(&g.title),
        force: match g.force {
            Force::Demands => "must",
            Force::Permits => "may",
        }
        .to_owned(),
        term: term(&g.pieces),
        from: g.from.and_then(name),
        basis: g.basis.map(|b| b.reference().to_owned()),
        citations: citations(&g.pieces),
        checked: checked(&g.pieces),
    });
    let erase = rules.maximums.iter().map(|m| Ground {
        title: Words::from(&m.title),
        force: "erase-by".to_owned(),
        term: term(&m.pieces),
        from: name(m.from),
        basis: None,
        citations: citations(&m.pieces),
        checked: checked(&m.pieces),
    });
    keep.chain(erase).collect()
}

/// How long, by the newest version.
fn term(pieces: &[Piece]) -> Option<Words> {
    let term = pieces.iter().rev().find_map(|p| p.term)?;
    Some(Words { da: term.text_da(), en: term.to_string() })
}

fn citations(pieces: &[Piece]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for citation in pieces.iter().filter_map(|p| p.citation.clone()) {
        if !out.contains(&citation) {
            out.push(citation);
        }
    }
    out
}

fn checked(pieces: &[Piece]) -> Option<String> {
    let worst: Option<Verified> = pieces.iter().filter_map(|p| p.verified).min();
    worst.map(|v| v.to_string())
}
