-- +goose Up
-- The log: what happened, in commit order, without gaps. No message bodies.
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    mark     TEXT   NOT NULL,
    type     TEXT   NOT NULL,
    scope    TEXT   NOT NULL,
    actor    TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    refs     TEXT   NOT NULL,
    at       BIGINT NOT NULL
);
CREATE INDEX events_scope ON events (scope, position);

-- +goose Down
DROP TABLE events;
