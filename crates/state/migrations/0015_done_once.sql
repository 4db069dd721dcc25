-- What a request with an idempotency key asks for was done: said in the very transaction that does it,
-- so that a server which dies before it has answered leaves no doubt.
ALTER TABLE api_answer ADD COLUMN done {int} NOT NULL DEFAULT 0;
