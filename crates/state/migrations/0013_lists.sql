-- Lists that do not grow slower with what is over: the holds that still hold, a page of either, and the
-- cases by what breaks first, counted without reading what they say.
CREATE INDEX hold_by_release ON hold (released_at);
CREATE INDEX hold_by_freedom ON hold (free_at);
CREATE INDEX hold_by_review ON hold (review_at);
CREATE INDEX hold_by_beginning ON hold (created_at, id);
CREATE INDEX cases_listed ON cases (closed_at, due_at, kind, owner, received_at, number);
