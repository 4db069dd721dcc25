//! The desk over a real vault and real databases.

mod calls;
//mod crash;
//mod evidence;
mod kit;
//mod listen;
//mod trouble;
//mod vcon;
