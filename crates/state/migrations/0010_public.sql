-- The private link to a case, by which somebody without an account sees how it stands: only the
-- link's hash. Without a number while the case is being opened, in the same transaction.
CREATE TABLE case_link (
    hash {blob} PRIMARY KEY,
    number TEXT REFERENCES cases (number),
    made_at {int} NOT NULL
){strict};
CREATE INDEX case_link_by_case ON case_link (number);
-- Assessments of how long data may be kept, as they were made: answers and what was proposed, JSON.
CREATE TABLE assessment (
    id {id},
    dataset TEXT NOT NULL,
    at {int} NOT NULL,
    who TEXT NOT NULL,
    answers TEXT NOT NULL,
    proposal TEXT NOT NULL
){strict};
CREATE INDEX assessment_by_dataset ON assessment (dataset, id);
