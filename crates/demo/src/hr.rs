//! `hr.sqlite`: employees, their working time and sick leave. Applicants are in
//! [`crate::recruiting`].

use std::path::Path;

use jiff::civil::{Date, date};
use rusqlite::{Transaction, params};

use crate::erp::number;
use crate::report::{Defects, Report};
use crate::rng::Rng;
use crate::window::{Window, days_between, plus_days, plus_months, weekday};
use crate::{Error, Plan, Result, Truth, erp, people, recruiting};

const TABLES: &str = "
CREATE TABLE employee (
  employee_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  cpr TEXT NOT NULL,
  email TEXT NOT NULL,
  address TEXT NOT NULL,
  postcode TEXT NOT NULL,
  city TEXT NOT NULL,
  department TEXT NOT NULL,
  title TEXT NOT NULL,
  hired_on TEXT NOT NULL,
  ended_on TEXT,                     -- null while employed
  manager_id INTEGER REFERENCES employee (employee_id)
);
CREATE TABLE working_time (
  entry_id INTEGER PRIMARY KEY,
  employee_id INTEGER NOT NULL REFERENCES employee (employee_id),
  period_end TEXT NOT NULL,
  minutes INTEGER NOT NULL
);
CREATE TABLE sick_leave (
  sick_leave_id INTEGER PRIMARY KEY,
  employee_id INTEGER NOT NULL REFERENCES employee (employee_id),
  first_day TEXT NOT NULL,
  last_day TEXT,                     -- null while it lasts
  reason TEXT NOT NULL
);
CREATE TABLE applicant (
  applicant_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  position TEXT NOT NULL,
  received_on TEXT NOT NULL,
  recruitment_ended_on TEXT,         -- null while the recruitment runs
  outcome TEXT NOT NULL
);
";

const INDEXES: &str = "
CREATE INDEX employee_manager_id ON employee (manager_id);
CREATE INDEX employee_cpr ON employee (cpr);
CREATE INDEX employee_email ON employee (email);
CREATE INDEX employee_ended_on ON employee (ended_on);
CREATE INDEX working_time_employee_id ON working_time (employee_id);
CREATE INDEX working_time_period_end ON working_time (period_end);
CREATE INDEX sick_leave_employee_id ON sick_leave (employee_id);
CREATE INDEX sick_leave_last_day ON sick_leave (last_day);
CREATE INDEX applicant_email ON applicant (email);
CREATE INDEX applicant_phone ON applicant (phone);
CREATE INDEX applicant_received_on ON applicant (received_on);
CREATE INDEX applicant_recruitment_ended_on ON applicant (recruitment_ended_on);
";

/// Departments, with the titles of those who work there.
#[rustfmt::skip]
pub(crate) const DEPARTMENTS: &[(&str, &[&str])] = &[
    ("Kundeservice", &["Kunderådgiver", "Kunderådgiver", "Teamkoordinator", "Studentermedhjælper"]),
    ("Afregning", &["Afregningsmedarbejder", "Debitorbogholder", "Målerdataspecialist"]),
    ("Drift", &["Montør", "Montør", "Driftstekniker", "Vagtleder"]),
    ("Anlæg", &["Projektleder", "Ingeniør", "Elektriker", "Smed"]),
    ("Økonomi", &["Bogholder", "Controller", "Økonomiassistent"]),
    ("HR og jura", &["HR-konsulent", "Lønspecialist", "Jurist"]),
    ("It", &["Systemudvikler", "Systemadministrator", "Supporter"]),
];

/// One director, one head a department, and 32 team leaders: the first to have been hired.
const HEADS: usize = 1 + DEPARTMENTS.len();
const LEADERS: usize = HEADS + 32;
/// From this day all working time is recorded (arbejdstidsloven); before, only that of the hourly
/// paid.
const ALL_RECORD_FROM: Date = date(2024, 7, 1);

/// An employee. Their number is their place in the list, counted from 1.
pub(crate) struct Employee {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) department: usize,
    pub(crate) hired_on: Date,
    pub(crate) ended_on: Option<Date>,
    manager: Option<usize>,
}

impl Employee {
    pub(crate) fn works_on(&self, day: Date) -> bool {
        self.hired_on <= day && self.ended_on.is_none_or(|ended| day <= ended)
    }
}

pub(crate) fn generate(
    path: &Path,
    plan: &Plan,
    customers: &[erp::Customer],
    truth: &mut Truth,
    report: &mut Report,
) -> Result<Vec<Employee>> {
    let mut db = erp::create(path, TABLES).map_err(Error::database("hr"))?;
    let tx = db.transaction().map_err(Error::database("hr"))?;
    let staff = draw_employees(plan);
    employees(&tx, &staff, plan, report).map_err(Error::database("hr/employee"))?;
    working_time(&tx, &staff, plan, report).map_err(Error::database("hr/working_time"))?;
    sick_leave(&tx, &staff, plan, report).map_err(Error::database("hr/sick_leave"))?;
    recruiting::applicants(&tx, plan, customers, truth, report)
        .map_err(Error::database("hr/applicant"))?;
    tx.execute_batch(INDEXES).and_then(|()| tx.commit()).map_err(Error::database("hr"))?;
    Ok(staff)
}

/// Two in five worked here before the history begins. Managers come before those they lead, and
/// some of them have left while their people still point at them, as HR systems leave it.
fn draw_employees(plan: &Plan) -> Vec<Employee> {
    let mut rng = Rng::stream(plan.seed, "hr/employee");
    let w = &plan.window;
    let total = plan.size.of(400, 12);
    let early = (total * 2 / 5).max(LEADERS.min(total));
    let mut hired: Vec<Date> = (0..total)
        .map(|i| {
            if i < early {
                weekday(plus_days(w.first, -rng.range(30, 5_400)))
            } else {
                w.day_from(w.first, &mut rng)
            }
        })
        .collect();
    hired[early..].sort_unstable();

    let mut staff: Vec<Employee> = Vec::with_capacity(total);
    for (i, hired_on) in hired.into_iter().enumerate() {
        let manager = match i {
            0 => None,
            _ if i < HEADS => Some(0),
            _ if i < LEADERS => Some(1 + rng.below(HEADS - 1)),
            _ => Some(HEADS + rng.below(LEADERS - HEADS)),
        };
        let department = match manager {
            None => 5,
            Some(0) => i - 1,
            Some(m) => staff[m].department,
        };
        let stays = if i < LEADERS { 70 } else { 33 };
        let ended_on = if i == 0 || rng.chance(stays) {
            None
        } else if i < early {
            // Somewhere in the history, else HR would have moved the file out long ago.
            Some(w.day_from(w.first, &mut rng))
        } else {
            w.past(plus_days(hired_on, rng.range(80, 2_600)))
        };
        let name = people::name(&mut rng);
        let email = people::own_email(&name, i + 1);
        staff.push(Employee { name, email, department, hired_on, ended_on, manager });
    }
    // The one whose last day is typed wrong left well over five years ago.
    if let Some(last) = staff.last_mut() {
        last.hired_on = weekday(plus_months(w.first, 8));
        last.ended_on = Some(plus_months(last.hired_on, 49).last_of_month());
    }
    staff
}

fn employees(
    tx: &Transaction,
    staff: &[Employee],
    plan: &Plan,
    report: &mut Report,
) -> rusqlite::Result<()> {
    let mut rng = Rng::stream(plan.seed, "hr/employee/row");
    let mut insert =
        tx.prepare("INSERT INTO employee VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    let wrong = staff.len() - Defects::ALL.employees_with_wrong_date_format as usize;
    for (i, e) in staff.iter().enumerate() {
        let born = plus_days(e.hired_on, -rng.range(20 * 365, 57 * 365));
        let (postcode, city) = people::town(&mut rng);
        let (department, titles) = DEPARTMENTS[e.department];
        let title = match i {
            0 => "Administrerende direktør",
            _ if i < HEADS => "Afdelingschef",
            _ if i < LEADERS => "Teamleder",
            _ => rng.pick(titles),
        };
        let format = if i >= wrong { "%d/%m/%Y" } else { "%Y-%m-%d" };
        insert.execute(params![
            number(i),
            e.name,
            people::fictional_cpr(born, &mut rng),
            e.email,
            people::street_address(&mut rng),
            postcode,
            city,
            if i == 0 { "Direktion" } else { department },
            title,
            e.hired_on.to_string(),
            e.ended_on.map(|d| d.strftime(format).to_string()),
            e.manager.map(number),
        ])?;
        report.step("hr/employee", i + 1, staff.len());
    }
    Ok(())
}

/// One entry an employee and month, in the order of the months.
fn working_time(
    tx: &Transaction,
    staff: &[Employee],
    plan: &Plan,
    report: &mut Report,
) -> rusqlite::Result<()> {
    let mut rng = Rng::stream(plan.seed, "hr/working_time");
    let hourly: Vec<bool> =
        (0..staff.len()).map(|i| i == 0 || (i >= HEADS && rng.chance(30))).collect();
    let mut rows = Vec::new();
    let mut month = plan.window.first.first_of_month();
    while month.last_of_month() <= plan.window.last {
        let end = month.last_of_month();
        for (i, e) in staff.iter().enumerate() {
            if e.works_on(end) && (hourly[i] || end >= ALL_RECORD_FROM) {
                rows.push((i, end));
            }
        }
        month = plus_months(month, 1);
    }
    let mut insert = tx.prepare("INSERT INTO working_time VALUES (?, ?, ?, ?)")?;
    for (n, (i, end)) in rows.iter().enumerate() {
        let minutes = rng.range(132, 176) * 60 + rng.range(0, 59);
        insert.execute(params![number(n), number(*i), end.to_string(), minutes])?;
        report.step("hr/working_time", n + 1, rows.len());
    }
    Ok(())
}

#[rustfmt::skip]
const REASONS: &[(&str, usize)] = &[
    ("egen sygdom", 74), ("barns første sygedag", 16), ("arbejdsskade", 3),
    ("sygdom under graviditet", 3), ("delvis sygemelding", 4),
];

fn sick_leave(
    tx: &Transaction,
    staff: &[Employee],
    plan: &Plan,
    report: &mut Report,
) -> rusqlite::Result<()> {
    let mut rng = Rng::stream(plan.seed, "hr/sick_leave");
    let total = plan.size.of(1_200, 8);
    let mut rows: Vec<(Date, usize)> = (0..total)
        .map(|_| {
            let i = rng.below(staff.len());
            let (from, to) = employment_in(&staff[i], &plan.window);
            (plus_days(from, rng.range(0, days_between(from, to))), i)
        })
        .collect();
    rows.sort_unstable();
    let mut insert = tx.prepare("INSERT INTO sick_leave VALUES (?, ?, ?, ?, ?)")?;
    for (n, (first, i)) in rows.into_iter().enumerate() {
        let reason = rng.weighted(REASONS, |r| r.1).0;
        let days = match reason {
            "barns første sygedag" => 0,
            "egen sygdom" if rng.chance(92) => rng.range(0, 6),
            _ => rng.range(10, 140),
        };
        // Sick leave ends with the employment at the latest.
        let last = plus_days(first, days);
        let last = staff[i].ended_on.map_or(last, |ended| last.min(ended));
        let last = plan.window.past(last).map(|d| d.to_string());
        insert.execute(params![number(n), number(i), first.to_string(), last, reason])?;
        report.step("hr/sick_leave", n + 1, total);
    }
    Ok(())
}

/// The part of an employment that lies within the history.
fn employment_in(e: &Employee, window: &Window) -> (Date, Date) {
    (e.hired_on.max(window.first), e.ended_on.unwrap_or(window.last))
}
