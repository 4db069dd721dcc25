//! Where a request stands: its deadline and how that was computed, and what to do next.

use frist_cases::erase::{Approval, ERASE};
use frist_cases::request::clock::day_of;
use frist_cases::request::{Kept, Right, Stage, words};
use frist_law::Calendar;
use frist_register::Lang;
use frist_state::case::CaseSum;
use jiff::{Timestamp, ToSpan as _};

use super::{say, urgency};
use crate::text::cases::CaseTexts;

/// The deadline of a request.
pub(super) struct Clock {
    /// Until when, in a sentence; empty when nothing is due.
    pub(super) sentence: String,
    /// How many days are left.
    pub(super) chip: String,
    pub(super) class: &'static str,
    /// How it was computed, a sentence a line.
    pub(super) computed: Vec<String>,
    /// The last day on which it can be extended.
    pub(super) extend_until: Option<String>,
}

/// The deadline of a request at `now`.
pub(super) fn clock(
    kept: &Kept,
    calendar: &Calendar,
    now: Timestamp,
    t: &CaseTexts,
    lang: Lang,
) -> Clock {
    let request = &kept.request;
    let standing = request.standing(now, calendar);
    let day = |at: Timestamp| say::date(day_of(at, calendar), lang);
    let sentence = match (standing.last_day, standing.due_for) {
        (Some(last), Some(what)) => {
            format!("{} {}.", say::due_for(what, t), say::date(last, lang))
        }
        _ => String::new(),
    };
    let chip = match (standing.days_left, standing.answered_late) {
        (Some(days), _) => words::days_left(days, lang),
        (None, Some(days @ 1..)) => {
            format!("{} {}", t.answered_word, words::days_left(-days.cast_signed(), lang))
        }
        (None, Some(0)) => t.answered_in_time.to_owned(),
        (None, None) => t.closed_word.to_owned(),
    };
    let class = match (standing.days_left, standing.answered_late) {
        (None, Some(1..)) => "late",
        (days, _) => urgency(days, standing.late),
    };
    let mut computed = Vec::new();
    let from = request.counted_from();
    let months =
        if request.extension.is_some() && standing.due_for != Some("refusal") { 3 } else { 1 };
    computed.push(format!(
        "{} {}. {}",
        t.received_on,
        day(request.received),
        if months == 1 { t.one_month } else { t.three_months }
    ));
    if let Some(check) = request.identity.iter().find(|c| c.moves.is_some()) {
        let why = check.moves.clone().unwrap_or_default();
        computed.push(match check.known {
            Some(known) => format!("{} {}: {why}", t.counted_from_identity, day(known)),
            None => format!("{} {why}", t.will_count_from_identity),
        });
    } else if request.waits_for_identity() {
        computed.push(t.goes_on.to_owned());
    }
    let nominal = day_of(from, calendar).checked_add(months.months()).ok();
    let due = request.answer_due(calendar).map(|due| due.last_day);
    if let (Some(nominal), Some(due)) = (nominal, due)
        && nominal != due
    {
        computed.push(format!(
            "{} {} {} {}.",
            say::date(nominal, lang),
            t.no_working_day,
            t.so_it_ends,
            say::date(due, lang)
        ));
    }
    if let Some(from) = standing.from_receipt {
        computed.push(format!("{} {}.", t.from_receipt, say::date(from, lang)));
    }
    if let Some(extension) = &request.extension {
        computed.push(format!("{} {}: {}", t.extended_on, day(extension.at), extension.reason));
        if let Some(first) = request.first_month(calendar).filter(|_| request.decision.is_none()) {
            computed.push(format!("{} {}.", t.refusal_stays, say::date(first.last_day, lang)));
        }
    }
    Clock {
        sentence,
        chip,
        class,
        computed,
        extend_until: standing.extension_until.map(|d| say::date(d, lang)),
    }
}

/// What to do next.
pub(super) struct Next {
    pub(super) what: String,
    pub(super) why: String,
    /// Where it is done: the path after the case's own, and what the link says.
    pub(super) at: Option<(&'static str, &'static str)>,
}

/// What to do next in a request.
pub(super) fn next(
    kept: &Kept,
    records: &[CaseSum],
    approval: &Approval,
    unsent: bool,
    t: &CaseTexts,
    lang: Lang,
) -> Next {
    let request = &kept.request;
    let step = |what: &str, why: &str, at| Next { what: what.to_owned(), why: why.to_owned(), at };
    let going = records.iter().filter(|r| r.state == ERASE && !r.done).map(|r| r.n).sum::<u64>();
    let refusal = request.decision.as_ref().is_some_and(|d| d.outcome.is_refusal());
    match request.stage {
        Stage::Received | Stage::IdentityKnown => {
            step(t.next_find, t.next_find_why, Some(("/find", t.do_find)))
        }
        Stage::IdentityAsked => {
            step(t.next_identity, t.next_identity_why, Some(("#identity", t.do_identity)))
        }
        Stage::Searched => match request.right {
            Right::Erasure | Right::Objection | Right::ConsentWithdrawal => {
                step(t.next_decide, t.next_decide_why, Some(("/decide", t.do_decide)))
            }
            Right::Access | Right::Portability => {
                step(t.next_package, t.next_package_why, Some(("/package", t.do_package)))
            }
            Right::Restriction => {
                step(t.next_restrict, t.next_restrict_why, Some(("#restrict", t.do_restrict)))
            }
            Right::Rectification => {
                step(t.next_rectify, t.next_rectify_why, Some(("/rectify", t.do_rectify)))
            }
        },
        Stage::Decided if going > 0 && !refusal && approval.waits() => {
            step(t.next_approve, t.next_approve_why, Some(("/decide", t.do_approve)))
        }
        Stage::Decided if going > 0 && !refusal => {
            step(t.next_erase, t.next_erase_why, Some(("/decide", t.do_erase)))
        }
        Stage::Decided => step(t.next_answer, t.next_answer_why, Some(("/answer", t.do_answer))),
        Stage::Answered | Stage::Closed if unsent => {
            step(t.next_send, t.next_send_why, Some(("#papers", t.do_send)))
        }
        Stage::Answered if request.untold().next().is_some() => {
            step(t.next_tell, t.next_tell_why, Some(("#recipients", t.do_tell)))
        }
        Stage::Answered => match request.open_parts().filter_map(|p| p.until).min() {
            Some(until) => Next {
                what: format!("{} {}", t.next_wait, say::date(until, lang)),
                why: t.next_wait_why.to_owned(),
                at: None,
            },
            // A hold has no day.
            None if request.open_parts().next().is_some() => {
                step(t.next_wait_hold, t.next_wait_why, None)
            }
            None => step(t.next_close, t.next_close_why, Some(("#close", t.do_close))),
        },
        Stage::Closed => step(t.next_nothing, t.next_nothing_why, None),
    }
}
