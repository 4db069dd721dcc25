-- Cases: people's requests, authorities' inquiries, breaches. Personal data is only in the columns
-- body, text, name, bytes, key and why; all of it goes when the case is erased.
CREATE TABLE cases (
    number TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    version {int} NOT NULL,
    status TEXT NOT NULL,
    owner TEXT,
    received_at {int} NOT NULL,
    due_at {int},
    changed_at {int} NOT NULL,
    closed_at {int},
    body TEXT NOT NULL
){strict};
CREATE INDEX cases_open ON cases (due_at, number) WHERE closed_at IS NULL;
CREATE INDEX cases_closed ON cases (closed_at) WHERE closed_at IS NOT NULL;
-- The last number of each kind and year. It outlives the cases: a number is given once.
CREATE TABLE case_number (
    kind TEXT NOT NULL,
    year {int} NOT NULL,
    last {int} NOT NULL,
    PRIMARY KEY (kind, year)
){strict};
-- What was done in a case, when and by whom.
CREATE TABLE case_step (
    id {id},
    number TEXT NOT NULL REFERENCES cases (number),
    at {int} NOT NULL,
    who TEXT NOT NULL,
    step TEXT NOT NULL,
    text TEXT
){strict};
CREATE INDEX case_step_by_case ON case_step (number, id);
-- Letters that were written and files that were received.
CREATE TABLE case_paper (
    id {id},
    number TEXT NOT NULL REFERENCES cases (number),
    step {int} REFERENCES case_step (id),
    kind TEXT NOT NULL,
    lang TEXT,
    media_type TEXT NOT NULL,
    name TEXT NOT NULL,
    bytes {blob} NOT NULL,
    made_at {int} NOT NULL
){strict};
CREATE INDEX case_paper_by_case ON case_paper (number, id);
CREATE INDEX case_paper_by_step ON case_paper (step);
-- The records that a case is about, and what is answered for each.
CREATE TABLE case_record (
    number TEXT NOT NULL REFERENCES cases (number),
    dataset TEXT NOT NULL,
    key TEXT NOT NULL,
    why TEXT NOT NULL,
    state TEXT NOT NULL,
    ground TEXT,
    until TEXT,
    done_at {int},
    PRIMARY KEY (number, dataset, key)
){strict};
CREATE INDEX case_record_open ON case_record (state, until) WHERE done_at IS NULL;
