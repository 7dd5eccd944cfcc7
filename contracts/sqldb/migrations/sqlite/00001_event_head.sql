-- +goose Up
-- The log's head: its newest position, and the epoch of this history. One row.
CREATE TABLE event_head (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    last  BIGINT  NOT NULL,
    epoch TEXT    NOT NULL
);
INSERT INTO event_head (id, last, epoch) VALUES (1, 0, lower(hex(randomblob(8))));

-- +goose Down
DROP TABLE event_head;
