-- +goose Up
CREATE TABLE idempotency_keys (
  caller       TEXT   NOT NULL, -- who may replay: a user id, or the address of somebody without credentials
  key_hash     TEXT   NOT NULL, -- hex SHA-256 of the Idempotency-Key
  request_hash TEXT   NOT NULL, -- hex SHA-256 of operation, path and body
  status       BIGINT NOT NULL, -- of the stored answer; 0 while there is none
  headers      TEXT   NOT NULL, -- JSON object
  body         TEXT   NOT NULL,
  created_at   BIGINT NOT NULL,
  PRIMARY KEY (caller, key_hash)
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

-- +goose Down
DROP TABLE idempotency_keys;
