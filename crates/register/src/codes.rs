//! The stable codes of diagnostics. A code never changes its meaning and is never used again.

use std::fmt;

use crate::diag::Severity;

macro_rules! codes {
    ($($code:ident $severity:ident $title:literal,)*) => {
        /// The stable code of a diagnostic: `E` for errors, `W` for warnings, `I` for information.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $code,)*
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Code] = &[$(Code::$code,)*];

            /// The code as written, such as `E0012`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$code => stringify!($code),)* }
            }

            /// In a few words, what it is about.
            pub fn title(self) -> &'static str {
                match self { $(Code::$code => $title,)* }
            }

            /// How much it weighs.
            pub fn severity(self) -> Severity {
                match self { $(Code::$code => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    // Reading: E0001-E0019
    E0001 Error "the text is not TOML",
    E0002 Error "a field that is not known here",
    E0003 Error "a value of the wrong type",
    E0004 Error "a field that is missing",
    E0005 Error "a value that cannot be understood",
    E0006 Error "the same thing declared twice",
    E0007 Error "a password or connection URL in the register",
    E0008 Error "fields that cannot stand together",
    E0009 Error "an id that cannot be used",
    // References: E0020-E0039
    E0020 Error "an activity that does not exist",
    E0021 Error "a purpose that does not exist",
    E0022 Error "a store that does not exist",
    E0023 Error "a category of data subjects that does not exist",
    E0024 Error "a category of personal data that does not exist",
    E0025 Error "a recipient that does not exist",
    E0026 Error "a security measure that does not exist",
    E0027 Error "a data set that does not exist",
    E0028 Error "a law that is not in the law book",
    E0029 Error "a fact looked up in another store",
    E0030 Error "facts that are looked up in a circle",
    E0031 Error "two data sets, and so two rules, for one collection",
    E0032 Error "a transfer to something that is not a files store",
    E0033 Error "a files store whose root is far too wide",
    E0034 Error "a period in hours counted from a date without a time",
    E0035 Error "a store with no data set",
    E0036 Error "a kind of identifier that does not exist",
    // Law: E0040-E0069
    E0040 Error "a purpose without a legal basis",
    E0041 Error "a legal basis without a purpose",
    E0042 Error "kept for less than a statute demands",
    E0043 Error "kept for longer than a statute allows",
    E0044 Error "special categories without an Art. 9(2) basis",
    E0045 Error "legitimate interests in a public authority",
    E0046 Error "consent without a record of when it was given and withdrawn",
    E0047 Error "recording every call to document threats",
    E0048 Error "a data set that nobody erases",
    E0049 Error "an anonymisation that leaves an identifier",
    E0050 Error "an anonymisation that only pseudonymises",
    E0051 Error "a legal obligation without the law",
    E0052 Error "a transfer to a third country without a safeguard",
    E0053 Error "legitimate interests that are not named",
    E0054 Error "a public authority without a data protection officer",
    E0055 Error "a limitation period used as a duty to keep",
    E0056 Error "a ground with no period or no starting point",
    E0057 Error "a law used for what it is not",
    E0058 Error "something that Art. 30 demands is missing",
    E0059 Error "a data set with no ground to keep",
    E0060 Error "an announcement that asks for what does not rest on consent",
    E0061 Error "recordings that no announcement asks for",
    // The register against its stores: E0070-E0079
    E0070 Error "a table, folder or field that the store does not have",
    E0071 Error "a fact that the store writes in another way",
    E0072 Error "something that this kind of store cannot do",
    E0073 Error "a store that cannot be reached",
    E0074 Error "an announcement that cannot be played",
    // Letters: E0080-E0089
    E0080 Error "a letter of a kind that does not exist",
    E0081 Error "a letter whose text cannot be filled in",
    E0082 Error "a letter with a placeholder that does not exist",
    E0083 Error "a letter that leaves out what the law demands",
    // Warnings
    W0001 Warning "a purpose that is only nice to have",
    W0002 Warning "a statutory duty to keep under another basis",
    W0003 Warning "kept for longer than a guideline",
    W0004 Warning "national identification numbers without a basis of their own",
    W0005 Warning "something that a privacy notice must say is missing",
    W0006 Warning "a purpose that keeps nothing",
    W0007 Warning "an activity with no data set",
    W0008 Warning "no security measures described",
    W0009 Warning "criminal offences without a law",
    W0010 Warning "a fact that looks misspelt",
    W0011 Warning "a declared fact that nothing reads",
    W0012 Warning "an anonymisation that does not say what identifies a person",
    W0013 Warning "a collection that no data set and no exemption names",
    W0014 Warning "something that is still to be filled in",
    W0015 Warning "a starting point that is gone when what it looks at is erased",
    W0016 Warning "records from before the law that keeps them",
    // Information
    I0001 Info "a law-book entry that is not fully verified",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Code {
    type Err = UnknownCode;
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let wanted = text.trim();
        Code::ALL
            .iter()
            .copied()
            .find(|c| c.as_str().eq_ignore_ascii_case(wanted))
            .ok_or_else(|| UnknownCode { text: wanted.to_owned() })
    }
}

/// A text that is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no code `{text}`; codes look like `E0012`")]
pub struct UnknownCode {
    text: String,
}
