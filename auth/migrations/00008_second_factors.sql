-- +goose Up
-- One authenticator app per user (RFC 6238). The secret is sealed: a copy of the database
-- does not give it away.
CREATE TABLE mfa_totp (
    user_id      TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret       TEXT NOT NULL,                   -- sealed
    last_step    BIGINT NOT NULL DEFAULT 0,       -- the newest time step that was used: each works once
    created_at   BIGINT NOT NULL,
    confirmed_at BIGINT                           -- NULL until a first code was right: no factor yet
);

-- Codes for whoever has lost the second factor; each works once. Stored as SHA-256.
CREATE TABLE recovery_codes (
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    used_at   BIGINT,
    PRIMARY KEY (user_id, code_hash)
);

-- +goose Down
DROP TABLE recovery_codes;
DROP TABLE mfa_totp;
