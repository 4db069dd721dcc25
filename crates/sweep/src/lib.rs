//! Plan, approve, erase, confirm, verify, recover, replay.
