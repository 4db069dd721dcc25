//! The notification to the authority, with all that Art. 33(3)(a)-(d) asks for. What is not known
//! yet is said to be so, and follows in a later phase (33(4)).

use frist_paper::{Document, Lang};
use frist_register::Register;
use jiff::Timestamp;

use super::{Amount, Breach, Risk, over};
use crate::pages::Pages;

/// The notification as it stands at `at`, the instant of sending.
#[must_use]
pub fn notification(
    breach: &Breach,
    number: &str,
    register: &Register,
    lang: Lang,
    at: Timestamp,
) -> Document {
    let t = |da: &str, en: &str| if lang == Lang::Da { da.to_owned() } else { en.to_owned() };
    let zone = &register.controller.calendar.zone;
    let instant = |at: Timestamp| {
        let form = if lang == Lang::Da { "%-d.%-m.%Y kl. %H:%M" } else { "%Y-%m-%d %H:%M" };
        zone.to_datetime(at).strftime(form).to_string()
    };
    let unknown =
        || t("Endnu ikke kendt; oplyses senere.", "Not known yet; to be told in a later phase.");
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(unknown);
    let amount = |amount: Option<Amount>| match amount {
        Some(Amount { n, about: true }) => t(&format!("omkring {n}"), &format!("about {n}")),
        Some(Amount { n, about: false }) => n.to_string(),
        None => unknown(),
    };
    let list = |names: Vec<String>| if names.is_empty() { unknown() } else { names.join(", ") };
    let title = |text: &frist_register::Text, id: &str| match text.get(lang) {
        "" => id.to_owned(),
        text => text.to_owned(),
    };
    let subjects = breach
        .subjects
        .iter()
        .map(|id| register.subjects.get(id).map_or_else(|| id.clone(), |s| title(&s.value, id)));
    let categories = breach
        .categories
        .iter()
        .map(|id| register.categories.get(id).map_or_else(|| id.clone(), |c| title(&c.title, id)));
    let phase = breach.notified.len();
    let mut p = Pages::new();

    p.heading(
        1,
        t(
            "Bruddets karakter (artikel 33, stk. 3, litra a)",
            "The nature of the breach (Article 33(3)(a))",
        ),
    );
    p.text(breach.what.clone());
    p.definitions(vec![
        (t("Hvornår det skete", "When it happened"), or_unknown(&breach.occurred)),
        (t("Kendskab til bruddet", "Became aware"), instant(breach.aware)),
        (t("Kategorier af registrerede", "Categories of data subjects"), list(subjects.collect())),
        (t("Antal registrerede", "Number of data subjects"), amount(breach.persons)),
        (
            t("Kategorier af personoplysninger", "Categories of personal data"),
            list(categories.collect()),
        ),
        (t("Antal registreringer", "Number of records"), amount(breach.records)),
    ]);

    p.heading(1, t("Kontakt (litra b)", "Contact (point (b))"));
    let controller = &register.controller;
    let dpo = controller.dpo.as_ref();
    let who = dpo.unwrap_or(&controller.contact);
    let mut lines = vec![match dpo {
        Some(_) => (t("Databeskyttelsesrådgiver", "Data protection officer"), who.name.clone()),
        None => (t("Kontaktpunkt", "Contact point"), who.name.clone()),
    }];
    lines.extend(who.email.clone().map(|e| (t("E-mail", "E-mail"), e)));
    lines.extend(who.phone.clone().map(|n| (t("Telefon", "Telephone"), n)));
    p.definitions(lines);

    p.heading(1, t("Sandsynlige konsekvenser (litra c)", "Likely consequences (point (c))"));
    p.text(or_unknown(&breach.consequences));
    if let Some(assessed) = breach.assessed.last() {
        let (da, en) = assessed.risk.label();
        p.text(format!("{}: {}. {}", t("Vurdering", "Assessment"), t(da, en), assessed.reason));
    }

    p.heading(1, t("Foranstaltninger (litra d)", "Measures (point (d))"));
    p.text(or_unknown(&breach.measures));

    if breach.assessed.last().is_some_and(|a| a.risk == Risk::High) || breach.told.is_some() {
        p.heading(
            1,
            t(
                "Underretning af de registrerede (artikel 34)",
                "Telling the data subjects (Article 34)",
            ),
        );
        p.text(match &breach.told {
            None => t(
                "De registrerede er endnu ikke underrettet.",
                "The data subjects have not been told yet.",
            ),
            Some(told) => match (&told.how, &told.why_not) {
                (Some(how), _) => t(
                    &format!("De registrerede er underrettet: {how}"),
                    &format!("The data subjects were told: {how}"),
                ),
                (None, Some(why)) => t(
                    &format!("De registrerede underrettes ikke: {why}"),
                    &format!("The data subjects are not told: {why}"),
                ),
                (None, None) => unknown(),
            },
        });
    }
    if let Some(late) = breach.notified.first().and_then(|n| n.late.as_ref()) {
        p.heading(
            1,
            t(
                "Hvorfor anmeldelsen kommer efter 72 timer (stk. 1)",
                "Why the notification comes after 72 hours (paragraph 1)",
            ),
        );
        p.text(late.clone());
    }
    if breach.notified.last().is_some_and(|n| n.more) {
        p.note(t(
            "Dette er en foreløbig anmeldelse. De oplysninger, der mangler, sendes, så snart de er kendt (stk. 4).",
            "This is a preliminary notification. What is missing is sent as soon as it is known (paragraph 4).",
        ));
    }
    let mut meta = vec![
        (t("Dataansvarlig", "Controller"), controller.contact.name.clone()),
        (t("Sag", "Case"), number.to_owned()),
        (t("Sendt", "Sent"), instant(at)),
        (t("Anmeldelse nr.", "Notification no."), phase.max(1).to_string()),
    ];
    if let Some(cvr) = &controller.cvr {
        meta.insert(1, (t("CVR-nummer", "Company number (CVR)"), cvr.clone()));
    }
    if let Some(over) = over(breach.aware) {
        meta.push((t("72 timer udløber", "72 hours end"), instant(over)));
    }
    p.document(
        t("Anmeldelse af brud på persondatasikkerheden", "Notification of a personal data breach"),
        Some(controller.contact.name.clone()),
        lang,
        Some(zone.to_datetime(at).date()),
        meta,
    )
}
