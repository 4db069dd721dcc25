-- Who signs in through an OpenID Connect provider: the provider's own name for a person, never an
-- e-mail address.
CREATE TABLE account_identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    account {int} NOT NULL REFERENCES account (id),
    linked_at {int} NOT NULL,
    -- 'origin': the account was made at the first sign-in by it; 'person': linked afterwards.
    how TEXT NOT NULL,
    PRIMARY KEY (issuer, subject)
){strict};
CREATE INDEX account_identity_by_account ON account_identity (account);
-- Answers of a provider that were used, so that none is used again.
CREATE TABLE sign_in_used (
    hash {blob} PRIMARY KEY,
    until {int} NOT NULL
){strict};
-- How a session was opened, and what the provider wants to hear when it ends (sealed under a key
-- that only the browser's cookie gives).
ALTER TABLE session ADD COLUMN via TEXT NOT NULL DEFAULT 'password';
ALTER TABLE session ADD COLUMN hint {blob};
