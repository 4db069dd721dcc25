-- A package that waits to be fetched by a private link: the file as it was encrypted with a code that
-- is kept nowhere, and of the link only its hash.
CREATE TABLE case_parcel (
    hash {blob} PRIMARY KEY,
    number TEXT NOT NULL REFERENCES cases (number),
    name TEXT NOT NULL,
    bytes {blob} NOT NULL,
    made_at {int} NOT NULL,
    expires_at {int} NOT NULL,
    fetches {int} NOT NULL,
    tries {int} NOT NULL
){strict};
CREATE INDEX case_parcel_by_case ON case_parcel (number);
