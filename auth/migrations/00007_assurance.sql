-- +goose Up
-- How a session was begun, how much was proved, and when the person proved it last.
ALTER TABLE sessions ADD COLUMN method TEXT NOT NULL DEFAULT 'password';
ALTER TABLE sessions ADD COLUMN assurance BIGINT NOT NULL DEFAULT 1; -- 0 a second factor is owed, 1 one factor, 2 two
ALTER TABLE sessions ADD COLUMN proved_at BIGINT NOT NULL DEFAULT 0;
UPDATE sessions SET proved_at = created_at;

-- +goose Down
ALTER TABLE sessions DROP COLUMN proved_at;
ALTER TABLE sessions DROP COLUMN assurance;
ALTER TABLE sessions DROP COLUMN method;
