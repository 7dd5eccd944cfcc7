-- +goose Up
CREATE TABLE channel_members (
    channel_id TEXT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('owner', 'moderator', 'member')),
    joined_at  BIGINT NOT NULL,
    PRIMARY KEY (channel_id, user_id)
);
CREATE INDEX channel_members_user ON channel_members (user_id, channel_id);
CREATE INDEX channel_members_joined ON channel_members (channel_id, joined_at, user_id);
-- "Is there another owner, and who comes next?" without a walk over 10,000 members.
CREATE INDEX channel_members_role ON channel_members (channel_id, role, joined_at, user_id);
-- +goose Down
DROP TABLE channel_members;
