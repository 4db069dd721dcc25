//! Completions and manual pages.

use std::path::Path;

use clap::CommandFactory;

use crate::cli::Cli;
use crate::error::{Exit, Failure, Outcome};

/// Prints completions for a shell.
pub fn completions(shell: clap_complete::Shell) -> Outcome {
    clap_complete::generate(shell, &mut Cli::command(), "frist", &mut std::io::stdout());
    Ok(Exit::Done)
}

/// Prints the manual page, or writes one for each command.
pub fn man(dir: Option<&Path>) -> Outcome {
    match dir {
        None => clap_mangen::Man::new(Cli::command())
            .render(&mut std::io::stdout())
            .map_err(|e| Failure::new(format!("cannot print the manual page: {e}")))?,
        Some(dir) => {
            std::fs::create_dir_all(dir).map_err(|e| Failure::file("make the folder", dir, &e))?;
            clap_mangen::generate_to(Cli::command(), dir)
                .map_err(|e| Failure::file("write manual pages into", dir, &e))?;
        }
    }
    Ok(Exit::Done)
}
