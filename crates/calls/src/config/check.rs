//! `calls.toml` against the register and the machine.
