//! x
use crate::Outcome;
/// How to measure.
#[derive(clap::Args)]
pub struct Args {}
pub fn run(_: &Args) -> Outcome {
    Ok(())
}
