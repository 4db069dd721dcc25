//! The commands, one module each.

pub mod calls;
pub mod check;
pub mod check_prompts;
pub mod check_stores;
pub mod demo;
pub mod diff;
pub mod explain;
pub mod hold;
pub mod horizon;
pub mod init;
pub mod law;
pub mod list;
pub mod plan;
pub mod proof;
pub mod replay;
pub mod server;
pub mod shell;
pub mod status;
pub mod sweep;
pub mod vault;
