//! The register as its data protection officer reads it, with what the checker says beside each part.

use askama::Template;
use frist_documents::record::{ActivityView, ProcessingView, Record, record};
use frist_documents::{Source, words};
use frist_law::LawBook;
use frist_register::{Lang, Register};

use super::super::frame::{Frame, page};
use super::{Note, status, stem};
use crate::access::Action;
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::register::{self, Part, Said};
use crate::text::register::{RegisterTexts, register_texts};

/// Changes and revisions in the history.
const HISTORY: usize = 50;

#[derive(Template)]
#[template(path = "register.html")]
struct Page {
    f: Frame,
    t: &'static RegisterTexts,
    revision: String,
    live: String,
    differs: bool,
    may_edit: bool,
    open: Option<i64>,
    errors: usize,
    warnings: usize,
    infos: usize,
    elsewhere: Vec<Note>,
    broken: bool,
    controller: Option<ControllerShown>,
    activities: Vec<ActivityShown>,
    processing: Vec<ProcessingShown>,
    recipients: Vec<Small>,
    measures: Vec<Small>,
    stores: Vec<Small>,
    files: Vec<(String, String)>,
    changes: Vec<ChangeShown>,
    history: Vec<(String, String, String)>,
}

struct ControllerShown {
    lines: Vec<String>,
    dpo: String,
    said: Vec<Note>,
}

struct ActivityShown {
    id: String,
    said: Vec<Note>,
    view: ActivityView,
    sets: Vec<SetShown>,
    texts: Vec<(&'static str, String)>,
}

struct SetShown {
    id: String,
    title: String,
    place: String,
    subjects: String,
    categories: String,
    rule: Vec<String>,
    then: String,
    why: String,
    said: Vec<Note>,
}

struct ProcessingShown {
    view: ProcessingView,
    said: Vec<Note>,
}

/// A part of which there is little to say.
struct Small {
    kind: &'static str,
    id: String,
    title: String,
    text: String,
    said: Vec<Note>,
}

struct ChangeShown {
    id: i64,
    by: String,
    at: String,
    note: String,
    status: &'static str,
    class: &'static str,
}

/// What is said, given out part by part.
struct Findings<'a> {
    parts: Vec<Part>,
    said: Vec<&'a Said>,
    t: &'static RegisterTexts,
}

impl Findings<'_> {
    fn take(&mut self, kind: &str, id: &str) -> Vec<Note> {
        let Some(part) = self.parts.iter().find(|p| p.kind == kind && p.id == id) else {
            return Vec::new();
        };
        let (mine, rest): (Vec<&Said>, Vec<&Said>) = self.said.iter().partition(|s| part.has(s));
        self.said = rest;
        mine.into_iter().map(|s| super::note(s, self.t)).collect()
    }
}

/// The page.
pub(in crate::pages) fn read(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let t = register_texts(ctx.lang);
    let files = (ctx.app.face.read)()?;
    let looked = register::look(&files);
    let (live, revisions, proposals) = ctx.state(|state| {
        Ok((state.live_revision()?, state.revisions()?, state.proposals(HISTORY as u32)?))
    })?;
    let f = Frame::new(ctx, t.register, "/register");
    let revision = looked.register.as_ref().map(frist_register::revision_hash).unwrap_or_default();
    let lang = ctx.lang;
    let made = |r: &Register| {
        let source =
            Source { register: r, book: LawBook::embedded(), revision: "", lang, date: None };
        record(&source).map_err(|e| Trouble { message: e.to_string(), help: None })
    };
    let view = looked.register.as_ref().map(made).transpose()?;
    let mut findings =
        Findings { parts: register::parts(&files), said: looked.said.iter().collect(), t };
    let of = |class: &str| looked.said.iter().filter(|s| s.class() == class).count();
    let both = looked.register.as_ref().zip(view);
    let me = ctx.name();
    let open = proposals.iter().find(|p| {
        use frist_state::ProposalStatus::{Draft, Proposed};
        p.new.maker == me && matches!(p.status, Draft | Proposed)
    });
    let mut shown = Page {
        t,
        live: live.as_ref().map_or_else(
            || t.never_live.to_owned(),
            |l| format!("{} {} {} {}", t.in_force, f.when(l.made_live_at), t.by, l.by),
        ),
        differs: live.is_some_and(|l| l.hash != revision),
        revision,
        may_edit: ctx.offers(Action::EditRegister),
        open: open.map(|p| p.id),
        errors: of("late"),
        warnings: of("warn"),
        infos: of("info"),
        elsewhere: Vec::new(),
        broken: looked.register.is_none(),
        controller: None,
        activities: Vec::new(),
        processing: Vec::new(),
        recipients: Vec::new(),
        measures: Vec::new(),
        stores: Vec::new(),
        files: files.iter().map(|(name, _)| (name.clone(), stem(name).to_owned())).collect(),
        changes: proposals
            .iter()
            .map(|p| ChangeShown {
                id: p.id,
                by: p.new.maker.clone(),
                at: f.when(p.changed_at),
                note: p.new.note.clone(),
                status: status(p, t).0,
                class: status(p, t).1,
            })
            .collect(),
        history: revisions
            .iter()
            .rev()
            .take(HISTORY)
            .map(|r| (f.when(r.at), r.by.clone(), r.hash.clone()))
            .collect(),
        f,
    };
    if let Some((register, view)) = both {
        fill(&mut shown, register, view, &mut findings, lang)?;
    }
    shown.elsewhere = findings.said.iter().map(|s| super::note(s, t)).collect();
    page(&shown)
}

fn fill(
    shown: &mut Page,
    register: &Register,
    view: Record,
    findings: &mut Findings<'_>,
    lang: Lang,
) -> Result<(), Refusal> {
    let t = shown.t;
    let c = view.controller;
    let lines = [c.contact.address, c.contact.email, c.contact.phone];
    let dpo = c.dpo.map(|d| {
        let parts = [Some(d.name), d.email, d.phone];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    });
    shown.controller = Some(ControllerShown {
        lines: [Some(c.contact.name)].into_iter().chain(lines).flatten().collect(),
        dpo: dpo.unwrap_or_default(),
        said: findings.take("controller", ""),
    });
    for view in view.activities {
        let Some(a) = register.activity(&view.id) else { continue };
        let sets = view.limits.iter().map(|limit| {
            let d = register.dataset(&limit.rule.dataset);
            let names = |all: &[frist_documents::record::Named]| {
                all.iter().map(|n| n.name.as_str()).collect::<Vec<_>>().join(", ")
            };
            SetShown {
                id: limit.rule.dataset.clone(),
                title: limit.rule.title.clone(),
                place: d.map_or_else(String::new, |d| {
                    format!("{} ({})", limit.store.name, d.collection.value)
                }),
                subjects: names(&limit.subjects),
                categories: names(&limit.categories),
                rule: rule(register, &limit.rule, lang),
                then: limit.rule.disposition.clone(),
                why: d
                    .and_then(|d| d.justification.as_ref())
                    .map_or_else(String::new, |j| j.get(lang).to_owned()),
                said: findings.take("dataset", &limit.rule.dataset),
            }
        });
        let sets = sets.collect();
        let said = |label, text: &Option<frist_register::Text>| {
            text.as_ref().map(|text| (label, text.get(lang).to_owned()))
        };
        let texts = [
            said(t.source, &a.source),
            said(t.obligation, &a.obligation),
            said(t.automated, &a.automated),
        ];
        shown.activities.push(ActivityShown {
            id: view.id.clone(),
            said: findings.take("activity", &view.id),
            view,
            sets,
            texts: texts.into_iter().flatten().collect(),
        });
    }
    for view in view.processing {
        let said = findings.take("activity", &view.id);
        shown.processing.push(ProcessingShown { view, said });
    }
    for r in &register.recipients {
        let country = r.country_name(lang).map(str::to_owned);
        let safeguard = r.safeguard.as_ref().map(|s| s.value.get(lang).to_owned());
        let outside = r.third_country().map(|_| t.outside.to_owned());
        shown.recipients.push(Small {
            kind: "recipient",
            id: r.id.value.clone(),
            title: r.title.get(lang).to_owned(),
            text: [country, outside, safeguard]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(", "),
            said: findings.take("recipient", &r.id.value),
        });
    }
    for (id, text) in &register.measures {
        // What is built in stands in no file.
        if findings.parts.iter().any(|p| p.kind == "measure" && p.id == *id) {
            shown.measures.push(Small {
                kind: "measure",
                id: id.clone(),
                title: text.value.get(lang).to_owned(),
                text: String::new(),
                said: findings.take("measure", id),
            });
        }
    }
    for s in &register.stores {
        let title = s.title.get(lang);
        shown.stores.push(Small {
            kind: "store",
            id: s.id.value.clone(),
            title: if title.is_empty() { s.id.value.clone() } else { title.to_owned() },
            text: s
                .backups
                .as_ref()
                .map_or_else(String::new, |b| format!("{}: {}", t.backups, period(b.value, lang))),
            said: findings.take("store", &s.id.value),
        });
    }
    Ok(())
}

/// A period as people say it.
fn period(period: frist_law::Period, lang: Lang) -> String {
    match lang {
        Lang::Da => period.text_da(),
        Lang::En => period.to_string(),
    }
}

/// The lines of a rule, with their statutes.
fn rule(register: &Register, rule: &words::RuleWords, lang: Lang) -> Vec<String> {
    let source = Source { register, book: LawBook::embedded(), revision: "", lang, date: None };
    let line = |g: &words::GroundWords| {
        format!("{}: {}", g.title.trim_end_matches('.'), g.with_law(&source))
    };
    let mut all: Vec<String> = rule.grounds.iter().map(line).collect();
    all.extend(rule.review.clone());
    all
}

impl Page {
    fn all_said(&self) -> bool {
        self.errors + self.warnings + self.infos == 0 && self.elsewhere.is_empty()
    }
}
