//! Tokens of machines: made and revoked by administrators, given what shows personal data by data
//! protection officers.

use std::collections::BTreeSet;

use askama::Template;
use frist_state::Token;

use super::frame::{Frame, page};
use super::people::any_dpo;
use super::sign_in::taken;
use super::sweeps::sure;
use super::today::title;
use crate::access::{Action, Condition, Facts};
use crate::api::Scope;
use crate::ctx::{Ctx, Refusal, Reply};
use crate::people::one_line;
use crate::text::texts;
use crate::text::tokens::{TokenTexts, token_texts};
use crate::tokens::{self, DAYS, MOST_DAYS, WantedToken};
use crate::words::scope as scope_text;

#[derive(Template)]
#[template(path = "tokens.html")]
struct List {
    f: Frame,
    t: &'static TokenTexts,
    tokens: Vec<Shown>,
    secret: Option<String>,
    say: Option<&'static str>,
    may_add: bool,
    quiet: Vec<Choice>,
    reading: Vec<Choice>,
    name: String,
    purpose: String,
    days: String,
}

struct Shown {
    name: String,
    title: String,
    chip: &'static str,
    class: &'static str,
    may: String,
    asked: String,
    knows: String,
    made: String,
    until: String,
    seen: String,
    may_revoke: bool,
    may_grant: bool,
    revoke: String,
    grant: String,
    reading: Vec<Choice>,
    datasets: Vec<Choice>,
}

struct Choice {
    word: String,
    text: String,
    has: bool,
}

/// What is shown once, and why.
type Once = (String, Option<&'static str>);

/// All tokens.
pub(super) fn list(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    shown(ctx, None, None)
}

/// What holds of a token for the one who looks at it.
fn facts(ctx: &Ctx<'_>, token: &Token) -> Result<Facts, Refusal> {
    Ok(Facts::default()
        .with(Condition::NotOneself, token.made_by != ctx.name())
        .with(Condition::NoDpo, !any_dpo(ctx)?))
}

fn shown(ctx: &mut Ctx<'_>, wrong: Option<String>, once: Option<Once>) -> Result<Reply, Refusal> {
    let (lang, now) = (ctx.lang, ctx.now);
    let t = token_texts(lang);
    let f = Frame::new(ctx, texts(lang).tokens, "/setup").wrong(wrong);
    let sets: Vec<(String, String)> = ctx.engine(|engine| {
        let sets = engine.register.datasets.iter();
        Ok(sets.map(|d| (d.id.value.clone(), title(d, lang))).collect())
    })?;
    let all = ctx.state(frist_state::State::tokens)?;
    let mut rows = Vec::new();
    for token in &all {
        let facts = facts(ctx, token)?;
        let works = token.works_at(now);
        let words = |granted: bool| -> String {
            let some = token.scopes.iter().filter(|(_, by)| by.is_some() == granted);
            let known = some.filter_map(|(word, _)| Scope::parse(word));
            known.map(|s| scope_text(s, lang)).collect::<Vec<_>>().join(", ")
        };
        let named = |id: &String| match sets.iter().find(|(i, _)| i == id) {
            _ if id == "*" => t.all_sets.to_owned(),
            Some((_, title)) => title.clone(),
            None => id.clone(),
        };
        let (chip, class) = match (&token.revoked_at, works) {
            (Some(_), _) => (t.revoked, ""),
            (None, true) => (t.works, "ok"),
            (None, false) => (t.expired, "warn"),
        };
        let asks = |s: &Scope| token.scopes.contains_key(s.as_str());
        let has = |s: &Scope| tokens::has(token, *s);
        let all_sets = [("*".to_owned(), t.all_sets.to_owned())];
        let datasets = all_sets.iter().chain(&sets).map(|(id, title)| Choice {
            has: token.datasets.contains(id),
            word: id.clone(),
            text: title.clone(),
        });
        rows.push(Shown {
            name: token.name.clone(),
            title: token.title.clone(),
            chip,
            class,
            may: words(true),
            asked: words(false),
            knows: token.datasets.iter().map(named).collect::<Vec<_>>().join(", "),
            made: format!("{}, {}", token.made_by, f.when(token.made_at)),
            until: f.when(token.expires_at),
            seen: token.seen_at.map_or_else(|| t.never.to_owned(), |at| f.when(at)),
            may_revoke: token.revoked_at.is_none() && ctx.could(Action::Configure, &facts),
            may_grant: works && ctx.could(Action::GrantReading, &facts),
            revoke: format!("/setup/tokens/{}/revoke", token.name),
            grant: format!("/setup/tokens/{}/grant", token.name),
            reading: Scope::ALL
                .iter()
                .filter(|s| s.reads())
                .map(|s| Choice {
                    word: s.as_str().to_owned(),
                    // What the administrator asked for is ticked, for the officer to look at.
                    has: has(s) || (asks(s) && !tokens::reads(token)),
                    text: scope_text(*s, lang),
                })
                .collect(),
            datasets: datasets.collect(),
        });
    }
    let ticked: BTreeSet<&str> = ctx.all("scope").collect();
    let choices = |reading: bool| -> Vec<Choice> {
        let some = Scope::ALL.iter().filter(|s| s.reads() == reading);
        some.map(|s| Choice {
            word: s.as_str().to_owned(),
            text: scope_text(*s, lang),
            has: ticked.contains(s.as_str()),
        })
        .collect()
    };
    let (secret, say) = once.map_or((None, None), |(secret, say)| (Some(secret), say));
    let made = secret.is_some();
    let typed = |name: &str| if made { String::new() } else { ctx.field(name).to_owned() };
    let days = typed("days");
    page(&List {
        tokens: rows,
        may_add: ctx.could(Action::Configure, &Facts::default()),
        quiet: choices(false),
        reading: choices(true),
        name: typed("name"),
        purpose: typed("purpose"),
        days: if days.is_empty() { DAYS.to_string() } else { days },
        secret,
        say,
        t,
        f,
    })
}

fn scopes(ctx: &Ctx<'_>) -> Result<BTreeSet<Scope>, Refusal> {
    let read = |word: &str| {
        Scope::parse(word).ok_or_else(|| Refusal::Unclear(one_line(word, 40).unwrap_or_default()))
    };
    ctx.all("scope").map(read).collect()
}

/// Makes a token; what shows personal data is only asked for.
pub(super) fn make(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let t = token_texts(ctx.lang);
    let wrong = |ctx: &mut Ctx<'_>, why: &str| shown(ctx, Some(why.to_owned()), None);
    let scopes = scopes(ctx)?;
    if scopes.is_empty() {
        return wrong(ctx, t.missing);
    }
    let days = ctx.field("days").parse::<i64>().ok().filter(|d| (1..=MOST_DAYS).contains(d));
    let Some(days) = days else { return wrong(ctx, t.days_wrong) };
    let want = WantedToken {
        name: ctx.field("name").to_owned(),
        title: ctx.field("purpose").to_owned(),
        scopes,
        datasets: BTreeSet::new(),
        days,
        by: ctx.name().to_owned(),
        at: ctx.now,
        grants: false,
    };
    match ctx.app.engines.state(|state| Ok(tokens::make_token(state, &want)))? {
        Ok(made) => {
            ctx.about = Some(want.name.trim().to_owned());
            shown(ctx, None, Some((made.secret, None)))
        }
        Err(crate::people::ProblemWithPerson::Token(_)) => wrong(ctx, t.name_wrong),
        Err(e) if taken(&e) => wrong(ctx, t.name_taken),
        Err(e) => Err(e.into()),
    }
}

fn token(ctx: &Ctx<'_>) -> Result<Token, Refusal> {
    ctx.state(|state| state.token(&ctx.id))?.ok_or(Refusal::NotFound)
}

/// Revokes a token.
pub(super) fn revoke(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let token = token(ctx)?;
    sure(ctx)?;
    let (by, at) = (ctx.name().to_owned(), ctx.now);
    ctx.state(|state| state.revoke_token(token.id, &by, at))?;
    Ok(Reply::to("/setup/tokens?done=saved"))
}

/// Grants and takes back what shows personal data.
pub(super) fn grant(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let token = token(ctx)?;
    ctx.may(Action::GrantReading, &facts(ctx, &token)?)?;
    if !token.works_at(ctx.now) {
        return Err(Refusal::NotFound);
    }
    let granted = scopes(ctx)?;
    let known: BTreeSet<String> = ctx.engine(|engine| {
        Ok(engine.register.datasets.iter().map(|d| d.id.value.clone()).collect())
    })?;
    let datasets: BTreeSet<String> = ctx.all("dataset").map(str::to_owned).collect();
    if let Some(odd) = datasets.iter().find(|d| *d != "*" && !known.contains(*d)) {
        return Err(Refusal::Unclear(one_line(odd, 80).unwrap_or_default()));
    }
    let (by, at) = (ctx.name().to_owned(), ctx.now);
    let fresh = ctx.people(|state| tokens::grant(state, &token, &granted, &datasets, (&by, at)))?;
    match fresh {
        None => Ok(Reply::to("/setup/tokens?done=saved")),
        Some(secret) => {
            let say = token_texts(ctx.lang).changed;
            shown(ctx, None, Some((secret, Some(say))))
        }
    }
}
