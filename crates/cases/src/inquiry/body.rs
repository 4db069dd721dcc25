//! What an inquiry consists of, and the steps before it is sent.

use std::fmt;

use frist_law::Period;
use frist_law::deadline::{Rule, last_day};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{FollowUp, Outcome, Sending};
use crate::bundle::manifest::sha256;
use crate::refused::{Refused, said};

/// The body of a case of kind inquiry.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inquiry {
    /// Which authority.
    pub authority: String,
    /// The authority's own reference, as it is to be named in the answer.
    pub reference: Option<String>,
    /// What it is about, in a line.
    pub about: String,
    /// The day on which it was received, in the controller's zone.
    pub received: Date,
    /// Until when it must be answered.
    pub deadline: Deadline,
    /// Earlier deadlines that the authority replaced, the oldest first.
    #[serde(default)]
    pub earlier: Vec<Deadline>,
    /// What is asked, numbered from 1.
    #[serde(default)]
    pub questions: Vec<Question>,
    /// What was sent, numbered from 1.
    #[serde(default)]
    pub sent: Vec<Sending>,
    /// How it ended.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// What has to be done after the decision, numbered from 1.
    #[serde(default)]
    pub follow_ups: Vec<FollowUp>,
}

// By hand: questions and answers can name people.
impl fmt::Debug for Inquiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inquiry")
            .field("received", &self.received)
            .field("last_day", &self.deadline.last_day)
            .field("questions", &self.questions.len())
            .field("sent", &self.sent.len())
            .finish_non_exhaustive()
    }
}

/// Until when an inquiry must be answered, and how that day was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// The period, where the authority gave one ("4 weeks"); none where it named the day.
    pub within: Option<String>,
    /// The last day.
    pub last_day: Date,
    /// Why it replaced an earlier one.
    pub why: Option<String>,
}

impl Deadline {
    /// The day that the authority named, or the period that it gave, counted by Regulation 1182/71
    /// from the day of receipt.
    ///
    /// # Errors
    /// When neither or both are given, the period is none in days or longer, or the day is before
    /// the day of receipt.
    pub fn set(
        received: Date,
        within: Option<Period>,
        on: Option<Date>,
        why: Option<&str>,
    ) -> Result<Self, Refused> {
        let last = match (within, on) {
            (Some(period), None) => {
                last_day(period, received, Rule::Regulation1182).ok_or_else(|| {
                    Refused::new("the period cannot be counted in days")
                        .help("give it in days, weeks or months, or name the day")
                })?
            }
            (None, Some(day)) => day,
            _ => {
                return Err(Refused::new("the inquiry needs one deadline").help(
                    "give the day that the authority named, or its period, such as `4 weeks`",
                ));
            }
        };
        if last < received {
            return Err(Refused::new(format!(
                "the deadline {last} is before the inquiry was received, {received}"
            )));
        }
        let why = why.map(|w| said("the reason", w)).transpose()?;
        Ok(Self { within: within.map(|p| p.to_string()), last_day: last, why })
    }
}

/// One question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its number, from 1.
    pub number: u32,
    /// What is asked.
    pub text: String,
    /// What was answered, the newest last. An answer that was sent stays; a later one supplements it.
    #[serde(default)]
    pub answers: Vec<Answer>,
}

/// An answer to a question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// When it was written.
    pub at: Timestamp,
    /// The operator who wrote it.
    pub by: String,
    /// The answer.
    pub text: String,
    /// The documents that go with it.
    #[serde(default)]
    pub papers: Vec<PaperRef>,
    /// The number of the sending that it went with; none while it can be replaced.
    #[serde(default)]
    pub sent: Option<u32>,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Question({}, {} answers)", self.number, self.answers.len())
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({}, {} papers, sent {:?})", self.at, self.papers.len(), self.sent)
    }
}

/// A file that is kept as a paper of the case.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperRef {
    /// The file's name.
    pub name: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
}

impl PaperRef {
    /// The reference to a file with this name and these bytes.
    #[must_use]
    pub fn of(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.to_owned(), sha256: sha256(bytes), bytes: bytes.len() as u64 }
    }
}

// By hand: a file's name can name a person.
impl fmt::Debug for PaperRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PaperRef({}, {} bytes)", self.sha256, self.bytes)
    }
}

/// An inquiry as it came.
#[derive(Clone)]
pub struct NewInquiry<'a> {
    /// Which authority.
    pub authority: &'a str,
    /// Its reference.
    pub reference: Option<&'a str>,
    /// What it is about.
    pub about: &'a str,
    /// The day of receipt.
    pub received: Date,
    /// Until when it must be answered.
    pub deadline: Deadline,
    /// What is asked.
    pub questions: &'a [String],
}

impl Inquiry {
    /// Opens an inquiry.
    ///
    /// # Errors
    /// When the authority, the subject or a question is empty.
    pub fn open(new: &NewInquiry<'_>) -> Result<Self, Refused> {
        let mut inquiry = Self {
            authority: said("the authority's name", new.authority)?,
            reference: new.reference.map(|r| said("the reference", r)).transpose()?,
            about: said("what the inquiry is about", new.about)?,
            received: new.received,
            deadline: new.deadline.clone(),
            earlier: Vec::new(),
            questions: Vec::new(),
            sent: Vec::new(),
            outcome: None,
            follow_ups: Vec::new(),
        };
        new.questions.iter().try_for_each(|q| inquiry.ask(q).map(drop))?;
        Ok(inquiry)
    }

    /// Adds a question; answers its number. An authority may ask more after the first answer.
    ///
    /// # Errors
    /// When it is empty, or the inquiry is decided.
    pub fn ask(&mut self, text: &str) -> Result<u32, Refused> {
        self.undecided()?;
        let number = u32::try_from(self.questions.len()).unwrap_or(u32::MAX).saturating_add(1);
        let text = said("the question", text)?;
        self.questions.push(Question { number, text, answers: Vec::new() });
        Ok(number)
    }

    /// Puts another deadline in place of the one in force.
    ///
    /// # Errors
    /// When it has no reason, or the inquiry is decided.
    pub fn postpone(&mut self, deadline: Deadline) -> Result<(), Refused> {
        self.undecided()?;
        if deadline.why.is_none() {
            return Err(Refused::new("a new deadline needs its reason")
                .help("say how the authority gave it: `--why \"granted by letter of ...\"`"));
        }
        let old = std::mem::replace(&mut self.deadline, deadline);
        self.earlier.push(old);
        Ok(())
    }

    /// Answers a question. What was not sent is replaced; what was sent is supplemented.
    ///
    /// # Errors
    /// When there is no such question, or the answer says nothing.
    pub fn answer(&mut self, number: u32, answer: Answer) -> Result<(), Refused> {
        self.undecided()?;
        let text = said("the answer", &answer.text)?;
        let asked = self.questions.len();
        let question = self.questions.iter_mut().find(|q| q.number == number).ok_or_else(|| {
            Refused::new(format!("there is no question {number}")).help(match asked {
                0 => "enter it first with `frist inquiry question`".to_owned(),
                n => format!("the questions are numbered 1 to {n}"),
            })
        })?;
        question.answers.retain(|a| a.sent.is_some());
        question.answers.push(Answer { text, sent: None, ..answer });
        Ok(())
    }

    /// The questions that nothing was sent to, or that have an answer which was not sent.
    #[must_use]
    pub fn unsent(&self) -> Vec<u32> {
        let open = |q: &&Question| q.answers.last().is_none_or(|a| a.sent.is_none());
        self.questions.iter().filter(open).map(|q| q.number).collect()
    }

    pub(super) fn undecided(&self) -> Result<(), Refused> {
        match self.outcome {
            None => Ok(()),
            Some(_) => Err(Refused::new("the authority has decided; the inquiry is closed").help(
                "what is left to do are its follow-ups; open a new inquiry for a new letter",
            )),
        }
    }
}
