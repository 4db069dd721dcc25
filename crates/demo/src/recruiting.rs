//! The applicants in `hr.sqlite`, by recruitment: those for one position arrive together, and
//! their recruitment ends on one day.

use jiff::civil::Date;
use rusqlite::{Transaction, params};

use crate::erp::{Customer, number};
use crate::hr::DEPARTMENTS;
use crate::report::Report;
use crate::rng::Rng;
use crate::window::{days_between, plus_days, weekday};
use crate::{Plan, Truth, people, truth};

pub(crate) fn applicants(
    tx: &Transaction,
    plan: &Plan,
    customers: &[Customer],
    truth: &mut Truth,
    report: &mut Report,
) -> rusqlite::Result<()> {
    let mut rng = Rng::stream(plan.seed, "hr/applicant");
    let total = plan.size.of(2_500, 20);
    let mut rows: Vec<(Date, Option<Date>, &str, &str)> = Vec::with_capacity(total);
    while rows.len() < total {
        // The last recruitments have had applicants for at least a day.
        let span = days_between(plan.window.first, plan.window.last) - 1;
        let opened = plus_days(plan.window.first, rng.range(0, span));
        let days = rng.range(28, 80);
        let ended = plan.window.past(weekday(plus_days(opened, days)));
        let titles = rng.pick(DEPARTMENTS).1;
        let position = *rng.pick(titles);
        let count = rng.range(6, 26) as usize;
        let hires = rng.chance(88);
        for n in 0..count.min(total - rows.len()) {
            let received = plus_days(opened, rng.range(1, days - 7)).min(plan.window.last);
            let outcome = match ended {
                None => "under behandling",
                Some(_) if n == 0 && hires => "ansat",
                Some(_) if rng.chance(5) => "trukket tilbage",
                Some(_) => "afslag",
            };
            rows.push((received, ended, position, outcome));
        }
    }
    rows.sort_by_key(|r| r.0);
    let mut known = truth::applying(plan, customers.len());
    let mut insert = tx.prepare("INSERT INTO applicant VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?;
    for (n, (received, ended, position, outcome)) in rows.into_iter().enumerate() {
        let mut name = people::name(&mut rng);
        let mut email = people::private_email(&name, 50_000 + n, &mut rng);
        let mut phone = people::phone(&mut rng);
        if let Some(i) = known.draw() {
            let c = &customers[i];
            (name, email, phone) = (c.name.clone(), c.email.clone(), c.phone.clone());
            truth.people[i].applications.push(number(n));
        }
        insert.execute(params![
            number(n),
            name,
            email,
            phone,
            position,
            received.to_string(),
            ended.map(|d| d.to_string()),
            outcome,
        ])?;
        report.step("hr/applicant", n + 1, total);
    }
    Ok(())
}
