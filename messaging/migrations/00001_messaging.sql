-- +goose Up
-- A set of participants with a timeline. last_position is the newest message's
-- position; all_mentions counts the messages that named everybody.
CREATE TABLE conversations (
    id               TEXT    PRIMARY KEY,
    kind             TEXT    NOT NULL CHECK (kind IN ('public', 'private', 'dm')),
    direct_key       TEXT    UNIQUE, -- of a direct conversation: its participants' ids, sorted, joined by commas
    created_by       TEXT    NOT NULL,
    created_at       BIGINT  NOT NULL,
    last_position    BIGINT  NOT NULL DEFAULT 0,
    last_post_at     BIGINT,
    all_mentions     BIGINT  NOT NULL DEFAULT 0,
    removed_position BIGINT  NOT NULL DEFAULT 0, -- retention erased every message up to here
    frozen           BOOLEAN NOT NULL DEFAULT FALSE
);

-- One row per stay. from_event and to_event are positions in the event log,
-- from_position and to_position in the conversation.
CREATE TABLE memberships (
    conversation_id TEXT   NOT NULL REFERENCES conversations (id),
    user_id         TEXT   NOT NULL,
    from_event      BIGINT NOT NULL,
    from_position   BIGINT NOT NULL,
    to_event        BIGINT,
    to_position     BIGINT,
    joined_at       BIGINT NOT NULL,
    left_at         BIGINT,
    PRIMARY KEY (user_id, conversation_id, from_event)
);

-- The state of the stay that is open now.
CREATE TABLE participants (
    conversation_id    TEXT   NOT NULL REFERENCES conversations (id),
    user_id            TEXT   NOT NULL,
    from_event         BIGINT NOT NULL,
    last_read_position BIGINT NOT NULL,
    mentions           BIGINT NOT NULL DEFAULT 0, -- unread messages that name the user
    all_mentions       BIGINT NOT NULL,           -- conversations.all_mentions less the unread ones
    last_post_at       BIGINT,
    PRIMARY KEY (conversation_id, user_id)
);
CREATE INDEX participants_user ON participants (user_id, conversation_id);

CREATE TABLE messages (
    id              TEXT    PRIMARY KEY,
    conversation_id TEXT    NOT NULL,
    position        BIGINT  NOT NULL,
    kind            TEXT    NOT NULL,
    author          TEXT    NOT NULL,
    text            TEXT    NOT NULL,
    mentions        TEXT    NOT NULL DEFAULT '', -- ids of the users named, joined by spaces
    mention_all     BOOLEAN NOT NULL DEFAULT FALSE,
    client_msg_id   TEXT,
    request_hash    TEXT    NOT NULL DEFAULT '', -- of the request under client_msg_id; '' once erased
    version         BIGINT  NOT NULL DEFAULT 1,
    created_at      BIGINT  NOT NULL,
    edited_at       BIGINT,
    deleted_at      BIGINT,
    UNIQUE (conversation_id, position),
    UNIQUE (author, client_msg_id)
);
CREATE INDEX messages_mention_all ON messages (conversation_id, position) WHERE mention_all;

CREATE TABLE message_revisions (
    message_id TEXT   NOT NULL REFERENCES messages (id),
    version    BIGINT NOT NULL,
    text       TEXT   NOT NULL,
    edited_by  TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (message_id, version)
);

-- Who is named where, for counting. A message that names everybody has no rows here.
CREATE TABLE mentions (
    user_id         TEXT   NOT NULL,
    conversation_id TEXT   NOT NULL,
    position        BIGINT NOT NULL,
    PRIMARY KEY (user_id, conversation_id, position)
);
CREATE INDEX mentions_message ON mentions (conversation_id, position);

-- +goose Down
DROP TABLE mentions;
DROP TABLE message_revisions;
DROP TABLE messages;
DROP TABLE participants;
DROP TABLE memberships;
DROP TABLE conversations;
