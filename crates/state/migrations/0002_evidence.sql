-- Evidence that was transferred out of a data set. The row keeps a transfer that a crash cut off from
-- getting a second entry; everything else about it is with whoever transferred it.
CREATE TABLE evidence_transfer (
    id TEXT PRIMARY KEY,
    leaf {int} NOT NULL
){strict};
