//! Breaches of personal data security and their 72 hours (Art. 33).
