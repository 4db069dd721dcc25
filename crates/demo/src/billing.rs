//! What follows from a contract: invoices and meter readings.

use jiff::civil::Date;
use rusqlite::{Transaction, params};

use crate::Plan;
use crate::erp::{Contract, number};
use crate::report::{Defects, Report};
use crate::rng::Rng;
use crate::window::{at_hours, days_between, plus_days, plus_months, sql_time, weekday};

/// Consumption of each month against the year's average, in percent.
const SEASON: [i64; 12] = [150, 142, 125, 98, 76, 60, 55, 58, 74, 100, 125, 142];
/// What a contract costs a month besides consumption.
const SUBSCRIPTION_ORE: i64 = 3_900;

struct Invoice {
    contract: usize,
    from: Date,
    to: Date,
    date: Date,
}

/// The invoices in the order they were sent. The last one of an ended contract is for what is
/// left of its period.
pub(crate) fn invoices(
    tx: &Transaction,
    contracts: &[Contract],
    plan: &Plan,
    report: &mut Report,
) -> rusqlite::Result<()> {
    let mut rng = Rng::stream(plan.seed, "erp/invoice");
    let mut invoices = Vec::new();
    for (contract, c) in contracts.iter().enumerate() {
        let mut from = c.started_on;
        for n in 1.. {
            let to = plus_days(plus_months(c.started_on, n * c.product.billing_months), -1);
            let to = c.ended_on.map_or(to, |ended| to.min(ended));
            let date = weekday(plus_days(to, rng.range(2, 9)));
            if date > plan.window.last {
                break;
            }
            invoices.push(Invoice { contract, from, to, date });
            if c.ended_on == Some(to) {
                break;
            }
            from = plus_days(to, 1);
        }
    }
    invoices.sort_by_key(|i| (i.date, i.contract));

    let total = invoices.len();
    let mut insert = tx.prepare("INSERT INTO invoice VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    for (n, i) in invoices.iter().enumerate() {
        let c = &contracts[i.contract];
        let kwh = consumption(c, i.from, i.to, &mut rng);
        let months = (days_between(i.from, i.to) + 15) / 30;
        let amount = kwh * price_ore(i.to, c.product.name) + months * SUBSCRIPTION_ORE;
        let due = weekday(plus_days(i.date, 21));
        let (paid_on, status) = payment(due, i.date, plan, &mut rng);
        insert.execute(params![
            number(n),
            number(c.customer),
            number(i.contract),
            i.from.to_string(),
            i.to.to_string(),
            kwh,
            i.date.to_string(),
            due.to_string(),
            paid_on.map(|d| d.to_string()),
            amount,
            status,
        ])?;
        report.step("erp/invoice", n + 1, total);
    }
    spoil(tx, total)
}

/// Makes the dates of some invoices wrong, spread evenly over all of them.
fn spoil(tx: &Transaction, total: usize) -> rusqlite::Result<()> {
    let d = Defects::ALL;
    let wrong = [
        (d.invoices_without_date, None),
        (d.invoices_with_impossible_date, Some(Defects::IMPOSSIBLE_DATE)),
        (d.invoices_with_word_for_date, Some(Defects::WORD_FOR_DATE)),
    ];
    let values = wrong.iter().flat_map(|(count, value)| (0..*count).map(move |_| *value));
    let all = wrong.iter().map(|(count, _)| *count as usize).sum::<usize>();
    let mut update = tx.prepare("UPDATE invoice SET invoice_date = ? WHERE invoice_id = ?")?;
    for (n, value) in values.enumerate() {
        update.execute(params![value, number(n * total / all)])?;
    }
    Ok(())
}

/// When and whether an invoice was paid. Most are paid in time; a few never.
fn payment(due: Date, sent: Date, plan: &Plan, rng: &mut Rng) -> (Option<Date>, &'static str) {
    let days = match rng.below(100) {
        0..=89 => rng.range(-14, 1),
        90..=97 => rng.range(2, 70),
        98 => return (None, "krediteret"),
        _ if days_between(due, plan.window.last) > 120 => return (None, "inkasso"),
        _ => return (None, "rykket"),
    };
    match plan.window.past(plus_days(due, days).max(plus_days(sent, 1))) {
        Some(paid) => (Some(paid), "betalt"),
        None if due <= plan.window.last => (None, "rykket"),
        None => (None, "åben"),
    }
}

/// kWh between two days, both included: the product's yearly use, the season, and chance.
fn consumption(c: &Contract, from: Date, to: Date, rng: &mut Rng) -> i64 {
    let (mut sum, mut day) = (0, from);
    while day <= to {
        let end = day.last_of_month().min(to);
        let season = SEASON[usize::from(day.month().unsigned_abs()).saturating_sub(1)];
        sum += (days_between(day, end) + 1) * season;
        day = plus_days(end, 1);
    }
    c.product.kwh_a_year * sum * rng.range(80, 120) / 365 / 100 / 100
}

/// Øre a kWh. The year of the energy crisis is remembered.
fn price_ore(day: Date, product: &str) -> i64 {
    if product == "Fjernvarme" {
        return 78;
    }
    match day.year() {
        2021 => 251,
        2022 => 418,
        2023 => 287,
        _ => 224,
    }
}

struct Reading {
    contract: usize,
    day: Date,
    remote: bool,
    kwh: i64,
}

/// Readings when the contract starts and ends and every half or whole year between, in the order
/// they were taken. Remote readings are taken at night, so that a few of them fall in the hour
/// that the change to or from summer time skips or repeats.
pub(crate) fn readings(
    tx: &Transaction,
    contracts: &[Contract],
    plan: &Plan,
    report: &mut Report,
) -> rusqlite::Result<()> {
    let mut rng = Rng::stream(plan.seed, "erp/meter_reading");
    let mut readings = Vec::new();
    for (contract, c) in contracts.iter().enumerate() {
        let remote = rng.chance(70);
        let months = if rng.chance(65) { 6 } else { 12 };
        let mut kwh = rng.range(0, 48_000);
        let (mut day, end) = (c.started_on, c.ended_on.unwrap_or(plan.window.last));
        for n in 1.. {
            readings.push(Reading { contract, day, remote, kwh });
            if c.ended_on == Some(day) {
                break;
            }
            let next = plus_months(c.started_on, n * months);
            if next > end && c.ended_on.is_none() {
                break;
            }
            let next = next.min(end);
            kwh += consumption(c, day, plus_days(next, -1), &mut rng);
            day = next;
        }
    }
    readings.sort_by_key(|r| (r.day, r.contract));

    let total = readings.len();
    let mut insert = tx.prepare("INSERT INTO meter_reading VALUES (?, ?, ?, ?, ?)")?;
    for (n, r) in readings.iter().enumerate() {
        let (from, to, method) =
            if r.remote { (0, 5, "fjernaflæst") } else { (8, 21, "selvaflæst") };
        let read_at = sql_time(at_hours(r.day, from, to, &mut rng));
        insert.execute(params![number(n), number(r.contract), read_at, method, r.kwh])?;
        report.step("erp/meter_reading", n + 1, total);
    }
    Ok(())
}
