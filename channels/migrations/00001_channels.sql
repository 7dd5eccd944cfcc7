-- +goose Up
CREATE TABLE channels (
    id           TEXT PRIMARY KEY,                -- the id of the conversation that it names and governs
    name         TEXT NOT NULL UNIQUE,            -- among live and archived ones; NFC, lower case
    look         TEXT NOT NULL UNIQUE,            -- the name with look-alike letters folded together
    kind         TEXT NOT NULL CHECK (kind IN ('public', 'private')),
    topic        TEXT NOT NULL,
    purpose      TEXT NOT NULL,
    auto_join    BOOLEAN NOT NULL,                -- new people join it by themselves
    required     BOOLEAN NOT NULL,                -- everybody's channel: never left, archived or made private
    member_count BIGINT NOT NULL,                 -- of channel_members, kept in the transaction that changes them
    created_by   TEXT NOT NULL,                   -- '' for the operator
    created_at   BIGINT NOT NULL,                 -- unix milliseconds, as every time here
    archived_at  BIGINT
);
CREATE INDEX channels_auto_join ON channels (created_at) WHERE auto_join;
CREATE UNIQUE INDEX channels_required ON channels (required) WHERE required;
-- +goose Down
DROP TABLE channels;
