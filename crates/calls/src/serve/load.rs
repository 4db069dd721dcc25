//! `calls.toml` against the register and the files that both name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use frist_law::{Basis, LawBook};
use frist_register::{Code, DataSet, Diagnostic, Lang, Register, Sources, Sp, Span, StoreKind};
use jiff::SignedDuration;
use rustls::{ClientConfig, ServerConfig};

use super::files;
use crate::config::{Config, Tokens};
use crate::evidence::{COLLECTION, Terms};
use crate::front::{Announcement, Question};
use crate::listen::Rules;
use crate::media::Prompt;
use crate::rule::Rule;

/// How long a transfer waits for its second person.
const APPROVE_WITHIN: SignedDuration = SignedDuration::from_hours(72);

/// Everything that was read.
pub struct Loaded {
    /// What `calls.toml` says.
    pub config: Config,
    /// The purposes that callers are asked, by the register's ids, in the order of the questions.
    pub purposes: Vec<String>,
    /// The rules of what may be heard.
    pub rules: Arc<Rules>,
    /// What holds for transfers.
    pub terms: Arc<Terms>,
    /// Ids and versions of the announcements.
    pub texts: BTreeSet<(String, String)>,
    /// Who may use the HTTP interface.
    pub tokens: Tokens,
    /// The ids of the data sets that lie in the vault, those that consent alone keeps first.
    pub vault_datasets: Vec<String>,
    /// How many of these consent alone keeps.
    pub by_consent: usize,
    /// The ids of the data sets that lie in the database of calls.
    pub desk_datasets: Vec<String>,
    /// The register's period and place of recordings, for consent records.
    pub retention: String,
    /// See `retention`.
    pub storage: String,
    /// The controller's zone.
    pub zone: jiff::tz::TimeZone,
    /// The controller's calendar.
    pub calendar: frist_law::Calendar,
    pub(super) announcements: BTreeMap<(String, &'static str), Arc<Announcement>>,
    pub(super) first: String,
    pub(super) tls_server: Option<Arc<ServerConfig>>,
    pub(super) tls_client: Option<Arc<ClientConfig>>,
    pub(super) api_tls: Option<Arc<ServerConfig>>,
}

/// What is being held together.
struct Load<'a> {
    config: &'a Config,
    register: &'a Register,
    folder: &'a Path,
    said: Vec<Diagnostic>,
}

/// Holds a configuration against a register that was checked, and reads every file that both name.
/// `folder` is the organisation's. `sources` has `calls.toml`, and gets the tokens file.
///
/// What is wrong comes back with places in `sources`; there is something loaded when nothing is.
pub fn load(
    config: Config,
    register: &Register,
    folder: &Path,
    sources: &mut Sources,
) -> (Option<Loaded>, Vec<Diagnostic>) {
    let mut load = Load { config: &config, register, folder, said: Vec::new() };
    let recordings = load.recordings();
    if let Some(set) = recordings {
        load.unguarded(set);
    }
    let announcements = load.announcements(recordings);
    let first = load.first(&announcements);
    let tokens = load.tokens(sources);
    let (tls_server, tls_client, api_tls) = load.tls();
    let parts = recordings.and_then(|set| Some((set, load.rules(set)?)));
    let said = load.said;
    let (Some((set, (rules, terms))), Some(first), true) = (parts, first, said.is_empty()) else {
        return (None, said);
    };
    let of_store = |store: &str| -> Vec<&DataSet> {
        register.datasets.iter().filter(|d| d.store.value == store).collect()
    };
    let mut vault = of_store(&set.store);
    vault.sort_by_key(|d| !by_consent(register, d));
    let by_consent = vault.iter().filter(|d| by_consent(register, d)).count();
    let ids = |sets: &[&DataSet]| sets.iter().map(|d| d.id.value.clone()).collect();
    let desk = register.stores.iter().find(|s| match &s.kind {
        StoreKind::Sqlite { path } => {
            same(&folder.join(path), &config.data.join(crate::desk::FILE))
        }
        _ => false,
    });
    let period = set.keep.iter().find_map(|k| k.period.as_ref().map(|p| p.value.to_string()));
    let loaded = Loaded {
        purposes: asked(register, set),
        rules: Arc::new(rules),
        terms: Arc::new(terms),
        texts: register
            .announcements
            .iter()
            .map(|a| (a.id.value.clone(), a.version.value.clone()))
            .collect(),
        tokens: tokens.unwrap_or_default(),
        vault_datasets: ids(&vault),
        by_consent,
        desk_datasets: desk.map(|s| ids(&of_store(&s.id))).unwrap_or_default(),
        retention: period.unwrap_or_default(),
        storage: Terms::place(set),
        zone: register.controller.calendar.zone.clone(),
        calendar: register.controller.calendar.clone(),
        announcements,
        first,
        tls_server,
        tls_client,
        api_tls,
        config,
    };
    (Some(loaded), said)
}

/// The purposes that recordings are kept for by consent.
fn asked(register: &Register, set: &DataSet) -> Vec<String> {
    let mut purposes: Vec<String> = Vec::new();
    for keep in &set.keep {
        let basis = register.purpose(set, &keep.purpose).and_then(|p| p.basis.as_ref());
        if basis.is_some_and(|b| b.value == Basis::Consent)
            && !purposes.contains(&keep.purpose.value)
        {
            purposes.push(keep.purpose.value.clone());
        }
    }
    purposes
}

fn by_consent(register: &Register, set: &DataSet) -> bool {
    set.keep.iter().all(|keep| {
        let basis = register.purpose(set, &keep.purpose).and_then(|p| p.basis.as_ref());
        basis.is_some_and(|b| b.value == Basis::Consent)
    })
}

fn same(a: &Path, b: &Path) -> bool {
    let real = |p: &Path| {
        let folder = p.parent().and_then(|f| fs::canonicalize(f).ok());
        folder.zip(p.file_name()).map_or_else(|| p.to_owned(), |(f, n)| f.join(n))
    };
    real(a) == real(b)
}

impl<'a> Load<'a> {
    fn wrong(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.said.push(Diagnostic::new(Code::E0005, span, message).help(help));
    }

    /// The data set of recordings: the one that is named, or the only one in this vault that asks
    /// for consent.
    fn recordings(&mut self) -> Option<&'a DataSet> {
        let register = self.register;
        let in_vault = |d: &&DataSet| {
            register.store(&d.store).is_some_and(|s| match &s.kind {
                StoreKind::Vault { path } => {
                    same(&self.folder.join(path).join("x"), &self.config.vault.join("x"))
                }
                _ => false,
            })
        };
        let sets: Vec<&DataSet> = register.datasets.iter().filter(in_vault).collect();
        if let Some(named) = &self.config.recordings {
            let found = sets.iter().find(|d| d.id.value == named.value).copied();
            if found.is_none() {
                let ids: Vec<&str> = sets.iter().map(|d| d.id.as_str()).collect();
                let message =
                    format!("the register has no data set `{}` in this vault", named.value);
                self.wrong(named.span, message, format!("it has: {}", ids.join(", ")));
            }
            return found;
        }
        let asking: Vec<&DataSet> =
            sets.iter().copied().filter(|d| !asked(register, d).is_empty()).collect();
        match asking[..] {
            [one] => Some(one),
            [] => {
                let span = self.config.vault.span;
                self.wrong(
                    span,
                    "the register has no data set in this vault that is kept by consent",
                    "add a store of kind `vault` with this path, and a data set in it; see examples/calls",
                );
                None
            }
            _ => {
                let span = self.config.vault.span;
                self.wrong(
                    span,
                    "the register has several data sets in this vault that are kept by consent",
                    "say which are the recordings: recordings = \"...\"",
                );
                None
            }
        }
    }

    /// What is overdue after an outage goes without anybody's word: the guard may not stand in the way.
    fn unguarded(&mut self, set: &DataSet) {
        let guard = &set.guard;
        if set.two_person || guard.share < 1.0 || guard.count.is_some() || guard.times_usual < 1e6 {
            let message =
                format!("overdue recordings of `{}` could wait for an approval", set.id.value);
            self.wrong(
                self.config.vault.span,
                message,
                "after an outage everything may be due at once; write in the register, in this data set: \
                 guard = { share = \"100 %\", times_usual = 1000000 }, without `approve` and `count`",
            );
        }
    }

    /// Every announcement in every language, its files read.
    fn announcements(
        &mut self,
        recordings: Option<&DataSet>,
    ) -> BTreeMap<(String, &'static str), Arc<Announcement>> {
        let mut all = BTreeMap::new();
        let purposes = recordings.map(|set| asked(self.register, set)).unwrap_or_default();
        for announcement in &self.register.announcements {
            let mut prompts: BTreeMap<&str, Arc<Prompt>> = BTreeMap::new();
            let mut whole = true;
            for lang in announcement.languages.iter().map(|l| l.value) {
                for spoken in announcement.spoken() {
                    let file = spoken.file(lang);
                    if prompts.contains_key(file) {
                        continue;
                    }
                    match Prompt::from_wav(&self.folder.join(file)) {
                        Ok(prompt) => drop(prompts.insert(file, Arc::new(prompt))),
                        Err(error) => {
                            whole = false;
                            let span = self
                                .config
                                .consent
                                .announcement
                                .as_ref()
                                .map_or(self.config.vault.span, |a| a.span);
                            self.wrong(
                                span,
                                error.to_string(),
                                "`frist check` shows where the register names it",
                            );
                        }
                    }
                }
            }
            if !whole {
                continue;
            }
            for lang in announcement.languages.iter().map(|l| l.value) {
                let prompt =
                    |spoken: &frist_register::Spoken| prompts.get(spoken.file(lang)).cloned();
                let Some(before) = prompt(&announcement.before) else { continue };
                // What recordings are not kept for is not asked by telephone.
                let questions =
                    announcement.questions.iter().filter(|q| purposes.contains(&q.purpose.value));
                let questions = questions
                    .filter_map(|q| {
                        Some(Question {
                            purpose: q.purpose.value.clone(),
                            prompt: prompt(&q.spoken)?,
                        })
                    })
                    .collect();
                let loaded = Announcement {
                    id: announcement.id.value.clone(),
                    version: announcement.version.value.clone(),
                    language: lang.as_str().to_owned(),
                    before,
                    questions,
                    withdrawn: announcement.withdrawn.as_ref().and_then(prompt),
                };
                all.insert((announcement.id.value.clone(), lang.as_str()), Arc::new(loaded));
            }
        }
        all
    }

    /// The announcement that holds where a line says nothing else; and every one that a line names is
    /// there in its language.
    fn first(
        &mut self,
        all: &BTreeMap<(String, &'static str), Arc<Announcement>>,
    ) -> Option<String> {
        let consent = &self.config.consent;
        let known = &self.register.announcements;
        let first = match (&consent.announcement, &known[..]) {
            (Some(named), _) => {
                self.has(named, consent.language, all);
                Some(named.value.clone())
            }
            (None, [one]) => {
                let named = Sp::new(one.id.value.clone(), self.config.vault.span);
                self.has(&named, consent.language, all);
                Some(one.id.value.clone())
            }
            (None, _) => {
                let many =
                    if known.is_empty() { "no announcement" } else { "several announcements" };
                self.wrong(
                    self.config.vault.span,
                    format!("the register has {many}, and [consent] names none"),
                    "say which callers hear: announcement = \"...\" in [consent]",
                );
                None
            }
        };
        for line in self.config.front.iter().flat_map(|f| &f.lines) {
            let lang = line.language.unwrap_or(consent.language);
            match (&line.announcement, &first) {
                (Some(named), _) => self.has(named, lang, all),
                (None, Some(first)) => {
                    self.has(&Sp::new(first.clone(), line.called.span), lang, all);
                }
                (None, None) => {}
            }
        }
        first
    }

    fn has(
        &mut self,
        named: &Sp<String>,
        lang: Lang,
        all: &BTreeMap<(String, &'static str), Arc<Announcement>>,
    ) {
        let Some(announcement) = self.register.announcement(&named.value) else {
            let message = format!("the register has no announcement `{}`", named.value);
            let ids: Vec<&str> =
                self.register.announcements.iter().map(|a| a.id.as_str()).collect();
            return self.wrong(named.span, message, format!("it has: {}", ids.join(", ")));
        };
        let speaks = announcement.languages.iter().any(|l| l.value == lang);
        // One whose files cannot be read was told of already.
        if !speaks && !all.contains_key(&(named.value.clone(), lang.as_str())) {
            let message =
                format!("the announcement `{}` is not there in `{}`", named.value, lang.as_str());
            self.wrong(named.span, message, "add the language in the register, or name another");
        }
    }

    fn tokens(&mut self, sources: &mut Sources) -> Option<Tokens> {
        let path = &self.config.api.as_ref()?.tokens;
        let text = match fs::read_to_string(&path.value) {
            Ok(text) => text,
            Err(e) => {
                let message = format!("the tokens file `{}` cannot be read: {e}", path.display());
                self.wrong(path.span, message, "make one with `frist calls token new`");
                return None;
            }
        };
        let (tokens, own, mut said) = Tokens::read(&path.display().to_string(), &text);
        let file = sources.add(own.name(0), own.text(0));
        for label in said.iter_mut().flat_map(|d| &mut d.labels) {
            label.0.file = file;
        }
        let tokens = tokens.inspect(|tokens| {
            let known = |id: &str| {
                id == crate::listen::EVIDENCE
                    || self
                        .register
                        .activities
                        .iter()
                        .any(|a| a.purposes.iter().any(|p| p.id.value == id))
            };
            let odd = tokens.iter().flat_map(|t| &t.purposes).filter(|p| !known(&p.value));
            said.extend(odd.map(|p| {
                let span = Span { file, ..p.span };
                Diagnostic::new(
                    Code::E0021,
                    span,
                    format!("the register has no purpose `{}`", p.value),
                )
            }));
        });
        self.said.extend(said);
        tokens
    }

    #[expect(clippy::type_complexity, reason = "three things of one kind")]
    fn tls(
        &mut self,
    ) -> (Option<Arc<ServerConfig>>, Option<Arc<ClientConfig>>, Option<Arc<ServerConfig>>) {
        let mut found = (None, None, None);
        if let Some(tls) = &self.config.tls {
            let clients =
                tls.trust.as_ref().filter(|_| tls.verify_clients).map(|t| t.value.as_path());
            match files::server(&tls.certificate, &tls.key, clients) {
                Ok(config) => found.0 = Some(config),
                Err(why) => self.wrong(tls.certificate.span, why, "see [tls] in docs/calls.md"),
            }
            if let Some(trust) = &tls.trust {
                match files::client(trust) {
                    Ok(config) => found.1 = Some(config),
                    Err(why) => self.wrong(trust.span, why, "see [tls] in docs/calls.md"),
                }
            }
        }
        if let Some((certificate, key)) = self.config.api.as_ref().and_then(|a| a.tls.as_ref()) {
            match files::server(certificate, key, None) {
                Ok(config) => found.2 = Some(config),
                Err(why) => self.wrong(certificate.span, why, "see [api] in docs/calls.md"),
            }
        }
        found
    }

    fn rules(&mut self, set: &DataSet) -> Option<(Rules, Terms)> {
        let book = LawBook::embedded();
        let mut rule = |id: &str| match Rule::of(self.register, book, id) {
            Ok(rule) => Some(rule),
            Err(error) => {
                let span = self.config.vault.span;
                self.said.push(Diagnostic::new(Code::E0005, span, error.to_string()));
                None
            }
        };
        let recordings = rule(&set.id)?;
        let of_evidence = |d: &&DataSet| {
            d.store == set.store && d.collection.value.eq_ignore_ascii_case(COLLECTION)
        };
        let evidence_set = self.register.datasets.iter().find(of_evidence);
        let evidence = match evidence_set {
            Some(set) => Some(rule(&set.id)?),
            None => None,
        };
        let terms = Terms {
            recordings: recordings.clone(),
            periods: evidence.iter().cloned().collect(),
            from: Terms::place(set),
            into: evidence_set
                .map_or_else(|| format!("{}/{COLLECTION}", set.store.value), Terms::place),
            two_persons: self.config.evidence.two_persons,
            approve_within: APPROVE_WITHIN,
        };
        Some((Rules { recordings, evidence }, terms))
    }
}
