-- +goose Up
-- More ways to get an account than by an invite or not at all; a column's CHECK goes with it.
ALTER TABLE settings ADD COLUMN registration_mode TEXT NOT NULL DEFAULT 'invite';
UPDATE settings SET registration_mode = registration;
ALTER TABLE settings DROP COLUMN registration;
ALTER TABLE settings RENAME COLUMN registration_mode TO registration;
-- Domains whose addresses may make an account, comma-separated: "example.org,example.com".
ALTER TABLE settings ADD COLUMN registration_domains TEXT NOT NULL DEFAULT '';
-- +goose Down
ALTER TABLE settings DROP COLUMN registration_domains;
UPDATE settings SET registration = 'invite' WHERE registration NOT IN ('invite', 'closed');
