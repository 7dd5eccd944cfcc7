-- +goose Up
-- Ed25519 keys of the access tokens. The private half is stored in the clear: who
-- can read this table can sign in as anybody, and could as well change the users.
CREATE TABLE signing_keys (
    id         TEXT PRIMARY KEY,                  -- the kid
    seed       TEXT NOT NULL,                     -- base64url, 32 bytes (RFC 8032)
    created_at BIGINT NOT NULL,
    retired_at BIGINT,                            -- signs until then
    expires_at BIGINT                             -- verifies until then
);

-- +goose Down
DROP TABLE signing_keys;
