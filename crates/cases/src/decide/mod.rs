//! What is answered for each record that a request is about.
