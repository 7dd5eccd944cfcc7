-- +goose Up
-- The log's head: its newest position, and the epoch of this history. One row, and
-- the write lock of the workspace. Half-empty pages keep its updates in place.
CREATE TABLE event_head (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    last  BIGINT  NOT NULL,
    epoch TEXT    NOT NULL
) WITH (fillfactor = 50);
INSERT INTO event_head (id, last, epoch) VALUES (1, 0, substr(replace(gen_random_uuid()::text, '-', ''), 1, 16));

-- +goose Down
DROP TABLE event_head;
