-- Holds that only some may see are few: they are counted without looking at the others.
CREATE INDEX hold_for_some ON hold (created_at) WHERE viewers <> '[]';
-- Those that hold, in the order of a page.
CREATE INDEX hold_unreleased ON hold (created_at, id) WHERE released_at IS NULL;
