-- +goose Up
-- One row per sign-in; revoking deletes it. The secrets are stored as SHA-256.
CREATE TABLE sessions (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client       TEXT NOT NULL,
    ip           TEXT NOT NULL,
    browser_hash TEXT NOT NULL UNIQUE,            -- of the secret in the cookie
    family_hash  TEXT NOT NULL UNIQUE,            -- of what all refresh tokens of this session share
    refresh_hash TEXT NOT NULL,                   -- of the one refresh token that is good now
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,                 -- moves with use, never beyond ends_at
    ends_at      BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id, last_used_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- +goose Down
DROP TABLE sessions;
