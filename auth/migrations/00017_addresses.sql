-- +goose Up
-- The address that a user's is to become, or the one that it is and that was never proved,
-- until somebody opens the link that was mailed there.
CREATE TABLE email_changes (
    user_id    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    email      TEXT NOT NULL,
    code_hash  TEXT NOT NULL UNIQUE,              -- SHA-256
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX email_changes_expiry ON email_changes (expires_at);

-- Whom an invite is for, '' for whoever has the link. The mail to them holds a code of its
-- own, which nobody else was shown: who comes with it has read their mail.
ALTER TABLE invites ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE invites ADD COLUMN mail_hash TEXT;    -- SHA-256, NULL when nothing was mailed
CREATE UNIQUE INDEX invites_mail ON invites (mail_hash);

-- The invite that somebody brings along who signs in through a provider.
ALTER TABLE oidc_states ADD COLUMN invite_hash TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE oidc_states DROP COLUMN invite_hash;
DROP INDEX invites_mail;
ALTER TABLE invites DROP COLUMN mail_hash;
ALTER TABLE invites DROP COLUMN email;
DROP TABLE email_changes;
