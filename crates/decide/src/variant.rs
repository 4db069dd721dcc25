//! A rule in which grounds are left out: what it becomes for a person who takes consent back or
//! objects (Art. 7(3), 17(1)(b)-(c), 21).
//!
//! Only what *permits* keeping can be left out. A statute's duty to keep stays, whatever is asked
//! for, and so do the duties to erase: leaving out a ground only ever makes more due.

use crate::rules::{Force, Ground, RuleSet};

impl RuleSet {
    /// The names by which [`RuleSet::without`] knows the grounds, in their order; none for a
    /// statute's duty, which cannot be left out. A purpose that gives several grounds gives them
    /// the names `news`, `news#2`, `news#3`.
    pub fn ground_ids(&self) -> Vec<Option<String>> {
        let permits = |g: &&Ground| g.force == Force::Permits;
        let id = |(ix, g): (usize, &Ground)| {
            let before = self.grounds[..ix].iter().filter(permits);
            match before.filter(|other| other.name == g.name).count() {
                _ if g.force == Force::Demands => None,
                0 => Some(g.name.clone()),
                n => Some(format!("{}#{}", g.name, n + 1)),
            }
        };
        self.grounds.iter().enumerate().map(id).collect()
    }

    /// The same rule without these grounds. Its facts stay as they are, so that it is read from
    /// the store like the whole one; a name that no ground has is passed over.
    #[must_use]
    pub fn without(&self, ids: &[String]) -> RuleSet {
        let left_out = |id: Option<String>| id.is_some_and(|id| ids.contains(&id));
        let out: Vec<bool> = self.ground_ids().into_iter().map(left_out).collect();
        let mut rules = self.clone();
        let mut kept = out.iter().map(|out| !out);
        rules.grounds.retain(|_| kept.next().unwrap_or(true));
        // An exception that is left out lifts nothing any more; the others have moved.
        let place = |ix: usize| ix - out[..ix].iter().filter(|out| **out).count();
        for maximum in &mut rules.maximums {
            maximum.lifted_by.retain(|ix| !out[*ix]);
            maximum.lifted_by.iter_mut().for_each(|ix| *ix = place(*ix));
        }
        rules
    }
}

#[cfg(test)]
mod tests {
    use frist_law::LawBook;
    use frist_register::Register;
    use jiff::Timestamp;

    use crate::eval::Row;
    use crate::{Kind, Outcome, RuleSet, Value, compile, decide};

    const REGISTER: &str = r#"
        [controller]
        name = "A"
        [[store]]
        id = "s"
        kind = "sqlite"
        path = "s.sqlite"
        [[activity]]
        id = "a"
        title = { en = "A" }
        [[activity.purpose]]
        id = "books"
        text = { en = "accounts" }
        basis = "6(1)(c)"
        law = "dk.bogfoering"
        [[activity.purpose]]
        id = "news"
        text = { en = "news" }
        basis = "6(1)(a)"
        [[dataset]]
        id = "d"
        activity = "a"
        at = "s/d"
        subject = { customer = "id" }
        categories = ["identity"]
        facts = { day = "date", given = "date" }
        [[dataset.keep]]
        for = "news"
        from = "day"
        period = "20 years"
        given = "given"
        [[dataset.keep]]
        for = "books"
        from = "day"
        period = "12 years"
        [[dataset.keep]]
        for = "news"
        from = "day"
        period = "30 years"
    "#;

    fn rules() -> RuleSet {
        let reading = Register::read(&[("r.toml", REGISTER)]);
        let register = reading.register.unwrap_or_else(|| panic!("{:?}", reading.diagnostics));
        RuleSet::resolve(&register, LawBook::embedded(), &register.datasets[0]).unwrap()
    }

    #[test]
    fn a_duty_cannot_be_left_out_and_what_is_left_out_makes_due() {
        let rules = rules();
        let ids: Vec<_> = rules.ground_ids();
        let name = |s: &str| Some(s.to_owned());
        assert_eq!(ids, [name("news"), None, name("books"), name("news#2")]);
        let all: Vec<String> = ids.into_iter().flatten().collect();
        let (kinds, facts): (Vec<_>, Vec<_>) = rules
            .facts
            .iter()
            .map(|f| match f.name.as_str() {
                "day" => (Kind::Date, Value::Date(jiff::civil::date(2020, 3, 1))),
                _ => (Kind::Presence, Value::Bool(true)),
            })
            .unzip();
        let at = |out: &[&str], t: &str| {
            let out: Vec<String> = out.iter().map(|s| (*s).to_owned()).collect();
            let rules = rules.without(&out);
            let t: Timestamp = t.parse().unwrap();
            let outcome = decide(&rules, &kinds, &facts, false, t).outcome;
            let row = Row { facts: &facts, key: "", field: &|_| None };
            let due = compile(&rules, &kinds, t, &[]).due.admits(&kinds, &row);
            assert_eq!(due, outcome == Outcome::Due);
            outcome
        };
        let out: Vec<&str> = all.iter().map(String::as_str).collect();
        assert_eq!(at(&out, "2025-12-31T12:00:00Z"), Outcome::Restrict);
        assert_eq!(at(&out, "2026-01-01T12:00:00Z"), Outcome::Due);
        assert_eq!(at(&["news"], "2026-01-01T12:00:00Z"), Outcome::Keep);
        assert_eq!(at(&["news", "news#2"], "2031-01-01T12:00:00Z"), Outcome::Keep);
        assert_eq!(at(&["news", "news#2"], "2032-03-02T12:00:00Z"), Outcome::Due);
        assert_eq!(at(&["nobody"], "2032-03-02T12:00:00Z"), Outcome::Keep);
    }
}
