-- +goose Up
CREATE TABLE settings (
    id             BIGINT PRIMARY KEY CHECK (id = 1),   -- one row
    name           TEXT NOT NULL,
    registration   TEXT NOT NULL CHECK (registration IN ('invite', 'closed')),
    retention_days BIGINT NOT NULL CHECK (retention_days >= 0), -- 0 keeps messages for ever
    version        BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL                      -- unix milliseconds, as every time here
);
INSERT INTO settings (id, name, registration, retention_days, version, updated_at) VALUES (1, 'DankerChat', 'invite', 0, 1, 0);
-- +goose Down
DROP TABLE settings;
