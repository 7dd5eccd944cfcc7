-- +goose Up
-- What a sign-in ran on, as sessions say it.
ALTER TABLE logins ADD COLUMN device TEXT NOT NULL DEFAULT '';

-- The passkey or linked account by which a session was begun, itself or the one that let
-- it in: that one's end ends it.
ALTER TABLE sessions ADD COLUMN begun_by TEXT NOT NULL DEFAULT '';
UPDATE sessions SET begun_by = (SELECT o.identity_id FROM oidc_sessions o WHERE o.session_id = sessions.id)
    WHERE id IN (SELECT session_id FROM oidc_sessions);

-- +goose Down
ALTER TABLE sessions DROP COLUMN begun_by;
ALTER TABLE logins DROP COLUMN device;
