-- +goose Up
CREATE TABLE users (
    id           TEXT PRIMARY KEY,
    username     TEXT NOT NULL UNIQUE,            -- lower case
    display_name TEXT NOT NULL,
    name_key     TEXT NOT NULL,                   -- display_name in lower case, for searching
    email        TEXT NOT NULL DEFAULT '',
    email_key    TEXT NOT NULL DEFAULT '',        -- email in lower case, for uniqueness and login
    role         TEXT NOT NULL,
    state        TEXT NOT NULL,
    bot          BOOLEAN NOT NULL,
    created_at   BIGINT NOT NULL,                 -- unix milliseconds, as every time here
    last_seen_at BIGINT
);
CREATE UNIQUE INDEX users_email ON users (email_key) WHERE email_key <> '';
-- "Is there an owner?" and "is there another one?" without a walk over everybody.
CREATE INDEX users_owners ON users (state) WHERE role = 'owner';

CREATE TABLE credentials (
    user_id    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash       TEXT NOT NULL,                     -- argon2id in PHC string form
    changed_at BIGINT NOT NULL
);

-- The one open offer to become the first owner.
CREATE TABLE owner_claim (
    id         BIGINT PRIMARY KEY CHECK (id = 1),
    code_hash  TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE owner_claim;
DROP TABLE credentials;
DROP TABLE users;
