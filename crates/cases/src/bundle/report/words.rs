//! Numbers, days and durations as the report says them.

use frist_register::Lang;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::bundle::Figures;

/// Says things in one language and zone.
pub(super) struct Say<'a> {
    pub(super) lang: Lang,
    zone: TimeZone,
    figures: &'a Figures,
}

impl<'a> Say<'a> {
    pub(super) fn new(figures: &'a Figures, lang: Lang) -> Self {
        let zone = TimeZone::get(&figures.zone).unwrap_or(TimeZone::UTC);
        Self { lang, zone, figures }
    }

    /// The text in the language.
    pub(super) fn t(&self, da: &str, en: &str) -> String {
        if self.lang == Lang::Da { da.to_owned() } else { en.to_owned() }
    }

    /// A number: 1.234 in Danish, 1,234 in English.
    pub(super) fn n(&self, n: u64) -> String {
        let digits = n.to_string();
        let mark = if self.lang == Lang::Da { '.' } else { ',' };
        let mut out = String::new();
        for (i, c) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push(mark);
            }
            out.push(c);
        }
        out
    }

    /// A number with the word for what is counted: (one, many) in Danish and in English.
    pub(super) fn count(&self, n: u64, da: (&str, &str), en: (&str, &str)) -> String {
        let (one, many) = if self.lang == Lang::Da { da } else { en };
        format!("{} {}", self.n(n), if n == 1 { one } else { many })
    }

    pub(super) fn date(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    pub(super) fn day(&self, day: Date) -> String {
        match self.lang {
            Lang::Da => day.strftime("%-d.%-m.%Y").to_string(),
            Lang::En => day.to_string(),
        }
    }

    pub(super) fn day_of(&self, at: Timestamp) -> String {
        self.day(self.date(at))
    }

    pub(super) fn instant(&self, at: Timestamp) -> String {
        format!("{} {}", self.day_of(at), self.zone.to_datetime(at).strftime("%H:%M"))
    }

    /// The period; it ends with the instant before `until`.
    pub(super) fn period(&self) -> String {
        let period = self.figures.period;
        let last = period.until.checked_sub(jiff::SignedDuration::from_nanos(1));
        let last = last.unwrap_or(period.until);
        let (from, to) = (self.day_of(period.since), self.day_of(last));
        match self.lang {
            Lang::Da => format!("{from} til {to}"),
            Lang::En => format!("{from} to {to}"),
        }
    }

    /// A duration in its largest sensible unit.
    pub(super) fn duration(&self, seconds: u64) -> String {
        let (n, da, en) = match seconds {
            0..120 => (seconds, ("sekund", "sekunder"), ("second", "seconds")),
            120..7_200 => (seconds / 60, ("minut", "minutter"), ("minute", "minutes")),
            7_200..172_800 => (seconds / 3_600, ("time", "timer"), ("hour", "hours")),
            172_800..63_072_000 => (seconds / 86_400, ("dag", "dage"), ("day", "days")),
            _ => {
                // Years with one decimal: nobody reads thousands of days.
                let tenths = seconds.saturating_mul(10) / 31_556_952;
                let (whole, rest) = (self.n(tenths / 10), tenths % 10);
                return self.t(&format!("{whole},{rest} år"), &format!("{whole}.{rest} years"));
            }
        };
        self.count(n, da, en)
    }

    pub(super) fn yes(&self, yes: bool) -> String {
        if yes { self.t("ja", "yes") } else { self.t("nej", "no") }
    }

    /// What a data set is called.
    pub(super) fn dataset(&self, id: &str) -> String {
        let rule = self.figures.rules.iter().find(|r| r.dataset == id);
        rule.map_or_else(|| id.to_owned(), |r| r.title.get(self.lang).to_owned())
    }

    /// Where a figure is proven: the section, and that it comes out of the deletion log.
    pub(super) fn proven(&self, da: &str, en: &str) -> String {
        self.t(&format!("Afsnittet »{da}«. Slettelog"), &format!("Section “{en}”. Deletion log"))
    }

    /// Where a figure stands that the controller states.
    pub(super) fn stated(&self, da: &str, en: &str) -> String {
        self.t(&format!("Afsnittet »{da}«. Oplyst"), &format!("Section “{en}”. Stated"))
    }

    /// What a finding's code means.
    pub(super) fn finding(&self, code: &str) -> String {
        match code {
            "unclear" => self.t("en oplysning mangler", "a fact is missing"),
            "blocked" => self.t("blokeret af en anden post", "blocked by another record"),
            "unreachable" => self.t("datakilden kunne ikke nås", "the store could not be reached"),
            "refused" => self.t("datakilden afviste sletningen", "the store refused the erasure"),
            "open-batch" => self.t("en portion er ikke gjort færdig", "a batch was not finished"),
            "replay-kept" => self.t("genskabt og bevaret efter lov", "restored, and kept by law"),
            "replay-left" => {
                self.t("genskabt og ikke slettet igen", "restored, and not erased again")
            }
            "replay-interrupted" => {
                self.t("gentagelsen blev afbrudt", "the replay was interrupted")
            }
            "came-back" => self.t("slettede poster er der igen", "erased records are there again"),
            "left" => self.t("poster blev ikke slettet", "records were left"),
            other => other.to_owned(),
        }
    }

    /// A role of the console; a scope of a token is told as it is.
    pub(super) fn role(&self, word: &str) -> String {
        match word {
            "dpo" => self.t("databeskyttelsesrådgiver", "data protection officer"),
            "caseworker" => self.t("sagsbehandler", "caseworker"),
            "engineer" => self.t("tekniker", "engineer"),
            "supervisor" => self.t("samtaleleder", "call supervisor"),
            "listener" => self.t("medlytter", "listener"),
            "auditor" => self.t("revisor", "auditor"),
            "administrator" => self.t("administrator", "administrator"),
            other => other.to_owned(),
        }
    }

    pub(super) fn disposition(&self, word: &str) -> String {
        match word {
            "erase" => self.t("slettet", "erased"),
            "anonymise" => self.t("anonymiseret", "anonymised"),
            "transfer" => self.t("overført til arkiv", "transferred to an archive"),
            "detach" => self.t("henvisning fjernet", "reference removed"),
            other => other.to_owned(),
        }
    }
}
