-- Tokens of machines: of each only a hash. A revoked one stays, since the ledger names it.
CREATE TABLE api_token (
    id {id},
    name TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    hash {blob} NOT NULL UNIQUE,
    made_by TEXT NOT NULL,
    -- Who was shown the secret, and acts by it.
    shown_to TEXT NOT NULL,
    made_at {int} NOT NULL,
    expires_at {int} NOT NULL,
    seen_at {int},
    revoked_by TEXT,
    revoked_at {int}
){strict};
-- What a token may; without `granted_by` it was asked for and is not granted.
CREATE TABLE api_token_scope (
    token {int} NOT NULL REFERENCES api_token (id),
    scope TEXT NOT NULL,
    granted_by TEXT,
    granted_at {int},
    PRIMARY KEY (token, scope)
){strict};
-- The data sets whose records a token needs to see; `*` is all.
CREATE TABLE api_token_dataset (
    token {int} NOT NULL REFERENCES api_token (id),
    dataset TEXT NOT NULL,
    PRIMARY KEY (token, dataset)
){strict};
-- Answers to requests with an idempotency key, sealed, for a day. `name` is a keyed hash of the
-- token and the key.
CREATE TABLE api_answer (
    name {blob} PRIMARY KEY,
    request {blob} NOT NULL,
    began_at {int} NOT NULL,
    answer {blob}
){strict};
CREATE INDEX api_answer_by_time ON api_answer (began_at);
