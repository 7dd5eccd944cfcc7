-- +goose Up
-- What a name looks like: names that look alike are one name. Names made before this
-- hold ASCII letters alone, of which these three look like others.
ALTER TABLE users ADD COLUMN look TEXT NOT NULL DEFAULT '';
UPDATE users SET look = replace(replace(replace(username, 'm', 'rn'), '1', 'l'), '0', 'O');
CREATE INDEX users_look ON users (look);
ALTER TABLE users ADD COLUMN former_names TEXT NOT NULL DEFAULT ''; -- joined by spaces, the newest first
ALTER TABLE users ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN pronouns TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';    -- IANA name
ALTER TABLE users ADD COLUMN locale TEXT NOT NULL DEFAULT '';       -- BCP 47
ALTER TABLE users ADD COLUMN fields TEXT NOT NULL DEFAULT '';       -- JSON object by the workspace's keys, '' for none
ALTER TABLE users ADD COLUMN status_emoji TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN status_text TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN status_until BIGINT;                   -- NULL until it is cleared
ALTER TABLE users ADD COLUMN avatar TEXT NOT NULL DEFAULT '';       -- hash in avatars, '' for none

-- Names that users had. They stay theirs, so that a mention never comes to mean another.
CREATE TABLE former_names (
    name    TEXT PRIMARY KEY,
    look    TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX former_names_look ON former_names (look);
CREATE INDEX former_names_user ON former_names (user_id);

-- Pictures by what they hold: the same picture is stored once.
CREATE TABLE avatars (
    hash       TEXT PRIMARY KEY,                  -- SHA-256 of the image
    mime       TEXT NOT NULL,
    image      BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX users_avatar ON users (avatar) WHERE avatar <> '';

-- +goose Down
DROP INDEX users_avatar;
DROP TABLE avatars;
DROP TABLE former_names;
ALTER TABLE users DROP COLUMN avatar;
ALTER TABLE users DROP COLUMN status_until;
ALTER TABLE users DROP COLUMN status_text;
ALTER TABLE users DROP COLUMN status_emoji;
ALTER TABLE users DROP COLUMN fields;
ALTER TABLE users DROP COLUMN locale;
ALTER TABLE users DROP COLUMN time_zone;
ALTER TABLE users DROP COLUMN pronouns;
ALTER TABLE users DROP COLUMN title;
ALTER TABLE users DROP COLUMN former_names;
DROP INDEX users_look;
ALTER TABLE users DROP COLUMN look;
