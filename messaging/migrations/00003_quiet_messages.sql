-- +goose Up
-- What the system says is no news to anybody: unread =
-- (last_position − quiet) − (last_read_position − read_quiet).
CREATE INDEX messages_quiet ON messages (conversation_id, position) WHERE kind = 'system';
ALTER TABLE conversations ADD COLUMN quiet BIGINT NOT NULL DEFAULT 0; -- system messages
ALTER TABLE participants ADD COLUMN read_quiet BIGINT NOT NULL DEFAULT 0; -- those up to last_read_position
UPDATE conversations SET quiet = (SELECT count(*) FROM messages m WHERE m.conversation_id = conversations.id AND m.kind = 'system');
UPDATE participants SET read_quiet = (SELECT count(*) FROM messages m WHERE m.conversation_id = participants.conversation_id
    AND m.kind = 'system' AND m.position <= participants.last_read_position);

-- +goose Down
ALTER TABLE participants DROP COLUMN read_quiet;
ALTER TABLE conversations DROP COLUMN quiet;
DROP INDEX messages_quiet;
