//! What the tests share.

use frist_cases::request::{Actor, NewRequest, NotNow, Person, Request, Right, Step};
use frist_law::Calendar;
use frist_register::{Lang, Register};
use jiff::Timestamp;
use jiff::civil::Date;

/// Noon of a day in Denmark.
pub(crate) fn noon(day: &str) -> Timestamp {
    noon_of(day.parse().unwrap())
}

pub(crate) fn noon_of(day: Date) -> Timestamp {
    day.at(12, 0, 0, 0).to_zoned(dk().zone).unwrap().timestamp()
}

pub(crate) fn dk() -> Calendar {
    Calendar::denmark()
}

pub(crate) fn new(right: Right, received: Timestamp) -> NewRequest {
    NewRequest {
        right,
        marketing: false,
        received,
        channel: "email".to_owned(),
        person: Person {
            name: "Ida Holm".to_owned(),
            email: Some("ida@example.dk".to_owned()),
            ..Person::default()
        },
        lang: Lang::Da,
        known: Vec::new(),
        words: None,
    }
}

pub(crate) fn received(right: Right, day: &str) -> Request {
    Request::new(new(right, noon(day)), noon(day)).unwrap()
}

/// Takes a step as Anna, at noon of a day.
pub(crate) fn take(request: &Request, step: &Step, day: &str) -> Result<Request, NotNow> {
    request.take(step, Actor::Person("anna"), noon(day), &dk())
}

/// A register with a controller and nothing else that letters need.
pub(crate) fn register(more: &str) -> Register {
    let text = format!(
        r#"
[controller]
name = "Nordkyst Forsyning A/S"
address = "Havnegade 1, 9000 Aalborg"
email = "post@nordkyst.example"
{more}
"#
    );
    let reading = Register::read(&[("register.toml", &text)]);
    reading.register.unwrap_or_else(|| panic!("{:?}", reading.diagnostics))
}
