-- +goose Up
-- Titles can be searched for what occurs in them.
CREATE VIRTUAL TABLE posts_trigram USING fts5 (
    title, content = 'posts', content_rowid = 'id', tokenize = 'trigram'
);
INSERT INTO posts_trigram (posts_trigram) VALUES ('rebuild');
-- +goose StatementBegin
CREATE TRIGGER posts_trigram_insert AFTER INSERT ON posts BEGIN
    INSERT INTO posts_trigram (rowid, title) VALUES (new.id, new.title);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER posts_trigram_update AFTER UPDATE OF id, title ON posts BEGIN
    INSERT INTO posts_trigram (posts_trigram, rowid, title) VALUES ('delete', old.id, old.title);
    INSERT INTO posts_trigram (rowid, title) VALUES (new.id, new.title);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER posts_trigram_delete AFTER DELETE ON posts BEGIN
    INSERT INTO posts_trigram (posts_trigram, rowid, title) VALUES ('delete', old.id, old.title);
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER posts_trigram_delete;
DROP TRIGGER posts_trigram_update;
DROP TRIGGER posts_trigram_insert;
DROP TABLE posts_trigram;
