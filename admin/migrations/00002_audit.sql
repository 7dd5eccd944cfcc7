-- +goose Up
CREATE TABLE audit_log (
    sequence     BIGINT PRIMARY KEY,              -- from 1, without gaps
    id           TEXT NOT NULL UNIQUE,
    at           BIGINT NOT NULL,
    actor        TEXT NOT NULL,                   -- user id, or 'operator'
    action       TEXT NOT NULL,
    target       TEXT NOT NULL,
    ip           TEXT NOT NULL,
    state_before TEXT NOT NULL,                   -- JSON, '' for none
    state_after  TEXT NOT NULL,
    hash         TEXT NOT NULL                    -- hex SHA-256 over the previous hash and this entry
);
CREATE INDEX audit_log_actor ON audit_log (actor, sequence);
CREATE INDEX audit_log_action ON audit_log (action, sequence);
CREATE INDEX audit_log_target ON audit_log (target, sequence);

-- How many entries there are and the hash of the last one, apart from the entries:
-- a log that was cut off at the end does not match it.
CREATE TABLE audit_head (
    id       BIGINT PRIMARY KEY CHECK (id = 1),
    sequence BIGINT NOT NULL,
    hash     TEXT NOT NULL
);
INSERT INTO audit_head (id, sequence, hash) VALUES (1, 0, '');
-- +goose Down
DROP TABLE audit_head;
DROP TABLE audit_log;
