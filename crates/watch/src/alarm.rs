//! The kinds of alarm.

/// Makes the kinds from their words.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $word:literal;)*) => {
        /// What can be wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Kind] = &[$(Kind::$name,)*];

            /// The stable word for it.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Kind::$name => $word,)* }
            }

            /// The kind that a word names.
            #[must_use]
            pub fn of(word: &str) -> Option<Kind> {
                match word { $($word => Some(Kind::$name),)* _ => None }
            }
        }
    };
}

kinds! {
    /// A data set is later than its bound.
    Late "late";
    /// A store does not answer, or does not have what the register says.
    Unreachable "unreachable";
    /// The last sweep was not green.
    SweepFailed "sweep-failed";
    /// A sweep lost its process.
    Interrupted "interrupted";
    /// The scheduler could not do its work.
    SchedulerFailed "scheduler-failed";
    /// The scheduler, or the watchdog, gives no sign.
    Stalled "stalled";
    /// The register cannot be read, or is another than the live one.
    Register "register";
    /// A plan waits too long for approval.
    ApprovalWaits "approval-waits";
    /// A finding waits too long for somebody.
    FindingWaits "finding-waits";
    /// A case's deadline nears.
    CaseNear "case-near";
    /// A case's deadline has passed.
    CaseLate "case-late";
    /// The ledger could not be published.
    Ledger "ledger";
    /// A disk is nearly full.
    Disk "disk";
    /// A clock jumped or differs.
    Clock "clock";
    /// A message could not be delivered.
    Undelivered "undelivered";
    /// Frist's own database does not answer.
    Database "database";
    /// Nothing is wrong: somebody tries whether alarms arrive.
    Test "test";
}
