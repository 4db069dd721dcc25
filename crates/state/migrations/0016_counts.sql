-- Those that hold, in the order of a page; those that were released are looked for by when alone.
CREATE INDEX hold_unreleased ON hold (created_at, id, ends_at) WHERE released_at IS NULL;
DROP INDEX hold_by_release;
CREATE INDEX hold_by_release ON hold (released_at) WHERE released_at IS NOT NULL;
-- Open cases are counted by kind for many pages, without sorting them each time.
CREATE INDEX cases_counted ON cases (closed_at, kind, due_at, owner) WHERE closed_at IS NULL;
