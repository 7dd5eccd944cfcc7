-- +goose Up
-- Roles whose users have to have a second factor, comma-separated: "owner,admin".
ALTER TABLE settings ADD COLUMN require_second_factor TEXT NOT NULL DEFAULT '';
-- +goose Down
ALTER TABLE settings DROP COLUMN require_second_factor;
