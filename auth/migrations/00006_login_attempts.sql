-- +goose Up
-- Failed and pending logins in a running window, by account with address, and by address.
CREATE TABLE login_attempts (
    id       TEXT PRIMARY KEY,                    -- SHA-256 of what is counted
    count    BIGINT NOT NULL,
    reset_at BIGINT NOT NULL
);
CREATE INDEX login_attempts_reset ON login_attempts (reset_at);

-- +goose Down
DROP TABLE login_attempts;
