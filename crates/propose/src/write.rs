//! From a proposal to TOML: what the law book says is written out and cited, what a person must
//! decide is a question above a line that is commented out.

use std::collections::{BTreeMap, BTreeSet};

use frist_law::LawBook;
use frist_law::book::Verified;
use frist_register::Lang;

use super::propose::{Day, Proposal, Reason, Set, Start, latest_name};
use super::toml::{blank, both, comment, key, list, text};
use super::words::{Nature, PERSON};
use super::{Beside, Place, Said};

/// The text in the language that was asked for.
pub fn say<'t>(lang: Lang, da: &'t str, en: &'t str) -> &'t str {
    match lang {
        Lang::Da => da,
        Lang::En => en,
    }
}

/// A question, and the line that answers it.
pub(super) fn question(lang: Lang, da: &str, en: &str, line: &str) -> String {
    comment(&format!("{}: {}", say(lang, "UDFYLD", "FILL IN"), say(lang, da, en))) + &blank(line)
}

/// `[[store]]` with its fields but `exempt`.
pub fn store(id: &str, place: &Place) -> String {
    let id = format!("[[store]]\nid = {}\n", text(id));
    match place {
        Place::Sqlite(path) => format!("{id}kind = \"sqlite\"\npath = {}\n", text(path)),
        Place::Postgres(name) => format!("{id}kind = \"postgresql\"\nurl_env = {}\n", text(name)),
        Place::Folder(root) => format!("{id}kind = \"files\"\nroot = {}\n", text(root)),
    }
}

/// The file of a store, beside what the register has already.
pub fn register(
    id: &str,
    place: &Place,
    proposal: &Proposal,
    beside: &Beside,
    lang: Lang,
) -> String {
    let mut out = comment(say(
        lang,
        "Foreslået af `frist init` ud fra navne og typer i datakilden. Intet er slettet, og intet slettes, før \
         `frist check` er tilfreds og en person har godkendt. Ret, hvad der ikke passer.",
        "Proposed by `frist init` from the names and types in the store. Nothing has been erased, and nothing \
         will be before `frist check` is content and a person has approved. Correct what does not fit.",
    ));
    out.push('\n');
    let unnamed = proposal.sets.iter().any(|s| s.subjects.iter().any(|(who, _)| *who == PERSON));
    if unnamed && !beside.subjects.contains(PERSON) {
        out += &comment(say(
            lang,
            "UDFYLD: Hvem er de? Nævn en kategori, som Frist kender (customer, employee, citizen, ...), eller kald den noget her.",
            "FILL IN: Who are they? Name a category that Frist knows (customer, employee, citizen, ...), or call it something here.",
        ));
        out +=
            &format!("[[subject]]\nid = \"{PERSON}\"\ntitle = {}\n\n", both("Personer", "Persons"));
    }
    out += &store_with_backups(id, place, lang);
    let exempt = exempt(proposal);
    if !exempt.is_empty() {
        out += &comment(say(
            lang,
            "Uden personoplysninger, så vidt navnene fortæller. Se listen igennem; det, der alligevel handler om \
             personer, skal have et [[dataset]].",
            "Without personal data, as far as names tell. Look the list through; what is about people after all \
             needs a [[dataset]].",
        ));
    }
    out += &exempt;
    out += &activities(id, proposal, beside, lang);
    for set in &proposal.sets {
        out.push('\n');
        out += &dataset(id, set, beside, lang);
    }
    out
}

/// A purpose that a person is asked about.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `activity/purpose`, by which the answer is named in [`Beside::said`].
    pub name: String,
    /// The activity's title: Danish, English.
    pub title: (&'static str, &'static str),
    /// Whether its legal basis is asked for; else a law that the book knows gives it.
    pub basis: bool,
    /// Whether an exception of Art. 9(2) is asked for.
    pub special: bool,
    /// The law that is proposed.
    pub law: Option<&'static str>,
    /// What it is, where that is known: Danish, English.
    pub text: Option<(&'static str, &'static str)>,
    /// Whether the law says how long; else that is asked for of each data set.
    pub period: bool,
    /// The data sets that are kept for it.
    pub datasets: Vec<String>,
}

/// The purposes of a proposal, each once.
pub fn asked(proposal: &Proposal) -> Vec<Asked> {
    let mut all: Vec<Asked> = Vec::new();
    for set in &proposal.sets {
        let ((activity, da, en), purpose) = (activity(set), purpose(set));
        let name = format!("{activity}/{}", purpose.id);
        match all.iter_mut().find(|a| a.name == name) {
            Some(known) => known.datasets.push(set.id.clone()),
            None => all.push(Asked {
                name,
                title: (da, en),
                basis: purpose.law != Some("dk.bogfoering"),
                special: purpose.special,
                law: purpose.law,
                text: purpose.text,
                period: purpose.law.is_none(),
                datasets: vec![set.id.clone()],
            }),
        }
    }
    all
}

/// The id of the activity of a data set, where the register has none of that id yet.
fn activity_id(store: &str, set: &Set, beside: &Beside) -> String {
    let id = activity(set).0;
    if !beside.activities.contains(id) {
        return id.to_owned();
    }
    let base = format!("{id}-{store}");
    let mut free = base.clone();
    let mut n = 2;
    while beside.activities.contains(&free) {
        free = format!("{base}-{n}");
        n += 1;
    }
    free
}

fn store_with_backups(id: &str, place: &Place, lang: Lang) -> String {
    let text = store(id, place);
    let (header, fields) = text.split_once('\n').unwrap_or((&text, ""));
    let backups = question(
        lang,
        "Hvor længe gemmes sikkerhedskopier af den?",
        "How long do backups of it live?",
        "backups = \"35 days\"",
    );
    format!("{header}\n{backups}{fields}")
}

fn exempt(proposal: &Proposal) -> String {
    if proposal.exempt.is_empty() {
        return String::new();
    }
    let mut out = String::from("exempt = [\n");
    for e in &proposal.exempt {
        let why = match e.look_at.is_empty() {
            true => both(
                "Intet felt ligner personoplysninger (forslag)",
                "No field looks like personal data (proposed)",
            ),
            false => {
                let fields = e.look_at.join(", ");
                both(
                    &format!("Handler vist ikke om personer, men se efter: {fields} (forslag)"),
                    &format!("Seems not to be about people, but look at: {fields} (proposed)"),
                )
            }
        };
        out += &format!("  {{ at = {}, why = {why} }},\n", text(&e.at));
    }
    out + "]\n"
}

/// The activity of a data set: id, Danish, English.
fn activity(set: &Set) -> (&'static str, &'static str, &'static str) {
    let subject = set.subjects.first().map_or(PERSON, |(s, _)| s);
    match (set.nature, subject) {
        (Nature::Accounts, _) => ("accounting", "Regnskab", "Accounting"),
        (Nature::Surveillance, _) => ("surveillance", "Tv-overvågning", "CCTV"),
        (Nature::Correspondence, PERSON) => ("correspondence", "Korrespondance", "Correspondence"),
        (Nature::Applications, _) | (_, "applicant") => {
            ("recruitment", "Rekruttering", "Recruitment")
        }
        (_, "employee") => ("personnel", "Personaleadministration", "Personnel administration"),
        (_, "customer") => ("customer-relations", "Kundeforhold", "Customer relations"),
        (_, "user") => ("user-accounts", "Brugerkonti", "User accounts"),
        (_, "citizen") => ("casework", "Sagsbehandling", "Casework"),
        (_, "patient") => ("treatment", "Patientbehandling", "Treatment of patients"),
        (_, "member") => ("membership", "Medlemskab", "Membership"),
        (_, "student") => ("teaching", "Undervisning", "Teaching"),
        (_, "tenant") => ("tenancy", "Lejeforhold", "Tenancy"),
        (_, "supplier") => ("supply", "Leverandørforhold", "Supplier relations"),
        (_, "visitor") => ("visits", "Besøg", "Visits"),
        _ => ("other", "Andre oplysninger om personer", "Other data about people"),
    }
}

/// A purpose that data sets are proposed for: its id, the law, and its text when the law gives one.
struct Purpose {
    id: String,
    law: Option<&'static str>,
    text: Option<(&'static str, &'static str)>,
    special: bool,
}

fn purpose(set: &Set) -> Purpose {
    let (id, law, text) = match set.nature {
        Nature::Accounts => (
            "bookkeeping",
            Some("dk.bogfoering"),
            Some(("At opbevare regnskabsmateriale", "To keep accounting records")),
        ),
        Nature::Applications => (
            "rejected-applicants",
            Some("dk.ansoegere"),
            Some((
                "At kunne vise, at ansøgere blev vurderet på et sagligt grundlag",
                "To be able to show that applicants were assessed on objective grounds",
            )),
        ),
        Nature::Personnel => (
            "personnel-file",
            Some("dk.personalesag"),
            Some(("At føre medarbejdernes personalesager", "To keep the employees' files")),
        ),
        _ => ("fill-in", None, None),
    };
    let special = set.special();
    Purpose { id: if special { format!("{id}-special") } else { id.into() }, law, text, special }
}

/// What the law book says of a law, and how well it knows.
pub fn cite(id: &str, lang: Lang) -> String {
    let Some(law) = LawBook::embedded().get(id) else { return id.to_owned() };
    let version = law.newest();
    let of = |t: &frist_law::book::Text| say(lang, &t.da, &t.en).to_owned();
    let (kind, term) = match lang {
        Lang::Da => (law.kind.text_da().to_owned(), version.term().map(|t| t.text_da())),
        Lang::En => (law.kind.to_string(), version.term().map(|t| t.to_string())),
    };
    let verified = match version.verified {
        Verified::Verified => say(lang, "Efterprøvet i kilden", "Checked in the source"),
        Verified::Secondary => say(
            lang,
            "Kun set i en sekundær kilde, i det mindste delvis",
            "Seen in a secondary source only, at least in part",
        ),
        Verified::Unverified => say(lang, "Ikke efterprøvet", "Not checked in any source"),
    };
    let term = term.map(|t| format!(", {t}")).unwrap_or_default();
    let from = version
        .start
        .as_ref()
        .map(|s| format!(". {}: {}", say(lang, "Regnes fra", "Counted from"), of(s)));
    let note = version.note.as_ref().map(|n| format!(" {}", of(n))).unwrap_or_default();
    let from = from.unwrap_or_default();
    format!("`{id}`: {}; {kind}{term}{from}. {verified}.{note}", version.citation)
}

fn activities(store: &str, proposal: &Proposal, beside: &Beside, lang: Lang) -> String {
    type Found<'a> = (&'a str, &'a str, &'a str, Vec<Purpose>);
    let mut found: BTreeMap<String, Found<'_>> = BTreeMap::new();
    for set in &proposal.sets {
        let (known, da, en) = activity(set);
        let id = activity_id(store, set, beside);
        let (_, _, _, purposes) = found.entry(id).or_insert((known, da, en, Vec::new()));
        let purpose = purpose(set);
        if !purposes.iter().any(|p| p.id == purpose.id) {
            purposes.push(purpose);
        }
    }
    let mut out = String::new();
    let nothing = Said::default();
    for (id, (known, da, en, purposes)) in found {
        out += &format!("\n[[activity]]\nid = \"{id}\"\n");
        out += &question(
            lang,
            "Hvordan er oplysningerne beskyttet? Skriv det i [[measure]], og nævn dem her (art. 30, stk. 1, litra g).",
            "How is the data protected? Say it in [[measure]], and name them here (Art. 30(1)(g)).",
            "measures = [\"...\"]",
        );
        out += &question(
            lang,
            "Skal man give oplysningerne, og hvad sker der ellers? Eller `source`: hvor de kommer fra (art. 13 og 14).",
            "Must people provide the data, and what follows if not? Or `source`: where it comes from (Art. 13 and 14).",
            "obligation = { da = \"...\", en = \"...\" }",
        );
        out += &format!("title = {}\n", both(da, en));
        for p in purposes {
            let said = beside.said.get(&format!("{known}/{}", p.id)).unwrap_or(&nothing);
            out += &one_purpose(&p, said, lang);
        }
    }
    out
}

fn one_purpose(p: &Purpose, said: &Said, lang: Lang) -> String {
    let mut out = String::from("\n[[activity.purpose]]\n");
    if let Some(law) = p.law {
        let words = say(lang, "Foreslået fra lovbogen. ", "Proposed from the law book. ");
        out += &comment(&format!("{words}{}", cite(law, lang)));
    }
    if p.text.is_none() && said.text.is_empty() {
        out += &question(
            lang,
            "Hvad bruges oplysningerne til? Sig det, så den registrerede forstår det.",
            "What is the data needed for? Say it so that the people it is about understand.",
            "text = { da = \"...\", en = \"...\" }",
        );
    }
    let duty = p.law == Some("dk.bogfoering");
    if !duty && said.basis.is_empty() {
        out += &question(
            lang,
            "På hvilket retsgrundlag? 6(1)(a) samtykke; (b) en aftale med personen; (c) en lov, der pålægger jer det (nævn den \
             i `law`); (d) vitale interesser; (e) en myndighedsopgave; (f) en legitim interesse (nævn den i `interest`).",
            "By which right? 6(1)(a) consent; (b) a contract with the person; (c) a statute that obliges you (name it in \
             `law`); (d) vital interests; (e) a public task; (f) a legitimate interest (name it in `interest`).",
            "basis = \"6(1)(...)\"",
        );
    }
    if p.special && said.special.is_empty() {
        out += &question(
            lang,
            "Her er følsomme oplysninger. Hvilken undtagelse i art. 9, stk. 2, gælder?",
            "There are special categories here. Which exception of Art. 9(2) applies?",
            "special_basis = \"9(2)(...)\"",
        );
    }
    out += &format!("id = {}\n", text(&p.id));
    match p.text {
        Some((da, en)) => out += &format!("text = {}\n", both(da, en)),
        None if !said.text.is_empty() => out += &format!("text = {}\n", text(&said.text)),
        None => {}
    }
    let law = p.law.or(Some(said.law.as_str()).filter(|l| !l.is_empty()));
    let basis = if duty { "6(1)(c)" } else { said.basis.as_str() };
    for (name, value) in [
        ("basis", basis),
        ("special_basis", if p.special { said.special.as_str() } else { "" }),
        ("law", law.unwrap_or_default()),
        ("interest", said.interest.as_str()),
    ] {
        if !value.is_empty() {
            out += &format!("{name} = {}\n", text(value));
        }
    }
    out
}

/// Why a data set is taken as personal data, in words.
pub fn because(reasons: &[Reason], lang: Lang) -> String {
    let words: Vec<String> = reasons
        .iter()
        .map(|r| match r {
            Reason::Field { field, category } => format!("`{field}` ({category})"),
            Reason::Names { field, subject } => {
                format!(
                    "`{field}` {} ({subject})",
                    say(lang, "udpeger en person", "names a person")
                )
            }
            Reason::Refers { field, to } => {
                format!("`{field}` {} `{to}`", say(lang, "henviser til", "refers to"))
            }
            Reason::Name => say(lang, "navnet", "what it is called").to_owned(),
            Reason::Files => say(
                lang,
                "det er filer, og intet tyder på, at de er uden personoplysninger",
                "files, and nothing shows that they have none",
            )
            .to_owned(),
        })
        .collect();
    words.join(", ")
}

fn dataset(store: &str, set: &Set, beside: &Beside, lang: Lang) -> String {
    let mut out = comment(&format!(
        "{}: {}.",
        say(lang, "Personoplysninger på grund af", "Personal data because of"),
        because(&set.reasons, lang)
    ));
    out += &format!("[[dataset]]\nid = {}\n", text(&set.id));
    out += &format!("activity = {}\n", text(&activity_id(store, set, beside)));
    out += &format!("at = {}\n", text(&format!("{store}/{}", set.collection)));
    if set.keyless {
        out += &question(
            lang,
            "Tabellen har ingen primærnøgle. Hvilke felter udpeger én post?",
            "The table has no primary key. Which fields name one record?",
            "key = [\"...\"]",
        );
    }
    let (named, unnamed): (Vec<_>, Vec<_>) = set.subjects.iter().partition(|(_, f)| f.is_some());
    let named: Vec<String> = named
        .iter()
        .filter_map(|(s, f)| f.as_ref().map(|f| format!("{} = {}", key(s), text(f))))
        .collect();
    if !named.is_empty() {
        out += &format!("subject = {{ {} }}\n", named.join(", "));
    }
    if !unnamed.is_empty() {
        let ids: Vec<&str> = unnamed.iter().map(|(s, _)| *s).collect();
        out += &format!("subjects = {}\n", list(&ids));
    }
    if set.vague {
        out += &comment(say(
            lang,
            "UDFYLD: Hvilke slags oplysninger er det? Navnene fortæller det ikke.",
            "FILL IN: What kinds of data are these? The names do not tell.",
        ));
    }
    out += &format!("categories = {}\n", list(&set.categories));
    if !set.identifiers.is_empty() {
        out += &format!("identifiers = {}\n", list(&set.identifiers));
    }
    if set.complete() {
        out += &comment(say(
            lang,
            "Ingen har set forslaget igennem endnu: to skal godkende hver sletning, til I tager linjen ud.",
            "Nobody has looked this proposal through yet: two must approve each sweep until you take this line out.",
        ));
        out += "approve = \"two\"\n";
    }
    out += &facts(set, lang);
    out += &keep(set, lang);
    if set.nature == Nature::Surveillance {
        out += &surveillance(set, lang);
    }
    for link in &set.links {
        out += "\n[[dataset.link]]\n";
        if link.to == set.id && link.nullable {
            out += &question(
                lang,
                "Må henvisningen tømmes, når den anden slettes? Ellers slettes den anden ikke, så længe denne er her.",
                "May the reference be emptied when the other is erased? Otherwise the other stays while this one is there.",
                "on_erase = \"detach\"",
            );
        }
        out += &format!("to = {}\nby = {}\n", text(&link.to), text(&link.by));
    }
    out
}

fn facts(set: &Set, lang: Lang) -> String {
    let fact = match &set.start {
        Start::Own(day) => day
            .form
            .filter(|_| day.declare)
            .map(|form| format!("{} = \"{}\"\n", key(&day.field), form.word())),
        Start::Lookup { dataset, by, day } => {
            Some(format!("{} = {}\n", key(&day.field), looked_up("lookup", dataset, by, day)))
        }
        Start::Latest { name, dataset, by, day } => {
            Some(format!("{} = {}\n", key(name), looked_up("latest", dataset, by, day)))
        }
        Start::Open => return open_facts(set, lang),
    };
    fact.map(|f| format!("\n[dataset.facts]\n{f}")).unwrap_or_default()
}

/// How the date that is asked about is written, for when it is answered.
fn open_facts(set: &Set, lang: Lang) -> String {
    let Some(day) = set.other_days.first().filter(|d| d.declare || d.form.is_none()) else {
        return String::new();
    };
    let guess = say(
        lang,
        "Hvordan er datoen skrevet? Posterne fortæller det ikke: date, datetime, instant, unix eller unix-ms.",
        "How is the date written? The records do not tell: date, datetime, instant, unix or unix-ms.",
    );
    let known = say(lang, "Sådan er datoen skrevet:", "This is how the date is written:");
    let mut out = String::from("\n");
    out += &comment(if day.form.is_none() { guess } else { known });
    out += &blank("[dataset.facts]");
    let form = day.form.unwrap_or(super::look::Form::Date);
    out + &blank(&format!("{} = \"{}\"", key(&day.field), form.word()))
}

fn looked_up(how: &str, dataset: &str, by: &str, day: &Day) -> String {
    let form = day
        .form
        .filter(|_| day.declare)
        .map(|f| format!(", type = \"{}\"", f.word()))
        .unwrap_or_default();
    format!("{{ {how} = {}, by = {}{form} }}", text(&format!("{dataset}.{}", day.field)), text(by))
}

fn keep(set: &Set, lang: Lang) -> String {
    let mut out = String::from("\n[[dataset.keep]]\n");
    let purpose = purpose(set);
    for hint in hints(set.nature) {
        let words = say(lang, "Lovbogen har ", "The law book has ");
        out += &comment(&format!("{words}{}", cite(hint, lang)));
    }
    let days: BTreeSet<&str> = set.other_days.iter().map(|d| d.field.as_str()).collect();
    let days: Vec<&str> = days.into_iter().collect();
    let day = match &set.start {
        Start::Own(day) | Start::Lookup { day, .. } | Start::Latest { day, .. } => Some(day),
        Start::Open => None,
    };
    match day {
        Some(_) if !days.is_empty() => {
            let words = say(lang, "Andre datoer her", "Other dates here");
            out += &comment(&format!("{words}: {}.", days.join(", ")));
        }
        Some(_) => {}
        None => {
            let candidates = match days.is_empty() {
                true => say(lang, "ingen fundet", "none found").to_owned(),
                false => days.join(", "),
            };
            out += &question(
                lang,
                &format!("Fra hvilken dato regnes der? Datoer her: {candidates}."),
                &format!("From which date is it counted? Dates here: {candidates}."),
                &format!("from = {}", text(days.first().unwrap_or(&"..."))),
            );
            if let Some((dataset, by, day)) = &set.latest {
                out += &comment(&format!(
                    "{} `{dataset}`:",
                    say(
                        lang,
                        "Eller den seneste dato i det, der henviser hertil, som en oplysning i [dataset.facts]; her",
                        "Or the latest date of what refers here, as a fact in [dataset.facts]; here",
                    )
                ));
                out += &blank(&format!(
                    "{} = {}",
                    latest_name(dataset),
                    looked_up("latest", dataset, by, day)
                ));
            }
        }
    }
    if purpose.law.is_none() && set.period.is_none() {
        out += &question(
            lang,
            "Hvor længe er det nødvendigt til formålet? For eksempel indtil krav er forældet.",
            "How long is it needed for the purpose? For example until claims are time-barred.",
            match set.nature {
                Nature::Surveillance => "period = \"... days\"",
                _ => "period = \"... years\"",
            },
        );
    }
    out += &format!("for = {}\n", text(&purpose.id));
    if let Some(day) = day {
        let from = match &set.start {
            Start::Latest { name, .. } => name,
            _ => &day.field,
        };
        out += &format!("from = {}\n", text(from));
        if matches!(set.start, Start::Own(_))
            && day.nullable
            && day.moment == super::words::Moment::Ended
        {
            out += &comment(say(
                lang,
                "Tom betyder: ikke sluttet endnu.",
                "Empty means: not ended yet.",
            ));
            out += "open = true\n";
        }
    }
    if let Some(period) = set.period.as_ref().filter(|_| purpose.law.is_none()) {
        out += &format!("period = {}\n", text(period));
    }
    out
}

/// Laws that may be the answer; a person says.
fn hints(nature: Nature) -> &'static [&'static str] {
    match nature {
        Nature::WorkingTime => &["dk.arbejdstid"],
        Nature::PatientRecords => &["dk.patientjournal"],
        Nature::Claims => &["dk.foraeldelse"],
        _ => &[],
    }
}

fn surveillance(set: &Set, lang: Lang) -> String {
    let mut out = String::from("\n[[dataset.erase]]\n");
    let words = say(lang, "Foreslået fra lovbogen. ", "Proposed from the law book. ");
    out += &comment(&format!("{words}{}", cite("dk.tv-overvaagning", lang)));
    match &set.start {
        Start::Own(day) => {
            format!("{out}law = \"dk.tv-overvaagning\"\nfrom = {}\n", text(&day.field))
        }
        // Without a date the table could not be written at all: the whole of it is a question.
        _ => question(
            lang,
            "Hvornår blev optagelsen lavet? Loven kræver sletning regnet derfra.",
            "When was it recorded? The law demands erasure counted from there.",
            "[[dataset.erase]] with law = \"dk.tv-overvaagning\" and from = \"...\"",
        ),
    }
}
