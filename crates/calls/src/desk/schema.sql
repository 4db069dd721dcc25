-- The tables of calls.db. Instants are text, `YYYY-MM-DDTHH:MM:SSZ`, so that the register's rules
-- read them as they are. There are no foreign keys: each table has its own time in the register.

-- A call: who, when, how it ended.
CREATE TABLE call (
    id TEXT PRIMARY KEY NOT NULL,
    sip_call_id TEXT NOT NULL,
    session_id TEXT,
    via TEXT NOT NULL,
    caller TEXT NOT NULL,
    callee TEXT NOT NULL,
    language TEXT NOT NULL,
    began_at TEXT NOT NULL,
    bridged_at TEXT,
    agent TEXT,
    ended_at TEXT,
    outcome TEXT,
    flagged INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX call_ended_at ON call (ended_at);
CREATE INDEX call_began_at ON call (began_at);
CREATE INDEX call_caller ON call (caller);

-- What a caller answered, one row a purpose and answer: the consent record (ISO/IEC TS 27560).
CREATE TABLE consent (
    record_id TEXT PRIMARY KEY NOT NULL,
    schema_version TEXT NOT NULL,
    call_id TEXT NOT NULL,
    -- HMAC-SHA-256 of the caller's number, in hexadecimal: a pseudonym.
    caller_pseudonym TEXT NOT NULL,
    purpose TEXT NOT NULL,
    -- granted or refused
    decision TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    -- dtmf, api, or none (nothing was pressed, or the caller hung up)
    channel TEXT NOT NULL,
    key_pressed TEXT,
    stated_by TEXT,
    text_id TEXT NOT NULL,
    text_version TEXT NOT NULL,
    language TEXT NOT NULL,
    withdrawn_at TEXT,
    withdrawn_channel TEXT,
    withdrawn_key TEXT,
    withdrawn_by TEXT,
    system_id TEXT NOT NULL,
    retention TEXT NOT NULL,
    storage TEXT NOT NULL
) STRICT;
CREATE INDEX consent_decided_at ON consent (decided_at);
CREATE INDEX consent_withdrawn_at ON consent (withdrawn_at);
CREATE INDEX consent_call_id ON consent (call_id, purpose);
CREATE INDEX consent_caller ON consent (caller_pseudonym);

-- A recording that was begun: written before its key is made. No sound and no key is here.
CREATE TABLE recording (
    id TEXT PRIMARY KEY NOT NULL,
    call_id TEXT NOT NULL,
    -- the purposes it was made for, separated by blanks
    purposes TEXT NOT NULL,
    began_at TEXT NOT NULL,
    ended_at TEXT,
    -- ended, withdrawn, stopped, failed, crashed; null while it runs
    ending TEXT,
    -- set when the recording is to be destroyed outside its time, and when that was done
    destroy_at TEXT,
    destroyed_at TEXT,
    -- SHA-256 of an import's sound, so that it is imported once
    imported TEXT UNIQUE
) STRICT;
CREATE INDEX recording_began_at ON recording (began_at);
CREATE INDEX recording_ended_at ON recording (ended_at);
CREATE INDEX recording_call_id ON recording (call_id);
CREATE INDEX recording_destroy ON recording (destroy_at) WHERE destroyed_at IS NULL;

-- Who listened, or tried to: written before the first byte.
CREATE TABLE listening (
    id INTEGER PRIMARY KEY,
    listened_at TEXT NOT NULL,
    principal TEXT NOT NULL,
    purpose TEXT NOT NULL,
    reason TEXT NOT NULL,
    recording_id TEXT NOT NULL,
    call_id TEXT,
    -- listen, or export
    act TEXT NOT NULL,
    -- why it was refused; null when it was allowed
    refused TEXT
) STRICT;
CREATE INDEX listening_at ON listening (listened_at);
CREATE INDEX listening_recording ON listening (recording_id);

-- That somebody marked a call for a person to look at. It keeps nothing.
CREATE TABLE flag (
    id INTEGER PRIMARY KEY,
    call_id TEXT NOT NULL,
    flagged_at TEXT NOT NULL,
    flagged_by TEXT NOT NULL,
    why TEXT NOT NULL
) STRICT;
CREATE INDEX flag_at ON flag (flagged_at);
CREATE INDEX flag_call_id ON flag (call_id);

-- A transfer of a recording as evidence: asked for, approved, done.
CREATE TABLE transfer (
    id TEXT PRIMARY KEY NOT NULL,
    recording_id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    grounds TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    matter TEXT NOT NULL,
    keep_until TEXT NOT NULL,
    -- the data set of the register whose period that is; null when a date was named
    keep_dataset TEXT,
    approved_at TEXT,
    approved_by TEXT,
    copy_id TEXT NOT NULL,
    content_sha256 TEXT,
    -- asked, approved, copied, done, lapsed
    status TEXT NOT NULL,
    ledger_entry INTEGER,
    done_at TEXT
) STRICT;
CREATE INDEX transfer_asked_at ON transfer (asked_at);
CREATE INDEX transfer_done_at ON transfer (done_at);
CREATE INDEX transfer_recording ON transfer (recording_id);

-- When recording was stopped and resumed, by whom and why.
CREATE TABLE switch (
    id INTEGER PRIMARY KEY,
    switched_at TEXT NOT NULL,
    change TEXT NOT NULL,
    switched_by TEXT NOT NULL,
    why TEXT NOT NULL
) STRICT;

-- The last instant at which the desk was seen alive: where a crash's calls ended, at the latest.
CREATE TABLE pulse (id INTEGER PRIMARY KEY CHECK (id = 0), at TEXT NOT NULL) STRICT;
