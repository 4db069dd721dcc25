-- Running for real: which servers live, how far the work has come, what is wrong, and what is still to
-- be told to whom. No personal data.
CREATE TABLE server (
    name TEXT PRIMARY KEY,
    started_at {int} NOT NULL,
    beat_at {int} NOT NULL,
    -- whether it may plan and sweep by itself
    schedules {int} NOT NULL
){strict};
-- When something was last done, by whichever server, and how far it came.
CREATE TABLE watch_mark (
    name TEXT PRIMARY KEY,
    at {int} NOT NULL,
    number {int} NOT NULL
){strict};
CREATE TABLE alarm (
    id {id},
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    n {int} NOT NULL,
    at {int},
    detail TEXT NOT NULL,
    since {int} NOT NULL,
    said_at {int} NOT NULL,
    ended_at {int}
){strict};
-- One of a kind stands at a time: several servers that see the same raise it once.
CREATE UNIQUE INDEX alarm_standing ON alarm (kind, about) WHERE ended_at IS NULL;
CREATE TABLE outbox (
    id {id},
    -- the id that the receiver sees, the same at each try
    message TEXT NOT NULL,
    way TEXT NOT NULL,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    made_at {int} NOT NULL,
    next_at {int} NOT NULL,
    tries {int} NOT NULL DEFAULT 0,
    claim TEXT,
    claimed_until {int} NOT NULL DEFAULT 0,
    sent_at {int},
    dead_at {int},
    problem TEXT,
    UNIQUE (message, way)
){strict};
CREATE INDEX outbox_open ON outbox (next_at) WHERE sent_at IS NULL AND dead_at IS NULL;
