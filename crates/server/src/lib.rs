//! The console and the HTTP interface: sign-in, who may what, pages, scheduler.
