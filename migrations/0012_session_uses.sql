-- +goose Up
-- From which address and by what program a session's tokens were got last, for the eyes of its user.
ALTER TABLE sessions ADD COLUMN used_from text;
ALTER TABLE sessions ADD COLUMN used_by text;

-- +goose Down
ALTER TABLE sessions DROP COLUMN used_by;
ALTER TABLE sessions DROP COLUMN used_from;
