//! People's rights: requests, finding a person, deciding and executing, reviews, holds, consents, inquiries, breaches.
