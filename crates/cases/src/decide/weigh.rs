//! One record: which grounds the request takes away, what is left, and what follows. Pure.

use frist_decide::rules::{Force, Ground};
use frist_decide::{Answers, Decision, Kind, Outcome, Problem, Reason, Role, RuleSet, Standing};
use frist_law::Basis;
use frist_register::{ControllerKind, DataSet, Purpose, Register, Text};
use frist_state::NewHold;
use frist_stores::Record;
use jiff::Timestamp;
use jiff::civil::Date;

use super::RESTRICTION;
use super::answer::{Answer, Article, GroundAnswer, Question, RecordAnswer, Stands};
use super::choices::{Choices, Own, Right, Weighed};

/// Datatilsynet upheld the refusal to erase a public authority's filed documents.
const FILED: &str = "2018-32-0286";
const FILING_LAWS: [&str; 2] = ["dk.offentlighed", "dk.arkiv"];

/// What one data set's records are weighed with.
pub(super) struct Weighing<'a> {
    pub(super) register: &'a Register,
    pub(super) dataset: &'a DataSet,
    pub(super) rules: &'a RuleSet,
    pub(super) kinds: &'a [Kind],
    /// What people answered to the register's questions about its records.
    pub(super) answers: &'a Answers,
    pub(super) right: Right,
    pub(super) choices: &'a Choices,
    pub(super) t: Timestamp,
}

/// What the request does to one ground.
#[derive(Clone, PartialEq)]
enum Effect {
    /// Nothing.
    Stays,
    /// It no longer counts, since consent is taken back.
    TakenBack,
    /// It no longer counts, since the objection prevails.
    Objected,
    /// It no longer counts: a person decided that it does not.
    Answered,
    /// A person must weigh it.
    Weigh,
    /// A person has, and it stays.
    Overrides(String),
}

impl Effect {
    fn ends(&self) -> bool {
        matches!(self, Effect::TakenBack | Effect::Objected | Effect::Answered)
    }
}

impl Weighing<'_> {
    /// Decides about a record that these holds cover.
    pub(super) fn record(&self, record: &Record, holds: &[NewHold]) -> RecordAnswer {
        let key = record.key.text();
        let answered = self.answers.get(&key);
        let decide = |rules: &RuleSet, t: Timestamp| {
            frist_decide::decide_answered(rules, self.kinds, &record.facts, false, answered, t)
        };
        let own = self.choices.own(&self.dataset.id, &key);
        let before = decide(self.rules, self.t);
        let grounds = || self.rules.grounds.iter().zip(&before.reasons);
        let effects: Vec<Effect> = grounds().map(|(g, r)| self.effect(g, r, own)).collect();
        let ids = self.rules.ground_ids();
        let without: Vec<String> = ids
            .into_iter()
            .zip(&effects)
            .filter_map(|(id, effect)| id.filter(|_| effect.ends()))
            .collect();
        let rules = self.rules.without(&without);
        let after = decide(&rules, self.t);
        let reasons =
            grounds().zip(&effects).map(|((g, r), e)| self.reason(g, r, e)).collect::<Vec<_>>();
        let open: Vec<Question> = grounds()
            .zip(&effects)
            .filter(|((_, r), e)| **e == Effect::Weigh && is_live(r))
            .map(|((g, _), _)| self.weigh(g))
            .collect();
        let mut answer = match (holds, after.outcome) {
            ([], Outcome::Due) => self.erase(&before, &effects),
            ([], _) => {
                let until = self.last_day(&rules, &after, &decide);
                self.left(&rules, &after, until)
            }
            (holds, _) => self.held(holds),
        };
        // An objection is answered for its purposes, and not only for what happens to be kept by them
        // alone; and what it does not concern is neither refused nor asked about.
        let keeps = matches!(answer, Answer::Refuse { .. } | Answer::Person { .. });
        let objection = matches!(self.right, Right::Objection | Right::Marketing);
        let concerned = |((_, r), e): ((&Ground, &Reason), &Effect)| {
            let over = matches!((e, &r.standing), (Effect::Weigh, Standing::Ended(_)));
            *e != Effect::Stays && !over && !matches!(r.standing, Standing::NotApplicable)
        };
        if let (true, true, Some(question)) = (keeps, objection, open.first()) {
            answer = Answer::Person { question: question.clone() };
        } else if keeps && self.right != Right::Erasure && !grounds().zip(&effects).any(concerned) {
            answer = Answer::Untouched;
        }
        if let Some(Own::Keep { article, reason }) = own
            && matches!(answer, Answer::Erase { .. } | Answer::Person { .. })
        {
            answer = match Answer::refuse(*article) {
                Answer::Refuse { article, citation, until, matter, practice, .. } => {
                    let reason = Some(reason.clone());
                    Answer::Refuse { article, citation, until, matter, practice, reason }
                }
                other => other,
            };
        }
        let refused = matches!(answer, Answer::Refuse { .. });
        let holds = holds.iter().filter(|_| refused).map(|h| h.id.clone()).collect();
        RecordAnswer {
            dataset: self.dataset.id.value.clone(),
            key: record.key.clone(),
            answer,
            reasons,
            without,
            holds,
            open,
        }
    }

    fn purpose(&self, ground: &Ground) -> Option<&Purpose> {
        self.register.purpose(self.dataset, &ground.name)
    }

    /// What the request does to a ground.
    fn effect(&self, ground: &Ground, reason: &Reason, own: Option<&Own>) -> Effect {
        if ground.force == Force::Demands {
            return Effect::Stays;
        }
        let answered = matches!(own, Some(Own::Erase { .. }));
        let special = self.purpose(ground).and_then(|p| p.special_basis.as_ref()).map(|b| b.value);
        let consent = ground.basis == Some(Basis::Consent)
            || special.is_some_and(|b| b == Basis::ExplicitConsent);
        let named =
            self.choices.consents.is_empty() || self.choices.consents.contains(&ground.name);
        if consent && named && matches!(self.right, Right::Erasure | Right::Withdrawal) {
            return Effect::TakenBack;
        }
        let objected = match ground.basis {
            Some(Basis::LegitimateInterests) => self.right != Right::Withdrawal,
            Some(Basis::PublicTask) => self.right == Right::Objection,
            Some(Basis::Consent) => self.right == Right::Marketing,
            _ => false,
        };
        if objected {
            if self.choices.marketing.contains(&ground.name) {
                return Effect::Objected;
            }
            // It is against nothing else, and once a purpose is named nobody is asked about the others.
            let said = &self.choices.not_marketing;
            if self.right == Right::Marketing
                && (said.contains(&ground.name) || !self.choices.marketing.is_empty())
            {
                return Effect::Stays;
            }
            return match self.choices.weighed.get(&ground.name) {
                Some(Weighed::Upheld) => Effect::Objected,
                Some(Weighed::Overridden { reason }) => Effect::Overrides(reason.clone()),
                None if answered => Effect::Objected,
                None => Effect::Weigh,
            };
        }
        // Whether it is over, or the register's question about it, was for a person to answer. What
        // surely runs is not.
        let askable = !matches!(ground.basis, Some(Basis::LegalObligation | Basis::PublicTask));
        match answered && askable && !is_live(reason) {
            true => Effect::Answered,
            false => Effect::Stays,
        }
    }

    fn erase(&self, before: &Decision, effects: &[Effect]) -> Answer {
        let live = |effect: Effect| {
            effects.iter().zip(&before.reasons).any(|(e, r)| *e == effect && is_live(r))
        };
        let passed =
            |r: &&Reason| r.role == Role::Limits && matches!(r.standing, Standing::Ended(_));
        let article = match before.outcome {
            Outcome::Due if before.reasons.iter().any(|r| passed(&r)) => Article::DutyToErase,
            Outcome::Due => Article::NotNecessary,
            _ if live(Effect::TakenBack) => Article::ConsentTakenBack,
            _ if live(Effect::Objected) => Article::Objected,
            _ => Article::NotNecessary,
        };
        Answer::Erase { article, late_since: before.due_since }
    }

    fn held(&self, holds: &[NewHold]) -> Answer {
        let case = |h: &NewHold| {
            let rest = h.id.strip_prefix(RESTRICTION)?;
            Some(rest.rsplit_once('-').map_or(rest, |(case, _)| case).to_owned())
        };
        if let Some(case) = holds.iter().map(case).collect::<Option<Vec<_>>>() {
            let case = case.into_iter().next().unwrap_or_default();
            return Answer::Person { question: Question::Restricted { case } };
        }
        let matters = holds.iter().filter(|h| case(h).is_none()).map(|h| h.matter.as_str());
        let matter = self.choices.name_matters.then(|| matters.collect::<Vec<_>>().join("; "));
        Answer::Refuse {
            article: Article::Claims,
            citation: None,
            until: None,
            matter,
            practice: None,
            reason: None,
        }
    }

    /// What keeps the record by the rule that is left.
    fn left(&self, rules: &RuleSet, after: &Decision, until: Option<Date>) -> Answer {
        let both = || rules.grounds.iter().zip(&after.reasons);
        let live = |basis: &[Basis]| {
            let of = move |g: &Ground| g.basis.is_some_and(|b| basis.contains(&b));
            longest(both().filter(move |(g, r)| g.force == Force::Permits && of(g) && is_live(r)))
        };
        let refuse = |article, found: Option<(&Ground, &Reason)>, reason: Option<String>| {
            let citation = found.and_then(|(_, r)| r.citation.clone());
            let authority = self.register.controller.kind == ControllerKind::PublicAuthority;
            let filed = found.and_then(|(g, _)| g.law.as_deref());
            let filed = filed.is_some_and(|law| FILING_LAWS.contains(&law));
            let practice = (authority && filed).then_some(FILED);
            Answer::Refuse { article, citation, until, matter: None, practice, reason }
        };
        let duty = longest(both().filter(|(g, r)| g.force == Force::Demands && is_live(r)));
        if duty.is_some() {
            return refuse(Article::Obligation, duty, None);
        }
        if after.outcome == Outcome::Unclear
            && let Some(question) = unclear(after)
        {
            return Answer::Person { question };
        }
        let task = live(&[Basis::LegalObligation, Basis::PublicTask]);
        if let Some((g, r)) = task {
            return match self.effect(g, r, None) {
                Effect::Weigh => Answer::Person { question: self.weigh(g) },
                Effect::Overrides(reason) => refuse(Article::Overriding, task, Some(reason)),
                _ => refuse(Article::Obligation, task, None),
            };
        }
        let needed = live(&[Basis::Contract, Basis::VitalInterests, Basis::Consent]);
        if needed.is_some() {
            return refuse(Article::NoneOfThese, needed, None);
        }
        let interest = live(&[Basis::LegitimateInterests]);
        if let Some((g, r)) = interest {
            return match self.effect(g, r, None) {
                Effect::Overrides(reason) => refuse(Article::Overriding, interest, Some(reason)),
                Effect::Weigh => Answer::Person { question: self.weigh(g) },
                _ => refuse(Article::NoneOfThese, interest, None),
            };
        }
        if let Some((g, _)) = longest(both().filter(|(_, r)| is_live(r))) {
            // A ground without a basis of Art. 6 that the checker let pass: nothing is guessed.
            return Answer::Person { question: self.weigh(g) };
        }
        let asked = rules.grounds.iter().find_map(|g| g.review.clone());
        match asked.or_else(|| rules.periodic.as_ref().map(|p| p.question.clone())) {
            Some(text) => Answer::Person { question: Question::Review { text } },
            None => refuse(Article::NoneOfThese, None, None),
        }
    }

    fn weigh(&self, ground: &Ground) -> Question {
        if self.right == Right::Marketing {
            return Question::Marketing {
                purpose: ground.name.clone(),
                title: ground.title.clone(),
            };
        }
        let interest = self.purpose(ground).and_then(|p| p.interest.as_ref());
        Question::Weigh {
            purpose: ground.name.clone(),
            title: ground.title.clone(),
            interest: interest.map(|i| i.value.clone()),
        }
    }

    /// The last day on which the record stays by this rule, when nothing changes but time.
    fn last_day(
        &self,
        rules: &RuleSet,
        now: &Decision,
        decide: &dyn Fn(&RuleSet, Timestamp) -> Decision,
    ) -> Option<Date> {
        let mut next = now.next_change;
        while let Some(at) = next {
            let then = decide(rules, at);
            if then.outcome == Outcome::Due {
                return self.day(at).yesterday().ok();
            }
            next = then.next_change.filter(|later| *later > at);
        }
        None
    }

    /// The first day that has all of its hours after `at`, in the controller's zone.
    fn day(&self, at: Timestamp) -> Date {
        let zoned = at.to_zoned(self.rules.calendar.zone.clone());
        let day = zoned.date();
        match zoned.start_of_day() {
            Ok(start) if start.timestamp() == at => day,
            _ => day.tomorrow().unwrap_or(day),
        }
    }

    fn reason(&self, ground: &Ground, reason: &Reason, effect: &Effect) -> GroundAnswer {
        let stands = match (&reason.standing, effect) {
            (Standing::NotApplicable, _) => Stands::NotConcerned,
            (Standing::Ended(_), _) => Stands::Ended,
            (_, Effect::TakenBack) => Stands::TakenBack,
            (_, Effect::Objected | Effect::Answered) => Stands::Objected,
            (Standing::Unknown { .. }, _) => Stands::Unknown,
            (_, Effect::Weigh) => Stands::Weigh,
            (_, Effect::Overrides(_)) => Stands::Overrides,
            _ if ground.force == Force::Demands => Stands::Duty,
            _ => Stands::Needed,
        };
        let ends = match reason.standing {
            Standing::Live(Some(at)) => self.day(at).yesterday().ok(),
            _ => None,
        };
        GroundAnswer {
            purpose: ground.name.clone(),
            title: reason.title.clone(),
            basis: ground.basis,
            citation: reason.citation.clone(),
            verified: reason.verified,
            ends,
            stands,
        }
    }
}

fn is_live(reason: &Reason) -> bool {
    matches!(reason.standing, Standing::Live(_))
}

/// The ground that keeps longest: one that nobody knows the end of before any other.
fn longest<'a>(
    live: impl Iterator<Item = (&'a Ground, &'a Reason)>,
) -> Option<(&'a Ground, &'a Reason)> {
    live.max_by_key(|(_, r)| match r.standing {
        Standing::Live(Some(at)) => at,
        _ => Timestamp::MAX,
    })
}

/// The fact that somebody must settle; a duty's before any other.
fn unclear(decision: &Decision) -> Option<Question> {
    let of = |r: &Reason| match &r.standing {
        Standing::Unknown { fact, problem } => Some((fact.clone(), *problem)),
        _ => None,
    };
    let demands = decision.reasons.iter().filter(|r| r.role == Role::Demands);
    let (fact, problem): (String, Problem) = demands.chain(&decision.reasons).find_map(of)?;
    let problem = Text { da: problem.text_da().into(), en: problem.text().into() };
    Some(Question::Settle { fact, problem })
}
