-- The register's revisions, and when each was live.
CREATE TABLE revision (
    hash TEXT PRIMARY KEY,
    text TEXT NOT NULL
){strict};
CREATE TABLE revision_live (
    id {id},
    hash TEXT NOT NULL REFERENCES revision (hash),
    at {int} NOT NULL,
    who TEXT NOT NULL
){strict};

-- The ledger: its entries, its compact right edge, and each batch's record leaves.
CREATE TABLE leaf (
    idx {int} PRIMARY KEY,
    entry {blob} NOT NULL
){strict};
CREATE TABLE frontier (
    id {int} PRIMARY KEY CHECK (id = 0),
    edge {blob} NOT NULL
){strict};
CREATE TABLE subtree (
    leaf {int} PRIMARY KEY REFERENCES leaf (idx),
    n {int} NOT NULL
){strict};
-- A sub-tree in parts of some hashes each, so that finding one reads one part a batch.
CREATE TABLE subtree_part (
    leaf {int} NOT NULL REFERENCES subtree (leaf),
    first {blob} NOT NULL,
    position {int} NOT NULL,
    hashes {blob} NOT NULL,
    PRIMARY KEY (leaf, first)
){strict};
CREATE TABLE checkpoint (
    size {int} PRIMARY KEY,
    text TEXT NOT NULL,
    at {int} NOT NULL
){strict};

CREATE TABLE plan (
    id TEXT PRIMARY KEY,
    created_at {int} NOT NULL,
    proposed_by TEXT NOT NULL,
    as_of {int} NOT NULL,
    revision TEXT NOT NULL,
    hash TEXT NOT NULL,
    body TEXT NOT NULL,
    needs_approval TEXT,
    status TEXT NOT NULL
){strict};
CREATE TABLE approval (
    plan TEXT NOT NULL REFERENCES plan (id),
    who TEXT NOT NULL,
    at {int} NOT NULL,
    PRIMARY KEY (plan, who)
){strict};

CREATE TABLE sweep (
    id {id},
    plan TEXT REFERENCES plan (id),
    revision TEXT NOT NULL,
    started_at {int} NOT NULL,
    ended_at {int},
    status TEXT NOT NULL
){strict};
-- The key under which a running sweep's batches are sealed. A row of its own, so that nothing
-- else that changes in a sweep leaves copies of it behind.
CREATE TABLE sweep_key (
    sweep {int} PRIMARY KEY REFERENCES sweep (id),
    key {blob} NOT NULL
){strict};
CREATE TABLE swept (
    sweep {int} NOT NULL REFERENCES sweep (id),
    dataset TEXT NOT NULL,
    at {int} NOT NULL,
    complete {int} NOT NULL,
    done {int} NOT NULL,
    held {int} NOT NULL,
    blocked {int} NOT NULL,
    spared {int} NOT NULL,
    unclear {int} NOT NULL,
    findings {int} NOT NULL,
    late_p50 {int} NOT NULL,
    late_p99 {int} NOT NULL,
    late_max {int} NOT NULL,
    PRIMARY KEY (sweep, dataset)
){strict};
CREATE INDEX swept_by_dataset ON swept (dataset, at);

CREATE TABLE batch (
    id {id},
    sweep {int} NOT NULL REFERENCES sweep (id),
    dataset TEXT NOT NULL,
    revision TEXT NOT NULL,
    action TEXT NOT NULL,
    n {int} NOT NULL,
    started_at {int} NOT NULL,
    sealed {blob},
    status TEXT NOT NULL,
    ended_at {int},
    done {int},
    not_due {int},
    absent {int},
    late_p50 {int},
    late_p99 {int},
    late_max {int},
    leaf {int} REFERENCES leaf (idx)
){strict};
CREATE INDEX batch_by_sweep ON batch (sweep);
CREATE INDEX batch_open ON batch (id) WHERE status = 'open';
CREATE INDEX batch_by_leaf ON batch (leaf);

CREATE TABLE hold (
    id TEXT PRIMARY KEY,
    matter TEXT NOT NULL,
    reason TEXT NOT NULL,
    dataset TEXT,
    scope TEXT NOT NULL,
    owner TEXT NOT NULL,
    created_at {int} NOT NULL,
    review_at {int},
    released_at {int},
    released_by TEXT
){strict};

CREATE TABLE finding (
    id {id},
    code TEXT NOT NULL,
    dataset TEXT NOT NULL,
    n {int} NOT NULL,
    detail TEXT NOT NULL,
    first_seen {int} NOT NULL,
    last_seen {int} NOT NULL,
    settled_at {int},
    UNIQUE (code, dataset)
){strict};

-- Keyed hashes of what was erased, kept as long as a backup could bring it back.
CREATE TABLE replay (
    batch {int} PRIMARY KEY REFERENCES batch (id),
    dataset TEXT NOT NULL,
    erased_at {int} NOT NULL,
    keep_until {int} NOT NULL,
    hashes {blob} NOT NULL
){strict};

CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    fence {int} NOT NULL,
    until {int} NOT NULL
){strict};
