//! The legal bases of the GDPR: Article 6(1) for all processing, and Article 9(2) for special
//! categories besides.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::article::id_of;
use super::{LawBook, Text};
use crate::LawError;

/// A legal basis, written as its article: `6(1)(f)`, `9(2)(a)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Basis {
    /// Article 6(1)(a).
    Consent,
    /// Article 6(1)(b).
    Contract,
    /// Article 6(1)(c).
    LegalObligation,
    /// Article 6(1)(d).
    VitalInterests,
    /// Article 6(1)(e).
    PublicTask,
    /// Article 6(1)(f); not for a public authority's tasks.
    LegitimateInterests,
    /// Article 9(2)(a).
    ExplicitConsent,
    /// Article 9(2)(b).
    EmploymentAndSocialLaw,
    /// Article 9(2)(c).
    SpecialVitalInterests,
    /// Article 9(2)(d).
    NonProfitBody,
    /// Article 9(2)(e).
    MadePublic,
    /// Article 9(2)(f).
    LegalClaims,
    /// Article 9(2)(g).
    SubstantialPublicInterest,
    /// Article 9(2)(h).
    Care,
    /// Article 9(2)(i).
    PublicHealth,
    /// Article 9(2)(j).
    ArchivingAndResearch,
}

impl Basis {
    /// The bases of Article 6(1), (a) to (f).
    pub const ARTICLE_6: [Basis; 6] = [
        Basis::Consent,
        Basis::Contract,
        Basis::LegalObligation,
        Basis::VitalInterests,
        Basis::PublicTask,
        Basis::LegitimateInterests,
    ];

    /// The bases of Article 9(2), (a) to (j).
    pub const ARTICLE_9: [Basis; 10] = [
        Basis::ExplicitConsent,
        Basis::EmploymentAndSocialLaw,
        Basis::SpecialVitalInterests,
        Basis::NonProfitBody,
        Basis::MadePublic,
        Basis::LegalClaims,
        Basis::SubstantialPublicInterest,
        Basis::Care,
        Basis::PublicHealth,
        Basis::ArchivingAndResearch,
    ];

    /// Whether it is a basis of Article 9(2), for special categories.
    pub fn is_special(self) -> bool {
        Basis::ARTICLE_9.contains(&self)
    }

    /// Whether it is consent, ordinary or explicit, and so can be withdrawn.
    pub fn is_consent(self) -> bool {
        matches!(self, Basis::Consent | Basis::ExplicitConsent)
    }

    /// The article as it is cited: `6(1)(b)`.
    pub const fn reference(self) -> &'static str {
        match self {
            Basis::Consent => "6(1)(a)",
            Basis::Contract => "6(1)(b)",
            Basis::LegalObligation => "6(1)(c)",
            Basis::VitalInterests => "6(1)(d)",
            Basis::PublicTask => "6(1)(e)",
            Basis::LegitimateInterests => "6(1)(f)",
            Basis::ExplicitConsent => "9(2)(a)",
            Basis::EmploymentAndSocialLaw => "9(2)(b)",
            Basis::SpecialVitalInterests => "9(2)(c)",
            Basis::NonProfitBody => "9(2)(d)",
            Basis::MadePublic => "9(2)(e)",
            Basis::LegalClaims => "9(2)(f)",
            Basis::SubstantialPublicInterest => "9(2)(g)",
            Basis::Care => "9(2)(h)",
            Basis::PublicHealth => "9(2)(i)",
            Basis::ArchivingAndResearch => "9(2)(j)",
        }
    }

    /// What the basis is called, from the embedded law book.
    pub fn label(self) -> &'static Text {
        let article = LawBook::embedded().article(self.reference());
        // INVARIANT: the embedded book has every basis; a test of this crate asks for each.
        &article.expect("the embedded law book has every basis").label
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reference())
    }
}

impl FromStr for Basis {
    type Err = LawError;

    fn from_str(text: &str) -> Result<Basis, LawError> {
        let (id, mut all) = (id_of(text), Basis::ARTICLE_6.into_iter().chain(Basis::ARTICLE_9));
        all.find(|basis| id_of(basis.reference()) == id)
            .ok_or_else(|| LawError::Basis { text: text.to_owned() })
    }
}

impl TryFrom<String> for Basis {
    type Error = LawError;

    fn try_from(text: String) -> Result<Basis, LawError> {
        text.parse()
    }
}

impl From<Basis> for String {
    fn from(basis: Basis) -> String {
        basis.to_string()
    }
}
