//! `frist vault init|check|rewrap`: the folder in which recordings lie.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use frist_vault::{RootSource, S3Config, TokenSource, VaultConfig, VaultError};

use crate::error::{Exit, Failure, Outcome};
use crate::output::{GREEN, RED, YELLOW, counted, json, say};

/// `vault`.
#[derive(Debug, Subcommand)]
pub enum VaultCommand {
    /// Make a vault in an empty folder; a root key that is not there yet is made
    Init(InitArgs),
    /// Look a vault over: the root key fits, and every recording is there and opens
    Check {
        /// The vault's folder.
        vault: PathBuf,
        /// Decrypt everything, and compare it with what was recorded.
        #[arg(long)]
        deep: bool,
    },
    /// Wrap the keys by another root key; recordings are not written anew
    Rewrap {
        /// The vault's folder.
        vault: PathBuf,
        /// The new root key.
        #[command(flatten)]
        root: RootArgs,
    },
}

/// `vault init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The vault's folder: empty, or not there.
    vault: PathBuf,
    /// After a restore from backups that leave `hours.db` out: make an empty one.
    #[arg(long, conflicts_with_all = ["root_key_file", "root_key_env", "pkcs11", "s3"])]
    after_restore: bool,
    #[command(flatten)]
    root: RootArgs,
    #[command(flatten)]
    s3: S3Args,
}

/// Where the root key is.
#[derive(Debug, Args)]
pub struct RootArgs {
    /// In this file: 64 hexadecimal digits. Keep it apart from the vault and its backups.
    #[arg(long, value_name = "FILE", group = "root")]
    root_key_file: Option<PathBuf>,
    /// In this environment variable: 64 hexadecimal digits.
    #[arg(long, value_name = "VARIABLE", group = "root")]
    root_key_env: Option<String>,
    /// In a token, through this PKCS#11 module; the key never leaves it.
    #[arg(long, value_name = "MODULE", group = "root", requires_all = ["token", "key"])]
    pkcs11: Option<PathBuf>,
    /// The token's label.
    #[arg(long, value_name = "LABEL", requires = "pkcs11")]
    token: Option<String>,
    /// The key's label in the token.
    #[arg(long, value_name = "LABEL", requires = "pkcs11")]
    key: Option<String>,
    /// The environment variable that holds the token's PIN.
    #[arg(long, value_name = "VARIABLE", default_value = "FRIST_VAULT_PIN")]
    pin_env: String,
}

/// Object storage.
#[derive(Debug, Args)]
pub struct S3Args {
    /// Keep finished recordings in this S3-compatible storage (a URL) instead of on disk.
    #[arg(long, value_name = "ENDPOINT", requires = "s3_bucket")]
    s3: Option<String>,
    /// The bucket.
    #[arg(long, value_name = "NAME", requires = "s3")]
    s3_bucket: Option<String>,
    /// The region, as the service calls it.
    #[arg(long, value_name = "NAME", default_value = "us-east-1")]
    s3_region: String,
    /// What the names of objects begin with.
    #[arg(long, value_name = "PREFIX", default_value = "")]
    s3_prefix: String,
    /// The bucket is part of the host name instead of the path.
    #[arg(long, requires = "s3")]
    s3_virtual_host: bool,
    /// The environment variable that holds the access key's id.
    #[arg(long, value_name = "VARIABLE", default_value = "FRIST_S3_KEY")]
    s3_key_env: String,
    /// The environment variable that holds the access key's secret.
    #[arg(long, value_name = "VARIABLE", default_value = "FRIST_S3_SECRET")]
    s3_secret_env: String,
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        let exit = match error {
            VaultError::InUse(_) => Exit::Busy,
            _ => Exit::Impossible,
        };
        Self { exit, ..Self::new(error.to_string()) }
    }
}

/// Runs it.
pub fn vault(command: &VaultCommand, as_json: bool) -> Outcome {
    match command {
        VaultCommand::Init(args) => init(args, as_json),
        VaultCommand::Check { vault, deep } => check(vault, *deep, as_json),
        VaultCommand::Rewrap { vault, root } => rewrap(vault, root, as_json),
    }
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl RootArgs {
    fn source(&self) -> Outcome<RootSource> {
        if let Some(file) = &self.root_key_file {
            return Ok(RootSource::file(absolute(file)?));
        }
        if let Some(name) = &self.root_key_env {
            return Ok(RootSource::env(name));
        }
        if let (Some(module), Some(token), Some(key)) = (&self.pkcs11, &self.token, &self.key) {
            return Ok(RootSource::token(TokenSource {
                module: absolute(module)?,
                token: token.clone(),
                key: key.clone(),
                pin_env: self.pin_env.clone(),
            }));
        }
        Err(Failure::usage("where is the root key?").help(
            "say --root-key-file FILE, --root-key-env VARIABLE, or --pkcs11 MODULE --token LABEL --key LABEL",
        ))
    }
}

/// A path as it holds from any folder, as text.
fn absolute(path: &Path) -> Outcome<String> {
    let whole = std::path::absolute(path).map_err(|e| Failure::file("find", path, &e))?;
    whole.into_os_string().into_string().map_err(|_| {
        Failure::usage(format!("`{}` is no UTF-8, which vault.toml must be", path.display()))
    })
}

fn init(args: &InitArgs, as_json: bool) -> Outcome {
    let vault = &args.vault;
    if args.after_restore {
        frist_vault::after_restore(vault)?;
        if as_json {
            json(&serde_json::json!({ "vault": vault, "hours": "empty" }))?;
        } else {
            say!("`{}` has an empty hours.db: no recording of before can be read", vault.display());
        }
        return Ok(Exit::Done);
    }
    let source = args.root.source()?;
    if let Some(file) = &source.file
        && Path::new(file).starts_with(absolute(vault)?)
    {
        return Err(Failure::usage("the root key would lie in the vault it opens")
            .help("name a file elsewhere, which the vault's backups do not take along"));
    }
    let s3 =
        args.s3.s3.as_ref().zip(args.s3.s3_bucket.as_ref()).map(|(endpoint, bucket)| S3Config {
            endpoint: endpoint.clone(),
            bucket: bucket.clone(),
            region: args.s3.s3_region.clone(),
            prefix: args.s3.s3_prefix.clone(),
            path_style: !args.s3.s3_virtual_host,
            key_env: args.s3.s3_key_env.clone(),
            secret_env: args.s3.s3_secret_env.clone(),
        });
    let made = frist_vault::init(vault, source.clone(), s3, &env)?;
    if as_json {
        json(&serde_json::json!({ "vault": vault, "root_key_made": made }))?;
        return Ok(Exit::Done);
    }
    say!("{GREEN}made{GREEN:#} the vault `{}`", vault.display());
    if made {
        match (&source.file, &source.pkcs11) {
            (Some(file), _) => say!(
                "{YELLOW}keep{YELLOW:#} a copy of the new root key `{file}` in a safe place: without it no recording can be read"
            ),
            (_, Some(token)) => say!(
                "the new root key `{}` was made in the token `{}` and never leaves it",
                token.key,
                token.token
            ),
            _ => {}
        }
    }
    say!(
        "leave `{}` out of backups: as long as a backup holds it, destroyed recordings can be brought back",
        vault.join("hours.db").display()
    );
    Ok(Exit::Done)
}

fn check(vault: &Path, deep: bool, as_json: bool) -> Outcome {
    let seen = frist_vault::check(vault, &env, deep)?;
    let next = VaultConfig::read(vault)?.next_root.is_some();
    if as_json {
        let collections: Vec<_> = seen
            .collections
            .iter()
            .map(|(name, live, finished, cut)| {
                serde_json::json!({ "name": name, "live": live, "finished": finished, "cut": cut })
            })
            .collect();
        let bad: Vec<_> = seen
            .bad
            .iter()
            .map(|(id, why)| serde_json::json!({ "id": id.to_string(), "why": why }))
            .collect();
        json(&serde_json::json!({
            "collections": collections, "hours": seen.hours, "bad": bad, "rewrap_cut_off": next,
        }))?;
    } else {
        for (name, live, finished, cut) in &seen.collections {
            say!("{name}: {finished} finished, {cut} cut off, {live} under way");
        }
        say!("{}", counted(seen.hours, "hour has a key", "hours have a key"));
        for (_, why) in &seen.bad {
            say!("{RED}bad{RED:#}  {why}");
        }
        if next {
            say!(
                "{YELLOW}a change of the root key was cut off{YELLOW:#}: run `frist vault rewrap` again"
            );
        }
        if seen.bad.is_empty() {
            say!("{GREEN}in order{GREEN:#}");
        }
    }
    Ok(if seen.bad.is_empty() && !next { Exit::Done } else { Exit::Findings })
}

fn rewrap(vault: &Path, root: &RootArgs, as_json: bool) -> Outcome {
    let moved = frist_vault::rewrap(vault, root.source()?, &env)?;
    if as_json {
        json(&serde_json::json!({ "vault": vault, "keys": moved }))?;
    } else {
        say!("{} by the new root key", counted(moved, "key is wrapped", "keys are wrapped"));
        say!("destroy the old root key: until then, old backups of the databases open with it");
    }
    Ok(Exit::Done)
}
