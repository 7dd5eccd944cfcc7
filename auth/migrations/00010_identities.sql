-- +goose Up
-- The address that was proved to be the user's: it counts while it is still email_key.
ALTER TABLE users ADD COLUMN email_proved TEXT NOT NULL DEFAULT '';

-- Accounts at other identity providers (OpenID Connect) that sign a user in.
CREATE TABLE identities (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider     TEXT NOT NULL,                   -- its name in the configuration
    issuer       TEXT NOT NULL,                   -- '' until it was first used, when an administrator linked it
    subject      TEXT NOT NULL,                   -- the provider's id of the account
    label        TEXT NOT NULL,                   -- what it calls the account, of the last use
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    UNIQUE (provider, subject)
);
CREATE INDEX identities_by_user ON identities (user_id);

-- Sign-ins that are at a provider; each comes back once, to the browser that began it.
-- What a provider says on its own is remembered here too, so that it counts once.
CREATE TABLE oidc_states (
    state_hash   TEXT PRIMARY KEY,                -- SHA-256
    purpose      TEXT NOT NULL,                   -- sign_in, link, proof or logout
    provider     TEXT NOT NULL,
    browser_hash TEXT NOT NULL,                   -- SHA-256 of the secret in the browser's cookie
    redirect     TEXT NOT NULL,                   -- where the provider sends the browser back to
    next         TEXT NOT NULL,                   -- the page after that
    session_id   TEXT NOT NULL,                   -- that began it; '' to sign in
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX oidc_states_by_expiry ON oidc_states (expires_at);

-- What a session has to do with the provider that began it.
CREATE TABLE oidc_sessions (
    session_id  TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    sid         TEXT NOT NULL,                    -- the provider's session; '' when it said none
    id_token    TEXT NOT NULL                     -- sealed, to end the provider's session too; '' when that is not wanted
);
CREATE INDEX oidc_sessions_by_identity ON oidc_sessions (identity_id);

-- +goose Down
DROP TABLE oidc_sessions;
DROP TABLE oidc_states;
DROP TABLE identities;
ALTER TABLE users DROP COLUMN email_proved;
