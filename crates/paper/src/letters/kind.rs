//! The kinds of letters.

use std::fmt;
use std::str::FromStr;

use frist_register::Lang;

use crate::PaperError;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $id:literal $law:literal $da:literal $en:literal,)*) => {
        /// What a letter is for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum LetterKind {
            $($(#[$doc])* $kind,)*
        }

        impl LetterKind {
            /// Every kind there is.
            pub const ALL: &'static [LetterKind] = &[$(LetterKind::$kind,)*];

            /// The kind's id in the register and on the command line, such as `partly-granted`.
            pub fn id(self) -> &'static str {
                match self { $(LetterKind::$kind => $id,)* }
            }

            /// The article of the GDPR that it follows.
            pub fn law(self) -> &'static str {
                match self { $(LetterKind::$kind => $law,)* }
            }

            /// What it is called.
            pub fn title(self, lang: Lang) -> &'static str {
                match (self, lang) {
                    $((LetterKind::$kind, Lang::Da) => $da, (LetterKind::$kind, Lang::En) => $en,)*
                }
            }

            /// The built-in text.
            pub fn built_in(self, lang: Lang) -> &'static str {
                match (self, lang) {
                    $((LetterKind::$kind, Lang::Da) => include_str!(concat!("../../templates/da/", $id, ".md")),
                      (LetterKind::$kind, Lang::En) => include_str!(concat!("../../templates/en/", $id, ".md")),)*
                }
            }
        }
    };
}

kinds! {
    /// The request has been received; when it will be answered.
    Receipt "receipt" "Art. 12(3)" "Kvittering for en anmodning" "Receipt of a request",
    /// There is reasonable doubt about who asks: what is needed.
    Identity "identity" "Art. 12(6)" "Anmodning om legitimation" "Request for proof of identity",
    /// The deadline is extended: until when and why.
    Extension "extension" "Art. 12(3)" "Fristforlængelse" "Extension of the deadline",
    /// The answer to a request for access.
    Access "access" "Art. 15" "Svar på anmodning om indsigt" "Answer to a request for access",
    /// Erasure is granted in full.
    Granted "granted" "Art. 17(1)" "Sletning imødekommet" "Erasure granted",
    /// Erasure is granted in part.
    PartlyGranted "partly-granted" "Art. 17(1), 17(3), 12(4)" "Sletning delvis imødekommet" "Erasure partly granted",
    /// A request is refused: reasons, and where to complain.
    Refused "refused" "Art. 12(4)" "Afslag" "Refusal",
    /// To a recipient of the data: what was rectified, erased or restricted.
    Recipients "recipients" "Art. 19" "Underretning af modtager" "Notice to a recipient",
    /// Processing is restricted.
    Restricted "restricted" "Art. 18(1)" "Behandling begrænset" "Processing restricted",
    /// A restriction is about to be lifted: told before.
    RestrictionLifted "restriction-lifted" "Art. 18(3)" "Begrænsning ophæves" "Restriction to be lifted",
    /// Data has been rectified.
    Rectified "rectified" "Art. 16" "Oplysninger berigtiget" "Data rectified",
    /// The data in a form that another can read.
    Portability "portability" "Art. 20" "Udlevering af oplysninger (dataportabilitet)" "Data portability",
    /// An objection is met, or under consideration.
    Objection "objection" "Art. 21" "Svar på indsigelse" "Answer to an objection",
    /// A consent has been withdrawn.
    ConsentWithdrawn "consent-withdrawn" "Art. 7(3)" "Samtykke trukket tilbage" "Consent withdrawn",
    /// The ground for refusing erasure has ended, and the data is erased now.
    Deferred "deferred" "Art. 17(1)" "Oplysninger nu slettet" "Data now erased",
    /// The answer to a supervisory authority's inquiry.
    InquiryAnswer "inquiry-answer" "Art. 5(2)" "Svar til tilsynsmyndigheden" "Answer to the supervisory authority",
}

impl fmt::Display for LetterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for LetterKind {
    type Err = PaperError;
    fn from_str(word: &str) -> Result<Self, PaperError> {
        let wanted = word.trim().to_ascii_lowercase().replace('_', "-");
        LetterKind::ALL.iter().copied().find(|k| k.id() == wanted).ok_or_else(|| {
            PaperError::UnknownKind {
                word: word.chars().take(60).collect(),
                nearest: super::nearest::nearest(&wanted, LetterKind::ALL.iter().map(|k| k.id())),
            }
        })
    }
}
