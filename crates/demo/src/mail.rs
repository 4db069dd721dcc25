//! `mail/`: e-mails received in the shared mailboxes, dated by their file name, each with a
//! sidecar that says when it was received and whether it is the basis of a contract or warranty.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, DateTime};
use serde::Serialize;

use crate::erp::Customer;
use crate::hr::{DEPARTMENTS, Employee};
use crate::mail_texts::{
    AFTERTHOUGHTS, CLOSINGS, GREETINGS, OPENERS, SUPPLIERS, Sender, TEXTS, Text,
};
use crate::people::{self, danish_date, fill, kroner, month_name};
use crate::report::{Defects, Report};
use crate::rfc5322::{Message, wrapped};
use crate::rng::Rng;
use crate::window::{Window, at_hours, days_between, plus_days, plus_months};
use crate::words::OWN_DOMAIN;
use crate::{Error, Plan, Result, Truth, truth};

/// How many years back the mailboxes go.
const YEARS: i64 = 5;

/// What is known of an e-mail besides its text. A file `<name>.json` beside `<name>.eml`.
#[derive(Serialize)]
struct Sidecar {
    /// RFC 3339, with the offset of Danish time.
    received: String,
    /// Null when nobody has assessed it yet.
    contract: Option<bool>,
    warranty_until: Option<String>,
    /// The sender's address, as the mail system copies it from the message's head.
    from: String,
    /// The customer number, where whoever answered noted it.
    customer_id: Option<i64>,
}

pub(crate) fn generate(
    root: &Path,
    plan: &Plan,
    customers: &[Customer],
    staff: &[Employee],
    truth: &mut Truth,
    report: &mut Report,
) -> Result<()> {
    let mut rng = Rng::stream(plan.seed, "mail");
    let mut noted = truth::Noted::new(plan);
    let total = plan.size.of(1_500, 12);
    let mut mails: Vec<(DateTime, &Text)> = (0..total)
        .map(|_| {
            // The earlier of two days back: more of the newer mail is left than of the older.
            let back = rng.range(0, YEARS * 365).min(rng.range(0, YEARS * 365));
            let day = plus_days(plan.window.last, -back);
            (at_hours(day, 6, 23, &mut rng), rng.weighted(TEXTS, |t| t.weight))
        })
        .collect();
    mails.sort_by_key(|(time, text)| (text.mailbox, *time));

    // The folder made last: the mails come folder by folder.
    let mut made = PathBuf::new();
    let mut of_the_day: HashMap<(&str, Date), u32> = HashMap::new();
    let first_without = total / 2;
    let without = first_without..first_without + Defects::ALL.mails_without_sidecar as usize;
    for (n, (time, text)) in mails.into_iter().enumerate() {
        let day = time.date();
        let folder = root.join(text.mailbox).join(day.year().to_string());
        if folder != made {
            fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
            made.clone_from(&folder);
        }
        let number = of_the_day.entry((text.mailbox, day)).or_default();
        *number += 1;
        let name = folder.join(format!("{day}-{number}"));

        let received = plan.window.instant(time).to_zoned(plan.window.zone.clone());
        let writer = Writer::draw(text.sender, day, customers, staff, &mut rng);
        let about = (text.sender == Sender::Customer).then_some(writer.about.0);
        let customer = about.and_then(|i| noted.number(i, customers));
        let path = format!("{}/{}/{day}-{number}.eml", text.mailbox, day.year());
        truth.mail(about, customer, &path);
        let id = format!("{:016x}.{n}@{}", rng.next(), writer.domain());
        let (subject, body) = compose(text, &writer, day, &plan.window, &mut rng);
        let message = Message {
            from: (&writer.name, &writer.email),
            to: ("Nordkyst Forsyning", &format!("{}@{OWN_DOMAIN}", text.mailbox)),
            subject: &subject,
            date: &received,
            id: &id,
            body: &body,
        };
        crate::write(&name.with_extension("eml"), &message.to_bytes(), time, &plan.window)?;

        if !without.contains(&n) {
            let warranty = plus_months(day, 12 * text.warranty_years);
            let sidecar = Sidecar {
                received: received.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
                contract: (text.contract || !rng.chance(8)).then_some(text.contract),
                warranty_until: (text.warranty_years > 0).then(|| warranty.to_string()),
                from: writer.email.clone(),
                customer_id: customer.map(crate::erp::number),
            };
            let file = name.with_extension("json");
            let json = serde_json::to_vec_pretty(&sidecar)
                .map_err(|e| Error::io("write", &file)(e.into()))?;
            crate::write(&file, &json, time, &plan.window)?;
        }
        report.step("mail", n + 1, total);
    }
    Ok(())
}

/// Who writes, and the customer it is about.
struct Writer<'a> {
    name: String,
    email: String,
    /// Place in the list of customers, and the customer.
    about: (usize, &'a Customer),
    /// Below the name: address, company or department.
    signature: Vec<String>,
}

impl<'a> Writer<'a> {
    fn draw(
        sender: Sender,
        day: Date,
        customers: &'a [Customer],
        staff: &'a [Employee],
        rng: &mut Rng,
    ) -> Self {
        let about = customer_on(day, customers, rng);
        let (name, email, signature) = match sender {
            Sender::Customer => {
                let c = about.1;
                let address = vec![c.address.clone(), format!("{} {}", c.postcode, c.city)];
                let signature = if rng.chance(50) { address } else { Vec::new() };
                (c.name.clone(), c.email_on(day).to_owned(), signature)
            }
            Sender::Supplier => {
                let name = people::name(rng);
                let email = people::private_email(&name, 90_000 + rng.below(9_000), rng);
                (name, email, vec![(*rng.pick(SUPPLIERS)).to_owned(), people::phone(rng)])
            }
            Sender::Colleague => {
                let e = employee_on(day, staff, rng);
                let signature = vec![DEPARTMENTS[e.department].0.to_owned()];
                (e.name.clone(), e.email.clone(), signature)
            }
        };
        Self { name, email, about, signature }
    }

    fn domain(&self) -> &str {
        self.email.rsplit('@').next().unwrap_or(OWN_DOMAIN)
    }
}

/// Somebody who was a customer on `day`, if a few draws find one.
fn customer_on<'a>(day: Date, customers: &'a [Customer], rng: &mut Rng) -> (usize, &'a Customer) {
    let mut i = rng.below(customers.len());
    for _ in 0..100 {
        if customers[i].since <= day && day <= customers[i].until {
            break;
        }
        i = rng.below(customers.len());
    }
    (i, &customers[i])
}

/// Somebody who worked here on `day`; the director when a few draws find nobody.
fn employee_on<'a>(day: Date, staff: &'a [Employee], rng: &mut Rng) -> &'a Employee {
    (0..100).map(|_| &staff[rng.below(staff.len())]).find(|e| e.works_on(day)).unwrap_or(&staff[0])
}

/// Subject and body.
fn compose(
    text: &Text,
    writer: &Writer,
    day: Date,
    window: &Window,
    rng: &mut Rng,
) -> (String, String) {
    let (i, customer) = writer.about;
    let values = [
        ("adresse", customer.address.as_str()),
        ("postby", &format!("{} {}", customer.postcode, customer.city)),
        ("kunde", &(i + 1).to_string()),
        ("beloeb", &kroner(rng.range(640, 18_900) * 100)),
        ("pris", &kroner(rng.range(92, 249) * 10_000 + 9_500)),
        ("maaned", month_name(plus_months(day, -1))),
        ("kwh", &rng.range(2_000, 64_000).to_string()),
        ("snart", &danish_date(plus_days(day, rng.range(10, 20)))),
        ("sag", &format!("{}-{:05}", day.year(), 1 + days_between(window.first, day) * 7 % 99_000)),
    ];
    let greeting = match text.sender {
        Sender::Customer => rng.pick(GREETINGS),
        Sender::Supplier | Sender::Colleague => "Hej",
    };
    let mut told = fill(text.body, &values);
    if text.sender == Sender::Customer {
        if rng.chance(30) {
            told = format!("{} {told}", rng.pick(OPENERS));
        }
        if rng.chance(30) {
            told = format!("{told}\n\n{}", rng.pick(AFTERTHOUGHTS));
        }
    }
    let mut body = format!("{greeting}\n\n{}", wrapped(&told, ""));
    body.push_str(&format!("\n{}\n{}\n", rng.pick(CLOSINGS), writer.name));
    for line in &writer.signature {
        body.push_str(&format!("{line}\n"));
    }
    if text.sender == Sender::Customer && rng.chance(12) {
        body.push_str("\nSendt fra min telefon\n");
    }
    if !text.earlier.is_empty() {
        let before = plus_days(day, -rng.range(1, 6));
        let name = customer.name.split(' ').next().unwrap_or_default();
        let letter = format!(
            "Kære {name}\n\n{}\n\nVenlig hilsen\nNordkyst Forsyning A/S",
            fill(text.earlier, &values)
        );
        body.push_str(&format!("\nDen {} skrev Nordkyst Forsyning:\n\n", danish_date(before)));
        body.push_str(&wrapped(&letter, "> "));
    }
    (fill(text.subject, &values), body)
}
