//! Documents made from the register: the list, one of them in the frame or as a file, what was read.

mod bundle;
mod changes;

use askama::Template;
use frist_cases::attest::{Reading, attestation, counts, lines};
use frist_documents::{Format, Kind, Source};
use frist_register::Lang;
use frist_state::staff::Staff;
use frist_sweep::Engine;
use jiff::civil::Date;

use super::frame::{Frame, page};
use super::sweeps::sure;
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::text::{DocumentTexts, document_texts, texts};

pub(super) use bundle::bundle;
pub(super) use changes::changes;

#[derive(Template)]
#[template(path = "documents.html")]
struct List {
    f: Frame,
    t: &'static DocumentTexts,
    general: Vec<Card>,
    notices: Vec<Noticed>,
    public: bool,
    guidelines: Vec<Guided>,
    may_attest: bool,
    may_bundle: bool,
    since: String,
    until: String,
    pdf: bool,
}

struct Card {
    title: &'static str,
    lead: &'static str,
    name: String,
    files: Vec<String>,
}

struct Noticed {
    name: String,
    id: String,
    missing: Vec<String>,
    files: Vec<String>,
}

struct Guided {
    id: String,
    version: String,
    title: String,
    text: String,
    who: String,
    reading: Option<Reading>,
    read: u64,
    concerned: u64,
    path: String,
}

#[derive(Template)]
#[template(path = "document.html")]
struct View {
    f: Frame,
    t: &'static DocumentTexts,
    name: String,
    files: Vec<String>,
    missing: Vec<String>,
    /// Made by `frist-paper`, which escapes everything.
    html: String,
    pdf: bool,
    lang: &'static str,
}

/// The day on which this very register was made live.
fn live_since(engine: &mut Engine) -> Result<Option<Date>, Trouble> {
    let hash = engine.revision.to_string();
    let zone = engine.register.controller.calendar.zone.clone();
    let live = engine.state.revisions()?.into_iter().rfind(|r| r.hash == hash);
    Ok(live.map(|r| r.at.to_zoned(zone).date()))
}

/// Gives what documents are made from.
fn with_source<T>(
    ctx: &Ctx<'_>,
    lang: Lang,
    what: impl FnOnce(&Source<'_>) -> frist_documents::Result<T>,
) -> Result<T, Refusal> {
    ctx.engine(|engine| {
        let date = live_since(engine)?;
        let revision = engine.revision.to_string();
        let source = Source {
            register: &engine.register,
            book: engine.book,
            revision: &revision,
            lang,
            date,
        };
        match what(&source) {
            Ok(made) => Ok(Ok(made)),
            Err(
                frist_documents::Error::NoSubject { .. } | frist_documents::Error::NoFormat { .. },
            ) => Ok(Err(Refusal::NotFound)),
            Err(e) => Err(Trouble { message: e.to_string(), help: None }),
        }
    })?
}

/// The forms of a document, as the ends of its files' names.
fn files(kind: &Kind) -> Vec<String> {
    let there = |f: &&Format| **f != Format::Pdf || frist_paper::PDF;
    kind.formats().iter().filter(there).map(|f| f.extension().to_owned()).collect()
}

/// All of them.
pub(super) fn list(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::SeeDocuments, &Facts::default())?;
    listed(ctx, None)
}

fn listed(ctx: &mut Ctx<'_>, wrong: Option<String>) -> Result<Reply, Refusal> {
    let (t, lang, now) = (document_texts(ctx.lang), ctx.lang, ctx.now);
    let mut f = Frame::new(ctx, texts(lang).documents, "/documents").wrong(wrong);
    if ctx.asked("done") == Some("read") {
        f.notice = Some(t.read_noted.to_owned());
    }
    let card =
        |kind: Kind, title, lead| Card { title, lead, name: kind.name(), files: files(&kind) };
    let general = vec![
        card(Kind::Record, t.record, t.record_lead),
        card(Kind::Schedule, t.schedule, t.schedule_lead),
        card(Kind::Guidelines, t.guidelines_doc, t.guidelines_lead),
    ];
    let notices = with_source(ctx, lang, frist_documents::notices)?;
    let noticed = |n: frist_documents::Notice| {
        let kind = Kind::Notice(n.subject.id.clone());
        Noticed { name: n.subject.name, id: n.subject.id, missing: n.missing, files: files(&kind) }
    };
    let me = ctx.name().to_owned();
    let guidelines = ctx.engine(|engine| {
        let today = now.to_zoned(engine.register.controller.calendar.zone.clone()).date();
        let (staff, read) = (engine.state.staff()?, engine.state.attestations()?);
        let lines = lines(&engine.register, &staff, &read, today);
        let counts = counts(&engine.register, &lines);
        let one = |g: &frist_register::Guideline| {
            let id = g.id.value.clone();
            let mine = lines.iter().find(|l| l.person == me && l.guideline == id);
            let count = counts.iter().find(|c| c.guideline == id);
            Guided {
                path: format!("/documents/{id}/read"),
                version: g.version.value.clone(),
                title: g.title.get(lang).to_owned(),
                text: g.text.value.get(lang).to_owned(),
                who: g.who.get(lang).to_owned(),
                reading: mine.map(|l| l.reading),
                read: count.map_or(0, |c| c.current),
                concerned: count.map_or(0, |c| c.concerned),
                id,
            }
        };
        Ok(engine.register.guidelines.iter().map(one).collect())
    })?;
    let today = now.to_zoned(ctx.app.zone.clone()).date();
    let before = today.checked_sub(jiff::Span::new().years(1)).unwrap_or(today);
    page(&List {
        general,
        notices: notices.into_iter().map(noticed).collect(),
        public: ctx.app.settings.config.public.notices,
        guidelines,
        may_attest: ctx.could(Action::Attest, &Facts::default()),
        may_bundle: ctx.could(Action::GetBundle, &Facts::default()),
        since: before.to_string(),
        until: today.to_string(),
        pdf: frist_paper::PDF,
        f,
        t,
    })
}

/// The language of a document: the one asked for, or the reader's.
fn language(ctx: &Ctx<'_>) -> Lang {
    ctx.asked("in").and_then(crate::web::lang_of).unwrap_or(ctx.lang)
}

/// One, in the frame.
pub(super) fn view(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::SeeDocuments, &Facts::default())?;
    let kind = Kind::parse(&ctx.id).ok_or(Refusal::NotFound)?;
    let lang = language(ctx);
    let (document, missing) = with_source(ctx, lang, |source| {
        let missing = match &kind {
            Kind::Notice(subject) => frist_documents::notice(source, subject)?.missing,
            _ => Vec::new(),
        };
        Ok((frist_documents::document(&kind, source)?, missing))
    })?;
    let f = Frame::new(ctx, &document.title, "/documents");
    page(&View {
        t: document_texts(ctx.lang),
        name: kind.name(),
        files: files(&kind),
        missing,
        html: document.html_fragment(),
        pdf: frist_paper::PDF,
        lang: lang.as_str(),
        f,
    })
}

/// One, as a file.
pub(super) fn file(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::SeeDocuments, &Facts::default())?;
    let kind = Kind::parse(&ctx.id).ok_or(Refusal::NotFound)?;
    let part = ctx.part.clone();
    let format = kind.formats().iter().find(|f| f.extension() == part).copied();
    let format = format.ok_or(Refusal::NotFound)?;
    let bytes = with_source(ctx, language(ctx), |s| frist_documents::write(&kind, format, s))?;
    let name = format!("{}.{part}", kind.name());
    Ok(Reply::file(format.media_type(), &name, bytes))
}

/// Somebody has read a guideline.
pub(super) fn attest(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::Attest, &Facts::default())?;
    sure(ctx)?;
    let (id, version) = (ctx.id.clone(), ctx.field("version").to_owned());
    let (me, now) = (ctx.name().to_owned(), ctx.now);
    let face = &ctx.app.face;
    let done = ctx.engine(|engine| {
        let Ok(read) = attestation(&engine.register, &id, &version, &me, &me, now) else {
            return Ok(false);
        };
        let today = now.to_zoned(engine.register.controller.calendar.zone.clone()).date();
        let staff = engine.state.staff()?;
        if !staff.iter().any(|s| s.person == me) {
            // Whoever has an account works here; nothing was said of what concerns them.
            let new = Staff { person: me.clone(), guidelines: None, since: today, left_on: None };
            engine.state.put_staff(&new, &me, now)?;
        }
        let all = engine.state.attestations()?;
        let same = |a: &frist_state::staff::Attestation| {
            (&a.person, &a.guideline, &a.version, &a.sha256)
                == (&read.person, &read.guideline, &read.version, &read.sha256)
        };
        if !all.iter().any(same) {
            engine.state.attest(&read)?;
        }
        (face.publish)(engine)?;
        Ok(true)
    })?;
    match done {
        true => Ok(Reply::to("/documents?done=read")),
        false => listed(ctx, Some(document_texts(ctx.lang).not_in_force.to_owned())),
    }
}
