//! `frist serve`.

use std::fs;
use std::sync::Arc;

use frist_register::Lang;
use frist_server::{Config, Face, Machine, Settings, Trouble};

use crate::cli::{InitArgs, Language};
use crate::cli_server::ServeArgs;
use crate::cmd::{demo, init, proof};
use crate::error::{Exit, Failure, Outcome};
use crate::output::{YELLOW, can_ask, day, say};
use crate::place::{Place, SERVER_FILE, is_dead, now, process_name, steady};

/// Serves the console until it is told to end.
pub fn serve(place: &Place, args: &ServeArgs, lang: Lang, as_json: bool) -> Outcome {
    let mut config = config(place)?;
    config.schedule.on &= !args.no_schedule;
    safe(args, &config)?;
    if args.setup {
        begin(place, args, lang, as_json)?;
    }
    // Before anything is made: a folder without a sound register stays as it is.
    let zone = place.engine()?.register.controller.calendar.zone.clone();
    let mut state = place.state()?;
    let (people_key, changed) = place.people_key(&mut state)?;
    if changed {
        anstream::eprintln!(
            "{YELLOW}note{YELLOW:#}: `.frist/keys/people.key` is another one than the accounts were made with: no password is right any more; bring it back from a backup, or give everybody a new link with `frist account link NAME --forget-factor`"
        );
    }
    let setup = match args.setup {
        false => None,
        true => Some(frist_server::set_up(&mut state, "setup", now())?.ok_or_else(|| {
            Failure::usage("there are accounts already, so nobody needs to be set up")
                .help("see them with `frist account list`; add one with `frist account add`")
        })?),
    };
    drop(state);
    let tls = config.tls.is_some() || args.tls_proxy;
    let settings = Settings {
        tls,
        second_factor: tls,
        proxy: args.tls_proxy,
        lang: match args.first_lang {
            Language::Da => Lang::Da,
            Language::En => Lang::En,
        },
        watch: true,
        patience: std::time::Duration::from_secs(1),
        config,
    };
    let public = settings.config.address.clone().filter(|_| tls);
    let scheme = if settings.config.tls.is_some() { "https" } else { "http" };
    let ready = |local: std::net::SocketAddr| {
        // The address of `server.toml` is the one that people can open.
        let address = public.clone().unwrap_or_else(|| format!("{scheme}://{local}"));
        let link = setup.as_ref().map(|s| format!("{address}{}", s.path));
        if as_json {
            let until = setup.as_ref().map(|s| s.until);
            let line = serde_json::json!({"serving": address, "setup": link, "until": until});
            anstream::println!("{line}");
            return;
        }
        say!("The console is at {address}");
        if let (Some(link), Some(s)) = (link, &setup) {
            say!("Make the first administrator at\n\n  {link}\n");
            say!("The link works once, until {}.", day(s.until, &zone));
        }
    };
    frist_server::run(args.listen, face(place, people_key), settings, ready)?;
    Ok(Exit::Done)
}

/// From nothing: the sample company, or a register of one's own from the questions of `frist init`.
fn begin(place: &Place, args: &ServeArgs, lang: Lang, as_json: bool) -> Outcome<()> {
    if args.sample {
        let records = demo::build(&place.dir, 1.0, 1)?;
        if !as_json {
            demo::built(&place.dir, records);
        }
        return Ok(());
    }
    if place.register_files().is_ok() || as_json || !can_ask() {
        return Ok(());
    }
    let ask = InitArgs { from: None, name: None, email: None, public_authority: false, yes: false };
    init::init(place, &ask, lang, false).map(drop)
}

/// Whether passwords and pages go to other machines only encrypted.
fn safe(args: &ServeArgs, config: &Config) -> Outcome<()> {
    let tls = config.tls.is_some() || args.tls_proxy;
    if !args.listen.ip().is_loopback() && !tls {
        return Err(Failure::usage(format!(
            "`{}` can be reached from other machines, and passwords would go there unencrypted",
            args.listen
        ))
        .help("write `[tls]` with `certificate` and `key` into `server.toml`; or listen on 127.0.0.1; or put a proxy with TLS before it and say `--tls-proxy`"));
    }
    let plain = |address: &&String| address.starts_with("http://");
    if let Some(address) = config.address.as_ref().filter(plain).filter(|_| tls) {
        return Err(Failure::usage(format!(
            "`server.toml` says that people open `{address}`, without TLS, but browsers are told to come with it"
        ))
        .help("write `address` with `https://`"));
    }
    Ok(())
}

/// What `server.toml` says; nothing, when there is none.
pub fn config(place: &Place) -> Outcome<Config> {
    let path = place.dir.join(SERVER_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let mut config = Config::read(&text)?;
            // Files are named from the folder in which the file lies.
            let from_here = |file: &mut std::path::PathBuf| *file = place.dir.join(&*file);
            if let Some(tls) = &mut config.tls {
                from_here(&mut tls.certificate);
                from_here(&mut tls.key);
            }
            if let Some(trust) = config.oidc.as_mut().and_then(|oidc| oidc.trust.as_mut()) {
                from_here(trust);
            }
            Ok(config)
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Config::default()),
        Err(e) => Err(Failure::file("read", &path, &e)),
    }
}

/// What the server takes from the organisation's folder.
fn face(place: &Place, people_key: zeroize::Zeroizing<[u8; 32]>) -> Face {
    let own = || place.at(&place.dir);
    let (making, stamping, opening, publishing, keys) = (own(), own(), own(), own(), own());
    let (trying, reading, writing) = (own(), own(), own());
    let base = place.dir.clone();
    let recording = own();
    Face {
        engine: Box::new(move || Ok(making.engine()?)),
        engine_over: Box::new(move |loaded| Ok(trying.engine_over(loaded)?)),
        read: Box::new(move || Ok(reading.files()?)),
        write: Box::new(move |old, new| {
            writing.on_disk().replace(|| Ok(writing.files()?), old, new)
        }),
        store: Arc::new(move |store| {
            frist_stores::open(store, &base, &|name| std::env::var(name).ok())
        }),
        stamp: Box::new(move || stamping.stamp()),
        state: Box::new(move || Ok(opening.state()?)),
        publish: Box::new(move |engine| {
            proof::publish(&publishing, engine)?;
            Ok(())
        }),
        tiles: place.ledger_dir(),
        public_key: Box::new(move || {
            keys.signing_key()?;
            let path = keys.public_key();
            let text = fs::read_to_string(&path).map_err(|e| Failure::file("read", &path, &e));
            Ok::<_, Trouble>(text?)
        }),
        calls: Box::new(move |period| {
            Ok(crate::cmd::account::bundle::calls(&recording, None, period)?)
        }),
        clock: Arc::new(now),
        people_key,
        secret: Box::new(|name| std::env::var(name).ok().map(zeroize::Zeroizing::new)),
        log: Arc::new(|line| anstream::eprintln!("{line}")),
        machine: Machine {
            name: process_name(),
            is_dead,
            disks: {
                let hidden = place.hidden();
                Box::new(move || frist_watch::disk::of(".frist", &hidden).into_iter().collect())
            },
            steady: Arc::new(steady()),
            net: Arc::new(frist_watch::net::Internet),
        },
    }
}
