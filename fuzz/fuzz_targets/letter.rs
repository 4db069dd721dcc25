//! Letters: any text as an organisation's template and any words as a person's. A template ends,
//! in bounded time, in a letter or in an error; in the built-in letters a person's words are text:
//! they change no block, and nothing of them is HTML.
#![no_main]

use frist_fuzz::seeds;
use frist_paper::letters::{LetterContext, LetterKind, check, render, sample};
use frist_paper::{Block, Lang};
use frist_register::{Letter, Register, Sp, Span, Text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds(examples),
    |data: (u8, &str, &str)| {
        let (which, template, words) = data;
        let kind = LetterKind::ALL[usize::from(which) % LetterKind::ALL.len()];
        let lang = if which < 128 { Lang::Da } else { Lang::En };
        let plain = sample(kind, lang);
        let context = with(&plain, words);
        let letter = own(kind, template);
        if let Ok(document) = render(kind, lang, Some(&letter), &json(&context)) {
            assert!(!document.html().contains("<script"));
            assert!(document.text().lines().all(|l| !l.contains(char::is_control)));
        }
        check(&Register { letters: vec![letter], ..Register::default() });
        let (one, other) = (render(kind, lang, None, &json(&plain)), render(kind, lang, None, &json(&context)));
        if let (Ok(one), Ok(other)) = (one, other) {
            assert_eq!(shape(&one.blocks), shape(&other.blocks), "{words:?} changed the letter");
        }
    }
);

fn json(context: &LetterContext) -> serde_json::Value {
    serde_json::to_value(context).expect("plain fields")
}

/// The person's words wherever a person's words stand; empty ones leave something out by right.
fn with(plain: &LetterContext, words: &str) -> LetterContext {
    let mut context = plain.clone();
    if words.trim().is_empty() {
        return context;
    }
    context.to.name = words.to_owned();
    context.signed = words.to_owned();
    for line in &mut context.decisions {
        line.what = words.to_owned();
    }
    for line in &mut context.rectified {
        line.now = words.to_owned();
    }
    for reason in &mut context.reasons {
        *reason = words.to_owned();
    }
    context
}

fn own(kind: LetterKind, template: &str) -> Letter {
    let span = Span::default();
    Letter {
        id: Sp::new(kind.id().to_owned(), span),
        version: Sp::new("1".to_owned(), span),
        title: Text::default(),
        text: Sp::new(Text { da: template.to_owned(), en: template.to_owned() }, span),
        span,
    }
}

/// The kinds of blocks, which `Debug` tells without their words.
fn shape(blocks: &[Block]) -> Vec<String> {
    blocks.iter().map(|b| format!("{:.5?}", format!("{b:?}"))).collect()
}

fn examples() -> Vec<Vec<u8>> {
    LetterKind::ALL
        .iter()
        .enumerate()
        .map(|(i, kind)| {
            let text = kind.built_in(Lang::Da);
            let words = "**Eksempel** | {{ x }}\n# #read(\"x\") <b>";
            // As `Arbitrary` reads a tuple: the last string takes the rest, lengths come from the end.
            let mut data = vec![i as u8];
            data.extend(text.bytes());
            data.extend(words.bytes());
            data.extend((text.len() as u32).to_le_bytes());
            data
        })
        .collect()
}
