//! The asking: one question after the other, for each purpose. Pure: no clock, no sound, no signalling.
//!
//! A purpose is granted only by the key `1` pressed after its own question began. Everything else, silence and hanging
//! up among it, is a no.

use crate::consent::{How, YES};

/// What happens to the caller who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// What was being played was heard to its end.
    Played,
    /// A key.
    Key(char),
    /// The time for an answer to this question is over.
    TimeOut(usize),
    /// The caller hung up.
    HungUp,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing new.
    Nothing,
    /// Play the announcement.
    Announce,
    /// Play this question; what was being played ends.
    Question(usize),
    /// Wait for an answer to this question, then say [`Input::TimeOut`] with its number.
    Wait(usize),
    /// Every purpose has its answer.
    Done,
}

/// One purpose's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The purpose.
    pub purpose: String,
    /// Whether it was granted.
    pub granted: bool,
    /// How.
    pub how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Announcement,
    Question(usize),
    Over,
}

/// A caller who is being asked.
#[derive(Debug, Clone)]
pub struct Ask {
    purposes: Vec<String>,
    at: At,
    answers: Vec<Answered>,
}

impl Ask {
    /// Asks these purposes, in this order. The first step is [`Step::Announce`], or [`Step::Done`] without purposes.
    pub fn new(purposes: Vec<String>) -> (Ask, Step) {
        let empty = purposes.is_empty();
        let at = if empty { At::Over } else { At::Announcement };
        let ask = Ask { purposes, at, answers: Vec::new() };
        (ask, if empty { Step::Done } else { Step::Announce })
    }

    /// The question that was begun and is not answered yet.
    pub fn question(&self) -> Option<usize> {
        match self.at {
            At::Question(number) => Some(number),
            At::Announcement | At::Over => None,
        }
    }

    /// The answers so far, in the order of the questions.
    pub fn answers(&self) -> &[Answered] {
        &self.answers
    }

    /// What follows from what happened.
    pub fn take(&mut self, input: Input) -> Step {
        match (self.at, input) {
            (At::Over, _) => Step::Nothing,
            (_, Input::HungUp) => {
                while self.answers.len() < self.purposes.len() {
                    self.answer(false, How::HungUp);
                }
                self.at = At::Over;
                Step::Done
            }
            (At::Announcement, Input::Played) => {
                self.at = At::Question(0);
                Step::Question(0)
            }
            // A key before any question was begun answers nothing.
            (At::Announcement, Input::Key(_) | Input::TimeOut(_)) => Step::Nothing,
            (At::Question(number), Input::Played) => Step::Wait(number),
            (At::Question(_), Input::Key(key)) => match key {
                YES => self.next(true, How::Key(key)),
                '2' => self.next(false, How::Key(key)),
                _ => self.next(false, How::WrongKey),
            },
            (At::Question(number), Input::TimeOut(of)) if of == number => {
                self.next(false, How::NoKey)
            }
            (At::Question(_), Input::TimeOut(_)) => Step::Nothing,
        }
    }

    fn answer(&mut self, granted: bool, how: How) {
        if let Some(purpose) = self.purposes.get(self.answers.len()) {
            self.answers.push(Answered { purpose: purpose.clone(), granted, how });
        }
    }

    fn next(&mut self, granted: bool, how: How) -> Step {
        self.answer(granted, how);
        let number = self.answers.len();
        if number < self.purposes.len() {
            self.at = At::Question(number);
            Step::Question(number)
        } else {
            self.at = At::Over;
            Step::Done
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn purposes(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("p{number}")).collect()
    }

    #[test]
    fn each_purpose_by_its_own_key() {
        let (mut ask, first) = Ask::new(purposes(3));
        assert_eq!(
            (first, ask.take(Input::Key('1'))),
            (Step::Announce, Step::Nothing),
            "nothing was asked yet"
        );
        assert_eq!(ask.take(Input::Played), Step::Question(0));
        assert_eq!(ask.take(Input::Key('1')), Step::Question(1), "barge-in");
        assert_eq!(ask.take(Input::TimeOut(0)), Step::Nothing, "late");
        assert_eq!(ask.take(Input::Played), Step::Wait(1));
        assert_eq!(ask.take(Input::TimeOut(1)), Step::Question(2));
        assert_eq!(ask.take(Input::Key('9')), Step::Done);
        let answers: Vec<_> =
            ask.answers().iter().map(|one| (one.granted, one.how.clone())).collect();
        assert_eq!(answers, [(true, How::Key('1')), (false, How::NoKey), (false, How::WrongKey)]);
        assert_eq!(Ask::new(Vec::new()).1, Step::Done);
    }

    fn input() -> impl Strategy<Value = Input> {
        prop_oneof![
            Just(Input::Played),
            prop::sample::select("1112#*90A".chars().collect::<Vec<_>>()).prop_map(Input::Key),
            (0_usize..5).prop_map(Input::TimeOut),
            Just(Input::HungUp),
        ]
    }

    proptest! {
        /// Whatever comes in whatever order: a purpose is granted only by a `1` of its own, pressed after its question
        /// began and before any other answer to it; at the end each purpose has exactly one answer.
        #[test]
        fn granted_only_by_its_own_key(count in 0_usize..5, inputs in prop::collection::vec(input(), 0..40)) {
            let (mut ask, _) = Ask::new(purposes(count));
            // What a listener knows: which question was begun last, and whether a key for it came since.
            let (mut open, mut begun, mut yes) = (None, 0, Vec::new());
            for input in inputs.into_iter().chain([Input::HungUp]) {
                if let (Some(open), Input::Key('1')) = (open, input) {
                    yes.push(open);
                }
                match ask.take(input) {
                    Step::Question(number) => {
                        prop_assert_eq!(number, begun, "each once, in order");
                        begun += 1;
                        open = Some(number);
                    }
                    Step::Done => open = None,
                    Step::Wait(number) => prop_assert_eq!(Some(number), open),
                    Step::Announce => prop_assert!(false, "only once"),
                    Step::Nothing => {}
                }
            }
            prop_assert_eq!(ask.answers().len(), count);
            for (number, answer) in ask.answers().iter().enumerate() {
                prop_assert_eq!(answer.granted, yes.contains(&number), "{}", number);
                prop_assert_eq!(&answer.purpose, &format!("p{number}"));
                prop_assert!(!answer.granted || number < begun);
            }
        }
    }
}
