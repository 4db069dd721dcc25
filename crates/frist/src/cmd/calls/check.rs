//! `frist calls check`.

use frist_register::{Diagnostic, Severity};

use super::setup;
use crate::cli_calls::CallsArgs;
use crate::cmd::check::print;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, GREEN, RED, count, counted, say};
use crate::place::Place;

/// Looks at everything that `serve` needs, without taking anything into use: also beside a server.
pub fn check(place: &Place, args: &CallsArgs, as_json: bool) -> Outcome {
    let (config, mut sources, mut said) = setup::read(place, args)?;
    let checked = place.check()?;
    if !checked.sound() {
        return Err(Failure {
            exit: Exit::Findings,
            ..Failure::new("the register has errors").help("see them with `frist check`")
        });
    }
    let mut vault_told = None;
    let mut loaded = None;
    if let (Some(config), Some(register)) = (config, &checked.register) {
        let (span, path) = (config.vault.span, config.vault.value.clone());
        match frist_vault::check(&path, &|name| std::env::var(name).ok(), false) {
            Ok(seen) => {
                for (id, why) in &seen.bad {
                    let message = format!("the recording {id} cannot be opened: {why}");
                    said.push(Diagnostic::new(frist_register::Code::E0073, span, message));
                }
                vault_told = Some(seen);
            }
            Err(e) => said.push(
                Diagnostic::new(frist_register::Code::E0073, span, e.to_string())
                    .help("make a vault with `frist vault init`"),
            ),
        }
        let (all, more) = frist_calls::serve::load(config, register, &place.dir, &mut sources);
        said.extend(more);
        loaded = all;
    }
    let errors = said.iter().filter(|d| d.severity == Severity::Error).count();
    if as_json {
        say!("{}", frist_register::render::to_json(&said, &sources));
    } else {
        said.iter().for_each(|d| print(d, &sources));
        match &loaded {
            Some(loaded) if errors == 0 => {
                say!(
                    "{GREEN}in order{GREEN:#}: callers are asked for {}",
                    loaded.purposes.join(", ")
                );
                for (name, live, sealed, cut) in vault_told.iter().flat_map(|v| &v.collections) {
                    say!(
                        "  vault, {name}: {} finished, {} under way, {} cut off",
                        count(*sealed),
                        count(*live),
                        count(*cut)
                    );
                }
                say!(
                    "  {} may use the API",
                    counted(loaded.tokens.iter().count() as u64, "token", "tokens")
                );
            }
            _ => say!(
                "{RED}refused{RED:#}{BOLD}:{BOLD:#} {}",
                counted(errors as u64, "error", "errors")
            ),
        }
    }
    Ok(if errors == 0 { Exit::Done } else { Exit::Findings })
}
