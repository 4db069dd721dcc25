-- Changes of the register that somebody proposes: its files as they were and as they would be, what
-- that would do, and who made them live.
CREATE TABLE proposal (
    id {id},
    maker TEXT NOT NULL,
    note TEXT NOT NULL,
    created_at {int} NOT NULL,
    changed_at {int} NOT NULL,
    -- Names and texts, JSON.
    base TEXT NOT NULL,
    files TEXT NOT NULL,
    -- Of the files, so that what was seen is what is approved.
    hash TEXT NOT NULL,
    -- What it would do, JSON, and when that was counted.
    effect TEXT,
    counted_at {int},
    status TEXT NOT NULL,
    decided_by TEXT,
    decided_at {int},
    why TEXT
){strict};
-- Nobody has two changes under way.
CREATE UNIQUE INDEX proposal_under_way ON proposal (maker) WHERE status IN ('draft', 'proposed');
