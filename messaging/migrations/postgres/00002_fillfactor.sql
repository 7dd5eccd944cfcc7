-- +goose Up
-- Rows that change at every post keep room for that on their page.
ALTER TABLE conversations SET (fillfactor = 50);
ALTER TABLE participants SET (fillfactor = 70);

-- +goose Down
ALTER TABLE participants RESET (fillfactor);
ALTER TABLE conversations RESET (fillfactor);
