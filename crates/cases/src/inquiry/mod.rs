//! An authority's inquiry: its questions, deadline and answers.
