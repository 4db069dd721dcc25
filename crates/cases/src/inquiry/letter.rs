//! The letter that answers an inquiry.

use frist_paper::letters::{
    Addressee, CaseLine, Contact, InquiryLine, LetterContext, LetterKind, Sender, render,
};
use frist_paper::{Document, Lang};
use frist_register::Register;
use jiff::civil::Date;

use super::Inquiry;
use crate::{CasesError, Result};

/// The answer to these questions, as a letter to the authority.
///
/// # Errors
/// When the organisation's own text of the letter cannot be used.
pub fn letter(
    inquiry: &Inquiry,
    number: &str,
    questions: &[u32],
    register: &Register,
    lang: Lang,
    date: Date,
    signed: &str,
) -> Result<Document> {
    let asked = inquiry.questions.iter().filter(|q| questions.contains(&q.number));
    let answered = |q: &super::Question| q.answers.last().cloned();
    let context = LetterContext {
        date: Some(date),
        controller: Sender::from(&register.controller),
        dpo: register.controller.dpo.as_ref().map(Contact::from),
        to: Addressee { name: inquiry.authority.clone(), address: Vec::new() },
        signed: signed.to_owned(),
        case: CaseLine {
            number: number.to_owned(),
            received: Some(inquiry.received),
            due: Some(inquiry.deadline.last_day),
            reference: inquiry.reference.clone().unwrap_or_default(),
            ..CaseLine::default()
        },
        inquiry: Some(frist_paper::letters::Inquiry {
            about: inquiry.about.clone(),
            answers: asked
                .clone()
                .filter_map(|q| {
                    let answer = answered(q)?.text;
                    Some(InquiryLine { question: q.text.clone(), answer })
                })
                .collect(),
        }),
        enclosures: asked
            .filter_map(answered)
            .flat_map(|a| a.papers.into_iter().map(|p| p.name))
            .collect(),
        ..LetterContext::default()
    };
    let kind = LetterKind::InquiryAnswer;
    let own = register.letters.iter().find(|letter| letter.id.value == kind.id());
    let context = serde_json::to_value(context).map_err(|e| CasesError::Damaged {
        what: "what a letter is made from",
        why: e.to_string(),
    })?;
    Ok(render(kind, lang, own, &context)?)
}
