//! What names tell: which fields look like personal data, whom a table is about, and what kind of
//! records it has. Danish and English; names are compared without case, with æ, ø and å spelt out.

/// The words of a name: `BillingPostalCode` and `billing_postal_code` are `billing postal code`.
pub fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| chars.get(i));
        let hump = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || (b.is_uppercase() && chars.get(i + 1).is_some_and(|n| n.is_lowercase()))
            });
        if hump || !c.is_alphabetic() {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut().filter(|_| c.is_alphabetic()) {
            for c in c.to_lowercase() {
                match c {
                    'æ' | 'ä' => last.push_str("ae"),
                    'ø' | 'ö' => last.push_str("oe"),
                    'å' => last.push_str("aa"),
                    'é' | 'è' => last.push('e'),
                    'ü' => last.push('u'),
                    c => last.push(c),
                }
            }
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

/// How surely a field's name tells that a table has personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It says what kind of data there is, when something else tells that it is personal.
    Adds,
    /// A hint: two of different kinds, or one in a table that is called after people.
    Hint,
    /// By itself.
    Tells,
}

/// What a field's name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The category of personal data.
    pub category: &'static str,
    /// How surely.
    pub weight: Weight,
    /// Whether it singles a person out.
    pub identifies: bool,
}

/// Category, weight, whether it identifies; words that stand alone; words that may be part of
/// longer ones. The first line that fits is taken.
type Line = (&'static str, Weight, bool, &'static [&'static str], &'static [&'static str]);

use Weight::{Adds, Hint, Tells};

#[rustfmt::skip]
const FIELDS: &[Line] = &[
    ("cpr", Tells, true, &["cpr", "ssn", "personnr"], &["cprnr", "cprnum", "personnummer", "socialsecurity"]),
    ("health", Tells, false,
        &["health", "helbred", "diagnosis", "sygdom", "syg", "sick", "sickness", "illness", "disease", "medicin",
          "medication", "allergy", "allergies", "allergi", "handicap", "disability"],
        &["diagnose", "sygemeld", "sygefrav", "helbredsopl", "sickleave", "bloodtype", "blodtype"]),
    ("ethnicity", Tells, false, &["ethnicity", "etnicitet", "etnisk"], &[]),
    ("religion", Tells, false, &["religion", "religious", "trossamfund"], &[]),
    ("politics", Tells, false, &["politisk"], &["politicalopinion", "politicalparty"]),
    ("union", Tells, false, &[], &["fagforening", "tradeunion", "unionmember"]),
    ("genetic", Tells, false, &["genetic", "genetisk", "dna", "genome"], &[]),
    ("biometric", Tells, false, &["biometric", "fingerprint", "fingeraftryk"], &["biometri"]),
    ("sex-life", Tells, false, &[], &["sexualorient", "seksuel"]),
    ("criminal", Tells, false, &["conviction"], &["straffeattest", "criminalrecord", "strafbar"]),
    ("credit", Tells, false, &[], &["creditscore", "creditrating", "kreditvurder"]),
    ("contact", Tells, true,
        &["mail", "phone", "mobile", "mobil", "tlf", "fax", "telefax", "msisdn"],
        &["email", "mailadr", "telefon", "telephone", "phonenumber", "phoneno", "cellphone", "mobilephone",
          "workphone", "homephone", "mobilnr", "mobilnummer", "mobiltlf"]),
    ("behaviour", Tells, true, &["ip", "ipaddress", "ipadresse"], &["useragent"]),
    ("identity", Tells, true, &["dob", "initials", "initialer"],
        &["firstname", "lastname", "fullname", "surname", "middlename", "fornavn", "efternavn", "mellemnavn",
          "kundenavn", "personnavn", "medarbejdernavn", "username", "brugernavn", "nickname", "recipientname",
          "modtagernavn", "birth", "foedsel", "foedt", "fodsel"]),
    ("identity", Tells, false, &["gender", "koen"], &[]),
    ("employment", Tells, false, &["salary", "wage", "wages", "loen", "payroll"], &["maanedsloen", "timeloen"]),
    ("payment", Tells, true, &["iban"], &["creditcard", "cardnumber", "kortnummer"]),
    ("image", Tells, true, &["photo", "foto", "portrait", "portraet", "avatar"], &[]),
    ("address", Hint, true, &["address", "addr", "adr", "street", "vejnavn"], &["adresse", "streetname"]),
    ("address", Hint, false, &["postcode", "postnr", "zip", "zipcode", "postnummer", "city", "town", "bynavn"], &["postalcode"]),
    ("payment", Hint, true, &[], &["kontonummer", "kontonr", "accountnumber", "accountno"]),
    ("location", Hint, false, &["latitude", "longitude", "gps"], &[]),
    ("communication", Adds, false,
        &["message", "besked", "comment", "comments", "kommentar", "note", "notes", "notat", "remarks", "body", "text", "tekst"],
        &["bemaerkning", "fritekst"]),
    ("consumption", Adds, false, &["kwh", "consumption", "meter", "maaler"], &["forbrug"]),
    ("payment", Adds, false, &["amount", "total", "price", "pris", "paid", "betalt"], &["beloeb"]),
    ("employment", Adds, false, &["hired", "ansat", "position", "stilling", "department", "afdeling", "manager"],
        &["hiredate", "jobtitle"]),
    ("education", Adds, false, &["education", "grade", "karakter", "exam", "eksamen"], &["uddannelse"]),
];

/// What the name of a field tells, if anything.
pub fn field(name: &str) -> Option<Told> {
    let words = words(name);
    let joined = words.concat();
    // What looks like an address and is a machine's.
    if ["mac", "memory", "url"].iter().any(|w| words.iter().any(|x| x == w)) {
        return None;
    }
    let fits = |(_, _, _, alone, within): &&Line| {
        alone.iter().any(|w| words.iter().any(|x| x == w) || joined == *w)
            || within.iter().any(|w| joined.contains(w))
    };
    if let Some(&(category, weight, identifies, _, _)) = FIELDS.iter().find(fits) {
        return Some(Told { category, weight, identifies });
    }
    // A name is a person's when it says whose: `customer_name`; `name` alone is a hint, and
    // `product_name` is nothing.
    let (last, rest) = words.split_last()?;
    let identity = |weight| Some(Told { category: "identity", weight, identifies: true });
    match last.as_str() {
        "name" | "navn" | "names" if rest.is_empty() => identity(Hint),
        "name" | "navn" if rest.last().is_some_and(|w| person(w).is_some()) => identity(Tells),
        "by" if rest.is_empty() => {
            Some(Told { category: "address", weight: Hint, identifies: false })
        }
        _ => None,
    }
}

/// Words for people, with the category of data subjects; `person` is nobody in particular.
#[rustfmt::skip]
const PEOPLE: &[(&str, &[&str])] = &[
    ("applicant", &["applicant", "ansoeger", "candidate", "kandidat"]),
    ("employee", &["employee", "medarbejder", "ansat", "ansatte", "staff", "personale"]),
    ("customer", &["customer", "kunde", "client", "klient", "debitor", "debtor", "subscriber", "abonnent"]),
    ("user", &["user", "bruger"]),
    ("citizen", &["citizen", "borger"]),
    ("patient", &["patient"]),
    ("member", &["member", "medlem"]),
    ("student", &["student", "elev", "pupil", "studerende", "kursist"]),
    ("tenant", &["tenant", "lejer", "beboer"]),
    ("supplier", &["supplier", "leverandoer", "vendor", "kreditor"]),
    ("visitor", &["visitor", "guest", "gaest"]),
    ("relative", &["relative", "paaroerende"]),
    ("child", &["child", "children", "barn", "boern"]),
    ("caller", &["caller"]),
    ("contact-person", &["contact", "kontakt", "kontaktperson"]),
    (PERSON, &["person", "people", "individual"]),
];

/// The category of data subjects when nothing tells which: the register declares it itself.
pub const PERSON: &str = "person";

const PLURALS: &[&str] = &["", "s", "es", "e", "er", "r", "ere", "ne", "erne", "mer"];

/// The category of data subjects that a word names.
pub fn person(word: &str) -> Option<&'static str> {
    let fits = |w: &&str| word.strip_prefix(*w).is_some_and(|rest| PLURALS.contains(&rest));
    PEOPLE.iter().find(|(_, words)| words.iter().any(&fits)).map(|(id, _)| *id)
}

/// Whose list this table is: `customers` and `crm_customer` are of customers, `customer_type` is not.
pub fn people(table: &[String]) -> Option<&'static str> {
    table.last().and_then(|w| person(w))
}

/// Whom a name mentions anywhere: `customer_address`, `kundeadresse`.
pub fn mentioned(table: &[String]) -> Option<&'static str> {
    let starts = |word: &String| {
        let fits = |w: &&str| w.len() >= 5 && word.starts_with(w);
        PEOPLE.iter().find(|(_, words)| words.iter().any(&fits)).map(|(id, _)| *id)
    };
    table.iter().find_map(|w| person(w).or_else(|| starts(w)))
}

/// Whom a field names by a number: `customer_id`, `KundeNr`.
pub fn names_person(field: &str) -> Option<&'static str> {
    let words = words(field);
    match words.as_slice() {
        [.., who, id] if ["id", "nr", "no", "key", "number"].contains(&id.as_str()) => person(who),
        [one] => one.strip_suffix("id").or_else(|| one.strip_suffix("nr")).and_then(person),
        _ => None,
    }
}

/// What kind of records a table has, as far as its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// Accounting records.
    Accounts,
    /// Job applications.
    Applications,
    /// The employees' files themselves.
    Personnel,
    /// CCTV recordings.
    Surveillance,
    /// Letters, e-mails, messages.
    Correspondence,
    /// Working time.
    WorkingTime,
    /// Patient records.
    PatientRecords,
    /// Complaints and claims.
    Claims,
    /// Consents.
    Consents,
    /// Anything else.
    Other,
}

#[rustfmt::skip]
const NATURES: &[(Nature, &[&str], &[&str])] = &[
    (Nature::Surveillance, &["cctv", "video", "videos"], &["overvaagning", "surveillance"]),
    (Nature::Accounts, &["bilag", "ledger"],
        &["invoice", "faktura", "ledger", "voucher", "kreditnota", "creditnote", "postering", "bogfoer", "kassekladde"]),
    (Nature::Applications, &[], &["applicant", "ansoeger", "jobansoegning", "jobapplication", "rekruttering", "recruitment"]),
    (Nature::WorkingTime, &["timesheet", "timesheets"], &["workingtime", "workinghours", "arbejdstid", "tidsregistrering"]),
    (Nature::PatientRecords, &[], &["patientjournal", "patientrecord", "medicalrecord"]),
    (Nature::Claims, &[], &["complaint", "klage", "reklamation"]),
    (Nature::Consents, &[], &["consent", "samtykke"]),
    (Nature::Personnel, &[], &["personalesag", "personnelfile", "employeefile"]),
    (Nature::Correspondence, &["mail", "mails", "mailbox", "inbox", "letter", "letters", "brev", "breve", "message", "messages"],
        &["email", "postkasse", "besked", "korrespondance", "correspondence"]),
];

/// What kind of records a table has.
pub fn nature(table: &[String]) -> Nature {
    let joined = table.concat();
    let fits = |(_, alone, within): &&(Nature, &[&str], &[&str])| {
        alone.iter().any(|w| table.iter().any(|x| x == w))
            || within.iter().any(|w| joined.contains(w))
    };
    match (NATURES.iter().find(fits), people(table)) {
        (Some((nature, _, _)), _) => *nature,
        (None, Some("employee")) => Nature::Personnel,
        (None, Some("applicant")) => Nature::Applications,
        _ => Nature::Other,
    }
}

/// What a date's name tells of it, the likeliest starting point first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Something ended: a relationship, a case, a period.
    Ended,
    /// The date of an accounting record.
    Entered,
    /// Something happened: recorded, received, a plain `date`.
    Happened,
    /// The record was made.
    Created,
    /// The record was changed, something falls due, or a time that is nothing of these.
    Another,
    /// Something began, or a birthday: never the end of a need.
    Began,
}

/// What the name of a date tells of it.
pub fn moment(name: &str) -> Moment {
    let words = words(name);
    let joined = words.concat();
    let has = |list: &[&str]| list.iter().any(|w| words.iter().any(|x| x == w));
    let part = |list: &[&str]| list.iter().any(|w| joined.contains(w));
    if part(&["birth", "foedsel", "foedt", "hire", "ansaettelsesdato", "ansatdato"])
        || has(&[
            "dob",
            "start",
            "started",
            "startdato",
            "begin",
            "from",
            "fra",
            "first",
            "foerste",
            "opened",
            "given",
        ])
    {
        Moment::Began
    } else if has(&[
        "updated",
        "modified",
        "changed",
        "aendret",
        "rettet",
        "opdateret",
        "due",
        "reminder",
    ]) || part(&["forfald", "duedate"])
    {
        Moment::Another
    } else if part(&[
        "invoicedate",
        "fakturadato",
        "bilagsdato",
        "bogfoer",
        "posteringsdato",
        "postingdate",
        "voucherdate",
        "regnskabsdato",
    ]) || has(&["invoiced", "posted"])
    {
        Moment::Entered
    } else if has(&[
        "ended",
        "end",
        "ends",
        "slut",
        "slutdato",
        "closed",
        "lukket",
        "afsluttet",
        "terminated",
        "left",
        "resigned",
        "deactivated",
        "cancelled",
        "canceled",
        "opsagt",
        "withdrawn",
        "expired",
        "completed",
    ]) || part(&[
        "ophoer",
        "fratraad",
        "afslutning",
        "afslutte",
        "udmeld",
        "enddate",
        "fraflyt",
        "termination",
        "lastday",
        "periodto",
        "sidstedag",
    ]) {
        Moment::Ended
    } else if part(&["creat", "opret", "insert", "registr"]) {
        Moment::Created
    } else if has(&[
        "date",
        "dato",
        "recorded",
        "optaget",
        "received",
        "modtaget",
        "sent",
        "sendt",
        "read",
        "aflaest",
        "occurred",
        "happened",
        "time",
        "timestamp",
        "tidspunkt",
        "mtime",
        "on",
        "at",
        "ordered",
        "paid",
        "betalt",
        "seen",
        "login",
    ]) || joined.ends_with("dato")
        || joined.ends_with("date")
    {
        Moment::Happened
    } else {
        Moment::Another
    }
}

/// Whether a name looks like that of a date, where the store's types do not tell.
pub fn sounds_like_date(name: &str) -> bool {
    let words = words(name);
    let last = words.last().map_or("", String::as_str);
    let joined = words.concat();
    ["date", "dato", "on", "at", "day", "dag", "timestamp", "tidspunkt"].contains(&last)
        || joined.ends_with("dato")
        || joined.ends_with("date")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        assert_eq!(words("BillingPostalCode"), ["billing", "postal", "code"]);
        assert_eq!(words("CPRNr"), ["cpr", "nr"]);
        assert_eq!(words("fødselsår_2"), ["foedselsaar"]);
        assert_eq!(words("ORDRE-linje"), ["ordre", "linje"]);
        assert!(words("123").is_empty());
    }

    #[test]
    fn fields() {
        let category = |n| field(n).filter(|t| t.weight == Tells).map(|t| t.category);
        for (name, wanted) in [
            ("cpr", "cpr"),
            ("CprNummer", "cpr"),
            ("e_mail", "contact"),
            ("EmailAddress", "contact"),
            ("tlf", "contact"),
            ("Fødselsdato", "identity"),
            ("LastName", "identity"),
            ("kunde_navn", "identity"),
            ("løn", "employment"),
            ("diagnosekode", "health"),
            ("remote_ip", "behaviour"),
        ] {
            assert_eq!(category(name), Some(wanted), "{name}");
        }
        for name in [
            "name",
            "address",
            "product_name",
            "filename",
            "city",
            "mac_address",
            "title",
            "genre_id",
            "amount",
            "status",
            "created_by",
        ] {
            assert_eq!(category(name), None, "{name}");
        }
        assert_eq!(field("product_name"), None);
        assert_eq!(field("navn").map(|t| t.weight), Some(Hint));
    }

    #[test]
    fn people_and_natures() {
        let people_of = |n: &str| people(&words(n));
        assert_eq!(people_of("Customers"), Some("customer"));
        assert_eq!(people_of("crm_kunder"), Some("customer"));
        assert_eq!(people_of("Medlemmer"), Some("member"));
        assert_eq!(people_of("ansøgere"), Some("applicant"));
        assert_eq!(people_of("customer_type"), None);
        assert_eq!(mentioned(&words("kundeadresse")), Some("customer"));
        assert_eq!(mentioned(&words("genre")), None);
        assert_eq!(names_person("SupportRepId"), None);
        assert_eq!(names_person("customer_id"), Some("customer"));
        assert_eq!(names_person("kundenr"), Some("customer"));
        let nature_of = |n: &str| nature(&words(n));
        assert_eq!(nature_of("InvoiceLine"), Nature::Accounts);
        assert_eq!(nature_of("fakturalinjer"), Nature::Accounts);
        assert_eq!(nature_of("employee"), Nature::Personnel);
        assert_eq!(nature_of("employee_department"), Nature::Other);
        assert_eq!(nature_of("working_time"), Nature::WorkingTime);
        assert_eq!(nature_of("contract"), Nature::Other);
    }

    #[test]
    fn moments() {
        for (name, wanted) in [
            ("ended_on", Moment::Ended),
            ("relationship_ended_on", Moment::Ended),
            ("ophørsdato", Moment::Ended),
            ("ClosedAt", Moment::Ended),
            ("period_end", Moment::Ended),
            ("last_day", Moment::Ended),
            ("invoice_date", Moment::Entered),
            ("InvoiceDate", Moment::Entered),
            ("due_date", Moment::Another),
            ("read_at", Moment::Happened),
            ("created_at", Moment::Created),
            ("HireDate", Moment::Began),
            ("BirthDate", Moment::Began),
            ("started_on", Moment::Began),
        ] {
            assert_eq!(moment(name), wanted, "{name}");
        }
        assert!(sounds_like_date("paid_on") && sounds_like_date("Fakturadato"));
        assert!(!sounds_like_date("position"));
    }
}
