//! The vault against real files, real processes and a real token.

mod crash;
mod destroy;
mod evidence;
mod life;
mod support;
mod tamper;
mod token;
