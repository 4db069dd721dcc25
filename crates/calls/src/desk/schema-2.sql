-- Holes: milliseconds of either leg's sound that were sent while the recording ran and are not in it
-- (lost on the way, or too late). Null while it runs, for imports, and when a crash cut it off.
ALTER TABLE recording ADD COLUMN missing_ms INTEGER;
-- The same of the recording that a transfer copied, which outlives the recording's own row; and how
-- the recording ended.
ALTER TABLE transfer ADD COLUMN missing_ms INTEGER;
ALTER TABLE transfer ADD COLUMN ending TEXT;
