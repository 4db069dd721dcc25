//! What can be done with a request when: the one table, without I/O.
//!
//! | step | from | needs |
//! |---|---|---|
//! | ask identity | before it is decided | a reasonable doubt, in words |
//! | identity known | asked for, before the answer | how it was shown |
//! | searched | before the answer, unless identity is waited for | |
//! | extended | before the answer, in the first month, once | a reason |
//! | decided (granted, partly) | once searched, before the answer | reasons unless all is granted |
//! | decided (refused) | before the answer | reasons; before the search only by a person |
//! | decided (unfounded) | before the answer | reasons, and a person |
//! | answered | decided | |
//! | part done | answered | the part's ground has ended |
//! | recipient told, or cannot be | something was carried out | how, or why not |
//! | withdrawn | before the answer | how the person said so; no recipient waits to be told |
//! | closed | answered | no part is open, no recipient waits to be told |
//! | reopened | answered, closed | a reason |

use frist_law::Calendar;
use jiff::Timestamp;

use super::clock::day_of;
use super::model::{Decision, Deferred, Extension, IdentityCheck, Outcome, Request, Right, Stage};
use super::recipient::Notice;

/// Who takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor<'a> {
    /// A person, by the operator's id.
    Person(&'a str),
    /// The program by itself, in the name of an operator.
    Program(&'a str),
}

impl<'a> Actor<'a> {
    /// The operator's id.
    #[must_use]
    pub fn id(self) -> &'a str {
        match self {
            Actor::Person(id) | Actor::Program(id) => id,
        }
    }
}

/// A step of a request.
#[derive(Clone, PartialEq, Eq)]
pub enum Step {
    /// The person is asked to show who they are, Art. 12(6).
    AskIdentity {
        /// What the reasonable doubt is.
        reason: String,
        /// Why the month is to be counted from when the identity is known; not said, it goes on
        /// counting from the receipt.
        moves: Option<String>,
    },
    /// The person has shown who they are.
    IdentityKnown {
        /// How.
        how: String,
    },
    /// The stores were searched for the person.
    Searched,
    /// The time to answer is extended by two months.
    Extend {
        /// Why: complexity or number of requests.
        reason: String,
    },
    /// It is decided.
    Decide {
        /// To what.
        outcome: Outcome,
        /// Why.
        reasons: Option<String>,
        /// The parts that are done when their ground ends.
        deferred: Vec<Deferred>,
    },
    /// The person has the answer.
    Answer,
    /// Open parts of a data set were done, and the person was told.
    PartsDone {
        /// The data set.
        dataset: String,
        /// What of it still waits: a part that is not among these is done, unless its day has not come.
        waiting: Vec<Deferred>,
    },
    /// A recipient of the data was told what was done with it, or why that cannot be (Art. 19).
    Tell {
        /// The recipient's id.
        recipient: String,
        /// What came of it.
        notice: Notice,
    },
    /// The person took the request back.
    Withdraw {
        /// How they said so.
        how: String,
    },
    /// It is over.
    Close,
    /// It was answered or closed by mistake.
    Reopen {
        /// Why.
        reason: String,
    },
}

// By hand: reasons are about people.
impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Step({})", self.name().as_str())
    }
}

/// The name of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepName {
    /// [`Step::AskIdentity`].
    AskIdentity,
    /// [`Step::IdentityKnown`].
    IdentityKnown,
    /// [`Step::Searched`].
    Search,
    /// [`Step::Extend`].
    Extend,
    /// [`Step::Decide`].
    Decide,
    /// [`Step::Answer`].
    Answer,
    /// [`Step::PartsDone`].
    DoParts,
    /// [`Step::Tell`].
    Tell,
    /// [`Step::Withdraw`].
    Withdraw,
    /// [`Step::Close`].
    Close,
    /// [`Step::Reopen`].
    Reopen,
}

impl StepName {
    /// All of them.
    pub const ALL: [StepName; 11] = [
        StepName::AskIdentity,
        StepName::IdentityKnown,
        StepName::Search,
        StepName::Extend,
        StepName::Decide,
        StepName::Answer,
        StepName::DoParts,
        StepName::Tell,
        StepName::Withdraw,
        StepName::Close,
        StepName::Reopen,
    ];

    /// The word that the case's log and the ledger keep.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            StepName::AskIdentity => "identity-asked",
            StepName::IdentityKnown => "identity-known",
            StepName::Search => "searched",
            StepName::Extend => "extended",
            StepName::Decide => "decided",
            StepName::Answer => "answered",
            StepName::DoParts => "part-done",
            StepName::Tell => "recipient-told",
            StepName::Withdraw => "withdrawn",
            StepName::Close => "closed",
            StepName::Reopen => "reopened",
        }
    }

    /// What somebody can do, as a verb phrase.
    #[must_use]
    pub fn possible(self) -> &'static str {
        match self {
            StepName::AskIdentity => "ask for identity",
            StepName::IdentityKnown => "record that the identity is known",
            StepName::Search => "search for the person",
            StepName::Extend => "extend",
            StepName::Decide => "decide",
            StepName::Answer => "answer",
            StepName::DoParts => "do the parts whose ground has ended",
            StepName::Tell => "record that a recipient was told",
            StepName::Withdraw => "record that the person withdrew it",
            StepName::Close => "close",
            StepName::Reopen => "reopen",
        }
    }
}

/// Why a step cannot be taken, and what can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotNow {
    /// The step.
    pub step: StepName,
    /// Why not.
    pub why: String,
    /// What is possible.
    pub possible: Vec<StepName>,
}

impl NotNow {
    /// What is possible, in words.
    #[must_use]
    pub fn possible_in_words(&self) -> String {
        let words: Vec<_> = self.possible.iter().map(|step| step.possible()).collect();
        if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
    }
}

impl Step {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> StepName {
        match self {
            Step::AskIdentity { .. } => StepName::AskIdentity,
            Step::IdentityKnown { .. } => StepName::IdentityKnown,
            Step::Searched => StepName::Search,
            Step::Extend { .. } => StepName::Extend,
            Step::Decide { .. } => StepName::Decide,
            Step::Answer => StepName::Answer,
            Step::PartsDone { .. } => StepName::DoParts,
            Step::Tell { .. } => StepName::Tell,
            Step::Withdraw { .. } => StepName::Withdraw,
            Step::Close => StepName::Close,
            Step::Reopen { .. } => StepName::Reopen,
        }
    }
}

impl Request {
    /// Why a step of this name cannot be taken at `now`, whatever it says; none when it can.
    fn hindrance(&self, step: StepName, now: Timestamp, calendar: &Calendar) -> Option<String> {
        let stage = self.stage;
        let ended = |part: &Deferred| part.may_be_done(now, calendar);
        let why = match step {
            _ if stage == Stage::Closed && step != StepName::Reopen => "it is closed",
            StepName::AskIdentity if stage >= Stage::Decided => "it is decided",
            StepName::AskIdentity if stage == Stage::IdentityAsked => "identity was asked for",
            StepName::IdentityKnown if stage >= Stage::Answered => "it is answered",
            StepName::IdentityKnown if !self.waits_for_identity() => {
                "nobody was asked for identity"
            }
            StepName::Search if stage >= Stage::Answered => "it is answered",
            StepName::Search if self.waits_for_identity() => {
                "who asks is not known yet: identity was asked for"
            }
            StepName::Extend if stage >= Stage::Answered => "it is answered",
            StepName::Extend if self.extension.is_some() => {
                "it was extended already, and that is possible once"
            }
            StepName::Extend if self.extension_until(now, calendar).is_none() => {
                return Some(match self.first_month(calendar) {
                    Some(due) => format!(
                        "the person must be told within the first month, and that ended on {} (Art. 12(3))",
                        due.last_day
                    ),
                    None => "the month ends past the last year of the calendar".to_owned(),
                });
            }
            StepName::Decide if stage >= Stage::Answered => "it is answered",
            StepName::Answer if stage >= Stage::Answered => "it is answered already",
            StepName::Answer if stage < Stage::Decided => "nothing is decided yet",
            StepName::DoParts if stage < Stage::Answered => "it is not answered yet",
            StepName::DoParts if self.open_parts().next().is_none() => "no part is open",
            StepName::DoParts if !self.open_parts().any(ended) => {
                return Some(match self.open_parts().filter_map(|p| p.until).min() {
                    Some(until) => format!(
                        "the first ground stands until {until}; what it covers must stay so long"
                    ),
                    None => "the hold stands until it is released".to_owned(),
                });
            }
            StepName::Tell if self.recipients.is_empty() => {
                "nothing was carried out that a recipient is to be told of"
            }
            StepName::Tell if !self.recipients.iter().any(|r| self.tellable(&r.id).is_some()) => {
                "every recipient is told"
            }
            StepName::Withdraw if stage >= Stage::Answered => "it is answered",
            StepName::Withdraw if self.untold().next().is_some() => {
                "what was carried out is not told to every recipient yet (Art. 19)"
            }
            StepName::Close if stage < Stage::Answered => "it is not answered yet",
            StepName::Close if self.untold().next().is_some() => {
                "not every recipient is told of it yet (Art. 19)"
            }
            StepName::Close if self.open_parts().any(|p| p.until.is_none()) => {
                "parts of it wait for a hold to be released"
            }
            StepName::Close => {
                let until = self.open_parts().filter_map(|p| p.until).max()?;
                return Some(format!(
                    "parts of it wait for their ground to end, the last on {until}"
                ));
            }
            StepName::Reopen if stage < Stage::Answered => "it is open",
            _ => return None,
        };
        Some(why.to_owned())
    }

    /// What can be done at `now`.
    #[must_use]
    pub fn possible(&self, now: Timestamp, calendar: &Calendar) -> Vec<StepName> {
        let can = |step: &StepName| self.hindrance(*step, now, calendar).is_none();
        StepName::ALL.into_iter().filter(can).collect()
    }

    /// The request after a step.
    ///
    /// # Errors
    ///
    /// [`NotNow`], with what is possible instead; the request is as it was.
    pub fn take(
        &self,
        step: &Step,
        by: Actor<'_>,
        now: Timestamp,
        calendar: &Calendar,
    ) -> Result<Request, NotNow> {
        let name = step.name();
        let refuse =
            |why: String| Err(NotNow { step: name, why, possible: self.possible(now, calendar) });
        if let Some(why) = self.hindrance(name, now, calendar) {
            return refuse(why);
        }
        if let Some(why) = self.objection_to(step, by, now, calendar) {
            return refuse(why);
        }
        let mut next = self.clone();
        match step {
            Step::AskIdentity { reason, moves } => {
                next.identity.push(IdentityCheck {
                    asked: now,
                    reason: reason.clone(),
                    moves: moves.clone(),
                    known: None,
                    how: None,
                });
                // What was found may be somebody else's.
                next.searched = None;
                next.stage = Stage::IdentityAsked;
            }
            Step::IdentityKnown { how } => {
                if let Some(check) = next.identity.last_mut() {
                    check.known = Some(now);
                    check.how = Some(how.clone());
                }
                next.undecide();
                next.stage = Stage::IdentityKnown;
            }
            Step::Searched => {
                next.undecide();
                next.searched = Some(now);
                next.stage = Stage::Searched;
            }
            Step::Extend { reason } => {
                next.extension = Some(Extension { at: now, reason: reason.clone() });
            }
            Step::Decide { outcome, reasons, deferred } => {
                next.decision = Some(Decision {
                    outcome: *outcome,
                    at: now,
                    by: by.id().to_owned(),
                    reasons: reasons.clone(),
                });
                next.deferred = deferred.clone();
                next.stage = Stage::Decided;
            }
            Step::Answer => {
                next.answered = Some(now);
                next.stage = Stage::Answered;
            }
            Step::PartsDone { dataset, waiting } => {
                let mut waiting: Vec<&Deferred> = waiting.iter().collect();
                let open = |p: &&mut Deferred| p.done.is_none() && p.dataset == *dataset;
                for part in next.deferred.iter_mut().filter(open) {
                    let same = |w: &&Deferred| (&w.ground, w.until) == (&part.ground, part.until);
                    match waiting.iter().position(same) {
                        Some(ix) => part.records = waiting.swap_remove(ix).records,
                        None if part.may_be_done(now, calendar) => part.done = Some(now),
                        None => {}
                    }
                }
                next.deferred.extend(waiting.into_iter().cloned());
            }
            Step::Tell { recipient, notice } => {
                if let Some(ix) = next.tellable(recipient) {
                    next.recipients[ix].notice = Some(notice.clone());
                }
            }
            Step::Withdraw { how } => {
                next.withdrawn = Some(how.clone());
                next.stage = Stage::Closed;
            }
            Step::Close => next.stage = Stage::Closed,
            // Everything is looked at anew; the log keeps what was decided before.
            Step::Reopen { .. } => {
                next.undecide();
                next.searched = None;
                next.answered = None;
                next.withdrawn = None;
                next.stage = match next.waits_for_identity() {
                    true => Stage::IdentityAsked,
                    false => Stage::Received,
                };
            }
        }
        Ok(next)
    }

    /// Whether the person was asked who they are, and has not shown it.
    #[must_use]
    pub fn waits_for_identity(&self) -> bool {
        self.check().is_some_and(|check| check.known.is_none())
    }

    fn undecide(&mut self) {
        self.decision = None;
        self.deferred.clear();
    }

    /// What the step itself lacks; none when it can be taken.
    fn objection_to(
        &self,
        step: &Step,
        by: Actor<'_>,
        now: Timestamp,
        calendar: &Calendar,
    ) -> Option<String> {
        let empty = |text: &str| text.trim().is_empty();
        let why = match step {
            Step::AskIdentity { reason, .. } if empty(reason) => {
                "say what the reasonable doubt is (Art. 12(6))"
            }
            Step::AskIdentity { moves: Some(why), .. } if empty(why) => {
                "say why the month is to be counted from when the identity is known"
            }
            Step::AskIdentity { moves: Some(_), .. }
                if self.identity.iter().any(|check| check.moves.is_some()) =>
            {
                "the beginning of the month was moved already, and that is possible once"
            }
            Step::AskIdentity { moves: Some(_), .. }
                if self.first_month(calendar).is_none_or(|due| now >= due.over) =>
            {
                "the first month is over, so its beginning cannot be moved any more"
            }
            Step::IdentityKnown { how } if empty(how) => "say how the person has shown it",
            Step::Extend { reason } if empty(reason) => {
                "say why: how complex it is, or how many requests there are (Art. 12(3))"
            }
            Step::Decide { outcome: Outcome::Unfounded, .. } if matches!(by, Actor::Program(_)) => {
                "only a person may find a request manifestly unfounded or excessive (Art. 12(5))"
            }
            Step::Decide { outcome, reasons, .. }
                if *outcome != Outcome::Granted && reasons.as_deref().is_none_or(empty) =>
            {
                "say the reasons for what is not granted (Art. 12(4))"
            }
            Step::Decide { outcome: Outcome::Granted | Outcome::PartlyGranted, .. }
                if self.waits_for_identity() =>
            {
                "who asks is not known yet, so nothing can be granted"
            }
            Step::Decide { outcome: Outcome::Granted | Outcome::PartlyGranted, .. }
                if self.searched.is_none() =>
            {
                "the person was not searched for, so nothing can be granted"
            }
            Step::Decide { .. } if self.searched.is_none() && matches!(by, Actor::Program(_)) => {
                "before the search only a person may refuse"
            }
            Step::Decide { outcome: Outcome::Refused | Outcome::PartlyGranted, .. }
                if self.marketing =>
            {
                "an objection against direct marketing is absolute (Art. 21(2)-(3)): it cannot be refused"
            }
            // What is met of an objection or a withdrawal is that the processing ends: the records
            // may wait for something else all the same.
            Step::Decide { outcome: Outcome::Granted, deferred, .. }
                if !deferred.is_empty()
                    && !matches!(self.right, Right::Objection | Right::ConsentWithdrawal) =>
            {
                "parts wait for their ground to end, so it is granted in part"
            }
            Step::Decide { outcome: Outcome::Unfounded, deferred, .. } if !deferred.is_empty() => {
                "parts wait for their ground to end, so it is not unfounded"
            }
            Step::Decide { deferred, .. }
                if deferred.iter().any(|part| part.ended(now, calendar)) =>
            {
                "a ground that has ended cannot put off a part"
            }
            Step::PartsDone { dataset, .. }
                if !self
                    .open_parts()
                    .any(|p| p.dataset == *dataset && p.may_be_done(now, calendar)) =>
            {
                return Some(format!("`{dataset}` has no open part whose ground has ended"));
            }
            Step::Tell { recipient, .. } if self.tellable(recipient).is_none() => {
                return Some(format!("`{recipient}` is no recipient that is to be told"));
            }
            Step::Tell { notice: Notice::Told { how, .. }, .. } if empty(how) => {
                "say by which way the recipient was told"
            }
            Step::Tell { notice: Notice::Told { on, .. }, .. } if *on > day_of(now, calendar) => {
                "the day on which the recipient was told is in the future"
            }
            Step::Tell { notice: Notice::Cannot { why }, .. } if empty(why) => {
                "say why it is impossible or takes a disproportionate effort (Art. 19)"
            }
            Step::Withdraw { how } if empty(how) => "say how the person took it back",
            Step::Reopen { reason } if empty(reason) => "say why",
            _ => return None,
        };
        Some(why.to_owned())
    }
}
