//! Categories of data subjects and of personal data that every register knows.

use std::collections::BTreeMap;

use crate::model::{Category, CategoryClass, Text};
use crate::span::{Sp, Span};

/// Categories of data subjects: id, Danish, English.
pub(crate) const SUBJECTS: &[(&str, &str, &str)] = &[
    ("applicant", "Ansøgere", "Applicants"),
    ("caller", "Personer, der ringer", "Callers"),
    ("child", "Børn", "Children"),
    ("citizen", "Borgere", "Citizens"),
    ("contact-person", "Kontaktpersoner", "Contact persons"),
    ("customer", "Kunder", "Customers"),
    ("employee", "Medarbejdere", "Employees"),
    ("former-customer", "Tidligere kunder", "Former customers"),
    ("former-employee", "Tidligere medarbejdere", "Former employees"),
    ("member", "Medlemmer", "Members"),
    ("patient", "Patienter", "Patients"),
    ("relative", "Pårørende", "Relatives"),
    ("student", "Elever og studerende", "Pupils and students"),
    ("supplier", "Leverandører", "Suppliers"),
    ("tenant", "Lejere", "Tenants"),
    ("user", "Brugere", "Users"),
    ("visitor", "Besøgende", "Visitors"),
    ("website-visitor", "Besøgende på hjemmesiden", "Website visitors"),
];

/// Categories of personal data: id, Danish, English, class.
pub(crate) const CATEGORIES: &[(&str, &str, &str, CategoryClass)] = {
    use CategoryClass::{Criminal, NationalId, Ordinary, Special};
    &[
        ("address", "Adresse", "Address", Ordinary),
        ("behaviour", "Adfærd", "Behaviour", Ordinary),
        ("biometric", "Biometriske data til identifikation", "Biometric data", Special),
        ("communication", "Korrespondance", "Communication", Ordinary),
        ("consumption", "Forbrug", "Consumption", Ordinary),
        ("contact", "Kontaktoplysninger", "Contact details", Ordinary),
        ("cpr", "CPR-nummer", "Civil registration number (CPR)", NationalId),
        ("credit", "Kreditværdighed", "Creditworthiness", Ordinary),
        ("criminal", "Strafbare forhold", "Criminal offences", Criminal),
        ("education", "Uddannelse", "Education", Ordinary),
        ("employment", "Ansættelsesforhold", "Employment", Ordinary),
        ("ethnicity", "Race eller etnisk oprindelse", "Racial or ethnic origin", Special),
        ("genetic", "Genetiske data", "Genetic data", Special),
        ("health", "Helbredsoplysninger", "Health", Special),
        ("identity", "Identitet (navn m.v.)", "Identity (name and the like)", Ordinary),
        ("image", "Billeder og video", "Images and video", Ordinary),
        ("location", "Lokationsdata", "Location", Ordinary),
        ("payment", "Betalinger", "Payments", Ordinary),
        ("politics", "Politisk overbevisning", "Political opinions", Special),
        ("religion", "Religiøs eller filosofisk overbevisning", "Religion or philosophy", Special),
        ("sex-life", "Seksuelle forhold og orientering", "Sex life and orientation", Special),
        ("union", "Fagforeningsmæssigt tilhørsforhold", "Trade union membership", Special),
        ("voice", "Lydoptagelser af stemmen", "Voice recordings", Ordinary),
    ]
};

/// The built-in categories of data subjects, as a register has them.
pub(crate) fn subjects() -> BTreeMap<String, Sp<Text>> {
    SUBJECTS
        .iter()
        .map(|(id, da, en)| ((*id).to_owned(), Sp::new(text(da, en), Span::default())))
        .collect()
}

/// The built-in categories of personal data, as a register has them.
pub(crate) fn categories() -> BTreeMap<String, Category> {
    CATEGORIES
        .iter()
        .map(|(id, da, en, class)| {
            let category = Category { title: text(da, en), class: *class, span: None };
            ((*id).to_owned(), category)
        })
        .collect()
}

fn text(da: &str, en: &str) -> Text {
    Text { da: da.to_owned(), en: en.to_owned() }
}
