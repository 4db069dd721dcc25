//! Deciding: facts, rules and an instant give a decision with reasons; the same as SQL.
