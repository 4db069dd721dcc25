//! The table itself: an action a line, a role a column.

use super::Condition::{Named, NeedToKnow, NoDpo, NotMaker, NotOneself, TwoPersons};
use super::Grant::{self, If, No, Yes};
use super::Role;

const K: Grant = If(&[NeedToKnow]);
const M: Grant = If(&[NotMaker]);
const O: Grant = If(&[NotOneself]);
const N: Grant = If(&[Named]);
const D: Grant = If(&[NotOneself, NoDpo]);
const KM: Grant = If(&[NeedToKnow, NotMaker]);
const T: Grant = If(&[NotMaker, TwoPersons]);

/// Said under the table.
pub const NOTES: [&str; 5] = [
    "Roles add up. A role of a person who also is an administrator is that person's by the role.",
    "Roles that show data of data subjects, or grant that, are granted by a DPO and never to oneself;",
    "an administrator grants them only as long as there is no DPO, which the log of access shows.",
    "Somebody with such a role gets a new sign-in link from a DPO, not from an administrator.",
    "Every denial and every look at data of data subjects is logged.",
];

/// Makes the actions and the table from its lines. What follows the words: `*` changes something,
/// `#` shows data of data subjects; then DPO, caseworker, engineer, supervisor, listener, auditor,
/// administrator.
macro_rules! table {
    ($($heading:literal: $($name:ident $text:literal $changes:literal $reads:literal
        $dpo:ident $case:ident $engineer:ident $supervisor:ident $listener:ident $auditor:ident
        $admin:ident;)+)+) => {
        /// What can be done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $($(#[doc = $text] $name,)+)+ }

        impl Action {
            /// All, in the order of the table.
            pub const ALL: &'static [Action] = &[$($(Action::$name,)+)+];

            /// What it is, in words.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $($(Action::$name => $text,)+)+ }
            }

            /// A stable word for it, for logs.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $($(Action::$name => stringify!($name),)+)+ }
            }

            /// Whether it changes something.
            #[must_use]
            pub fn changes(self) -> bool {
                match self { $($(Action::$name => $changes == '*',)+)+ }
            }

            /// Whether it shows data of data subjects.
            #[must_use]
            pub fn reads(self) -> bool {
                match self { $($(Action::$name => $reads == '#',)+)+ }
            }

            /// The heading above it, for the first one under each.
            pub(crate) fn heading(self) -> Option<&'static str> {
                $({
                    let under = [$(Action::$name,)+];
                    if under[0] == self { return Some($heading); }
                })+
                None
            }
        }

        pub(super) fn grant(role: Role, action: Action) -> Grant {
            match action {
                $($(Action::$name => match role {
                    Role::Dpo => $dpo,
                    Role::Caseworker => $case,
                    Role::Engineer => $engineer,
                    Role::Supervisor => $supervisor,
                    Role::Listener => $listener,
                    Role::Auditor => $auditor,
                    Role::Administrator => $admin,
                },)+)+
            }
        }
    };
}

table! {
//                                                                     dpo case eng sup lis aud adm
"Overview":
    SeeToday "see what breaks first" ' ' ' '                           Yes Yes Yes Yes No  Yes Yes;
    SeeHorizon "see what comes due month by month" ' ' ' '             Yes Yes Yes No  No  Yes No;
    SeeMetrics "read figures for monitoring" ' ' ' '                   Yes No  Yes Yes No  No  Yes;
"Register and rules":
    SeeRegister "read the register" ' ' ' '                            Yes Yes Yes Yes No  Yes No;
    EditRegister "propose a change of the register" '*' ' '            Yes No  Yes No  No  No  No;
    ApproveRegister "make a changed register live" '*' ' '             M   No  No  No  No  No  No;
    Assess "assess how long data may be kept" '*' ' '                  Yes Yes Yes No  No  No  No;
    SeeDatasets "see data sets, their rules and counts" ' ' ' '        Yes Yes Yes No  No  Yes No;
    SeeStores "see stores, their health and coverage" ' ' ' '          Yes No  Yes No  No  Yes Yes;
    SeeRecord "look a record up, with what decides it" ' ' '#'         Yes K   K   No  No  No  No;
    SeeDocuments "read documents made from the register" ' ' ' '       Yes Yes Yes Yes No  Yes No;
    Attest "say that one has read a guideline" '*' ' '                 Yes Yes Yes Yes No  No  No;
"Sweeps":
    SeeSweeps "see plans and sweeps" ' ' ' '                           Yes Yes Yes No  No  Yes No;
    PlanSweep "make a plan" '*' ' '                                    Yes No  Yes No  No  No  No;
    SeeSample "see examples of what a plan erases" ' ' '#'             Yes No  K   No  No  No  No;
    ApproveSweep "approve a plan" '*' ' '                              M   No  M   No  No  No  No;
    RunSweep "carry out a plan" '*' ' '                                Yes No  Yes No  No  No  No;
    GetReceipt "get the receipt of an erased record" ' ' '#'           Yes K   K   No  No  No  No;
    SettleFinding "settle a finding" '*' ' '                           Yes Yes Yes No  No  No  No;
"Holds":
    SeeHolds "see holds: matter, reason, what they cover" ' ' '#'      Yes K   No  No  No  No  No;
    AddHold "stop erasure for a matter" '*' '#'                        Yes K   No  No  No  No  No;
    ReleaseHold "release a hold" '*' '#'                               Yes No  No  No  No  No  No;
"Cases: requests, reviews, consents, inquiries, breaches":
    SeeCases "see cases" ' ' '#'                                       Yes Yes No  No  No  No  No;
    WorkCase "work on a case: log, letters, identity, extension" '*' '#' Yes Yes No No No  No  No;
    FindPerson "find a person across the stores" ' ' '#'               Yes K   No  No  No  No  No;
    DecideRecords "decide a request, record by record" '*' '#'         Yes K   No  No  No  No  No;
    ApproveErasure "approve what a request erases" '*' '#'             M   KM  No  No  No  No  No;
    Review "answer the register's questions about records" '*' '#'     Yes K   No  No  No  No  No;
    SeeConsents "see consents" ' ' '#'                                 Yes K   No  No  No  No  No;
    RecordConsent "record a consent" '*' '#'                           Yes Yes No  Yes No  No  No;
    WithdrawConsent "enter a withdrawal of consent" '*' '#'            Yes Yes No  Yes No  No  No;
    Account "inquiries, breaches, attestations" '*' '#'                Yes Yes No  No  No  No  No;
    GetBundle "make the evidence bundle for an authority" ' ' '#'      Yes No  No  No  No  No  No;
"Calls":
    SeeCalls "see calls under way and recorded, not their sound" ' ' '#' Yes K  No Yes K   No  No;
    HandleCall "pause, resume, flag; enter a withdrawal" '*' '#'       No  No  No  Yes No  No  No;
    StopRecording "stop all recording" '*' ' '                         Yes No  No  Yes No  No  No;
    StartRecording "start recording again" '*' ' '                     No  No  No  Yes No  No  No;
    Listen "listen to a recording, with a reason" ' ' '#'              No  No  No  No  N   No  No;
    TransferCall "transfer a recording as evidence" '*' '#'            No  K   No  No  No  No  No;
    ApproveTransfer "approve a transfer of a recording" '*' '#'        T   No  No  No  No  No  No;
    SeeListenings "see who listened to what and why" ' ' ' '           Yes No  No  Yes No  Yes No;
"Proof":
    SeeLedger "browse the ledger" ' ' ' '                              Yes Yes Yes No  No  Yes No;
    GetEvidence "download the ledger's evidence" ' ' ' '               Yes No  No  No  No  Yes No;
"People and system":
    SeePeople "see accounts, roles and needs to know" ' ' ' '          Yes No  No  No  No  Yes Yes;
    ManageAccounts "make, close and open accounts" '*' ' '             O   No  No  No  No  No  O;
    GrantOther "grant the roles of engineer, auditor, administrator" '*' ' ' No No No No No No O;
    GrantReading "grant roles that read; say who needs to know what" '*' ' ' O No No No No No D;
    SeeAccessLog "see who signed in, was denied, or looked" ' ' ' '    Yes No  No  No  No  Yes No;
    SeeSignIns "see who signed in or was locked out" ' ' ' '           Yes No  No  No  No  Yes Yes;
    Configure "tokens, webhooks, the scheduler" '*' ' '                No  No  No  No  No  No  Yes;
    OwnAccount "one's own account: password, second factor" '*' ' '    Yes Yes Yes Yes Yes Yes Yes;
}
