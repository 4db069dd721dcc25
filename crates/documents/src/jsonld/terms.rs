//! The terms of the vocabularies, and which of them says what the register says.

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

/// `6(1)(b)` as DPV writes it: `eu-gdpr:A6-1-b`.
pub(super) fn basis_term(reference: &str) -> String {
    let parts: Vec<&str> = reference.split(['(', ')']).filter(|p| !p.is_empty()).collect();
    format!("eu-gdpr:A{}", parts.join("-"))
}

/// A period as ISO 8601 writes it: `P5Y`, `PT96H`.
pub(super) fn iso(period: &str) -> String {
    let (count, unit) = period.split_once(' ').unwrap_or((period, ""));
    match unit.chars().next() {
        Some('h') => format!("PT{count}H"),
        Some('d') => format!("P{count}D"),
        Some('m') => format!("P{count}M"),
        _ => format!("P{count}Y"),
    }
}

pub(super) fn subject_term(id: &str) -> &'static str {
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
pub(super) fn category_term(id: &str) -> Option<&'static str> {
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
