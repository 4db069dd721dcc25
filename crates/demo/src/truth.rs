//! Who is who: people who occur in several places, families that share a telephone, namesakes, and
//! people who have changed their e-mail address. Drawn from streams of their own, so that everything
//! else stays as it was.

use crate::erp::{Customer, number};
use crate::rng::Rng;
use crate::window::{days_between, plus_days};
use crate::{Plan, people};

/// Who is who in a generated demo.
#[derive(Clone, Default)]
pub struct Truth {
    /// The customers, in the order of their numbers, from 1.
    pub people: Vec<Person>,
}

/// A customer, and where else they occur. What has their customer number is theirs as well.
#[derive(Clone, Default)]
pub struct Person {
    /// Customer number.
    pub customer: i64,
    /// Name, which others may have too.
    pub name: String,
    /// Telephone, which their family may have too.
    pub phone: String,
    /// E-mail addresses, the present one first.
    pub emails: Vec<String>,
    /// Numbers of their applications for jobs.
    pub applications: Vec<i64>,
    /// E-mails that they wrote, or that their customer number was noted on: paths in the mail store.
    pub mails: Vec<String>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Person({})", self.customer)
    }
}

impl Truth {
    pub(crate) fn of(customers: &[Customer]) -> Self {
        let person = |(i, c): (usize, &Customer)| Person {
            customer: number(i),
            name: c.name.clone(),
            phone: c.phone.clone(),
            emails: std::iter::once(&c.email)
                .chain(c.former_email.iter().map(|(email, _)| email))
                .cloned()
                .collect(),
            ..Person::default()
        };
        Self { people: customers.iter().enumerate().map(person).collect() }
    }

    /// An e-mail that one customer wrote, and on which a number was noted: their own or another's.
    pub(crate) fn mail(&mut self, writer: Option<usize>, noted: Option<usize>, path: &str) {
        for i in writer.into_iter().chain(noted.filter(|n| Some(*n) != writer)) {
            self.people[i].mails.push(path.to_owned());
        }
    }
}

/// Of 100 customers, 12 live with the one before them, 4 have the name of somebody else, and 10 have
/// changed their e-mail address.
pub(crate) fn mingle(customers: &mut [Customer], plan: &Plan) {
    let mut rng = Rng::stream(plan.seed, "truth");
    for i in 1..customers.len() {
        let (before, rest) = customers.split_at_mut(i);
        let c = &mut rest[0];
        match rng.below(100) {
            0..12 => {
                let other = &before[i - 1];
                let given = c.name.split(' ').next().unwrap_or_default();
                let last = other.name.rsplit(' ').next().unwrap_or_default();
                c.name = format!("{given} {last}");
                c.phone.clone_from(&other.phone);
                c.address.clone_from(&other.address);
                (c.postcode, c.city) = (other.postcode, other.city);
                c.email = people::private_email(&c.name, i + 1, &mut rng);
            }
            12..16 => {
                c.name.clone_from(&before[rng.below(i)].name);
                c.email = people::private_email(&c.name, i + 1, &mut rng);
            }
            16..26 => {
                let changed = plus_days(c.since, rng.range(1, days_between(c.since, c.until)));
                let former = people::private_email(&c.name, 700_000 + i, &mut rng);
                c.former_email = Some((former, changed));
            }
            _ => {}
        }
    }
}

/// Which applicants are customers, one in ten, each customer once.
pub(crate) struct Applying {
    rng: Rng,
    left: Vec<usize>,
}

pub(crate) fn applying(plan: &Plan, customers: usize) -> Applying {
    Applying { rng: Rng::stream(plan.seed, "truth/applicant"), left: (0..customers).collect() }
}

impl Applying {
    /// The customer who the next applicant is.
    pub(crate) fn draw(&mut self) -> Option<usize> {
        let applies = self.rng.chance(10) && !self.left.is_empty();
        applies.then(|| self.left.swap_remove(self.rng.below(self.left.len())))
    }
}

/// Whose customer number is noted on an e-mail: on two in five the writer's, on one in twenty that of
/// the person with whom the writer shares a telephone.
pub(crate) struct Noted(Rng);

impl Noted {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self(Rng::stream(plan.seed, "truth/mail"))
    }

    pub(crate) fn number(&mut self, writer: usize, customers: &[Customer]) -> Option<usize> {
        match self.0.below(100) {
            0..40 => Some(writer),
            40..45 => {
                let before = writer.checked_sub(1)?;
                (customers[before].phone == customers[writer].phone).then_some(before)
            }
            _ => None,
        }
    }
}
