//! Requests, inquiries, breaches and staff: figures and case numbers, no names.

use frist_law::Calendar;
use frist_state::case::{Case, CaseFilter, CaseKind};
use frist_sweep::Engine;
use jiff::Timestamp;

use crate::attest;
use crate::breach::Breach;
use crate::bundle::{
    AccountRow, BreachRow, InquiryRow, Period, RequestRow, Requests, RightRow, Staff,
};
use crate::inquiry::Inquiry;
use crate::request::Request;
use crate::{CasesError, Result};

/// The cases of a kind that were received in the period, by number; and those that were received
/// before it and were open in it.
fn cases(engine: &mut Engine, kind: CaseKind, period: Period) -> Result<Vec<Case>> {
    let filter = CaseFilter { kind: Some(kind), ..CaseFilter::default() };
    let mut cases = engine.state.cases(&filter)?;
    cases.retain(|c| {
        c.received < period.until && c.closed.is_none_or(|closed| closed >= period.since)
    });
    cases.sort_by(|a, b| a.number.cmp(&b.number));
    Ok(cases)
}

pub(super) fn requests(engine: &mut Engine, period: Period, now: Timestamp) -> Result<Requests> {
    let calendar = engine.register.controller.calendar.clone();
    let mut out = Requests::default();
    for case in cases(engine, CaseKind::Request, period)? {
        let request = Request::read(&case.number, &case.body)?;
        let row = request_row(&case, &request, &calendar, now);
        let at = out.by_right.iter().position(|r| r.right == row.right);
        let at = at.unwrap_or_else(|| {
            out.by_right.push(RightRow { right: row.right.clone(), ..RightRow::default() });
            out.by_right.len() - 1
        });
        let sum = &mut out.by_right[at];
        sum.received += 1;
        sum.extended += u64::from(row.extended);
        *match row.state.as_str() {
            "in-time" => &mut sum.in_time,
            "late" => &mut sum.late,
            "overdue" => &mut sum.overdue,
            "withdrawn" => &mut sum.withdrawn,
            _ => &mut sum.open,
        } += 1;
        out.rows.push(row);
    }
    out.by_right.sort_by(|a, b| a.right.cmp(&b.right));
    Ok(out)
}

fn request_row(case: &Case, request: &Request, calendar: &Calendar, now: Timestamp) -> RequestRow {
    let day = |at: Timestamp| calendar.zone.to_datetime(at).date();
    let due = request.answer_due(calendar);
    let state = match request.answered_late(calendar) {
        Some(0) => "in-time",
        Some(_) => "late",
        // Withdrawn before it was answered, or closed for another reason: nothing was missed.
        None if request.withdrawn.is_some() => "withdrawn",
        None if due.is_some_and(|d| now >= d.over) => "overdue",
        None => "open",
    };
    RequestRow {
        case: case.number.clone(),
        right: request.right.article().to_owned(),
        received: day(request.received),
        deadline: due.map(|d| d.last_day),
        answered: request.answered.map(day),
        extended: request.extension.is_some(),
        state: state.to_owned(),
    }
}

/// The accounts of the console with their roles.
pub(super) fn accounts(engine: &mut Engine) -> Result<Vec<AccountRow>> {
    let zone = engine.register.controller.calendar.zone.clone();
    let row = |a: frist_state::Account| AccountRow {
        name: a.name,
        roles: a.roles.into_iter().collect(),
        datasets: a.datasets.into_iter().collect(),
        second_factor: Some(a.totp.is_some()),
        until: a.disabled_at.map(|at| zone.to_datetime(at).date()),
        closed: a.disabled_at.is_some(),
    };
    Ok(engine.state.accounts()?.into_iter().map(row).collect())
}

/// The tokens of the interface for machines that work at `now`, with what was granted.
pub(super) fn api_tokens(engine: &mut Engine, now: Timestamp) -> Result<Vec<AccountRow>> {
    let zone = engine.register.controller.calendar.zone.clone();
    let row = |t: frist_state::Token| AccountRow {
        name: t.name,
        roles: t.scopes.into_iter().filter(|(_, by)| by.is_some()).map(|(s, _)| s).collect(),
        datasets: t.datasets.into_iter().collect(),
        second_factor: None,
        until: Some(zone.to_datetime(t.expires_at).date()),
        closed: false,
    };
    let tokens = engine.state.tokens()?;
    Ok(tokens.into_iter().filter(|t| t.works_at(now)).map(row).collect())
}

/// Reads the body of a case.
pub(crate) fn body<T: serde::de::DeserializeOwned>(case: &Case, what: &'static str) -> Result<T> {
    serde_json::from_value(case.body.clone()).map_err(|e| CasesError::Damaged {
        what,
        why: format!("{}: line {}", case.number, e.line()),
    })
}

pub(super) fn inquiries(
    engine: &mut Engine,
    period: Period,
    now: Timestamp,
) -> Result<Vec<InquiryRow>> {
    let calendar = engine.register.controller.calendar.clone();
    let row = |case: &Case| -> Result<InquiryRow> {
        let inquiry: Inquiry = body(case, "an inquiry")?;
        let asked = inquiry.questions.len() as u64;
        let done = inquiry.follow_ups.iter().filter(|f| f.done.is_some()).count() as u64;
        let outcome = inquiry.outcome.as_ref();
        let word = |p: &crate::inquiry::Power| {
            serde_json::to_value(p).ok().and_then(|v| v.as_str().map(str::to_owned))
        };
        Ok(InquiryRow {
            case: case.number.clone(),
            received: inquiry.received,
            deadline: inquiry.deadline.last_day,
            questions: (asked, asked - inquiry.unsent().len() as u64),
            in_time: inquiry.in_time(&calendar, now),
            outcome: outcome.iter().flat_map(|o| &o.powers).filter_map(word).collect(),
            follow_ups: (inquiry.follow_ups.len() as u64, done),
            authority: inquiry.authority,
            reference: inquiry.reference,
        })
    };
    cases(engine, CaseKind::Inquiry, period)?.iter().map(row).collect()
}

pub(super) fn breaches(engine: &mut Engine, period: Period) -> Result<Vec<BreachRow>> {
    let row = |case: &Case| -> Result<BreachRow> {
        let breach: Breach = body(case, "a breach")?;
        let risk = breach.assessed.last().map(|a| match a.risk {
            crate::breach::Risk::Unlikely => "unlikely",
            crate::breach::Risk::Risk => "risk",
            crate::breach::Risk::High => "high",
        });
        Ok(BreachRow {
            case: case.number.clone(),
            aware: breach.aware,
            notified: breach.notified.first().map(|n| n.at),
            in_time: breach.in_time(),
            risk: risk.map(str::to_owned),
            persons: breach.persons.map(|p| p.n),
            told: breach.told.as_ref().map(|t| t.how.is_some()),
            closed: breach.closed.is_some(),
            datasets: breach.datasets,
        })
    };
    cases(engine, CaseKind::Breach, period)?.iter().map(row).collect()
}

pub(super) fn staff(engine: &mut Engine, now: Timestamp) -> Result<Staff> {
    let today = engine.register.controller.calendar.zone.to_datetime(now).date();
    let staff = engine.state.staff()?;
    let attestations = engine.state.attestations()?;
    let trainings = engine.state.trainings()?;
    let lines = attest::lines(&engine.register, &staff, &attestations, today);
    Ok(Staff {
        employed: staff.iter().filter(|s| attest::employed(s, today)).count() as u64,
        guidelines: attest::counts(&engine.register, &lines),
        trainings: attest::trained(&staff, &trainings, today),
    })
}
