//! Reading calls.toml and what it needs.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use frist_calls::config::Config;
use frist_calls::desk::Desk;
use frist_calls::serve::{self, Around, Loaded};
use frist_register::{Diagnostic, Register, Severity, Sources};
use frist_vault::{Vault, VaultError};

use crate::cli_calls::CallsArgs;
use crate::cmd::check::print;
use crate::error::{Exit, Failure, Outcome};
use crate::output::counted;
use crate::place::{Place, now};

/// The file of the configuration.
pub(super) fn file(place: &Place, args: &CallsArgs) -> PathBuf {
    args.config.clone().unwrap_or_else(|| place.dir.join("calls.toml"))
}

/// Reads calls.toml, without looking at what it names.
pub(super) fn read(
    place: &Place,
    args: &CallsArgs,
) -> Outcome<(Option<Config>, Sources, Vec<Diagnostic>)> {
    let path = file(place, args);
    let text = fs::read_to_string(&path).map_err(|e| {
        Failure::file("read", &path, &e)
            .help("name it with `--config`, or begin with that of `examples/calls`")
    })?;
    let folder = path.parent().map(PathBuf::from).unwrap_or_default();
    let reading = frist_calls::config::read(&path.display().to_string(), &text, &folder);
    Ok((reading.config, reading.sources, reading.diagnostics))
}

/// Only the configuration; what is wrong with it is printed.
pub(super) fn config(place: &Place, args: &CallsArgs) -> Outcome<Config> {
    let (config, sources, said) = read(place, args)?;
    config.ok_or_else(|| refused(&said, &sources))
}

/// Prints diagnostics, and makes a failure of them.
fn refused(said: &[Diagnostic], sources: &Sources) -> Failure {
    said.iter().for_each(|d| print(d, sources));
    let errors = said.iter().filter(|d| d.severity == Severity::Error).count();
    let failure =
        Failure::new(format!("calls.toml has {}", counted(errors as u64, "error", "errors")));
    Failure { exit: Exit::Findings, ..failure.help("see them with `frist calls check`") }
}

/// The register, when it is sound.
fn register(place: &Place) -> Outcome<Register> {
    let checked = place.check()?;
    let sound = checked.sound();
    checked.register.filter(|_| sound).ok_or_else(|| Failure {
        exit: Exit::Findings,
        ..Failure::new("the register has errors; no call is taken with it")
            .help("see them with `frist check`")
    })
}

/// The configuration held against the register and the files that both name.
pub(super) fn load(place: &Place, args: &CallsArgs) -> Outcome<Loaded> {
    let (config, mut sources, said) = read(place, args)?;
    let config = config.ok_or_else(|| refused(&said, &sources))?;
    let register = register(place)?;
    let (loaded, said) = serve::load(config, &register, &place.dir, &mut sources);
    loaded.ok_or_else(|| refused(&said, &sources))
}

/// What the server needs from the organisation's folder.
pub(super) fn around(place: &Place, alarm: &Arc<AtomicBool>) -> Outcome<Around> {
    let own = place.at(&place.dir);
    Ok(Around {
        pseudonym_key: *place.calls_key()?,
        clock: Arc::new(now),
        ledger: Arc::new(move || own.ledger().map_err(|failure| failure.message)),
        env: Arc::new(|name| std::env::var(name).ok()),
        sweep_alarm: Arc::clone(alarm),
        say: Arc::new(|line| anstream::eprintln!("{line}")),
    })
}

/// Opens the vault and the desk.
pub(super) fn open(loaded: &Loaded, around: &Around) -> Outcome<Desk> {
    desk(loaded, vault(loaded)?, around)
}

/// Opens the vault; the columns of the facts that rules read are there from then on.
pub(super) fn vault(loaded: &Loaded) -> Outcome<Vault> {
    let facts = loaded.facts();
    let names: Vec<&str> = facts.iter().map(String::as_str).collect();
    let vault = Vault::open(&loaded.config.vault, &|name| std::env::var(name).ok(), &names);
    vault.map_err(|e| match e {
        VaultError::InUse(_) => in_use(&e),
        e => Failure::new(format!("the vault cannot be opened: {e}"))
            .help("make one with `frist vault init`; `frist calls check` looks at all"),
    })
}

/// Opens the desk on a vault.
pub(super) fn desk(loaded: &Loaded, vault: Vault, around: &Around) -> Outcome<Desk> {
    crate::place::private_dir(&loaded.config.data)?;
    serve::desk(loaded, vault, around).map_err(|e| Failure::new(e.to_string()))
}

fn in_use(error: &VaultError) -> Failure {
    Failure { exit: Exit::Busy, ..Failure::new(error.to_string()) }
        .help("a server is running with this vault: end it first, or ask it (`frist calls import` without a folder imports what [import] of calls.toml names)")
}
