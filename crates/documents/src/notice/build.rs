//! What a notice says, item by item.

use frist_register::{Activity, DataSet, Purpose, Role, Row, Text};

use super::{Group, Item, Notice, gaps};
use crate::record::{self, PurposeView, RecipientView};
use crate::source::{Result, Source, capital, enumerated, sentence, small};
use crate::words::{self, RuleWords};

/// The categories of data subjects that somebody is told about, by id.
pub(crate) fn subjects(source: &Source<'_>, rows: &[Row]) -> Vec<String> {
    let own = |row: &Row| {
        source.register.activity(&row.activity).is_some_and(|a| a.role == Role::Controller)
    };
    let mut all: Vec<String> = rows.iter().filter(|r| own(r)).map(|r| r.subject.clone()).collect();
    all.sort();
    all.dedup();
    all
}

/// What concerns one category of data subjects.
pub(super) struct Concern<'a> {
    /// The activities, with the purposes and data sets that concern them.
    pub(super) activities: Vec<Part<'a>>,
    rows: Vec<Row>,
}

/// One activity.
pub(super) struct Part<'a> {
    pub(super) activity: &'a Activity,
    pub(super) title: String,
    pub(super) purposes: Vec<&'a Purpose>,
    pub(super) datasets: Vec<&'a DataSet>,
}

pub(super) fn concern<'a>(source: &Source<'a>, rows: &[Row], subject: &str) -> Concern<'a> {
    let register = source.register;
    let rows: Vec<Row> = rows.iter().filter(|r| r.subject == subject).cloned().collect();
    let mut activities = Vec::new();
    for activity in &register.activities {
        let here = rows.iter().any(|r| r.activity == activity.id.value);
        if activity.role != Role::Controller || !here {
            continue;
        }
        let of_activity = || register.datasets.iter().filter(|d| d.activity == activity.id);
        let datasets: Vec<&DataSet> =
            of_activity().filter(|d| d.subjects.iter().any(|(s, _)| s.value == subject)).collect();
        let elsewhere =
            activity.about.iter().any(|a| a.subject.value == subject) || datasets.is_empty();
        let kept = |all: &[&DataSet], p: &Purpose| {
            all.iter().any(|d| d.keep.iter().any(|k| k.purpose == p.id))
        };
        let all: Vec<&DataSet> = of_activity().collect();
        // A purpose that keeps data about others only is not theirs.
        let theirs = |p: &&Purpose| elsewhere || kept(&datasets, p) || !kept(&all, p);
        activities.push(Part {
            activity,
            title: source.text(&activity.title, &activity.id.value),
            purposes: activity.purposes.iter().filter(theirs).collect(),
            datasets,
        });
    }
    let own = |r: &Row| activities.iter().any(|p| p.activity.id.value == r.activity);
    let rows = rows.into_iter().filter(own).collect();
    Concern { activities, rows }
}

pub(super) fn build(source: &Source<'_>, rows: &[Row], subject: &str) -> Result<Notice> {
    let concern = concern(source, rows, subject);
    let name = source.subject(subject);
    let writer = Writer { source, concern: &concern };
    let own: Vec<_> =
        source.register.notices.iter().filter(|n| n.subject.value == subject).collect();
    let title = own.iter().map(|n| &n.title).find(|t| !t.is_empty());
    let words = |text: fn(&frist_register::Notice) -> &Text| {
        own.iter().map(|n| text(n)).filter(|t| !t.is_empty()).map(|t| source.text(t, "")).collect()
    };
    Ok(Notice {
        schema: "frist-notice/1",
        language: source.lang.as_str(),
        revision: source.revision.to_owned(),
        date: source.date,
        title: title.map_or_else(
            || match source.da() {
                true => format!("Sådan behandler vi oplysninger om {}", small(&name)),
                false => format!("How we process data about {}", small(&name)),
            },
            |t| source.text(t, ""),
        ),
        subject: record::subject(source, subject),
        articles: writer.articles(),
        before: words(|n| &n.before),
        items: writer.items()?,
        after: words(|n| &n.after),
        missing: gaps::of(source, rows, subject)?.into_iter().map(|g| g.told).collect(),
    })
}

pub(super) struct Writer<'a, 's> {
    pub(super) source: &'a Source<'s>,
    pub(super) concern: &'a Concern<'s>,
}

impl Writer<'_, '_> {
    pub(super) fn pick(&self, da: &str, en: &str) -> String {
        self.source.pick(da, en).to_owned()
    }

    /// Art. 14 where data comes from others; Art. 13 where it comes from the person, which is so
    /// unless only a source is named.
    fn articles(&self) -> Vec<&'static str> {
        let all = &self.concern.activities;
        let from_others = all.iter().any(|p| p.activity.source.is_some());
        let from_person =
            all.iter().any(|p| p.activity.source.is_none() || p.activity.obligation.is_some());
        let mut out = Vec::new();
        out.extend(from_person.then_some("13"));
        out.extend(from_others.then_some("14"));
        out
    }

    fn items(&self) -> Result<Vec<Item>> {
        let mut items = vec![self.controller()];
        items.extend(self.dpo());
        items.push(self.purposes());
        items.extend(self.interests());
        items.push(self.categories());
        items.push(self.recipients());
        items.push(self.transfers());
        items.push(self.storage()?);
        items.push(self.rights());
        items.extend(self.withdrawal());
        items.push(self.complaint());
        items.extend(self.said(
            "obligation",
            &["13(2)(e)"],
            ("Skal du give os oplysningerne?", "Do you have to give us the data?"),
            |a| a.obligation.as_ref(),
        ));
        items.extend(self.said(
            "source",
            &["14(2)(f)"],
            ("Hvor oplysningerne kommer fra", "Where the data comes from"),
            |a| a.source.as_ref(),
        ));
        items.extend(self.said(
            "automated",
            &["13(2)(f)", "14(2)(g)"],
            ("Automatiske afgørelser", "Automated decisions"),
            |a| a.automated.as_ref(),
        ));
        Ok(items)
    }

    pub(super) fn item(
        &self,
        id: &'static str,
        articles: &[&'static str],
        da: &str,
        en: &str,
    ) -> Item {
        Item {
            id,
            articles: articles.to_vec(),
            heading: self.pick(da, en),
            intro: None,
            groups: Vec::new(),
            outro: None,
        }
    }

    fn controller(&self) -> Item {
        let c = record::controller(self.source);
        let mut lines = vec![c.contact.line(self.source)];
        lines.extend(c.joint.iter().map(|j| {
            format!("{} {}", self.pick("Sammen med os:", "Jointly with us:"), j.line(self.source))
        }));
        lines.extend(c.representative.iter().map(|r| {
            let who = self.pick("Vores repræsentant i EU:", "Our representative in the EU:");
            format!("{who} {}", r.line(self.source))
        }));
        let mut item = self.item(
            "controller",
            &["13(1)(a)", "14(1)(a)"],
            "Hvem er dataansvarlig?",
            "Who is the controller?",
        );
        item.intro = Some(self.pick(
            "Vi er ansvarlige for de oplysninger, vi behandler om dig:",
            "We are responsible for the data that we process about you:",
        ));
        item.groups = vec![Group { title: None, lines }];
        item
    }

    fn dpo(&self) -> Option<Item> {
        let dpo = record::controller(self.source).dpo?;
        let mut item = self.item(
            "dpo",
            &["13(1)(b)", "14(1)(b)"],
            "Databeskyttelsesrådgiver",
            "Data protection officer",
        );
        item.intro = Some(self.pick(
            "Du kan spørge vores databeskyttelsesrådgiver om alt, der vedrører dine oplysninger:",
            "You can ask our data protection officer about anything concerning your data:",
        ));
        item.groups = vec![Group { title: None, lines: vec![dpo.line(self.source)] }];
        Some(item)
    }

    pub(super) fn each(&self, lines: impl Fn(&Part<'_>) -> Vec<String>) -> Vec<Group> {
        let one = |p: &Part<'_>| Group { title: Some(p.title.clone()), lines: lines(p) };
        self.concern.activities.iter().map(one).filter(|g| !g.lines.is_empty()).collect()
    }

    fn purposes(&self) -> Item {
        let mut item = self.item(
            "purposes",
            &["13(1)(c)", "14(1)(c)"],
            "Hvad vi bruger oplysningerne til, og hvad der giver os ret til det",
            "What we use the data for, and our legal basis",
        );
        item.groups = self.each(|p| {
            p.purposes.iter().map(|p| self.purpose(&record::purpose(self.source, p))).collect()
        });
        item
    }

    fn purpose(&self, p: &PurposeView) -> String {
        let regulation = self.pick("databeskyttelsesforordningens", "GDPR");
        let bases: Vec<String> = [&p.basis, &p.special_basis]
            .into_iter()
            .flatten()
            .map(|b| format!("{} ({})", b.citation, small(&b.label)))
            .collect();
        let mut text = sentence(&p.text);
        if !bases.is_empty() {
            let word = self.pick("Retsgrundlag:", "Legal basis:");
            text += &format!(" {word} {regulation} {}", self.source.and(&bases));
            if let Some(law) = &p.law {
                text += &match self.source.da() {
                    true => format!(", jf. {}", words::inside(law)),
                    false => format!(", see {law}"),
                };
            }
            text.push('.');
        }
        text
    }

    fn interests(&self) -> Option<Item> {
        let mut item = self.item(
            "interests",
            &["13(1)(d)", "14(2)(b)"],
            "Vores legitime interesser",
            "Our legitimate interests",
        );
        item.intro = Some(self.pick(
            "Hvor vi bygger på artikel 6, stk. 1, litra f, er interessen:",
            "Where we rely on Article 6(1)(f), the interest is:",
        ));
        let views = |p: &Part<'_>| -> Vec<String> {
            let all = p.purposes.iter().map(|p| record::purpose(self.source, p));
            all.filter_map(|p| p.interest).map(|i| sentence(&i)).collect()
        };
        item.groups = self.each(views);
        (!item.groups.is_empty()).then_some(item)
    }

    fn categories(&self) -> Item {
        let mut item = self.item("categories", &["14(1)(d)"], "Hvilke oplysninger", "Which data");
        item.groups = self.each(|p| {
            let own = self.concern.rows.iter().filter(|r| r.activity == p.activity.id.value);
            let name = |r: &Row| match (r.special, self.source.da()) {
                (false, _) => self.source.category(&r.category),
                (true, true) => format!("{} (følsom oplysning)", self.source.category(&r.category)),
                (true, false) => format!("{} (sensitive)", self.source.category(&r.category)),
            };
            vec![capital(&enumerated(own.map(name)))]
        });
        item
    }

    fn all_recipients(&self) -> Vec<RecipientView> {
        record::recipients(self.source, &self.concern.rows.iter().collect::<Vec<_>>())
    }

    fn recipients(&self) -> Item {
        let mut item = self.item(
            "recipients",
            &["13(1)(e)", "14(1)(e)"],
            "Hvem der modtager oplysningerne",
            "Who receives the data",
        );
        let all = self.all_recipients();
        if all.is_empty() {
            item.intro = Some(self.pick(
                "Ingen andre end os modtager oplysningerne.",
                "Nobody but us receives the data.",
            ));
            return item;
        }
        let line = |r: &RecipientView| {
            let mut categories: Vec<String> = Vec::new();
            for c in r.gets.iter().flat_map(|g| &g.categories) {
                if !categories.contains(&c.name) {
                    categories.push(c.name.clone());
                }
            }
            let role = match r.role {
                "processor" => self.pick(
                    " (databehandler, som arbejder for os)",
                    " (a processor, working for us)",
                ),
                _ => String::new(),
            };
            format!("{}{role}: {}", r.name, enumerated(&categories))
        };
        item.groups = vec![Group { title: None, lines: all.iter().map(line).collect() }];
        item
    }

    fn transfers(&self) -> Item {
        let mut item = self.item(
            "transfers",
            &["13(1)(f)", "14(1)(f)"],
            "Overførsel til lande uden for EU og EØS",
            "Transfers outside the EU and the EEA",
        );
        let line = |r: RecipientView| {
            let country = r.country.unwrap_or_default();
            let safeguard = r.safeguard.map_or_else(String::new, |s| {
                format!(" {} {s}", self.pick("Overførselsgrundlag:", "Safeguard:"))
            });
            sentence(&format!("{}: {country}.{safeguard}", r.name))
        };
        let all: Vec<String> =
            self.all_recipients().into_iter().filter(|r| r.transfer).map(line).collect();
        if all.is_empty() {
            item.intro = Some(self.pick(
                "Vi overfører ikke dine oplysninger til lande uden for EU og EØS.",
                "We do not transfer your data outside the EU and the EEA.",
            ));
        } else {
            item.outro = Some(self.pick(
                "Du kan få en kopi af overførselsgrundlaget ved at kontakte os.",
                "You can get a copy of the safeguard from us.",
            ));
            item.groups = vec![Group { title: None, lines: all }];
        }
        item
    }

    fn storage(&self) -> Result<Item> {
        let mut item = self.item(
            "storage",
            &["13(2)(a)", "14(2)(a)"],
            "Hvor længe vi gemmer oplysningerne",
            "How long we keep the data",
        );
        item.intro = Some(self.pick(
            "Er der flere frister for de samme oplysninger, sletter vi dem, når den sidste er udløbet. Et »højst« går forud for de andre.",
            "Where there are several periods for the same data, we erase it when the last of them has run out. “At most” takes precedence over the others.",
        ));
        for part in &self.concern.activities {
            for dataset in &part.datasets {
                item.groups.push(self.stored(&words::rule(self.source, dataset)?));
            }
        }
        item.outro = Some(self.pick(
            "Vi gemmer oplysninger længere, hvis de er nødvendige i en konkret tvist eller en sag hos en myndighed. De slettes, når sagen er slut.",
            "We keep data longer where it is needed for a concrete dispute or a case before an authority. It is erased when the case is over.",
        ));
        if item.groups.is_empty() {
            item.intro = None;
        }
        Ok(item)
    }

    fn stored(&self, rule: &RuleWords) -> Group {
        let mut lines = rule.sentences(self.source);
        lines.push(match self.source.da() {
            true => format!("Derefter {} oplysningerne.", rule.disposition),
            false => format!("After that the data is {}.", rule.disposition),
        });
        Group { title: Some(rule.title.clone()), lines }
    }

    fn complaint(&self) -> Item {
        let mut item = self.item(
            "complaint",
            &["13(2)(d)", "14(2)(e)"],
            "Klage til Datatilsynet",
            "Complaint to Datatilsynet",
        );
        item.intro = Some(self.pick(
            "Er du utilfreds med den måde, vi behandler dine oplysninger på, kan du klage til Datatilsynet (www.datatilsynet.dk). Vi hører gerne fra dig først, men det er ikke et krav.",
            "If you are not satisfied with how we process your data, you can complain to Datatilsynet, the Danish data protection authority (www.datatilsynet.dk). We would like to hear from you first, but you do not have to.",
        ));
        item
    }

    /// What an activity says for itself; once, where all of them say the same.
    fn said(
        &self,
        id: &'static str,
        articles: &[&'static str],
        (da, en): (&str, &str),
        text: fn(&Activity) -> Option<&Text>,
    ) -> Option<Item> {
        let mut item = self.item(id, articles, da, en);
        let said = |p: &Part<'_>| -> Vec<String> {
            text(p.activity).map(|t| sentence(&self.source.text(t, ""))).into_iter().collect()
        };
        for group in self.each(said) {
            match item.groups.iter_mut().find(|g| g.lines == group.lines) {
                Some(same) => {
                    let also = group.title.unwrap_or_default();
                    same.title = same.title.take().map(|t| format!("{t}, {also}"));
                }
                None => item.groups.push(group),
            }
        }
        let everywhere = self.concern.activities.iter().all(|p| text(p.activity).is_some());
        match item.groups.as_mut_slice() {
            [] => return None,
            [only] if everywhere => only.title = None,
            _ => {}
        }
        Some(item)
    }
}
