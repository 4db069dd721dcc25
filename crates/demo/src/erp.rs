//! `erp.sqlite`: customers, their contracts, complaints and marketing consents. What is billed and
//! measured is in [`crate::billing`].

use std::path::Path;

use jiff::civil::Date;
use rusqlite::{Connection, Transaction, params};

use crate::complaint_texts::COMPLAINTS;
use crate::people::{self, kroner, month_name};
use crate::report::Report;
use crate::rng::Rng;
use crate::truth;
use crate::window::{Window, at_hours, days_between, plus_days, sql_time};
use crate::{Error, Plan, Result, billing};

const TABLES: &str = "
CREATE TABLE customer (
  customer_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  postcode TEXT NOT NULL,
  city TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  created_at TEXT NOT NULL,          -- local time
  relationship_ended_on TEXT         -- null while a contract runs
);
CREATE TABLE contract (
  contract_id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customer (customer_id),
  product TEXT NOT NULL,
  billing_months INTEGER NOT NULL,
  started_on TEXT NOT NULL,
  ended_on TEXT                      -- null while it runs
);
CREATE TABLE invoice (
  invoice_id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customer (customer_id),
  contract_id INTEGER NOT NULL REFERENCES contract (contract_id),
  period_from TEXT NOT NULL,
  period_to TEXT NOT NULL,
  kwh INTEGER NOT NULL,
  invoice_date TEXT,
  due_date TEXT NOT NULL,
  paid_on TEXT,                      -- null until paid
  amount_ore INTEGER NOT NULL,
  status TEXT NOT NULL
);
CREATE TABLE meter_reading (
  reading_id INTEGER PRIMARY KEY,
  contract_id INTEGER NOT NULL REFERENCES contract (contract_id),
  read_at TEXT NOT NULL,             -- local time
  method TEXT NOT NULL,
  kwh INTEGER NOT NULL
);
CREATE TABLE complaint (
  complaint_id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customer (customer_id),
  opened_on TEXT NOT NULL,
  closed_on TEXT,                    -- null while it is open
  category TEXT NOT NULL,
  text TEXT NOT NULL
);
CREATE TABLE marketing_consent (
  consent_id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customer (customer_id),
  channel TEXT NOT NULL,
  email TEXT,                        -- as it was then; null for other channels
  given_at TEXT NOT NULL,            -- UTC
  withdrawn_at TEXT                  -- UTC; null while it stands
);
";

const INDEXES: &str = "
CREATE INDEX customer_relationship_ended_on ON customer (relationship_ended_on);
CREATE INDEX customer_email ON customer (email);
CREATE INDEX customer_phone ON customer (phone);
CREATE INDEX contract_customer_id ON contract (customer_id);
CREATE INDEX contract_ended_on ON contract (ended_on);
CREATE INDEX invoice_customer_id ON invoice (customer_id);
CREATE INDEX invoice_contract_id ON invoice (contract_id);
CREATE INDEX invoice_invoice_date ON invoice (invoice_date);
CREATE INDEX meter_reading_contract_id ON meter_reading (contract_id);
CREATE INDEX meter_reading_read_at ON meter_reading (read_at);
CREATE INDEX complaint_customer_id ON complaint (customer_id);
CREATE INDEX complaint_closed_on ON complaint (closed_on);
CREATE INDEX marketing_consent_customer_id ON marketing_consent (customer_id);
CREATE INDEX marketing_consent_email ON marketing_consent (email);
CREATE INDEX marketing_consent_given_at ON marketing_consent (given_at);
CREATE INDEX marketing_consent_withdrawn_at ON marketing_consent (withdrawn_at);
";

/// A customer, as the e-mails need to know them.
pub(crate) struct Customer {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) postcode: &'static str,
    pub(crate) city: &'static str,
    pub(crate) email: String,
    /// First and last day on which they are a customer within the history.
    pub(crate) since: Date,
    pub(crate) until: Date,
    pub(crate) phone: String,
    /// The address that they wrote from before this day.
    pub(crate) former_email: Option<(String, Date)>,
}

impl Customer {
    /// The address that they write from on `day`.
    pub(crate) fn email_on(&self, day: Date) -> &str {
        match &self.former_email {
            Some((email, until)) if day < *until => email,
            _ => &self.email,
        }
    }
}

/// A contract. Its number is its place in the list, counted from 1.
pub(crate) struct Contract {
    /// The place of its customer in the list of customers.
    pub(crate) customer: usize,
    pub(crate) product: &'static Product,
    pub(crate) started_on: Date,
    pub(crate) ended_on: Option<Date>,
}

/// Something Nordkyst sells.
pub(crate) struct Product {
    pub(crate) name: &'static str,
    pub(crate) billing_months: i64,
    pub(crate) kwh_a_year: i64,
    share: usize,
}

#[rustfmt::skip]
const PRODUCTS: &[Product] = &[
    Product { name: "El Fast", billing_months: 6, kwh_a_year: 3_900, share: 27 },
    Product { name: "El Variabel", billing_months: 6, kwh_a_year: 3_600, share: 23 },
    Product { name: "Grøn El", billing_months: 3, kwh_a_year: 3_200, share: 6 },
    Product { name: "El Erhverv", billing_months: 1, kwh_a_year: 21_000, share: 1 },
    Product { name: "Fjernvarme", billing_months: 6, kwh_a_year: 16_500, share: 25 },
    Product { name: "Ladestander Hjemme", billing_months: 12, kwh_a_year: 2_700, share: 18 },
];

pub(crate) fn generate(path: &Path, plan: &Plan, report: &mut Report) -> Result<Vec<Customer>> {
    let mut db = create(path, TABLES).map_err(Error::database("erp"))?;
    let tx = db.transaction().map_err(Error::database("erp"))?;
    let (mut customers, contracts) = draw_customers(plan);
    truth::mingle(&mut customers, plan);
    write_customers(&tx, &customers, &contracts, plan, report)
        .map_err(Error::database("erp/customer"))?;
    write_contracts(&tx, &contracts, report).map_err(Error::database("erp/contract"))?;
    billing::invoices(&tx, &contracts, plan, report).map_err(Error::database("erp/invoice"))?;
    billing::readings(&tx, &contracts, plan, report)
        .map_err(Error::database("erp/meter_reading"))?;
    complaints(&tx, &customers, plan, report).map_err(Error::database("erp/complaint"))?;
    consents(&tx, &customers, plan, report).map_err(Error::database("erp/marketing_consent"))?;
    tx.execute_batch(INDEXES).and_then(|()| tx.commit()).map_err(Error::database("erp"))?;
    Ok(customers)
}

/// An empty database with `tables`. It is a demo: a crash while generating may spoil it, so it
/// need not wait for the disk.
pub(crate) fn create(path: &Path, tables: &str) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    db.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;")?;
    db.execute_batch(tables)?;
    Ok(db)
}

/// The number of the record at a place in its list: records count from 1.
pub(crate) fn number(place: usize) -> i64 {
    place as i64 + 1
}

/// Customers in the order they came, and contracts in the order they began. A third came in the
/// first two years, when the system was new; some four in ten have left since.
fn draw_customers(plan: &Plan) -> (Vec<Customer>, Vec<Contract>) {
    let mut rng = Rng::stream(plan.seed, "erp/customer");
    let w = &plan.window;
    let count = plan.size.of(8_000, 40);
    let mut since: Vec<Date> = (0..count)
        .map(|_| {
            let latest = if rng.chance(30) { 730 } else { days_between(w.first, w.last) };
            plus_days(w.first, rng.range(0, latest))
        })
        .collect();
    since.sort_unstable();

    let mut contracts: Vec<Contract> = Vec::new();
    for n in 0..plan.size.of(11_000, 55) {
        let customer = if n < count { n } else { rng.below(count) };
        let product = rng.weighted(PRODUCTS, |p| p.share);
        // The first contract begins when the customer comes, the others some time after.
        let started_on =
            if n < count { since[customer] } else { w.day_from(since[customer], &mut rng) };
        let ended_on =
            if rng.chance(33) { None } else { w.past(plus_days(started_on, rng.range(60, 2_900))) };
        contracts.push(Contract { customer, product, started_on, ended_on });
    }
    contracts.sort_by_key(|c| (c.started_on, c.customer));

    // The relationship lasts until the end of the last contract.
    let mut until = since.clone();
    for contract in &contracts {
        let last = &mut until[contract.customer];
        *last = (*last).max(contract.ended_on.unwrap_or(w.last));
    }
    let customers = since
        .into_iter()
        .zip(until)
        .enumerate()
        .map(|(i, (since, until))| {
            let name = people::name(&mut rng);
            let (postcode, city) = people::town(&mut rng);
            Customer {
                email: people::private_email(&name, i + 1, &mut rng),
                address: people::street_address(&mut rng),
                phone: people::phone(&mut rng),
                former_email: None,
                name,
                postcode,
                city,
                since,
                until,
            }
        })
        .collect();
    (customers, contracts)
}

fn write_customers(
    tx: &Transaction,
    customers: &[Customer],
    contracts: &[Contract],
    plan: &Plan,
    report: &mut Report,
) -> rusqlite::Result<()> {
    let mut rng = Rng::stream(plan.seed, "erp/customer/created_at");
    let mut running = vec![false; customers.len()];
    for contract in contracts.iter().filter(|c| c.ended_on.is_none()) {
        running[contract.customer] = true;
    }
    let mut insert = tx.prepare("INSERT INTO customer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    for (i, c) in customers.iter().enumerate() {
        let created_at = sql_time(at_hours(c.since, 7, 22, &mut rng));
        let ended_on = (!running[i]).then(|| c.until.to_string());
        insert.execute(params![
            number(i),
            c.name,
            c.address,
            c.postcode,
            c.city,
            c.email,
            c.phone,
            created_at,
            ended_on
        ])?;
        report.step("erp/customer", i + 1, customers.len());
    }
    Ok(())
}

fn write_contracts(
    tx: &Transaction,
    contracts: &[Contract],
    report: &mut Report,
) -> rusqlite::Result<()> {
    let mut insert = tx.prepare("INSERT INTO contract VALUES (?, ?, ?, ?, ?, ?)")?;
    for (i, c) in contracts.iter().enumerate() {
        insert.execute(params![
            number(i),
            number(c.customer),
            c.product.name,
            c.product.billing_months,
            c.started_on.to_string(),
            c.ended_on.map(|d| d.to_string()),
        ])?;
        report.step("erp/contract", i + 1, contracts.len());
    }
    Ok(())
}

/// A customer, and a day on which they were one.
pub(crate) fn customer_day<'a>(
    customers: &'a [Customer],
    rng: &mut Rng,
) -> (usize, &'a Customer, Date) {
    let i = rng.below(customers.len());
    let c = &customers[i];
    (i, c, plus_days(c.since, rng.range(0, days_between(c.since, c.until))))
}

fn complaints(
    tx: &Transaction,
    customers: &[Customer],
    plan: &Plan,
    report: &mut Report,
) -> rusqlite::Result<()> {
    let mut rng = Rng::stream(plan.seed, "erp/complaint");
    let total = plan.size.of(600, 6);
    let mut opened: Vec<_> = (0..total)
        .map(|_| {
            let (i, _, day) = customer_day(customers, &mut rng);
            (day, i)
        })
        .collect();
    opened.sort_unstable();
    let mut insert = tx.prepare("INSERT INTO complaint VALUES (?, ?, ?, ?, ?, ?)")?;
    for (n, (day, i)) in opened.into_iter().enumerate() {
        let (category, texts) = rng.pick(COMPLAINTS);
        let text = people::fill(
            rng.pick::<&str>(texts),
            &[
                ("gade", &customers[i].address),
                ("maaned", month_name(plus_days(day, -30))),
                ("beloeb", &kroner(rng.range(480, 9_400) * 100 + rng.range(0, 3) * 25)),
                ("kwh", &rng.range(2_000, 61_000).to_string()),
            ],
        );
        let closed_on = plan.window.past(plus_days(day, rng.range(2, 95))).map(|d| d.to_string());
        insert.execute(params![
            number(n),
            number(i),
            day.to_string(),
            closed_on,
            category,
            text
        ])?;
        report.step("erp/complaint", n + 1, total);
    }
    Ok(())
}

/// Consents to marketing, a third of them withdrawn. Their times are instants in UTC, as the web
/// shop writes them.
fn consents(
    tx: &Transaction,
    customers: &[Customer],
    plan: &Plan,
    report: &mut Report,
) -> rusqlite::Result<()> {
    let mut rng = Rng::stream(plan.seed, "erp/marketing_consent");
    let total = plan.size.of(3_000, 10);
    let mut given: Vec<_> = (0..total)
        .map(|_| {
            let (i, _, day) = customer_day(customers, &mut rng);
            (day, i)
        })
        .collect();
    given.sort_unstable();
    let mut insert = tx.prepare("INSERT INTO marketing_consent VALUES (?, ?, ?, ?, ?, ?)")?;
    for (n, (day, i)) in given.into_iter().enumerate() {
        let channel = rng.pick(&["e-mail", "e-mail", "e-mail", "sms", "telefon", "brev"]);
        let given_at = utc(&plan.window, day, &mut rng);
        let withdrawn_at = if rng.chance(45) {
            plan.window
                .past(plus_days(day, rng.range(1, 1_900)))
                .map(|d| utc(&plan.window, d, &mut rng))
        } else {
            None
        };
        let email = (*channel == "e-mail").then(|| customers[i].email_on(day));
        insert.execute(params![number(n), number(i), channel, email, given_at, withdrawn_at])?;
        report.step("erp/marketing_consent", n + 1, total);
    }
    Ok(())
}

fn utc(window: &Window, day: Date, rng: &mut Rng) -> String {
    window.instant(at_hours(day, 7, 23, rng)).to_string()
}
