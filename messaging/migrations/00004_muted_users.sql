-- +goose Up
-- Of whom a user wants to hear nothing. While one of two blocks the other the direct
-- conversation between them is frozen.
CREATE TABLE muted_users (
    user_id  TEXT    NOT NULL,
    muted_id TEXT    NOT NULL,
    blocked  BOOLEAN NOT NULL,
    at       BIGINT  NOT NULL, -- since when at this level
    PRIMARY KEY (user_id, muted_id)
);
CREATE INDEX muted_users_muted ON muted_users (muted_id);

-- +goose Down
UPDATE conversations SET frozen = FALSE WHERE kind = 'dm';
DROP TABLE muted_users;
