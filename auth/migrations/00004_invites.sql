-- +goose Up
CREATE TABLE invites (
    id         TEXT PRIMARY KEY,
    code_hash  TEXT NOT NULL UNIQUE,              -- SHA-256
    role       TEXT NOT NULL,
    channels   TEXT NOT NULL,                     -- JSON array of conversation ids
    max_uses   BIGINT NOT NULL,
    uses       BIGINT NOT NULL DEFAULT 0,
    created_by TEXT NOT NULL,                     -- user id, '' for the operator
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    CHECK (uses <= max_uses)
);
CREATE INDEX invites_newest ON invites (created_at, id);
CREATE INDEX invites_inviter ON invites (created_by, created_at, id);

-- +goose Down
DROP TABLE invites;
