//! What is around every page: language, navigation, form tokens, and how dates and numbers are
//! written.

use askama::Template;
use frist_register::Lang;
use frist_state::Stage;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::cases;
use super::nav::{Group, groups};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::guard::form_token;
use crate::kept::Seen;
use crate::routes::Method;
use crate::text::cases::case_texts;
use crate::text::provider::provider_texts;
use crate::text::{Texts, texts};

/// The frame of one page.
pub(crate) struct Frame {
    pub(crate) t: &'static Texts,
    pub(crate) lang: Lang,
    pub(crate) title: String,
    pub(crate) organisation: String,
    pub(crate) me: Option<String>,
    pub(crate) nav: Vec<Group>,
    pub(crate) here: &'static str,
    /// Said at the top of the page: something went well.
    pub(crate) notice: Option<String>,
    /// Said at the top of the page: something is wrong.
    pub(crate) wrong: Option<String>,
    /// The page is loaded again after so many seconds.
    pub(crate) refresh: Option<u32>,
    /// Something on the page is not counted yet: said at the top.
    pub(crate) counting: bool,
    key: [u8; 32],
    binding: String,
    zone: TimeZone,
}

/// Seconds after which a page looks whether its counts are there.
pub(crate) const AGAIN: u32 = 2;

/// A figure with its words.
pub(crate) struct Tile {
    pub(crate) figure: String,
    pub(crate) label: String,
    pub(crate) class: &'static str,
}

impl Frame {
    /// A frame for this request; `here` is the page of the navigation that it belongs to.
    pub(crate) fn new(ctx: &Ctx<'_>, title: &str, here: &'static str) -> Self {
        let t = texts(ctx.lang);
        let whole = ctx.here.as_ref().is_some_and(|h| h.stage == Stage::Whole);
        let me = ctx.me.as_ref().filter(|_| whole);
        let nav = match me {
            None => Vec::new(),
            Some(_) => groups(ctx, t),
        };
        Self {
            t,
            lang: ctx.lang,
            title: title.to_owned(),
            organisation: ctx.app.engines.organisation(),
            me: me.map(|me| me.account.title.clone()),
            nav,
            here,
            notice: notice(ctx, t),
            wrong: None,
            refresh: None,
            counting: false,
            key: *ctx.app.keys.forms,
            binding: ctx.binding.clone(),
            zone: ctx.app.zone.clone(),
        }
    }

    /// Without what is only for those who work here, also when one of them looks.
    pub(crate) fn outside(mut self) -> Self {
        self.me = None;
        self.nav = Vec::new();
        self.notice = None;
        self
    }

    /// With something that is wrong, said at the top.
    pub(crate) fn wrong(mut self, wrong: Option<String>) -> Self {
        if wrong.is_some() {
            self.notice = None;
        }
        self.wrong = wrong;
        self
    }

    /// When something was counted, in words. A page whose counts are not there yet says so and comes
    /// again by itself; so does one whose counts are outdated, where nobody `types` into it.
    pub(crate) fn counted<T>(
        &mut self,
        ctx: &Ctx<'_>,
        seen: Option<&Seen<T>>,
        types: bool,
    ) -> Option<String> {
        let said = seen.map(|seen| self.counted_at(seen.at, seen.outdated));
        self.counting = said.is_none();
        let again = seen.is_none_or(|seen| seen.outdated && !types);
        // What came by POST cannot be asked for again.
        self.refresh = (again && ctx.route.method == Method::Get).then_some(AGAIN);
        said
    }

    /// The time at which something was counted, and whether it is being counted again.
    pub(crate) fn counted_at(&self, at: Timestamp, outdated: bool) -> String {
        let again = if outdated { self.t.counted_again } else { "" };
        format!("{} {}{again}", self.t.counted_at, self.time(at))
    }

    /// The organisation's zone.
    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The token of a form that is sent to this path.
    pub(crate) fn token(&self, path: &str) -> String {
        form_token(&self.key, &self.binding, path)
    }

    /// A number as people write it.
    pub(crate) fn n(&self, n: &u64) -> String {
        number(*n, self.lang)
    }

    /// The same, and a dash for nothing.
    pub(crate) fn blank(&self, n: &u64) -> String {
        if *n == 0 { "–".into() } else { number(*n, self.lang) }
    }

    /// A day, with the time when it is not midnight.
    pub(crate) fn when(&self, at: Timestamp) -> String {
        when(at, &self.zone, self.lang)
    }

    /// The civil day of an instant.
    pub(crate) fn day(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// The time of day.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        let sign = if self.lang == Lang::Da { "%H.%M" } else { "%H:%M" };
        at.to_zoned(self.zone.clone()).strftime(sign).to_string()
    }

    /// So many records, in words.
    pub(crate) fn records(&self, n: u64) -> String {
        let word = if n == 1 { self.t.record_one } else { self.t.records };
        format!("{} {word}", number(n, self.lang))
    }

    /// A number of seconds as people say it.
    pub(crate) fn span(&self, seconds: u64) -> String {
        let da = self.lang == Lang::Da;
        let of = |n: u64, one: &str, many: &str| {
            format!("{} {}", number(n, self.lang), if n == 1 { one } else { many })
        };
        match seconds {
            0..120 => format!("{seconds} s"),
            120..7_200 => format!("{} min.", seconds / 60),
            7_200..172_800 if da => of(seconds / 3_600, "time", "timer"),
            7_200..172_800 => of(seconds / 3_600, "hour", "hours"),
            172_800..63_072_000 if da => of(seconds / 86_400, "dag", "dage"),
            172_800..63_072_000 => of(seconds / 86_400, "day", "days"),
            _ if da => of(seconds / 31_556_952, "år", "år"),
            _ => of(seconds / 31_556_952, "year", "years"),
        }
    }

    /// Today, with its weekday.
    pub(crate) fn date(&self, at: Timestamp) -> String {
        long(at.to_zoned(self.zone.clone()).date(), self.lang)
    }
}

pub(crate) use crate::picture::number;

/// A day, with the time when it is not midnight.
pub(crate) fn when(at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let z = at.to_zoned(zone.clone());
    let midnight = z.time() == jiff::civil::Time::midnight();
    let form = match (lang, midnight) {
        (Lang::Da, true) => "%-d.%-m.%Y",
        (Lang::Da, false) => "%-d.%-m.%Y kl. %H.%M",
        (Lang::En, true) => "%Y-%m-%d",
        (Lang::En, false) => "%Y-%m-%d %H:%M",
    };
    z.strftime(form).to_string()
}

fn long(date: Date, lang: Lang) -> String {
    const DAYS: [&str; 7] =
        ["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"];
    const MONTHS: [&str; 12] = [
        "januar",
        "februar",
        "marts",
        "april",
        "maj",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "december",
    ];
    if lang == Lang::En {
        return date.strftime("%A %-d %B %Y").to_string();
    }
    let day = DAYS[(date.weekday().to_monday_zero_offset() as usize).min(6)];
    let month = MONTHS[(date.month() as usize - 1).min(11)];
    format!("{day} den {}. {month} {}", date.day(), date.year())
}

/// What is said after something was done, by the word that the redirect carries.
fn notice(ctx: &Ctx<'_>, t: &'static Texts) -> Option<String> {
    let text = match ctx.asked("done")? {
        "saved" => t.saved,
        "password" => t.password_chosen,
        "signed-out" => t.signed_out,
        "approved" => t.was_approved,
        "started" => t.was_started,
        "nothing" => t.nothing_to_plan,
        "added" => t.hold_added,
        "added-none" => t.hold_covers_none,
        "released" => t.hold_released,
        "factor-off" => t.factor_removed,
        "linked" => provider_texts(ctx.lang).was_linked,
        "unlinked" => provider_texts(ctx.lang).was_unlinked,
        "sessions" => t.sessions_ended,
        "way" => crate::text::watch::watch_texts(ctx.lang).was_tried,
        "again" => crate::text::watch::watch_texts(ctx.lang).tried_again,
        word => cases::done_text(word, case_texts(ctx.lang))?,
    };
    Some(text.to_owned())
}

/// Renders a page.
pub(crate) fn page(template: &impl Template) -> Result<Reply, Refusal> {
    template.render().map(Reply::html).map_err(|_| Refusal::Broken)
}
