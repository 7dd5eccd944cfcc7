-- +goose Up
-- The one open offer of each user to set a new password without the old one.
CREATE TABLE resets (
    user_id    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    code_hash  TEXT NOT NULL UNIQUE,              -- SHA-256
    created_by TEXT NOT NULL,                     -- user id, '' for the operator; the user's own when they asked by mail
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX resets_expiry ON resets (expires_at);

-- Accounts that are made once their address is proved.
CREATE TABLE signups (
    id           TEXT PRIMARY KEY,
    code_hash    TEXT NOT NULL UNIQUE,            -- SHA-256
    username     TEXT NOT NULL,
    display_name TEXT NOT NULL,
    email        TEXT NOT NULL,
    hash         TEXT NOT NULL,                   -- of the password, argon2id in PHC string form
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX signups_expiry ON signups (expires_at);

-- Sign-ins that happened or failed, for the user to see.
CREATE TABLE logins (
    id      TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at      BIGINT NOT NULL,
    ip      TEXT NOT NULL,
    client  TEXT NOT NULL,
    method  TEXT NOT NULL,                        -- as of sessions
    outcome TEXT NOT NULL
);
CREATE INDEX logins_newest ON logins (user_id, at, id);
CREATE INDEX logins_expiry ON logins (at);

-- +goose Down
DROP TABLE logins;
DROP TABLE signups;
DROP TABLE resets;
