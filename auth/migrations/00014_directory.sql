-- +goose Up
-- The key that a host program knows a person by whom it keeps in its own table; '' for
-- those whom this library keeps.
ALTER TABLE users ADD COLUMN person TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX users_person ON users (person) WHERE person <> '';

-- +goose Down
DROP INDEX users_person;
ALTER TABLE users DROP COLUMN person;
