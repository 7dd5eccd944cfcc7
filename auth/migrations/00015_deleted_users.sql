-- +goose Up
-- When the account was deleted; what is left of it says whose the messages were.
ALTER TABLE users ADD COLUMN deleted_at BIGINT;

-- +goose Down
ALTER TABLE users DROP COLUMN deleted_at;
