-- Those who work with Frist: accounts, what they may, how they sign in, and what they looked at.
CREATE TABLE account (
    id {id},
    name TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    password TEXT,
    -- The second factor's secret is derived from this and a key outside of the database.
    totp {blob},
    totp_step {int} NOT NULL DEFAULT 0,
    lang TEXT,
    created_at {int} NOT NULL,
    created_by TEXT NOT NULL,
    password_at {int},
    disabled_at {int}
){strict};
CREATE TABLE account_role (
    account {int} NOT NULL REFERENCES account (id),
    role TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    granted_at {int} NOT NULL,
    PRIMARY KEY (account, role)
){strict};
-- The data sets whose records somebody needs to see.
CREATE TABLE account_dataset (
    account {int} NOT NULL REFERENCES account (id),
    dataset TEXT NOT NULL,
    PRIMARY KEY (account, dataset)
){strict};
CREATE TABLE account_recovery (
    account {int} NOT NULL REFERENCES account (id),
    hash {blob} NOT NULL,
    PRIMARY KEY (account, hash)
){strict};
-- Links that work once; without an account: to make the first one.
CREATE TABLE account_link (
    hash {blob} PRIMARY KEY,
    account {int} REFERENCES account (id),
    until {int} NOT NULL,
    made_by TEXT NOT NULL
){strict};
CREATE TABLE session (
    hash {blob} PRIMARY KEY,
    account {int} NOT NULL REFERENCES account (id),
    stage TEXT NOT NULL,
    created_at {int} NOT NULL,
    seen_at {int} NOT NULL,
    -- A second factor that was begun in this session and not yet proved.
    pending {blob}
){strict};
CREATE INDEX session_by_account ON session (account);
-- Failed attempts to sign in, by keyed hashes of names and addresses.
CREATE TABLE attempt (
    hash {blob} PRIMARY KEY,
    n {int} NOT NULL,
    last {int} NOT NULL,
    until {int} NOT NULL
){strict};
-- Who signed in, was refused, changed or looked at what: never the data itself.
CREATE TABLE look (
    id {id},
    at {int} NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    about TEXT NOT NULL
){strict};
CREATE INDEX look_by_time ON look (at);
