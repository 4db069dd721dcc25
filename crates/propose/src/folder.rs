//! A proposal for a folder of files: there are no fields to look at, only what folders are called.

use frist_stores::CollectionInfo;

use super::look::Form;
use super::propose::{Day, Proposal, Reason, Set, Start, ids};
use super::words::{self, Moment, Nature, PERSON};

/// Proposes a register for a folder of files. `store` is the folder's own name.
pub fn propose(catalogue: &[CollectionInfo], store: &str) -> Proposal {
    let own = words::words(store);
    let whole = words::nature(&own) != Nature::Other;
    let collections: Vec<&str> = match whole {
        // The folders in it are cameras or mailboxes: one rule for all.
        true => vec!["**"],
        false => catalogue.iter().map(|c| c.name.as_str()).collect(),
    };
    let name = |c: &str| match c {
        _ if whole => store.to_owned(),
        "*" => "files".to_owned(),
        c => c.trim_end_matches("/**").to_owned(),
    };
    let names: Vec<String> = collections.iter().map(|c| name(c)).collect();
    let ids = ids(names.iter().map(String::as_str));
    let sets = collections.iter().zip(&names).zip(ids).map(|((collection, name), id)| {
        let words = words::words(name);
        let nature = words::nature(&words);
        let (categories, vague) = match nature {
            Nature::Surveillance => (vec!["image"], false),
            Nature::Correspondence => (vec!["identity", "contact", "communication"], false),
            Nature::Applications => (vec!["identity", "contact", "employment", "education"], false),
            Nature::Accounts => (vec!["identity", "payment"], false),
            _ => (vec!["identity"], true),
        };
        let subjects = match (nature, words::mentioned(&words)) {
            (Nature::Surveillance, _) => vec![("visitor", None), ("employee", None)],
            (_, Some(subject)) => vec![(subject, None)],
            (Nature::Applications, None) => vec![("applicant", None)],
            _ => vec![(PERSON, None)],
        };
        let changed = Day {
            field: "mtime".into(),
            moment: Moment::Happened,
            form: Some(Form::Instant),
            declare: false,
            nullable: false,
        };
        // When a file was last written is when a recording ended; of anything else it says little.
        let (start, other_days) = match nature {
            Nature::Surveillance => (Start::Own(changed), Vec::new()),
            _ => (Start::Open, vec![changed]),
        };
        Set {
            id,
            collection: (*collection).to_owned(),
            nature,
            reasons: vec![if nature == Nature::Other { Reason::Files } else { Reason::Name }],
            subjects,
            categories,
            vague,
            identifiers: Vec::new(),
            keyless: false,
            start,
            other_days,
            latest: None,
            links: Vec::new(),
            period: None,
        }
    });
    Proposal { sets: sets.collect(), ..Proposal::default() }
}
