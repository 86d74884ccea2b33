-- +goose Up
-- Searching. 0001 to 0003 are one release: no row is older than its words.
ALTER TABLE posts ADD COLUMN title_words TEXT NOT NULL DEFAULT '';
ALTER TABLE posts ADD COLUMN content_words TEXT NOT NULL DEFAULT '';

-- To the tokenizer ascii a word ends at what is ASCII and no letter or digit, here always a space: it finds the words
-- that the program found. The index keeps no text of its own.
CREATE VIRTUAL TABLE posts_search USING fts5 (
    title_words, content_words, content = 'posts', content_rowid = 'id', tokenize = 'ascii'
);

-- +goose StatementBegin
CREATE TRIGGER posts_search_insert AFTER INSERT ON posts BEGIN
    INSERT INTO posts_search (rowid, title_words, content_words) VALUES (new.id, new.title_words, new.content_words);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER posts_search_update AFTER UPDATE OF id, title_words, content_words ON posts BEGIN
    INSERT INTO posts_search (posts_search, rowid, title_words, content_words) VALUES ('delete', old.id, old.title_words, old.content_words);
    INSERT INTO posts_search (rowid, title_words, content_words) VALUES (new.id, new.title_words, new.content_words);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER posts_search_delete AFTER DELETE ON posts BEGIN
    INSERT INTO posts_search (posts_search, rowid, title_words, content_words) VALUES ('delete', old.id, old.title_words, old.content_words);
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER posts_search_delete;
DROP TRIGGER posts_search_update;
DROP TRIGGER posts_search_insert;
DROP TABLE posts_search;
ALTER TABLE posts DROP COLUMN content_words;
ALTER TABLE posts DROP COLUMN title_words;
