//! Sending answers: what goes out is frozen and hashed.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Inquiry, PaperRef};
use crate::bundle::manifest::sha256;
use crate::refused::{Refused, said};

/// What was sent to the authority at one time.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sending {
    /// Its number, from 1.
    pub number: u32,
    /// When.
    pub at: Timestamp,
    /// The operator who sent it.
    pub by: String,
    /// By which way: Digital Post, a letter.
    pub how: String,
    /// The questions whose answers went along.
    pub questions: Vec<u32>,
    /// The letter itself.
    pub letter: Option<PaperRef>,
    /// SHA-256 over what was sent, in hexadecimal; see [`Inquiry::digest`].
    pub sha256: String,
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sending({}, {}, {})", self.number, self.at, self.sha256)
    }
}

impl Inquiry {
    /// Sends the answers to these questions; all that can be sent when none are named. `letter` is
    /// the letter that went along. Answers the sending.
    ///
    /// # Errors
    /// When a question has no answer, an answer was sent already, or nothing is left to send.
    pub fn send(
        &mut self,
        questions: &[u32],
        at: Timestamp,
        by: &str,
        how: &str,
        letter: Option<PaperRef>,
    ) -> Result<&Sending, Refused> {
        let how = said("how it was sent", how)?;
        let questions = self.sendable(questions)?;
        let number = u32::try_from(self.sent.len()).unwrap_or(u32::MAX).saturating_add(1);
        for question in &mut self.questions {
            if questions.contains(&question.number)
                && let Some(answer) = question.answers.last_mut()
            {
                answer.sent = Some(number);
            }
        }
        let mut sending = Sending {
            number,
            at,
            by: by.to_owned(),
            how,
            questions,
            letter,
            sha256: String::new(),
        };
        sending.sha256 = self.digest(&sending);
        self.sent.push(sending);
        Ok(&self.sent[self.sent.len() - 1])
    }

    /// The questions whose answers would be sent.
    ///
    /// # Errors
    /// As [`Inquiry::send`].
    pub fn sendable(&self, named: &[u32]) -> Result<Vec<u32>, Refused> {
        self.undecided()?;
        let mut wanted: Vec<u32> = match named {
            [] => self.questions.iter().map(|q| q.number).collect(),
            some => some.to_vec(),
        };
        wanted.sort_unstable();
        wanted.dedup();
        let mut out = Vec::new();
        for number in wanted {
            let question = self.questions.iter().find(|q| q.number == number);
            let question =
                question.ok_or_else(|| Refused::new(format!("there is no question {number}")))?;
            match question.answers.last() {
                Some(answer) if answer.sent.is_none() => out.push(number),
                Some(_) if named.is_empty() => {}
                Some(_) => {
                    return Err(Refused::new(format!(
                        "the answer to question {number} was sent already, and stays as it was sent"
                    ))
                    .help("write another answer: it supplements the first"));
                }
                None => {
                    return Err(Refused::new(format!("question {number} has no answer")).help(
                        "answer it, or name the questions to be sent now with `--question`",
                    ));
                }
            }
        }
        match out.is_empty() {
            true => Err(Refused::new("there is no answer that was not sent")),
            false => Ok(out),
        }
    }

    /// SHA-256 over everything that a sending consisted of: its own lines, and the questions,
    /// answers and papers that went with it.
    #[must_use]
    pub fn digest(&self, sending: &Sending) -> String {
        let papers = |papers: &[PaperRef]| -> Vec<serde_json::Value> {
            papers.iter().map(|p| serde_json::json!([p.name, p.sha256, p.bytes])).collect()
        };
        let answers: Vec<serde_json::Value> = self
            .questions
            .iter()
            .filter(|q| sending.questions.contains(&q.number))
            .filter_map(|q| {
                let a = q.answers.iter().find(|a| a.sent == Some(sending.number))?;
                Some(serde_json::json!([q.number, q.text, a.at, a.by, a.text, papers(&a.papers)]))
            })
            .collect();
        let whole = serde_json::json!([
            "frist-inquiry-sent@v1",
            self.authority,
            self.reference,
            [
                serde_json::json!(sending.number),
                serde_json::json!(sending.at),
                serde_json::json!(sending.by),
                serde_json::json!(sending.how),
                serde_json::json!(sending.questions),
            ],
            papers(sending.letter.as_slice()),
            answers,
        ]);
        sha256(whole.to_string().as_bytes())
    }

    /// The sendings that are no longer what they were when they were sent.
    #[must_use]
    pub fn altered(&self) -> Vec<u32> {
        let changed = |s: &&Sending| self.digest(s) != s.sha256;
        self.sent.iter().filter(changed).map(|s| s.number).collect()
    }
}
