-- +goose Up
ALTER TABLE users ADD COLUMN username_words text NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN name_words text NOT NULL DEFAULT '';
UPDATE users SET username_words = coalesce(kith_words(username), '');
UPDATE users SET name_words = coalesce(kith_words(name), '');
CREATE VIRTUAL TABLE users_search USING fts5 (
    username_words, name_words, content = 'users', content_rowid = 'id', tokenize = 'ascii'
);
INSERT INTO users_search (users_search) VALUES ('rebuild');
-- +goose StatementBegin
CREATE TRIGGER users_search_insert AFTER INSERT ON users BEGIN
    INSERT INTO users_search (rowid, username_words, name_words) VALUES (new.id, new.username_words, new.name_words);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_search_update AFTER UPDATE OF id, username_words, name_words ON users BEGIN
    INSERT INTO users_search (users_search, rowid, username_words, name_words) VALUES ('delete', old.id, old.username_words, old.name_words);
    INSERT INTO users_search (rowid, username_words, name_words) VALUES (new.id, new.username_words, new.name_words);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_search_delete AFTER DELETE ON users BEGIN
    INSERT INTO users_search (users_search, rowid, username_words, name_words) VALUES ('delete', old.id, old.username_words, old.name_words);
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER users_search_delete;
DROP TRIGGER users_search_update;
DROP TRIGGER users_search_insert;
DROP TABLE users_search;
ALTER TABLE users DROP COLUMN username_words;
ALTER TABLE users DROP COLUMN name_words;
