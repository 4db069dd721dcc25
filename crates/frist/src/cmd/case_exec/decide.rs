//! `frist case decide`.

use frist_cases::decide::{Answer, Article, Choices, Own, RecordAnswer, Weighed};
use frist_cases::erase;
use frist_register::Lang;

use super::{Work, pair, record, upper};
use crate::cli_case_exec::DecideArgs;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{GREEN, YELLOW, json, say, table};

/// Decides.
pub fn decide(work: &mut Work<'_>, args: &DecideArgs) -> Outcome {
    let number = upper(&args.number);
    let change = changes(args)?;
    if args.dry_run {
        let answers: Vec<RecordAnswer> = erase::look(&mut work.engine, &number, work.at)?
            .into_iter()
            .map(|(_, answer)| answer)
            .collect();
        return tell(work, &number, &answers, &[], "nothing was kept");
    }
    if let Some(change) = change {
        erase::choose(&mut work.engine, &work.by, &number, work.at, change)?;
    }
    let settled = erase::settle(&mut work.engine, &work.by, &number, work.at)?;
    work.publish()?;
    let needs: Vec<String> = settled.needs.iter().map(|t| t.text()).collect();
    let said = match (settled.outcome, needs.is_empty()) {
        (None, _) => "waits for answers; nothing is erased until then".to_owned(),
        (Some(o), true) => format!("decided: {}; `frist case erase {number}` does it", o.as_str()),
        (Some(o), false) => {
            format!("decided: {}; another person runs `frist case approve {number}`", o.as_str())
        }
    };
    let exit = tell(work, &number, &settled.answers, &needs, &said)?;
    match (settled.outcome, needs.is_empty()) {
        (Some(_), true) => Ok(exit),
        _ => Ok(Exit::Waits),
    }
}

type Change = Box<dyn FnOnce(&mut Choices)>;

/// What the options change in the choices; none when they say nothing.
fn changes(args: &DecideArgs) -> Outcome<Option<Change>> {
    let article: Article = args.article.parse().map_err(|()| {
        Failure::usage("`--article` is no article by which a request for erasure is refused")
            .help("one of 17(3)(a) to 17(3)(e)")
    })?;
    let form = "PURPOSE=REASON";
    let overridden: Vec<_> =
        args.overridden.iter().map(|t| pair(t, "overridden", form)).collect::<Outcome<_>>()?;
    let mut own = Vec::new();
    for (texts, option, keep) in [(&args.keep, "keep", true), (&args.erase, "erase", false)] {
        for text in texts {
            let (place, reason) = pair(text, option, "DATASET/KEY=REASON")?;
            if reason.trim().is_empty() {
                return Err(Failure::usage(format!("`--{option}` says no reason")));
            }
            let (dataset, key) = record(&place)?;
            let choice = match keep {
                true => Own::Keep { article, reason },
                false => Own::Erase { reason },
            };
            own.push((Choices::record_id(&dataset, &key), choice));
        }
    }
    let (consent, marketing, upheld) =
        (args.consent.clone(), args.marketing.clone(), args.upheld.clone());
    let (name_matters, not_marketing) = (args.name_matters, args.not_marketing.clone());
    let nothing = consent.is_empty()
        && marketing.is_empty()
        && not_marketing.is_empty()
        && upheld.is_empty()
        && overridden.is_empty()
        && own.is_empty()
        && !name_matters;
    if nothing {
        return Ok(None);
    }
    Ok(Some(Box::new(move |choices| {
        choices.consents.extend(consent);
        choices.marketing.extend(marketing);
        choices.not_marketing.extend(not_marketing);
        choices.weighed.extend(upheld.into_iter().map(|p| (p, Weighed::Upheld)));
        let reasoned = |(p, reason)| (p, Weighed::Overridden { reason });
        choices.weighed.extend(overridden.into_iter().map(reasoned));
        choices.records.extend(own);
        choices.name_matters |= name_matters;
    })))
}

fn tell(
    work: &Work<'_>,
    number: &str,
    answers: &[RecordAnswer],
    needs: &[String],
    said: &str,
) -> Outcome {
    let questions = answers.iter().any(|a| matches!(a.answer, Answer::Person { .. }));
    if work.as_json {
        let rows: Vec<_> = answers.iter().map(|a| as_json(a, work.lang)).collect();
        json(
            &serde_json::json!({"number": number, "answers": rows, "needs": needs, "questions": questions}),
        )?;
        return Ok(if questions { Exit::Waits } else { Exit::Done });
    }
    let mut rows =
        vec![["record", "answer", "article", "why", "until"].map(str::to_owned).to_vec()];
    for a in answers {
        let (article, why, until) = parts(a, work.lang);
        let place = format!("{}/{}", a.dataset, a.key.text());
        rows.push(vec![place, a.answer.word().to_owned(), article, why, until]);
    }
    say!("{}", table(&rows).trim_end());
    for a in answers {
        for question in &a.open {
            let text = erase::asked(question, work.lang);
            say!(
                "{YELLOW}also to be answered{YELLOW:#} for {}/{}: {text}",
                a.dataset,
                a.key.text()
            );
        }
    }
    for need in needs {
        say!("{YELLOW}approval{YELLOW:#}: {need}");
    }
    say!("{GREEN}{number}{GREEN:#}: {said}");
    Ok(if questions { Exit::Waits } else { Exit::Done })
}

fn parts(a: &RecordAnswer, lang: Lang) -> (String, String, String) {
    let why = erase::why(a, lang);
    let article = why.article.map(|a| a.to_string()).unwrap_or_default();
    let late = matches!(a.answer, Answer::Erase { late_since: Some(_), .. });
    let words = match (late, lang) {
        (true, Lang::Da) => "skulle have været slettet før".to_owned(),
        (true, Lang::En) => "should have gone before".to_owned(),
        (false, _) => why.words,
    };
    (article, words, why.until.map(|d| d.to_string()).unwrap_or_default())
}

fn as_json(a: &RecordAnswer, lang: Lang) -> serde_json::Value {
    let (article, why, until) = parts(a, lang);
    let grounds: Vec<_> = a
        .reasons
        .iter()
        .map(|g| {
            serde_json::json!({
                "purpose": g.purpose, "title": g.title.get(lang), "citation": g.citation,
                "basis": g.basis.map(|b| b.to_string()), "ends": g.ends,
                "stands": format!("{:?}", g.stands).to_lowercase(),
            })
        })
        .collect();
    serde_json::json!({
        "dataset": a.dataset, "key": a.key.text(), "answer": a.answer.word(), "article": article,
        "why": why, "until": until, "no_longer": a.without, "grounds": grounds,
    })
}
