//! What a person reads: one small document model, written as HTML, plain text and PDF; letters from templates.
