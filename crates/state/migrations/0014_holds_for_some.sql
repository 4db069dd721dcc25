-- Holds that only some may see are few: they are counted without looking at the others.
CREATE INDEX hold_for_some ON hold (created_at) WHERE viewers <> '[]';
-- Those that hold, in the order of a page; those that were released are looked for by when alone.
CREATE INDEX hold_unreleased ON hold (created_at, id, ends_at) WHERE released_at IS NULL;
DROP INDEX hold_by_release;
CREATE INDEX hold_by_release ON hold (released_at) WHERE released_at IS NOT NULL;
