//! The commands, one module each.

pub mod assess;
pub mod calls;
pub mod case;
pub mod case_exec;
pub mod check;
pub mod check_prompts;
pub mod check_stores;
pub mod consent;
pub mod demo;
pub mod diff;
pub mod explain;
pub mod find;
pub mod hold;
pub mod horizon;
pub mod init;
pub mod law;
pub mod letter;
pub mod list;
pub mod plan;
pub mod proof;
pub mod replay;
pub mod review;
pub mod shell;
pub mod status;
pub mod sweep;
pub mod vault;
