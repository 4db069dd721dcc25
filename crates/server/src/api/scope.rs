//! What a token may: scopes, each of them one action of the table of access.
//!
//! A scope is never more than what a role may: whatever condition any role has for the action, the
//! token must meet as well. Scopes that show data of data subjects are granted by a data protection
//! officer, as roles are.

use crate::access::Action;

macro_rules! scopes {
    ($($name:ident $word:literal $action:ident $text:literal;)+) => {
        /// What a token may.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope { $(#[doc = $text] $name,)+ }

        impl Scope {
            /// All, in the order in which they are shown.
            pub const ALL: &'static [Scope] = &[$(Scope::$name,)+];

            /// The word it is stored and asked for as.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Scope::$name => $word,)+ }
            }

            /// What it lets one do, in words.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Scope::$name => $text,)+ }
            }

            /// The action of the table of access that it is.
            #[must_use]
            pub fn action(self) -> Action {
                match self { $(Scope::$name => Action::$action,)+ }
            }
        }
    };
}

scopes! {
    OverviewRead "overview:read" SeeToday "see health, lateness and findings";
    DatasetsRead "datasets:read" SeeDatasets "see data sets, their rules and counts";
    RecordsRead "records:read" SeeRecord "look a record up, with what decides it";
    SweepsRead "sweeps:read" SeeSweeps "see plans and sweeps";
    SweepsPlan "sweeps:plan" PlanSweep "make a plan";
    SweepsApprove "sweeps:approve" ApproveSweep "approve a plan that somebody else made";
    SweepsRun "sweeps:run" RunSweep "carry out a plan";
    ReceiptsRead "receipts:read" GetReceipt "get the receipt of an erased record";
    HoldsRead "holds:read" SeeHolds "see holds";
    HoldsAdd "holds:add" AddHold "stop erasure for a matter";
    HoldsRelease "holds:release" ReleaseHold "release a hold";
    CasesRead "cases:read" SeeCases "see cases";
    CasesWork "cases:work" WorkCase "open and work on cases";
    PersonsFind "persons:find" FindPerson "find a person across the stores, for a case";
    CasesDecide "cases:decide" DecideRecords "decide a request, record by record";
    ReviewsRead "reviews:read" Review "see which records wait for a person's answer";
    ReviewsAnswer "reviews:answer" Review "answer the register's questions about records";
    ConsentsRead "consents:read" SeeConsents "see consents, and prove them";
    ConsentsRecord "consents:record" RecordConsent "record a consent";
    ConsentsWithdraw "consents:withdraw" WithdrawConsent "enter a withdrawal of consent";
    LedgerRead "ledger:read" SeeLedger "read the ledger";
    LedgerEvidence "ledger:evidence" GetEvidence "download the ledger's evidence";
    RegisterRead "register:read" SeeRegister "read the register, and check a text";
    DocumentsRead "documents:read" SeeDocuments "read documents made from the register";
}

impl Scope {
    /// The scope of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Scope> {
        Scope::ALL.iter().copied().find(|scope| scope.as_str() == word)
    }

    /// Whether it shows data of data subjects, so that a data protection officer grants it.
    #[must_use]
    pub fn reads(self) -> bool {
        self.action().reads()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::access::{Condition, Facts, Role, allowed, allowed_by_all};

    #[test]
    fn a_token_never_may_what_a_role_with_the_action_may_not() {
        // Every set of conditions.
        for bits in 0..1_u32 << Condition::ALL.len() {
            let facts = Condition::ALL
                .into_iter()
                .enumerate()
                .fold(Facts::default(), |f, (n, c)| f.with(c, bits & (1 << n) != 0));
            for scope in Scope::ALL {
                if !allowed_by_all(scope.action(), &facts) {
                    continue;
                }
                let some = Role::ALL
                    .into_iter()
                    .filter(|r| crate::access::conceivable(&BTreeSet::from([*r]), scope.action()));
                let roles: Vec<Role> = some.collect();
                assert!(!roles.is_empty(), "{scope:?}");
                for role in roles {
                    assert!(allowed(&BTreeSet::from([role]), scope.action(), &facts), "{scope:?}");
                }
            }
        }
    }

    #[test]
    fn no_token_listens_grants_or_manages() {
        let never = [
            Action::Listen,
            Action::TransferCall,
            Action::ApproveTransfer,
            Action::ApproveErasure,
            Action::ApproveRegister,
            Action::ManageAccounts,
            Action::GrantOther,
            Action::GrantReading,
            Action::Configure,
            Action::OwnAccount,
        ];
        assert!(!Scope::ALL.iter().any(|scope| never.contains(&scope.action())));
    }

    #[test]
    fn words_are_read_back_and_are_all_different() {
        let words: BTreeSet<&str> = Scope::ALL.iter().map(|s| s.as_str()).collect();
        assert_eq!(words.len(), Scope::ALL.len());
        assert!(Scope::ALL.iter().all(|s| Scope::parse(s.as_str()) == Some(*s)));
        assert_eq!(Scope::parse("*"), None);
    }
}
