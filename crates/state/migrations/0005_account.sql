-- Staff: who is to have read the guidelines, who has, and who was trained. Staff data has its own
-- time: all of a person's rows go some time after that person left.
CREATE TABLE staff (
    person TEXT PRIMARY KEY,
    -- ids of guidelines, separated by blanks; null when all concern this person
    guidelines TEXT,
    since TEXT NOT NULL,
    left_on TEXT
){strict};
CREATE TABLE attestation (
    id {id},
    person TEXT NOT NULL REFERENCES staff (person),
    guideline TEXT NOT NULL,
    version TEXT NOT NULL,
    -- of the text that was read
    sha256 TEXT NOT NULL,
    at {int} NOT NULL,
    -- who entered it; the person, where it was entered by that person
    who TEXT NOT NULL
){strict};
CREATE INDEX attestation_by_person ON attestation (person, guideline);
CREATE TABLE training (
    id {id},
    person TEXT NOT NULL REFERENCES staff (person),
    course TEXT NOT NULL,
    done_on TEXT NOT NULL,
    valid_until TEXT,
    at {int} NOT NULL,
    who TEXT NOT NULL
){strict};
CREATE INDEX training_by_person ON training (person, course);
