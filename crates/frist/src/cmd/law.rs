//! `frist law list|show`.

use frist_law::LawBook;
use frist_law::book::{Law, Text, Verified};
use frist_register::Lang;

use crate::cli::LawCommand;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, DIM, YELLOW, json, say, table};

/// Lists the laws, or shows one.
pub fn law(command: &LawCommand, lang: Lang, as_json: bool) -> Outcome {
    let book = LawBook::embedded();
    match command {
        LawCommand::List if as_json => json(&book.iter().collect::<Vec<_>>())?,
        LawCommand::List => {
            let mut rows =
                vec![["id", "kind", "period", "law", "checked"].map(str::to_owned).to_vec()];
            for law in book.iter() {
                let term = law.newest().term();
                rows.push(vec![
                    law.id.clone(),
                    kind(law, lang),
                    term.map_or(String::new(), |t| {
                        if lang == Lang::Da { t.text_da() } else { t.to_string() }
                    }),
                    text(&law.title, lang).to_owned(),
                    mark(law.verified(), lang),
                ]);
            }
            say!("{}", table(&rows).trim_end());
        }
        LawCommand::Show { id } => match (book.get(id), book.article(id)) {
            (Some(law), _) if as_json => json(law)?,
            (Some(law), _) => show(law, lang),
            (None, Some(article)) if as_json => json(article)?,
            (None, Some(article)) => {
                let cite = if lang == Lang::Da { article.cite_da() } else { article.cite_en() };
                say!("{BOLD}{cite}{BOLD:#}: {}", text(&article.label, lang));
            }
            (None, None) => {
                let hint = match book.suggest(id) {
                    Some(near) => format!("did you mean `{near}`? `frist law list` lists them all"),
                    None => "`frist law list` lists them all".to_owned(),
                };
                return Err(Failure::usage(format!("the law book has no `{id}`")).help(hint));
            }
        },
    }
    Ok(Exit::Done)
}

fn show(law: &Law, lang: Lang) {
    say!("{BOLD}{}{BOLD:#}: {}", law.id, text(&law.title, lang));
    say!("{}", kind(law, lang));
    for v in &law.versions {
        say!("\n  {BOLD}{}{BOLD:#}", v.citation);
        let (from, to) =
            (v.in_force_from.map(|d| d.to_string()), v.in_force_to.map(|d| d.to_string()));
        let da = lang == Lang::Da;
        match (from, to) {
            (Some(f), Some(t)) if da => say!("  i kraft {f} til {t}"),
            (Some(f), Some(t)) => say!("  in force {f} to {t}"),
            (Some(f), None) if da => say!("  i kraft fra {f}"),
            (Some(f), None) => say!("  in force from {f}"),
            (None, Some(t)) if da => say!("  i kraft til {t}"),
            (None, Some(t)) => say!("  in force until {t}"),
            (None, None) => {}
        }
        if let Some(term) = v.term() {
            say!("  {}", if lang == Lang::Da { term.text_da() } else { term.to_string() });
        }
        for t in [&v.start, &v.condition].into_iter().flatten() {
            say!("  {}", text(t, lang));
        }
        if v.verified != Verified::Verified {
            say!("  {YELLOW}{}{YELLOW:#}", mark(v.verified, lang));
        }
        if let Some(note) = &v.note {
            say!("  {DIM}{}{DIM:#}", text(note, lang));
        }
    }
}

fn text(t: &Text, lang: Lang) -> &str {
    if lang == Lang::Da { &t.da } else { &t.en }
}

fn kind(law: &Law, lang: Lang) -> String {
    if lang == Lang::Da { law.kind.text_da().to_owned() } else { law.kind.to_string() }
}

fn mark(v: Verified, lang: Lang) -> String {
    if lang == Lang::Da { v.text_da().to_owned() } else { v.to_string() }
}
