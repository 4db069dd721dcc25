//! The stable codes of diagnostics. A code never changes its meaning and is never used again.

use std::fmt;

use crate::diag::Severity;

macro_rules! codes {
    ($($code:ident $severity:ident $title:literal $danish:literal,)*) => {
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

            /// The same in Danish.
            pub fn title_da(self) -> &'static str {
                match self { $(Code::$code => $danish,)* }
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
    E0001 Error "the text is not TOML" "teksten er ikke TOML",
    E0002 Error "a field that is not known here" "et felt, der ikke kendes her",
    E0003 Error "a value of the wrong type" "en værdi af den forkerte slags",
    E0004 Error "a field that is missing" "et felt mangler",
    E0005 Error "a value that cannot be understood" "en værdi, der ikke kan forstås",
    E0006 Error "the same thing declared twice" "det samme står to gange",
    E0007 Error "a password or connection URL in the register" "en adgangskode eller adresse med adgangskode i registeret",
    E0008 Error "fields that cannot stand together" "felter, der ikke kan stå sammen",
    E0009 Error "an id that cannot be used" "et id, der ikke kan bruges",
    // References: E0020-E0039
    E0020 Error "an activity that does not exist" "behandlingsaktiviteten findes ikke",
    E0021 Error "a purpose that does not exist" "formålet findes ikke",
    E0022 Error "a store that does not exist" "datakilden findes ikke",
    E0023 Error "a category of data subjects that does not exist" "kategorien af registrerede findes ikke",
    E0024 Error "a category of personal data that does not exist" "kategorien af oplysninger findes ikke",
    E0025 Error "a recipient that does not exist" "modtageren findes ikke",
    E0026 Error "a security measure that does not exist" "sikkerhedsforanstaltningen findes ikke",
    E0027 Error "a data set that does not exist" "datasættet findes ikke",
    E0028 Error "a law that is not in the law book" "loven står ikke i lovbogen",
    E0029 Error "a fact looked up in another store" "en oplysning slås op i en anden datakilde",
    E0030 Error "facts that are looked up in a circle" "oplysninger slås op i ring",
    E0031 Error "two data sets, and so two rules, for one collection" "to datasæt, og dermed to regler, for det samme sted",
    E0032 Error "a transfer to something that is not a files store" "overførsel til noget, der ikke er en mappe med filer",
    E0033 Error "a files store whose root is far too wide" "mappens rod er alt for bred",
    E0034 Error "a period in hours counted from a date without a time" "en frist i timer regnet fra en dato uden klokkeslæt",
    E0035 Error "a store with no data set" "en datakilde uden datasæt",
    E0036 Error "a kind of identifier that does not exist" "identifikatoren findes ikke",
    // Law: E0040-E0069
    E0040 Error "a purpose without a legal basis" "formålet har intet behandlingsgrundlag",
    E0041 Error "a legal basis without a purpose" "et behandlingsgrundlag uden formål",
    E0042 Error "kept for less than a statute demands" "opbevares kortere, end loven kræver",
    E0043 Error "kept for longer than a statute allows" "opbevares længere, end loven tillader",
    E0044 Error "special categories without an Art. 9(2) basis" "følsomme oplysninger uden en undtagelse i artikel 9, stk. 2",
    E0045 Error "legitimate interests in a public authority" "legitime interesser hos en offentlig myndighed",
    E0046 Error "consent without a record of when it was given and withdrawn" "samtykke uden oplysning om, hvornår det blev givet og trukket tilbage",
    E0047 Error "recording every call to document threats" "alle samtaler optages for at dokumentere trusler",
    E0048 Error "a data set that nobody erases" "et datasæt, som ingen sletter",
    E0049 Error "an anonymisation that leaves an identifier" "anonymiseringen efterlader noget, der identificerer",
    E0050 Error "an anonymisation that only pseudonymises" "anonymiseringen er kun en pseudonymisering",
    E0051 Error "a legal obligation without the law" "en retlig forpligtelse, hvor loven ikke er nævnt",
    E0052 Error "a transfer to a third country without a safeguard" "overførsel til et tredjeland uden garanti",
    E0053 Error "legitimate interests that are not named" "den legitime interesse er ikke nævnt",
    E0054 Error "a public authority without a data protection officer" "en offentlig myndighed uden databeskyttelsesrådgiver",
    E0055 Error "a limitation period used as a duty to keep" "en forældelsesfrist brugt som pligt til at opbevare",
    E0056 Error "a ground with no period or no starting point" "en opbevaring uden frist eller uden dato at regne fra",
    E0057 Error "a law used for what it is not" "en lov brugt til noget, den ikke siger",
    E0058 Error "something that Art. 30 demands is missing" "noget, artikel 30 kræver, mangler",
    E0059 Error "a data set with no ground to keep" "et datasæt uden grund til at opbevare",
    E0060 Error "an announcement that asks for what does not rest on consent" "der spørges om noget, der ikke hviler på samtykke",
    E0061 Error "recordings that no announcement asks for" "optagelser, som ingen meddelelse spørger om",
    // The register against its stores: E0070-E0079
    E0070 Error "a table, folder or field that the store does not have" "datakilden har ikke tabellen, mappen eller feltet",
    E0071 Error "a fact that the store writes in another way" "datakilden skriver oplysningen på en anden måde",
    E0072 Error "something that this kind of store cannot do" "det kan denne slags datakilde ikke",
    E0073 Error "a store that cannot be reached" "datakilden kan ikke nås",
    E0074 Error "an announcement that cannot be played" "meddelelsen kan ikke afspilles",
    // Letters: E0080-E0089
    E0080 Error "a letter of a kind that does not exist" "et brev af en slags, der ikke findes",
    E0081 Error "a letter whose text cannot be filled in" "et brev, hvis tekst ikke kan udfyldes",
    E0082 Error "a letter with a placeholder that does not exist" "et brev med en pladsholder, der ikke findes",
    E0083 Error "a letter that leaves out what the law demands" "et brev, der udelader noget, loven kræver",
    // Warnings
    W0001 Warning "a purpose that is only nice to have" "\"rart at have\" er ikke et formål",
    W0002 Warning "a statutory duty to keep under another basis" "en pligt til at opbevare under et andet grundlag",
    W0003 Warning "kept for longer than a guideline" "opbevares længere end den vejledende frist",
    W0004 Warning "national identification numbers without a basis of their own" "CPR-numre uden eget grundlag",
    W0005 Warning "something that a privacy notice must say is missing" "noget, en oplysningstekst skal sige, mangler",
    W0006 Warning "a purpose that keeps nothing" "et formål, som intet opbevares til",
    W0007 Warning "an activity with no data set" "en behandlingsaktivitet uden datasæt",
    W0008 Warning "no security measures described" "sikkerhedsforanstaltningerne er ikke beskrevet",
    W0009 Warning "criminal offences without a law" "oplysninger om strafbare forhold uden en lov",
    W0010 Warning "a fact that looks misspelt" "en oplysning, der ser ud til at være stavet forkert",
    W0011 Warning "a declared fact that nothing reads" "en oplysning, som intet læser",
    W0012 Warning "an anonymisation that does not say what identifies a person" "anonymiseringen siger ikke, hvad der identificerer en person",
    W0013 Warning "a collection that no data set and no exemption names" "en tabel eller mappe, som intet datasæt og ingen undtagelse nævner",
    W0014 Warning "something that is still to be filled in" "noget skal stadig udfyldes",
    W0015 Warning "a starting point that is gone when what it looks at is erased" "en skæringsdato, der forsvinder, når det, den ser på, slettes",
    W0016 Warning "records from before the law that keeps them" "poster fra før den lov, der opbevarer dem",
    W0017 Warning "fields for portability in data that Art. 20 does not cover" "felter til dataportabilitet i data, som artikel 20 ikke omfatter",
    // What documents lack: W0020-W0029
    W0020 Warning "automated decisions that nobody has spoken of" "automatiske afgørelser, som ingen har taget stilling til",
    W0021 Warning "a field's name where people need words" "et feltnavn, hvor mennesker har brug for ord",
    W0022 Warning "a rule that nobody has justified" "en frist, som ingen har begrundet",
    W0023 Warning "a notice that cannot say how long" "en oplysningstekst, der ikke kan sige hvor længe",
    W0024 Warning "own words that promise another period than the rules" "egne ord, der lover en anden frist end reglerne",
    W0025 Warning "an announcement that does not say who records" "en meddelelse, der ikke siger, hvem der optager",
    // Information
    I0001 Info "a law-book entry that is not fully verified" "en bestemmelse i lovbogen, der ikke er fuldt efterprøvet",
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
