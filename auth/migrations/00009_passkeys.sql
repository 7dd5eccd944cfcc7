-- +goose Up
-- Passkeys (WebAuthn Level 3). Binary values are base64url. A passkey works on the pages
-- of one host alone, its rp_id.
CREATE TABLE passkeys (
    id              TEXT PRIMARY KEY,
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id   TEXT NOT NULL UNIQUE,  -- the authenticator's name for it
    rp_id           TEXT NOT NULL,
    user_handle     TEXT NOT NULL,         -- random, the same for a user's passkeys of a host
    public_key      TEXT NOT NULL,         -- COSE
    transports      TEXT NOT NULL,         -- how the browser reaches it, separated by spaces
    backup_eligible BOOLEAN NOT NULL,      -- may be on several devices; never changes
    backed_up       BOOLEAN NOT NULL,      -- is, as of its last use
    sign_count      BIGINT NOT NULL,       -- of its last use; 0 where it does not count
    name            TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    last_used_at    BIGINT
);
CREATE INDEX passkeys_by_user ON passkeys (user_id);

-- Challenges under way; each works once, for its purpose, where it was begun.
CREATE TABLE webauthn_challenges (
    challenge_hash TEXT PRIMARY KEY,       -- SHA-256
    purpose        TEXT NOT NULL,          -- register, login or proof
    bound_hash     TEXT NOT NULL,          -- SHA-256 of the session or the browser that began it
    rp_id          TEXT NOT NULL,
    origins        TEXT NOT NULL,          -- of the pages that may answer, separated by spaces
    user_handle    TEXT NOT NULL,          -- of a registration
    expires_at     BIGINT NOT NULL
);
CREATE INDEX webauthn_challenges_by_binding ON webauthn_challenges (bound_hash);
CREATE INDEX webauthn_challenges_by_expiry ON webauthn_challenges (expires_at);

-- +goose Down
DROP TABLE webauthn_challenges;
DROP TABLE passkeys;
