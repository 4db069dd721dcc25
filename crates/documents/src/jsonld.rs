//! The record as JSON-LD with terms of the W3C Data Privacy Vocabulary (DPV 2).
//!
//! Prefixes: `dpv:` the vocabulary, `eu-gdpr:` its legal bases, `pd:` its categories of personal data,
//! `dct:` Dublin Core. [`TERMS`] lists every term that is used; each was looked up in the published
//! vocabulary. DPV has no term for the length of a duration, for the point from which it is counted
//! and for the anchor in between: these are `frist:` (`urn:frist:term:`), and nothing else is.

use frist_register::CategoryClass;
use serde_json::{Map, Value, json};

use crate::record::{ActivityView, ControllerView, LimitView, ProcessingView, PurposeView};
use crate::record::{RecipientView, Record};
use crate::source::{ContactView, Result, Source};
use crate::words::{GroundWords, Role};

/// Every term of the vocabularies that can occur.
pub const TERMS: &[&str] = &[
    "dct:created",
    "dct:description",
    "dct:identifier",
    "dct:isPartOf",
    "dct:language",
    "dct:title",
    "dpv:Applicant",
    "dpv:Child",
    "dpv:Citizen",
    "dpv:Customer",
    "dpv:DataController",
    "dpv:DataProcessor",
    "dpv:DataProtectionOfficer",
    "dpv:DataSource",
    "dpv:DataSubject",
    "dpv:DataTransferLegalBasis",
    "dpv:Employee",
    "dpv:GovernmentalOrganisation",
    "dpv:JointDataControllers",
    "dpv:Law",
    "dpv:Member",
    "dpv:Patient",
    "dpv:PersonalData",
    "dpv:PersonalDataProcess",
    "dpv:Processing",
    "dpv:Purpose",
    "dpv:Recipient",
    "dpv:RecordsOfActivities",
    "dpv:Representative",
    "dpv:SensitivePersonalData",
    "dpv:SpecialCategoryPersonalData",
    "dpv:StorageCondition",
    "dpv:StorageDeletion",
    "dpv:StorageDuration",
    "dpv:StorageLocation",
    "dpv:Student",
    "dpv:TechnicalOrganisationalMeasure",
    "dpv:TemporalDuration",
    "dpv:ThirdCountry",
    "dpv:UntilEventDuration",
    "dpv:User",
    "dpv:Visitor",
    "dpv:hasAddress",
    "dpv:hasApplicableLaw",
    "dpv:hasContact",
    "dpv:hasDataController",
    "dpv:hasDataProcessor",
    "dpv:hasDataProtectionOfficer",
    "dpv:hasDataSource",
    "dpv:hasDataSubject",
    "dpv:hasDuration",
    "dpv:hasIdentifier",
    "dpv:hasJointDataControllers",
    "dpv:hasLegalBasis",
    "dpv:hasName",
    "dpv:hasPersonalData",
    "dpv:hasProcess",
    "dpv:hasProcessing",
    "dpv:hasPurpose",
    "dpv:hasRecipient",
    "dpv:hasRepresentative",
    "dpv:hasStorageCondition",
    "dpv:hasTechnicalOrganisationalMeasure",
    "dpv:hasThirdCountry",
    "frist:anchor",
    "frist:length",
    "frist:startingPoint",
    "pd:Behavioral",
    "pd:Biometric",
    "pd:Communication",
    "pd:Contact",
    "pd:CreditWorthiness",
    "pd:Criminal",
    "pd:Education",
    "pd:EthnicOrigin",
    "pd:Genetic",
    "pd:Health",
    "pd:Identifying",
    "pd:Location",
    "pd:OfficialID",
    "pd:PhysicalAddress",
    "pd:Picture",
    "pd:PoliticalOpinion",
    "pd:Professional",
    "pd:ServiceConsumptionBehavior",
    "pd:Sexual",
    "pd:TradeUnionMembership",
    "pd:Transaction",
    "pd:VoiceCommunicationRecording",
];

impl Record {
    /// The record as JSON-LD.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn jsonld(&self, source: &Source<'_>) -> Result<String> {
        crate::layout::json(&sorted(Writer { source, record: self }.whole()), "JSON-LD")
    }
}

/// Keys in one order, whatever map the JSON library was built with.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut all: Vec<(String, Value)> = object.into_iter().collect();
            all.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(all.into_iter().map(|(k, v)| (k, sorted(v))).collect())
        }
        Value::Array(all) => Value::Array(all.into_iter().map(sorted).collect()),
        plain => plain,
    }
}

struct Writer<'a> {
    source: &'a Source<'a>,
    record: &'a Record,
}

impl Writer<'_> {
    fn whole(&self) -> Value {
        let r = self.record;
        let mut record = json!({
            "@id": self.id("record", ""),
            "@type": "dpv:RecordsOfActivities",
            "dct:title": self.text(self.source.pick(
                "Fortegnelse over behandlingsaktiviteter",
                "Record of processing activities",
            )),
            "dct:language": r.language,
            "dct:identifier": r.revision,
            "dpv:hasDataController": self.link("controller", ""),
            "dpv:hasProcess": r.activities.iter().map(|a| self.link("activity", &a.id))
                .chain(r.processing.iter().map(|p| self.link("processing", &p.id)))
                .collect::<Vec<_>>(),
        });
        if let (Some(date), Value::Object(record)) = (r.date, &mut record) {
            let date = json!({"@value": date.to_string(), "@type": "xsd:date"});
            record.insert("dct:created".into(), date);
        }
        let mut graph = vec![record, self.controller(&r.controller)];
        graph.extend(self.vocabulary());
        graph.extend(r.activities.iter().map(|a| self.activity(a)));
        graph.extend(r.processing.iter().map(|p| self.processing(p)));
        json!({
            "@context": {
                "dpv": "https://w3id.org/dpv#",
                "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
                "pd": "https://w3id.org/dpv/pd#",
                "dct": "http://purl.org/dc/terms/",
                "xsd": "http://www.w3.org/2001/XMLSchema#",
                "frist": "urn:frist:term:",
            },
            "@graph": graph,
        })
    }

    fn id(&self, kind: &str, id: &str) -> String {
        let end = if id.is_empty() { String::new() } else { format!(":{id}") };
        format!("urn:frist:revision:{}:{kind}{end}", self.record.revision)
    }

    fn link(&self, kind: &str, id: &str) -> Value {
        json!({ "@id": self.id(kind, id) })
    }

    fn text(&self, text: &str) -> Value {
        json!({ "@value": text, "@language": self.record.language })
    }

    fn controller(&self, c: &ControllerView) -> Value {
        let mut node = self.contact(&c.contact);
        node.insert("@id".into(), json!(self.id("controller", "")));
        let authority = c.kind == "public-authority";
        node.insert(
            "@type".into(),
            match authority {
                true => json!(["dpv:DataController", "dpv:GovernmentalOrganisation"]),
                false => json!("dpv:DataController"),
            },
        );
        if let Some(dpo) = &c.dpo {
            let mut dpo = self.contact(dpo);
            dpo.insert("@type".into(), json!("dpv:DataProtectionOfficer"));
            node.insert("dpv:hasDataProtectionOfficer".into(), Value::Object(dpo));
        }
        if let Some(other) = &c.representative {
            let mut other = self.contact(other);
            other.insert("@type".into(), json!("dpv:Representative"));
            node.insert("dpv:hasRepresentative".into(), Value::Object(other));
        }
        if !c.joint.is_empty() {
            let all: Vec<Value> = c.joint.iter().map(|j| self.other_controller(j)).collect();
            node.insert(
                "dpv:hasJointDataControllers".into(),
                json!({ "@type": "dpv:JointDataControllers", "dpv:hasDataController": all }),
            );
        }
        Value::Object(node)
    }

    fn other_controller(&self, c: &ContactView) -> Value {
        let mut node = self.contact(c);
        node.insert("@type".into(), json!("dpv:DataController"));
        Value::Object(node)
    }

    fn contact(&self, c: &ContactView) -> Map<String, Value> {
        let mut node = Map::new();
        node.insert("dpv:hasName".into(), json!(c.name));
        let reach: Vec<&String> = [&c.email, &c.phone].into_iter().flatten().collect();
        if !reach.is_empty() {
            node.insert("dpv:hasContact".into(), json!(reach));
        }
        if let Some(address) = &c.address {
            node.insert("dpv:hasAddress".into(), json!(address));
        }
        if let Some(cvr) = &c.cvr {
            node.insert("dpv:hasIdentifier".into(), json!(cvr));
        }
        node
    }

    /// The categories of people and data, and the recipients, that the record speaks of.
    fn vocabulary(&self) -> Vec<Value> {
        let register = self.source.register;
        let rows = || self.record.activities.iter().flat_map(|a| &a.relation);
        let mut out = Vec::new();
        for (id, _) in
            register.subjects.iter().filter(|(id, _)| rows().any(|r| r.subject.id == **id))
        {
            out.push(json!({
                "@id": self.id("subject", id),
                "@type": subject_term(id),
                "dct:title": self.text(&self.source.subject(id)),
            }));
        }
        for (id, category) in &register.categories {
            if !rows().any(|r| r.category.id == *id) {
                continue;
            }
            let own = category.span.is_some();
            let mut types: Vec<&str> = Vec::new();
            types.extend(if own { None } else { category_term(id) });
            match category.class {
                CategoryClass::Special => types.push("dpv:SpecialCategoryPersonalData"),
                CategoryClass::Criminal => types.push("dpv:SensitivePersonalData"),
                _ if types.is_empty() => types.push("dpv:PersonalData"),
                _ => {}
            }
            out.push(json!({
                "@id": self.id("category", id),
                "@type": types,
                "dct:title": self.text(&self.source.category(id)),
            }));
        }
        let all = self.record.activities.iter().flat_map(|a| &a.recipients);
        let all = all.chain(self.record.processing.iter().flat_map(|p| &p.recipients));
        let mut seen: Vec<&str> = Vec::new();
        for r in all {
            if !seen.contains(&r.id.as_str()) {
                seen.push(&r.id);
                out.push(self.recipient(r));
            }
        }
        out
    }

    fn recipient(&self, r: &RecipientView) -> Value {
        let role = match r.role {
            "processor" => "dpv:DataProcessor",
            "authority" => "dpv:GovernmentalOrganisation",
            _ => "dpv:DataController",
        };
        let mut node = json!({
            "@id": self.id("recipient", &r.id),
            "@type": ["dpv:Recipient", role],
            "dct:title": self.text(&r.name),
        });
        if let (Some(country), true, Value::Object(node)) = (&r.country, r.transfer, &mut node) {
            let place = json!({ "@type": "dpv:ThirdCountry", "dct:title": country });
            node.insert("dpv:hasThirdCountry".into(), place);
            if let Some(safeguard) = &r.safeguard {
                let basis = json!({
                    "@type": "dpv:DataTransferLegalBasis",
                    "dct:description": self.text(safeguard),
                });
                node.insert("dpv:hasLegalBasis".into(), basis);
            }
        }
        node
    }

    fn activity(&self, a: &ActivityView) -> Value {
        // Each pair of data and data subjects is a process of its own, so that the relation is kept.
        let parts: Vec<Value> = a
            .relation
            .iter()
            .map(|r| {
                json!({
                    "@id": self.id("activity", &format!("{}:{}:{}", a.id, r.subject.id, r.category.id)),
                    "@type": "dpv:PersonalDataProcess",
                    "dct:isPartOf": self.link("activity", &a.id),
                    "dpv:hasDataSubject": self.link("subject", &r.subject.id),
                    "dpv:hasPersonalData": self.link("category", &r.category.id),
                    "dpv:hasRecipient":
                        r.recipients.iter().map(|n| self.link("recipient", &n.id)).collect::<Vec<_>>(),
                    "dpv:hasStorageCondition":
                        r.datasets.iter().map(|d| self.link("dataset", d)).collect::<Vec<_>>(),
                })
            })
            .collect();
        let mut node = json!({
            "@id": self.id("activity", &a.id),
            "@type": "dpv:PersonalDataProcess",
            "dct:title": self.text(&a.title),
            "dpv:hasDataController": self.link("controller", ""),
            "dpv:hasPurpose": a.purposes.iter().map(|p| self.purpose(a, p)).collect::<Vec<_>>(),
            "dpv:hasTechnicalOrganisationalMeasure": self.measures(&a.measures),
            "dpv:hasStorageCondition": a.limits.iter().map(|l| self.limit(l)).collect::<Vec<_>>(),
            "dpv:hasProcess": parts,
        });
        let from = self.source.register.activity(&a.id).and_then(|a| a.source.as_ref());
        if let (Some(from), Value::Object(node)) = (from, &mut node) {
            let from = self.source.text(from, "");
            let from = json!({ "@type": "dpv:DataSource", "dct:description": self.text(&from) });
            node.insert("dpv:hasDataSource".into(), from);
        }
        node
    }

    fn purpose(&self, a: &ActivityView, p: &PurposeView) -> Value {
        let mut bases: Vec<Value> = Vec::new();
        for basis in [&p.basis, &p.special_basis].into_iter().flatten() {
            let term = basis_term(&basis.reference);
            bases.push(match &p.interest {
                Some(interest) if basis.reference == "6(1)(f)" => {
                    json!({ "@type": term, "dct:description": self.text(interest) })
                }
                _ => json!({ "@id": term }),
            });
        }
        let mut node = json!({
            "@id": self.id("purpose", &format!("{}:{}", a.id, p.id)),
            "@type": "dpv:Purpose",
            "dct:description": self.text(&p.text),
            "dpv:hasLegalBasis": bases,
        });
        if let (Some(law), Value::Object(node)) = (&p.law, &mut node) {
            node.insert(
                "dpv:hasApplicableLaw".into(),
                json!({ "@type": "dpv:Law", "dct:title": law }),
            );
        }
        node
    }

    fn measures(&self, all: &[String]) -> Vec<Value> {
        let one = |m: &String| {
            json!({
                "@type": "dpv:TechnicalOrganisationalMeasure",
                "dct:description": self.text(m),
            })
        };
        all.iter().map(one).collect()
    }

    /// A data set: how long, what then, and where it lies.
    fn limit(&self, l: &LimitView) -> Value {
        let erased = self
            .source
            .register
            .dataset(&l.rule.dataset)
            .is_none_or(|d| d.then.value == frist_register::Disposition::Erase);
        let mut parts: Vec<Value> = l.rule.grounds.iter().map(|g| self.duration(g)).collect();
        parts.push(json!({
            "@type": if erased { "dpv:StorageDeletion" } else { "dpv:StorageCondition" },
            "dct:description": self.text(&l.rule.disposition),
        }));
        parts
            .push(json!({ "@type": "dpv:StorageLocation", "dct:title": self.text(&l.store.name) }));
        json!({
            "@id": self.id("dataset", &l.rule.dataset),
            "@type": "dpv:StorageCondition",
            "dct:title": self.text(&l.rule.title),
            "dpv:hasStorageCondition": parts,
        })
    }

    fn duration(&self, g: &GroundWords) -> Value {
        let mut length = match g.term.as_deref() {
            Some(term) => {
                let (period, anchor) = term.split_once(" from the ").unwrap_or((term, ""));
                let mut node = json!({
                    "@type": "dpv:TemporalDuration",
                    "frist:length": { "@value": iso(period), "@type": "xsd:duration" },
                });
                if let (false, Value::Object(node)) = (anchor.is_empty(), &mut node) {
                    node.insert("frist:anchor".into(), json!(anchor));
                }
                node
            }
            None => json!({ "@type": "dpv:UntilEventDuration" }),
        };
        if let (Some(from), Value::Object(node)) = (&g.from, &mut length) {
            node.insert("frist:startingPoint".into(), json!(from));
        }
        let laws: Vec<Value> =
            g.laws.iter().map(|l| json!({ "@type": "dpv:Law", "dct:title": l.citation })).collect();
        let role = match g.role {
            Role::Limits => self.source.pick("Slettes senest", "Erased at the latest"),
            Role::Demands => self.source.pick("Opbevaringspligt", "Duty to keep"),
            Role::Permits => self.source.pick("Opbevares til formålet", "Kept for the purpose"),
        };
        json!({
            "@type": "dpv:StorageDuration",
            "dct:title": self.text(&format!("{role}: {}", g.title)),
            "dct:description": self.text(&g.words),
            "dpv:hasDuration": length,
            "dpv:hasApplicableLaw": laws,
        })
    }

    fn processing(&self, p: &ProcessingView) -> Value {
        let categories: Vec<Value> = p
            .categories
            .iter()
            .map(|c| json!({ "@type": "dpv:Processing", "dct:description": self.text(c) }))
            .collect();
        json!({
            "@id": self.id("processing", &p.id),
            "@type": "dpv:PersonalDataProcess",
            "dct:title": self.text(&p.title),
            "dpv:hasDataProcessor": self.link("controller", ""),
            "dpv:hasDataController":
                p.on_behalf_of.iter().map(|c| self.other_controller(c)).collect::<Vec<_>>(),
            "dpv:hasProcessing": categories,
            "dpv:hasRecipient":
                p.recipients.iter().map(|r| self.link("recipient", &r.id)).collect::<Vec<_>>(),
            "dpv:hasTechnicalOrganisationalMeasure": self.measures(&p.measures),
        })
    }
}

/// `6(1)(b)` as DPV writes it: `eu-gdpr:A6-1-b`.
fn basis_term(reference: &str) -> String {
    let parts: Vec<&str> = reference.split(['(', ')']).filter(|p| !p.is_empty()).collect();
    format!("eu-gdpr:A{}", parts.join("-"))
}

/// A period as ISO 8601 writes it: `P5Y`, `PT96H`.
fn iso(period: &str) -> String {
    let (count, unit) = period.split_once(' ').unwrap_or((period, ""));
    match unit.chars().next() {
        Some('h') => format!("PT{count}H"),
        Some('d') => format!("P{count}D"),
        Some('m') => format!("P{count}M"),
        _ => format!("P{count}Y"),
    }
}

fn subject_term(id: &str) -> &'static str {
    match id {
        "applicant" => "dpv:Applicant",
        "child" => "dpv:Child",
        "citizen" => "dpv:Citizen",
        "customer" => "dpv:Customer",
        "employee" => "dpv:Employee",
        "member" => "dpv:Member",
        "patient" => "dpv:Patient",
        "student" => "dpv:Student",
        "user" => "dpv:User",
        "visitor" => "dpv:Visitor",
        _ => "dpv:DataSubject",
    }
}

/// The nearest category of DPV for one that is built in; none where none says the same.
fn category_term(id: &str) -> Option<&'static str> {
    Some(match id {
        "address" => "pd:PhysicalAddress",
        "behaviour" => "pd:Behavioral",
        "biometric" => "pd:Biometric",
        "communication" => "pd:Communication",
        "consumption" => "pd:ServiceConsumptionBehavior",
        "contact" => "pd:Contact",
        "cpr" => "pd:OfficialID",
        "credit" => "pd:CreditWorthiness",
        "criminal" => "pd:Criminal",
        "education" => "pd:Education",
        "employment" => "pd:Professional",
        "ethnicity" => "pd:EthnicOrigin",
        "genetic" => "pd:Genetic",
        "health" => "pd:Health",
        "identity" => "pd:Identifying",
        "image" => "pd:Picture",
        "location" => "pd:Location",
        "payment" => "pd:Transaction",
        "politics" => "pd:PoliticalOpinion",
        "sex-life" => "pd:Sexual",
        "union" => "pd:TradeUnionMembership",
        "voice" => "pd:VoiceCommunicationRecording",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_and_bases_as_others_write_them() {
        assert_eq!(iso("5 years"), "P5Y");
        assert_eq!(iso("1 month"), "P1M");
        assert_eq!(iso("30 days"), "P30D");
        assert_eq!(iso("96 hours"), "PT96H");
        assert_eq!(basis_term("6(1)(b)"), "eu-gdpr:A6-1-b");
        assert_eq!(basis_term("9(2)(h)"), "eu-gdpr:A9-2-h");
    }
}
