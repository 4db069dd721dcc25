//! Who may what: one typed table, role by action, with conditions. The one place that decides.
//!
//! `table` has the actions and what each role may; this module has what the words mean, and asks.
//! Nothing here is read from a file or a database: what a role may is what was reviewed and tested.
//! `crates/server/tests/access.txt` is the whole table, for a person to read.

mod table;

use std::collections::BTreeSet;

pub use table::{Action, NOTES};

/// What somebody is here to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Data protection officer: sees all that concerns people, approves, grants roles that read
    /// personal data.
    Dpo,
    /// Answers people's requests and settles what the rules cannot decide.
    Caseworker,
    /// Writes the register, connects stores, plans and runs sweeps.
    Engineer,
    /// Supervises calls: consent, pauses, the kill switch.
    Supervisor,
    /// Listens to recordings, for the purposes consented to.
    Listener,
    /// Sees what was done and by which rule; changes nothing.
    Auditor,
    /// Runs the system and its accounts; sees no personal data by being administrator.
    Administrator,
}

impl Role {
    /// All, in the order of the table's columns.
    pub const ALL: [Role; 7] = [
        Role::Dpo,
        Role::Caseworker,
        Role::Engineer,
        Role::Supervisor,
        Role::Listener,
        Role::Auditor,
        Role::Administrator,
    ];

    /// The word it is stored and shown as.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Dpo => "dpo",
            Role::Caseworker => "caseworker",
            Role::Engineer => "engineer",
            Role::Supervisor => "supervisor",
            Role::Listener => "listener",
            Role::Auditor => "auditor",
            Role::Administrator => "administrator",
        }
    }

    /// The role of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Whether it shows data of data subjects, or lets one grant that, without anybody having said
    /// of which data sets: such a role is granted by a data protection officer, never by an
    /// administrator alone.
    #[must_use]
    pub fn reads(self) -> bool {
        Action::ALL.iter().any(|action| match grant(self, *action) {
            Grant::No => false,
            Grant::Yes => action.reads() || *action == Action::GrantReading,
            Grant::If(conditions) => {
                let free = |c: &Condition| matches!(c, Condition::NeedToKnow | Condition::NoDpo);
                (action.reads() || *action == Action::GrantReading) && !conditions.iter().any(free)
            }
        })
    }
}

/// What must hold besides the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// The data set is among those that this person needs to know.
    NeedToKnow,
    /// Somebody else made what is to be approved.
    NotMaker,
    /// The account is another person's.
    NotOneself,
    /// No account has the role of data protection officer yet.
    NoDpo,
    /// The person is named as a listener for the purpose that was consented to.
    Named,
    /// A second person has approved it.
    TwoPersons,
}

impl Condition {
    /// All.
    pub const ALL: [Condition; 6] = [
        Condition::NeedToKnow,
        Condition::NotMaker,
        Condition::NotOneself,
        Condition::NoDpo,
        Condition::Named,
        Condition::TwoPersons,
    ];

    /// The mark in the table.
    #[must_use]
    pub fn mark(self) -> char {
        match self {
            Condition::NeedToKnow => 'k',
            Condition::NotMaker => 'm',
            Condition::NotOneself => 'o',
            Condition::NoDpo => 'd',
            Condition::Named => 'n',
            Condition::TwoPersons => '2',
        }
    }

    /// What it says.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Condition::NeedToKnow => "in a data set that this person needs to know",
            Condition::NotMaker => "somebody else made what is approved",
            Condition::NotOneself => "the account is another person's",
            Condition::NoDpo => "as long as no account is a data protection officer's",
            Condition::Named => "named for the purpose that was consented to",
            Condition::TwoPersons => "a second person has approved it",
        }
    }
}

/// One cell of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// Never.
    No,
    /// Always.
    Yes,
    /// When all of these hold.
    If(&'static [Condition]),
}

/// What is known of the matter at hand; what is not said does not hold.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    holds: BTreeSet<Condition>,
}

impl Facts {
    /// With a condition, if it holds.
    #[must_use]
    pub fn with(mut self, condition: Condition, holds: bool) -> Self {
        if holds {
            self.holds.insert(condition);
        }
        self
    }
}

/// What a role may.
#[must_use]
pub fn grant(role: Role, action: Action) -> Grant {
    table::grant(role, action)
}

/// Whether one of these roles may do this, as the matter stands.
#[must_use]
pub fn allowed(roles: &BTreeSet<Role>, action: Action, facts: &Facts) -> bool {
    roles.iter().any(|role| match grant(*role, action) {
        Grant::No => false,
        Grant::Yes => true,
        Grant::If(conditions) => conditions.iter().all(|c| facts.holds.contains(c)),
    })
}

/// Whether one of these roles may do this in any circumstances: who gets as far as being asked.
#[must_use]
pub fn conceivable(roles: &BTreeSet<Role>, action: Action) -> bool {
    roles.iter().any(|role| grant(*role, action) != Grant::No)
}

/// Whether every role that has this action at all may do it, as the matter stands: what nobody's role
/// stands behind, such as a token, may no more than the strictest of them.
#[must_use]
pub fn allowed_by_all(action: Action, facts: &Facts) -> bool {
    let grants = || Role::ALL.into_iter().map(|role| grant(role, action));
    grants().any(|g| g != Grant::No)
        && grants().all(|g| match g {
            Grant::No | Grant::Yes => true,
            Grant::If(conditions) => conditions.iter().all(|c| facts.holds.contains(c)),
        })
}

/// The whole table as text.
#[must_use]
pub fn print() -> String {
    let short = |role: Role| match role {
        Role::Dpo => "DPO",
        Role::Caseworker => "case",
        Role::Engineer => "engin",
        Role::Supervisor => "super",
        Role::Listener => "listn",
        Role::Auditor => "audit",
        Role::Administrator => "admin",
    };
    let wide = Action::ALL.iter().map(|a| a.text().len()).max().unwrap_or(0);
    let mut out = String::from("Who may what. \"yes\" without condition; letters: when all of\n");
    for condition in Condition::ALL {
        out += &format!("  {}  {}\n", condition.mark(), condition.text());
    }
    out += "hold. * changes something; # shows data of data subjects.\n\n";
    let mut line = format!("{:wide$}    ", "");
    Role::ALL.into_iter().for_each(|role| line += &format!(" {:5}", short(role)));
    out += line.trim_end();
    out.push('\n');
    for action in Action::ALL {
        if let Some(heading) = action.heading() {
            out += &format!("\n{heading}\n");
        }
        let (star, hash) =
            (if action.changes() { '*' } else { ' ' }, if action.reads() { '#' } else { ' ' });
        let mut line = format!("{:wide$} {star}{hash} ", action.text());
        for role in Role::ALL {
            let cell = match grant(role, *action) {
                Grant::No => ".".to_owned(),
                Grant::Yes => "yes".to_owned(),
                Grant::If(conditions) => conditions.iter().map(|c| c.mark()).collect(),
            };
            line += &format!(" {cell:5}");
        }
        out += line.trim_end();
        out.push('\n');
    }
    out.push('\n');
    NOTES.iter().for_each(|note| out += &format!("{note}\n"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = (Role, Action, Grant)> {
        let cells = |role| Action::ALL.iter().map(move |a| (role, *a, grant(role, *a)));
        Role::ALL.into_iter().flat_map(cells)
    }

    #[test]
    fn the_table_is_the_one_that_was_reviewed() {
        let reviewed = include_str!("../../tests/access.txt");
        assert!(print() == reviewed, "the table has changed; review it:\n{}", print());
    }

    #[test]
    fn an_auditor_changes_nothing() {
        for (role, action, grant) in all() {
            if role == Role::Auditor && action.changes() && action != Action::OwnAccount {
                assert_eq!(grant, Grant::No, "{action:?}");
            }
        }
    }

    #[test]
    fn an_administrator_sees_no_personal_data() {
        for (role, action, grant) in all() {
            if role == Role::Administrator && action.reads() {
                assert_eq!(grant, Grant::No, "{action:?}");
            }
        }
        // Nor by granting it: while there is an officer, only officers grant what reads.
        let no_dpo_yet = Facts::default().with(Condition::NotOneself, true);
        let admin = BTreeSet::from([Role::Administrator]);
        assert!(!allowed(&admin, Action::GrantReading, &no_dpo_yet));
        assert!(allowed(&admin, Action::GrantReading, &no_dpo_yet.with(Condition::NoDpo, true)));
        assert!(!Role::Administrator.reads());
    }

    #[test]
    fn nobody_grants_anything_to_oneself() {
        let facts = Condition::ALL
            .into_iter()
            .filter(|c| *c != Condition::NotOneself)
            .fold(Facts::default(), |facts, c| facts.with(c, true));
        for role in Role::ALL {
            for action in [Action::GrantReading, Action::GrantOther, Action::ManageAccounts] {
                assert!(!allowed(&BTreeSet::from([role]), action, &facts), "{role:?} {action:?}");
            }
        }
    }

    #[test]
    fn who_makes_does_not_approve() {
        let approvals = [
            Action::ApproveRegister,
            Action::ApproveSweep,
            Action::ApproveErasure,
            Action::ApproveTransfer,
        ];
        for (role, action, grant) in all().filter(|(_, a, _)| approvals.contains(a)) {
            match grant {
                Grant::No => {}
                Grant::Yes => panic!("{role:?} approves {action:?} of their own"),
                Grant::If(c) => assert!(c.contains(&Condition::NotMaker), "{role:?} {action:?}"),
            }
        }
    }

    #[test]
    fn only_listeners_listen_and_only_when_named() {
        for (role, action, grant) in all().filter(|(_, a, _)| *a == Action::Listen) {
            match role {
                Role::Listener => assert_eq!(grant, Grant::If(&[Condition::Named])),
                _ => assert_eq!(grant, Grant::No, "{role:?} {action:?}"),
            }
        }
    }

    #[test]
    fn every_action_is_somebodys_and_is_said_once() {
        let mut said = BTreeSet::new();
        for action in Action::ALL {
            assert!(Role::ALL.into_iter().any(|r| grant(r, *action) != Grant::No), "{action:?}");
            assert!(said.insert(action.text()), "{action:?}");
        }
    }

    #[test]
    fn more_roles_never_take_away_and_what_is_not_said_does_not_hold() {
        for (role, action, given) in all() {
            let one = BTreeSet::from([role]);
            let everybody: BTreeSet<Role> = Role::ALL.into_iter().collect();
            let none = Facts::default();
            assert!(!allowed(&one, action, &none) || allowed(&everybody, action, &none));
            assert_eq!(allowed(&one, action, &none), given == Grant::Yes);
            assert_eq!(conceivable(&one, action), given != Grant::No);
        }
        assert!(!Action::ALL.iter().any(|a| conceivable(&BTreeSet::new(), *a)));
    }

    #[test]
    fn roles_that_read_are_known() {
        let quiet: Vec<Role> = Role::ALL.into_iter().filter(|r| !r.reads()).collect();
        assert_eq!(quiet, [Role::Engineer, Role::Auditor, Role::Administrator]);
    }

    #[test]
    fn words_are_read_back() {
        assert!(Role::ALL.into_iter().all(|r| Role::parse(r.as_str()) == Some(r)));
        assert_eq!(Role::parse("root"), None);
    }
}
