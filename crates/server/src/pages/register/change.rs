//! A changed register on its way: what changes, what that would do, and who makes it live.

use askama::Template;
use frist_documents::notice::What;
use frist_law::LawBook;
use frist_register::{Change, Lang, Register};
use frist_state::{Proposal, ProposalStatus};
use frist_sweep::effects::Effect;

use super::super::frame::{Frame, page};
use super::super::sweeps::sure;
use super::super::today::title;
use super::{Note, notes, notes_with_ways, sound, stem, texts};
use crate::access::{Action, Condition, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::on_disk::Files;
use crate::register::effect::{self, Effects};
use crate::register::lines::{self, Mark};
use crate::register::{self, Looked, Said};
use crate::text::proposal::{ProposalTexts, proposal_texts};
use crate::text::register::register_texts;

#[derive(Template)]
#[template(path = "register_change.html")]
struct Page {
    f: Frame,
    t: &'static ProposalTexts,
    id: i64,
    status: &'static str,
    class: &'static str,
    lead: &'static str,
    by: String,
    changed: String,
    note: String,
    why: String,
    decided: String,
    under_way: bool,
    words: Vec<String>,
    same: bool,
    counted: String,
    rows: Vec<Row>,
    problem: String,
    notices: Vec<NoticeShown>,
    said: Vec<Note>,
    misfits: Vec<Note>,
    texts: Vec<TextShown>,
    stale: bool,
    conflicts: Vec<(String, String)>,
    sound: bool,
    hash: String,
    mine: bool,
    may_count: bool,
    may_submit: bool,
    may_decide: bool,
    offer_decide: bool,
    at: String,
}

impl Page {
    fn token(&self, step: &str) -> String {
        self.f.token(&format!("{}/{step}", self.at))
    }
}

struct Row {
    id: String,
    title: String,
    now: (String, String),
    year: (String, String),
    means: Vec<(String, &'static str)>,
}

struct NoticeShown {
    name: String,
    what: &'static str,
    items: Vec<(String, Vec<String>, Vec<String>)>,
}

struct TextShown {
    name: String,
    lines: Vec<(&'static str, &'static str, usize, String)>,
}

/// A proposal with its texts read.
struct Opened {
    proposal: Proposal,
    base: Files,
    files: Files,
    /// The files as they are now.
    disk: Files,
    old: Looked,
    /// The register that it began from, also where it lacks something, as one that is just begun.
    before: Option<Register>,
    new: Looked,
}

impl Opened {
    fn of(ctx: &Ctx<'_>) -> Result<Self, Refusal> {
        let id: i64 = ctx.id.parse().map_err(|_| Refusal::NotFound)?;
        let proposal = ctx.state(|state| state.proposal(id))?.ok_or(Refusal::NotFound)?;
        let (base, files) = (texts(&proposal.new.base)?, texts(&proposal.new.files)?);
        let (old, new) = (register::look(&base), register::look(&files));
        let disk = (ctx.app.face.read)()?;
        let before = old.register.clone().or_else(|| Register::read(&base).register);
        Ok(Self { proposal, base, files, disk, old, before, new })
    }

    fn under_way(&self) -> bool {
        matches!(self.proposal.status, ProposalStatus::Draft | ProposalStatus::Proposed)
    }

    /// Whether the files are neither what the change began from nor what it makes of them.
    fn stale(&self) -> bool {
        self.under_way() && self.disk != self.base && self.disk != self.files
    }

    fn facts(&self, ctx: &Ctx<'_>) -> Facts {
        Facts::default().with(Condition::NotMaker, self.proposal.new.maker != ctx.name())
    }

    fn mine(&self, ctx: &Ctx<'_>) -> bool {
        self.proposal.new.maker == ctx.name()
    }

    /// What the checker says that it did not say before.
    fn said(&self) -> Vec<Said> {
        let new = |s: &&Said| !self.old.said.iter().any(|o| o.same(s));
        self.new.said.iter().filter(new).cloned().collect()
    }

    /// The change carried over to the files as they are now; the files that were changed in both
    /// stand in the way.
    fn renewed(&self) -> Result<Files, Vec<String>> {
        let named = |files: &Files, name: &str| {
            files.iter().find(|(n, _)| n == name).map(|(_, text)| text.clone())
        };
        let mut conflicts = Vec::new();
        let mut files = self.disk.clone();
        for (name, text) in &self.files {
            let (base, disk) = (named(&self.base, name), named(&self.disk, name));
            if base.as_ref() == Some(text) || disk.as_ref() == Some(text) {
                continue;
            }
            match files.iter_mut().find(|(n, _)| n == name) {
                Some((_, there)) if disk == base => there.clone_from(text),
                _ => conflicts.push(name.clone()),
            }
        }
        if conflicts.is_empty() { Ok(files) } else { Err(conflicts) }
    }
}

/// The page of a change.
pub(in crate::pages) fn change(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let opened = Opened::of(ctx)?;
    shown(ctx, &opened, None)
}

fn shown(ctx: &Ctx<'_>, opened: &Opened, wrong: Option<&str>) -> Result<Reply, Refusal> {
    let (t, r) = (proposal_texts(ctx.lang), register_texts(ctx.lang));
    let p = &opened.proposal;
    let at = format!("/register/change/{}", p.id);
    let mut f = Frame::new(ctx, &format!("{} {}", t.change, p.id), "/register");
    f.notice = match ctx.asked("done") {
        Some("kept") => Some(t.was_saved.to_owned()),
        Some("submitted") => Some(t.was_submitted.to_owned()),
        Some("live") => Some(t.was_live.to_owned()),
        Some("withdrawn") => Some(t.was_withdrawn.to_owned()),
        Some("returned") => Some(t.was_returned.to_owned()),
        Some("renewed") => Some(t.was_renewed.to_owned()),
        _ => None,
    };
    let f = f.wrong(wrong.map(str::to_owned));
    let effects: Option<Effects> = match &p.effect {
        Some(json) => Some(serde_json::from_str(json).map_err(|_| Refusal::Broken)?),
        None => None,
    };
    let both = opened.before.as_ref().zip(opened.new.register.as_ref());
    let words = both.map_or_else(Vec::new, |(old, new)| {
        let changes = frist_register::diff(old, new);
        changes.iter().map(|c| told(c, ctx.lang)).collect()
    });
    let notices = match both {
        Some((old, new)) => notices(old, new, t, ctx.lang)?,
        None => Vec::new(),
    };
    let open = |store: &frist_register::Store| (ctx.app.face.store)(store);
    // A store that is being connected is tried while its data sets are still missing.
    let readable = Register::read(&opened.files).register.filter(|_| opened.under_way());
    let misfits = readable.map_or_else(Vec::new, |r| register::fit(&r, &opened.files, &open));
    let stale = opened.stale();
    let conflicts = opened.renewed().err().filter(|_| stale).unwrap_or_default();
    let (mine, facts) = (opened.mine(ctx), opened.facts(ctx));
    let is = |status| p.status == status;
    let sound = opened.new.register.is_some();
    let ready = sound && !stale;
    page(&Page {
        id: p.id,
        status: super::status(p, r).0,
        class: super::status(p, r).1,
        lead: match p.status {
            ProposalStatus::Live => t.lead_live,
            ProposalStatus::Withdrawn => t.lead_withdrawn,
            _ => t.lead,
        },
        by: p.new.maker.clone(),
        changed: f.when(p.changed_at),
        note: p.new.note.clone(),
        why: p.why.clone().filter(|_| is(ProposalStatus::Draft)).unwrap_or_default(),
        decided: match (&p.decided_by, p.decided_at) {
            (Some(by), Some(at)) if !opened.under_way() => format!("{by}, {}", f.when(at)),
            _ => String::new(),
        },
        under_way: opened.under_way(),
        same: opened.base == opened.files,
        words,
        counted: p.counted_at.map_or_else(String::new, |at| f.when(at)),
        problem: effects.as_ref().and_then(|e| e.problem.clone()).unwrap_or_default(),
        rows: effects.map_or_else(Vec::new, |e| rows(&e, both, &f, t)),
        notices,
        said: match mine && opened.under_way() {
            true => notes_with_ways(&opened.said(), &opened.files, r),
            false => notes(&opened.said(), r),
        },
        misfits: notes(&misfits, r),
        texts: opened.files.iter().filter_map(|(name, new)| text(opened, name, new)).collect(),
        conflicts: conflicts.iter().map(|n| (n.clone(), stem(n).to_owned())).collect(),
        stale,
        sound,
        hash: p.new.hash.clone(),
        may_count: opened.under_way() && ready && ctx.offers(Action::EditRegister),
        may_submit: mine && is(ProposalStatus::Draft) && ready && opened.base != opened.files,
        mine,
        may_decide: ready && ctx.could(Action::ApproveRegister, &facts),
        offer_decide: is(ProposalStatus::Proposed) && ctx.offers(Action::ApproveRegister),
        at,
        t,
        f,
    })
}

/// A change in a sentence.
fn told(change: &Change, lang: Lang) -> String {
    if lang == Lang::En {
        return change.to_string().replace('`', "\"");
    }
    let part = match change.part {
        "controller" => "den dataansvarlige",
        "requests" => "anmodninger",
        "category of data subjects" => "kategorien af registrerede",
        "category of personal data" => "kategorien af oplysninger",
        "recipient" => "modtageren",
        "security measure" => "sikkerhedsforanstaltningen",
        "store" => "datakilden",
        "activity" => "behandlingsaktiviteten",
        "announcement" => "meddelelsen",
        "kind of identifier" => "identifikatoren",
        "letter" => "brevet",
        "notice" => "oplysningsteksten",
        "consent text" => "samtykketeksten",
        "guideline" => "retningslinjen",
        "data set" => "datasættet",
        other => other,
    };
    let mut text = part.to_owned();
    if !change.id.is_empty() {
        text += &format!(" \"{}\"", change.id);
    }
    if !change.field.is_empty() {
        text += &format!(": {}", change.field);
    }
    let whole = change.field.is_empty();
    text += &match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!(" ændret fra {before} til {after}"),
        (None, Some(after)) if !whole && !after.is_empty() => format!(" tilføjet: {after}"),
        (None, _) => " tilføjet".to_owned(),
        (Some(before), None) if !whole && !before.is_empty() => {
            format!(" fjernet; der stod {before}")
        }
        (Some(_), None) => " fjernet".to_owned(),
    };
    text.replace('`', "\"")
}

fn rows(
    effects: &Effects,
    both: Option<(&Register, &Register)>,
    f: &Frame,
    t: &ProposalTexts,
) -> Vec<Row> {
    let mut ids: Vec<&String> =
        effects.now.iter().chain(&effects.year).map(|e| &e.dataset).collect();
    ids.sort();
    ids.dedup();
    let named = |id: &str| {
        let (old, new) = both?;
        new.dataset(id).or_else(|| old.dataset(id)).map(|d| title(d, f.lang))
    };
    let cell = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), |n| f.n(&n));
    let of = |list: &[Effect], id: &str| list.iter().find(|e| e.dataset == id).cloned();
    let row = |id: &&String| {
        let (now, year) = (of(&effects.now, id), of(&effects.year, id));
        let pair = |e: &Option<Effect>| {
            e.as_ref().map_or_else(
                || ("=".to_owned(), "=".to_owned()),
                |e| (cell(e.before), cell(e.after)),
            )
        };
        let mut means = Vec::new();
        for (effect, more, fewer) in
            [(&now, t.more_due, t.fewer_due), (&year, t.more_year, t.fewer_year)]
        {
            let Some(e) = effect else { continue };
            let (before, after) = (e.before.unwrap_or(0), e.after.unwrap_or(0));
            match after.cmp(&before) {
                std::cmp::Ordering::Greater => {
                    means.push((format!("{} {more}", f.n(&(after - before))), "late"));
                }
                std::cmp::Ordering::Less => {
                    means.push((format!("{} {fewer}", f.n(&(before - after))), "warn"));
                }
                std::cmp::Ordering::Equal => means.push((t.not_asked.to_owned(), "late")),
            }
        }
        Row {
            id: (*id).clone(),
            title: named(id).unwrap_or_else(|| (*id).clone()),
            now: pair(&now),
            year: pair(&year),
            means,
        }
    };
    ids.iter().map(row).collect()
}

fn notices(
    old: &Register,
    new: &Register,
    t: &ProposalTexts,
    lang: Lang,
) -> Result<Vec<NoticeShown>, Refusal> {
    let wrong = frist_documents::wrong(old, new, LawBook::embedded(), lang)
        .map_err(|e| Trouble { message: e.to_string(), help: None })?;
    let shown = wrong.into_iter().map(|n| NoticeShown {
        name: n.name,
        what: match n.what {
            What::New => t.notice_new,
            What::Gone => t.notice_gone,
            What::Changed => "",
        },
        items: n.items.into_iter().map(|i| (i.heading, i.removed, i.added)).collect(),
    });
    Ok(shown.collect())
}

fn text(opened: &Opened, name: &str, new: &str) -> Option<TextShown> {
    let old = opened.base.iter().find(|(n, _)| n == name).map_or("", |(_, text)| text);
    let lines = lines::changed(old, new).into_iter().map(|l| {
        let (class, sign) = match l.mark {
            Mark::Same => ("same", " "),
            Mark::Gone => ("gone", "−"),
            Mark::New => ("new", "+"),
        };
        (class, sign, l.number, l.text)
    });
    let lines: Vec<_> = lines.collect();
    (!lines.is_empty()).then(|| TextShown { name: name.to_owned(), lines })
}

/// The same change as the one that was seen, or the page again.
fn as_seen(ctx: &Ctx<'_>, opened: &Opened) -> bool {
    ctx.field("seen") == opened.proposal.new.hash
}

fn done(opened: &Opened, word: &str) -> Result<Reply, Refusal> {
    Ok(Reply::to(&format!("/register/change/{}?done={word}", opened.proposal.id)))
}

/// Counts what it would do.
pub(in crate::pages) fn count(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::EditRegister, &Facts::default())?;
    let opened = Opened::of(ctx)?;
    let t = proposal_texts(ctx.lang);
    let (Some(old), Some(new)) = (&opened.before, &opened.new.register) else {
        return shown(ctx, &opened, Some(t.unsound));
    };
    let now = ctx.now;
    let effects = effect::count(&ctx.app.face, old, new.clone(), &opened.files, now)?;
    let json = serde_json::to_string(&effects).map_err(|_| Refusal::Broken)?;
    let (id, hash) = (opened.proposal.id, opened.proposal.new.hash.clone());
    match ctx.state(|state| state.count_proposal(id, &hash, &json, now))? {
        true => Ok(Reply::to(&format!("/register/change/{id}"))),
        false => shown(ctx, &opened, Some(t.meanwhile)),
    }
}

/// Sends a draft to others.
pub(in crate::pages) fn submit(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::EditRegister, &Facts::default())?;
    let opened = Opened::of(ctx)?;
    let t = proposal_texts(ctx.lang);
    if !opened.mine(ctx) {
        return Err(Refusal::NotFound);
    }
    let clean = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    let why: String =
        ctx.field("why").replace("\r\n", "\n").chars().map(clean).take(2_000).collect();
    let wrong = match () {
        () if opened.stale() => Some(t.stale),
        () if !as_seen(ctx, &opened) => Some(t.meanwhile),
        () if opened.new.register.is_none() => Some(t.unsound),
        () if opened.proposal.effect.is_none() => Some(t.missing_count),
        () if why.trim().is_empty() => Some(t.missing_why),
        () => None,
    };
    if wrong.is_some() {
        return shown(ctx, &opened, wrong);
    }
    let (id, hash) = (opened.proposal.id, opened.proposal.new.hash.clone());
    match ctx.state(|state| state.submit_proposal(id, &hash, why.trim()))? {
        true => done(&opened, "submitted"),
        false => shown(ctx, &opened, Some(t.meanwhile)),
    }
}

/// Carries a change over to the files as they are now.
pub(in crate::pages) fn renew(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::EditRegister, &Facts::default())?;
    let opened = Opened::of(ctx)?;
    let t = proposal_texts(ctx.lang);
    if !opened.mine(ctx) || !opened.under_way() {
        return Err(Refusal::NotFound);
    }
    if !as_seen(ctx, &opened) {
        return shown(ctx, &opened, Some(t.meanwhile));
    }
    let Ok(files) = opened.renewed() else { return shown(ctx, &opened, Some(t.stale)) };
    let desk = super::Desk {
        base: opened.disk.clone(),
        files: opened.files.clone(),
        open: Some(opened.proposal.clone()),
    };
    desk.keep(ctx, &files)?;
    done(&opened, "renewed")
}

/// Takes one's own change back.
pub(in crate::pages) fn withdraw(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::EditRegister, &Facts::default())?;
    let opened = Opened::of(ctx)?;
    if !opened.mine(ctx) {
        return Err(Refusal::NotFound);
    }
    sure(ctx)?;
    let (id, hash) = (opened.proposal.id, opened.proposal.new.hash.clone());
    let (me, now) = (ctx.name().to_owned(), ctx.now);
    let end = ProposalStatus::Withdrawn;
    match as_seen(ctx, &opened) && ctx.state(|s| s.end_proposal(id, &hash, end, &me, now))? {
        true => done(&opened, "withdrawn"),
        false => shown(ctx, &opened, Some(proposal_texts(ctx.lang).meanwhile)),
    }
}

/// Gives another's change back, with the reason.
pub(in crate::pages) fn give_back(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let opened = Opened::of(ctx)?;
    ctx.may(Action::ApproveRegister, &opened.facts(ctx))?;
    let t = proposal_texts(ctx.lang);
    let clean = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    let why: String = ctx.field("why").chars().map(clean).take(2_000).collect();
    if why.is_empty() {
        return shown(ctx, &opened, Some(t.missing_why));
    }
    let (id, hash) = (opened.proposal.id, opened.proposal.new.hash.clone());
    let (me, now) = (ctx.name().to_owned(), ctx.now);
    match as_seen(ctx, &opened) && ctx.state(|s| s.return_proposal(id, &hash, &me, &why, now))? {
        true => done(&opened, "returned"),
        false => shown(ctx, &opened, Some(t.meanwhile)),
    }
}

/// Makes another's change live: the files are written, all or none, and the revision goes into the
/// ledger.
pub(in crate::pages) fn approve(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let opened = Opened::of(ctx)?;
    ctx.may(Action::ApproveRegister, &opened.facts(ctx))?;
    sure(ctx)?;
    let t = proposal_texts(ctx.lang);
    let waits = opened.proposal.status == ProposalStatus::Proposed;
    if !as_seen(ctx, &opened) || !waits {
        return shown(ctx, &opened, Some(t.meanwhile));
    }
    if opened.new.register.is_none() || !sound(&opened.new.said) {
        return shown(ctx, &opened, Some(t.unsound));
    }
    // What a crash left behind: the files are written, and nothing else is done yet.
    let written = opened.disk == opened.files;
    if !written && !(ctx.app.face.write)(&opened.base, &opened.files)? {
        return shown(ctx, &opened, Some(t.stale));
    }
    let face = &ctx.app.face;
    ctx.engine(|engine| {
        engine.make_live()?;
        (face.publish)(engine)
    })?;
    let (id, hash) = (opened.proposal.id, opened.proposal.new.hash.clone());
    let (me, now) = (ctx.name().to_owned(), ctx.now);
    ctx.state(|s| s.end_proposal(id, &hash, ProposalStatus::Live, &me, now))?;
    ctx.app.engines.changed();
    done(&opened, "live")
}
