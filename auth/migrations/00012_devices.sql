-- +goose Up
-- Programs that wait to be let in by somebody who is signed in elsewhere (RFC 8628).
-- Whoever ends the session that let a program in, ends what it has not fetched yet.
CREATE TABLE device_codes (
    device_hash TEXT PRIMARY KEY,                 -- SHA-256 of what the program asks with
    user_hash   TEXT NOT NULL UNIQUE,             -- SHA-256 of what the person types
    client      TEXT NOT NULL,                    -- what the program calls itself
    ip          TEXT NOT NULL,                    -- where it asked from
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    asked_at    BIGINT NOT NULL DEFAULT 0,        -- when the program asked last
    pause       BIGINT NOT NULL,                  -- milliseconds it has to leave between two questions
    answer      TEXT NOT NULL DEFAULT '',         -- approved or denied, '' while nobody has said
    session_id  TEXT REFERENCES sessions (id) ON DELETE CASCADE -- that approved
);
CREATE INDEX device_codes_expiry ON device_codes (expires_at);
CREATE INDEX device_codes_session ON device_codes (session_id);

-- The one open offer of a session to go on on another device.
CREATE TABLE session_links (
    session_id TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    code_hash  TEXT NOT NULL UNIQUE,              -- SHA-256
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_links_expiry ON session_links (expires_at);

ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT '';  -- "Firefox on Linux"

-- The secret of before a rotation, for as long as it works beside the new one.
ALTER TABLE api_tokens ADD COLUMN former_hash TEXT;
ALTER TABLE api_tokens ADD COLUMN former_until BIGINT;
CREATE UNIQUE INDEX api_tokens_former ON api_tokens (former_hash);

-- +goose Down
DROP INDEX api_tokens_former;
ALTER TABLE api_tokens DROP COLUMN former_until;
ALTER TABLE api_tokens DROP COLUMN former_hash;
ALTER TABLE sessions DROP COLUMN device;
DROP TABLE session_links;
DROP TABLE device_codes;
