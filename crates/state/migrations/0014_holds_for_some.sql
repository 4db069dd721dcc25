-- Holds that only some may see are few: they are counted without looking at the others.
CREATE INDEX hold_for_some ON hold (created_at) WHERE viewers <> '[]';
