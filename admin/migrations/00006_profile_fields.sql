-- +goose Up
-- What the workspace asks its people about: a JSON array of {key, label}.
ALTER TABLE settings ADD COLUMN profile_fields TEXT NOT NULL DEFAULT '[]';
-- +goose Down
ALTER TABLE settings DROP COLUMN profile_fields;
