//! Papers that came in from outside: kept with their case as they are, and only ever given out as a
//! file to save. Nothing in them is run, shown or believed; what they claim to be is held against how
//! they begin.

use frist_state::case::{NewStep, Paper};

use super::{done, found, t};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::web::PAPER;

/// The kind of a paper that shows who somebody is.
pub(super) const IDENTITY: &str = "identity";

/// What is taken, by the end of its name: its media type, and how it must begin.
const KINDS: &[(&str, &str, &[&[u8]])] = &[
    ("pdf", "application/pdf", &[b"%PDF-"]),
    ("png", "image/png", &[b"\x89PNG\r\n\x1a\n"]),
    ("jpg", "image/jpeg", &[b"\xff\xd8\xff"]),
    ("jpeg", "image/jpeg", &[b"\xff\xd8\xff"]),
    ("docx", "application/octet-stream", &[b"PK\x03\x04"]),
    ("odt", "application/octet-stream", &[b"PK\x03\x04"]),
    ("msg", "application/octet-stream", &[b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]),
    ("eml", "message/rfc822", &[]),
    ("txt", "text/plain; charset=utf-8", &[]),
];

/// The ends of names that are taken, as a browser's file dialogue wants them.
pub(super) const ACCEPT: &str = ".pdf,.png,.jpg,.jpeg,.docx,.odt,.msg,.eml,.txt";

/// Keeps a file with the case.
pub(in crate::pages) fn attach(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::WorkCase, &Facts::default())?;
    let case = found(ctx)?;
    let t = t(ctx);
    let bytes = std::mem::take(&mut ctx.file);
    let unclear = |text: &str| Err(Refusal::Unclear(text.to_owned()));
    if bytes.is_empty() {
        return unclear(t.say_file);
    }
    if bytes.len() > PAPER {
        return Err(Refusal::TooLarge);
    }
    let Some((name, media_type)) = told(&ctx.file_name, &bytes) else {
        return unclear(t.bad_file);
    };
    let kind = if ctx.field("what") == IDENTITY { IDENTITY } else { "received" };
    let number = case.number;
    // The same file twice is a form that was sent twice.
    let kept = ctx.state(|state| state.papers(&number))?;
    let alike = kept.iter().filter(|p| p.name == name && p.kind == kind).map(|p| p.id);
    for id in alike {
        let there = ctx.state(|state| state.paper(id))?;
        if there.is_some_and(|(_, paper)| paper.bytes == bytes) {
            return Ok(Reply::to(&format!("/cases/{number}?done=attached#papers")));
        }
    }
    let paper = Paper {
        kind: kind.to_owned(),
        lang: None,
        media_type: media_type.to_owned(),
        name: name.clone(),
        bytes,
        made_at: ctx.now,
    };
    let step = step(ctx, "attached", name);
    super::work(ctx, |e| Ok(e.state.add_case_step(&number, &step, &[paper])?))?;
    Ok(Reply::to(&format!("/cases/{number}?done=attached#papers")))
}

/// Removes a proof of identity: nobody needs it once the person is known.
pub(in crate::pages) fn remove(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::WorkCase, &Facts::default())?;
    let number = found(ctx)?.number;
    let id: i64 = ctx.part.parse().map_err(|_| Refusal::NotFound)?;
    let step = step(ctx, "removed", String::new());
    let gone = done(ctx, |e| Ok(e.state.remove_paper(&number, id, IDENTITY, &step)?))?;
    match gone.map_err(|e| super::refusal(ctx, e))? {
        true => Ok(Reply::to(&format!("/cases/{number}?done=paper-removed#papers"))),
        false => Err(Refusal::NotFound),
    }
}

fn step(ctx: &Ctx<'_>, word: &str, text: String) -> NewStep {
    let (at, by) = (ctx.now, ctx.name().to_owned());
    NewStep { at, by, step: word.to_owned(), text: Some(text).filter(|t| !t.is_empty()) }
}

/// The name of a file without the folders that some browsers send, and its media type; none when it
/// is of no kind that is taken, or does not begin as its name says.
fn told(name: &str, bytes: &[u8]) -> Option<(String, &'static str)> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean = |c: &char| !c.is_control() && !('\u{202a}'..='\u{202e}').contains(c);
    let name: String = name.chars().filter(clean).collect();
    let (stem, end) = name.trim().rsplit_once('.')?;
    let end = end.to_lowercase();
    let (_, media_type, begins) = KINDS.iter().find(|(known, ..)| *known == end)?;
    if !begins.is_empty() && !begins.iter().any(|b| bytes.starts_with(b)) {
        return None;
    }
    let stem: String = stem.chars().take(100).collect();
    let stem = if stem.trim().is_empty() { "fil" } else { stem.trim() };
    Some((format!("{stem}.{end}"), media_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_name_and_its_beginning_say() {
        let pdf = b"%PDF-1.7 ...";
        for (name, bytes, wanted) in [
            ("brev.pdf", &pdf[..], Some(("brev.pdf", "application/pdf"))),
            ("C:\\Users\\x\\Brev æ.PDF", pdf, Some(("Brev æ.pdf", "application/pdf"))),
            ("../../etc/passwd.pdf", pdf, Some(("passwd.pdf", "application/pdf"))),
            ("regning\u{202e}fdp.pdf", pdf, Some(("regningfdp.pdf", "application/pdf"))),
            (".pdf", pdf, Some(("fil.pdf", "application/pdf"))),
            ("side.html", b"<script>", None),
            ("billede.svg", b"<svg onload=x>", None),
            ("brev.pdf", b"<script>alert(1)</script>", None),
            ("foto.png", b"\xff\xd8\xff", None),
            ("program.exe", b"MZ", None),
            ("uden", pdf, None),
            ("", pdf, None),
        ] {
            let wanted = wanted.map(|(name, kind)| (name.to_owned(), kind));
            assert_eq!(told(name, bytes), wanted, "{name}");
        }
        let long = format!("{}.txt", "æ".repeat(500));
        assert_eq!(told(&long, b"x").unwrap().0.chars().count(), 104);
    }

    #[test]
    fn the_dialogue_offers_what_is_taken() {
        let all: Vec<String> = KINDS.iter().map(|(end, ..)| format!(".{end}")).collect();
        assert_eq!(ACCEPT, all.join(","));
    }
}
