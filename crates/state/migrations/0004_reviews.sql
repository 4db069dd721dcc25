-- What people answered about single records, by data set and key. A row lives no longer than its record.
CREATE TABLE review_answer (
    dataset TEXT NOT NULL,
    record TEXT NOT NULL,
    verdict TEXT NOT NULL,
    until {int},
    reason TEXT NOT NULL,
    question TEXT NOT NULL,
    who TEXT NOT NULL,
    at {int} NOT NULL,
    review TEXT NOT NULL,
    PRIMARY KEY (dataset, record)
){strict};
-- Counts the changes of a data set's answers, so that a batch can tell whether those it was made with still hold.
CREATE TABLE review_change (
    dataset TEXT PRIMARY KEY,
    n {int} NOT NULL
){strict};
-- When a data set, or a purpose of an activity, was last looked at as a whole (recital 39).
CREATE TABLE reviewed (
    id {id},
    what TEXT NOT NULL,
    at {int} NOT NULL,
    who TEXT NOT NULL,
    note TEXT NOT NULL
){strict};
CREATE INDEX reviewed_by_what ON reviewed (what, at);

-- Who may see what a hold is about (a JSON list of operators; none: everybody), when it ends by itself, and from
-- when its release counts.
ALTER TABLE hold ADD COLUMN viewers TEXT;
ALTER TABLE hold ADD COLUMN ends_at {int};
ALTER TABLE hold ADD COLUMN free_at {int};

-- Consents that Frist keeps, by the fields of ISO/IEC TS 27560. A row goes when the processing and the short time
-- after it are over; the texts stay with the register.
CREATE TABLE consent (
    id TEXT PRIMARY KEY,
    schema_version TEXT NOT NULL,
    kind TEXT NOT NULL,
    who TEXT NOT NULL,
    given_at {int} NOT NULL,
    channel TEXT NOT NULL,
    purposes TEXT NOT NULL,
    text_id TEXT NOT NULL,
    text_version TEXT NOT NULL,
    text_hash TEXT NOT NULL,
    lang TEXT NOT NULL,
    given_by TEXT NOT NULL,
    token {blob},
    withdrawn_at {int},
    withdrawn_by TEXT,
    route TEXT,
    retention TEXT NOT NULL,
    location TEXT NOT NULL,
    erase_at {int}
){strict};
CREATE INDEX consent_by_who ON consent (kind, who);
CREATE INDEX consent_by_token ON consent (token);
