//! What was found, in words.

use std::collections::BTreeMap;

use frist_cases::find::{Doubt, Doubtful, Found, Known, NO_FIELD, Origin, Question, Reason, Says};
use frist_register::{Lang, Register};

use crate::output::{BOLD, YELLOW, count, say};

/// Prints it: the records by data set, the questions, what is known, and what was not looked at.
pub fn show(register: &Register, found: &Found, shown: usize, lang: Lang) {
    let words = Words { register, lang };
    let mut by_dataset: BTreeMap<&str, Vec<&frist_cases::find::Hit>> = BTreeMap::new();
    for hit in &found.hits {
        by_dataset.entry(&hit.dataset).or_default().push(hit);
    }
    let (n, sets) = (found.hits.len() as u64, by_dataset.len());
    say!(
        "{BOLD}{}{BOLD:#}",
        match lang {
            Lang::Da => format!("{} poster i {sets} datasæt er personens", count(n)),
            Lang::En => format!("{} records in {sets} data sets are the person's", count(n)),
        }
    );
    for dataset in register.datasets.iter().filter_map(|d| by_dataset.get_key_value(&*d.id.value)) {
        let (id, hits) = dataset;
        say!("\n{} ({id}): {}", words.dataset(id), count(hits.len() as u64));
        // The same reason is said once for all records that have it.
        let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for hit in hits {
            let why: Vec<String> = hit.why.iter().map(|r| words.reason(r)).collect();
            by_reason.entry(why.join("; ")).or_default().push(hit.key.text());
        }
        for (why, keys) in by_reason {
            say!("  {why}");
            say!("    {}", keys.join("  "));
        }
    }
    let options = Options { yes: "--confirm", no: "--deny", more: " (--show)" };
    questions(register, found, shown, &options, lang);
    say!("\n{}", words.say("Søgt med:", "Looked for by:"));
    for known in &found.identifiers {
        say!("  {}", words.known(known));
    }
    words.coverage(found);
}

/// By which options a command is answered.
pub struct Options {
    /// It is the person's.
    pub yes: &'static str,
    /// It is not.
    pub no: &'static str,
    /// How to see more records of a question; empty when it cannot be.
    pub more: &'static str,
}

/// Prints what a person must say, with at most `shown` records of each question.
pub fn questions(register: &Register, found: &Found, shown: usize, options: &Options, lang: Lang) {
    let words = Words { register, lang };
    if found.asked.is_empty() {
        return;
    }
    say!(
        "\n{YELLOW}{}{YELLOW:#}",
        words.say(
            "Et menneske skal sige, om dette også er personen:",
            "A person must say whether this is the person too:"
        )
    );
    for question in &found.asked {
        words.question(question, shown, options);
    }
}

struct Words<'a> {
    register: &'a Register,
    lang: Lang,
}

impl Words<'_> {
    fn say(&self, da: &'static str, en: &'static str) -> &'static str {
        match self.lang {
            Lang::Da => da,
            Lang::En => en,
        }
    }

    fn dataset(&self, id: &str) -> String {
        let title = self.register.dataset(id).map(|d| d.title.get(self.lang));
        title.filter(|t| !t.is_empty()).unwrap_or(id).to_owned()
    }

    fn kind(&self, id: &str) -> String {
        let own = self.register.identity(id).map(|i| i.title.get(self.lang).to_owned());
        let subject = || self.register.subjects.get(id).map(|s| s.value.get(self.lang).to_owned());
        own.or_else(subject).unwrap_or_else(|| id.to_owned())
    }

    fn origin(&self, from: &Origin) -> String {
        match (from, self.lang) {
            (Origin::Given, Lang::Da) => "oplyst".into(),
            (Origin::Given, Lang::En) => "given".into(),
            (Origin::Said, Lang::Da) => "bekræftet".into(),
            (Origin::Said, Lang::En) => "confirmed".into(),
            (Origin::Record { dataset, key, field }, Lang::Da) => {
                format!("fra {dataset}/{key}, feltet {field}")
            }
            (Origin::Record { dataset, key, field }, Lang::En) => {
                format!("from {dataset}/{key}, field {field}")
            }
        }
    }

    fn reason(&self, reason: &Reason) -> String {
        match reason {
            Reason::Said => self.say("bekræftet", "confirmed").to_owned(),
            Reason::Follows { field, dataset, key } => match self.lang {
                Lang::Da => format!("hører til {dataset}/{key} (feltet {field})"),
                Lang::En => format!("goes with {dataset}/{key} (field {field})"),
            },
            Reason::Field { field, kind, value, from } => {
                format!("{field} = {value} ({}; {})", self.kind(kind), self.origin(from))
            }
        }
    }

    fn known(&self, known: &Known) -> String {
        let shared = match known.shared {
            true => self.say(", kan være fælles", ", may be shared"),
            false => "",
        };
        format!(
            "{} = {} ({}{shared})",
            self.kind(&known.kind),
            known.value,
            self.origin(&known.from)
        )
    }

    fn question(&self, question: &Question, shown: usize, options: &Options) {
        let values: Vec<String> = question
            .values
            .iter()
            .map(|v| format!("{} = {}", self.kind(&v.kind), v.value))
            .collect();
        let mut in_sets: BTreeMap<&str, u64> = BTreeMap::new();
        for record in &question.records {
            *in_sets.entry(&record.dataset).or_default() += 1;
        }
        let sets: Vec<String> = in_sets.iter().map(|(d, n)| format!("{} {d}", count(*n))).collect();
        let more = if question.more { self.say(" (og flere)", " (and more)") } else { "" };
        say!("  {}: {}{more}", values.join(", "), sets.join(", "));
        say!(
            "    {}",
            match question.doubt {
                Doubt::Shared => self.say("flere kan have det samme", "several people may have the same"),
                Doubt::Several => self.say(
                    "poster om flere personer har det, så det viser ikke, hvem de handler om",
                    "records of several people have it, so it does not show whom they are about"
                ),
                Doubt::Conflict => self.say(
                    "posterne har et andet nummer end personens; er det også personens, så søg med det",
                    "the records have another number than the person's; if that is theirs too, look for it as well"
                ),
            }
        );
        for record in question.records.iter().take(shown) {
            say!("    {}", self.doubtful(record));
        }
        if question.records.len() > shown {
            let rest = count((question.records.len() - shown) as u64);
            match self.lang {
                Lang::Da => say!("    ... og {rest} til{}", options.more),
                Lang::En => say!("    ... and {rest} more{}", options.more),
            }
        }
        if question.doubt != Doubt::Conflict
            && let Some(value) = question.values.first()
        {
            let (kind, Options { yes, no, .. }) = (&value.kind, options);
            match self.lang {
                Lang::Da => say!("    ja: {yes} {kind}=...  nej: {no} {kind}=..."),
                Lang::En => say!("    yes: {yes} {kind}=...  no: {no} {kind}=..."),
            }
        }
    }

    fn doubtful(&self, record: &Doubtful) -> String {
        let one = |s: &Says| format!("{} = {}", self.kind(&s.kind), s.value);
        let mut text = format!("{}/{}", record.dataset, record.key.text());
        let mut against: Vec<String> = record.against.iter().map(one).collect();
        let mut says: Vec<String> =
            record.says.iter().filter(|s| !record.against.contains(s)).map(one).collect();
        // Two fields may say the same.
        against.dedup();
        says.dedup();
        if !against.is_empty() {
            text += &format!(" {} {}", self.say("imod taler:", "against it:"), against.join(", "));
        }
        if !says.is_empty() {
            text += &format!(" {} {}", self.say("siger også:", "also says:"), says.join(", "));
        }
        text
    }

    fn coverage(&self, found: &Found) {
        let list = |title: &'static str, rows: &[(String, String)]| {
            if !rows.is_empty() {
                say!("\n{YELLOW}{title}{YELLOW:#}");
                rows.iter().for_each(|(what, why)| say!("  {what}: {why}"));
            }
        };
        say!("\n{} {}", self.say("Gennemsøgt:", "Searched:"), found.searched.join(", "));
        list(
            self.say(
                "Svarede ikke; ingen ved, hvad der er dér:",
                "Did not answer; nobody knows what is there:",
            ),
            &found.unreachable,
        );
        let why = |why: &str| match (why, self.lang) {
            (NO_FIELD, Lang::Da) => {
                "fortegnelsen nævner intet felt, der siger, hvem en post handler om".to_owned()
            }
            (why, _) => why.to_owned(),
        };
        let by_hand: Vec<(String, String)> =
            found.unsearchable.iter().map(|(d, w)| (d.clone(), why(w))).collect();
        list(
            self.say(
                "Kan ikke gennemsøges; nogen må se efter:",
                "Cannot be searched; somebody must look there:",
            ),
            &by_hand,
        );
        let kinds =
            |kinds: &[String]| kinds.iter().map(|k| self.kind(k)).collect::<Vec<_>>().join(", ");
        let not_asked: Vec<(String, String)> =
            found.not_asked.iter().map(|(d, k)| (d.clone(), kinds(k))).collect();
        list(
            self.say(
                "Ikke spurgt, for intet af det, der står dér, kendes om personen:",
                "Not asked, for nothing that stands there is known of the person:",
            ),
            &not_asked,
        );
        let unread: Vec<(String, String)> =
            found.unread.iter().map(|(d, n)| (d.clone(), count(*n))).collect();
        list(
            self.say(
                "Poster, der ikke kunne læses (fx uden sidefil):",
                "Records that could not be read (e.g. no sidecar):",
            ),
            &unread,
        );
        list(
            self.say(
                "Læst fra ende til anden, fordi intet indeks dækker feltet:",
                "Read from end to end, because no index serves the field:",
            ),
            &found.slow,
        );
        let cut = &found.truncated;
        if *cut != Default::default() {
            say!(
                "\n{YELLOW}{}{YELLOW:#} {}",
                self.say(
                    "Søgningen blev afbrudt ved en grænse; der er mere, end der står her.",
                    "The search stopped at a limit; there is more than is said here."
                ),
                cut.datasets.join(", ")
            );
        }
    }
}
