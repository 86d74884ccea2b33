-- operation input
-- a.query.posts.totalCount
SELECT 0, count(*) FROM posts AS t1 WHERE TRUE

-- a.query.viewer
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- b.query.tags.totalCount
SELECT 0, count(*) FROM tags AS t1 WHERE TRUE

-- 3 planned, 3 resolved

-- operation stored
-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) SELECT r.value ->> 'name', ?, ? FROM json_each(?) AS r RETURNING id
-- postgres
INSERT INTO tags (name, created_at, updated_at) SELECT r.name, ?::timestamp, ?::timestamp FROM json_to_recordset(?::json) AS r(name text) RETURNING id

-- b
SELECT t1.id, t1.id, t1.name, t1.created_at, t1.updated_at, t1.version FROM tags AS t1 WHERE t1.id = ?

-- b.query.tags.totalCount
SELECT 0, count(*) FROM tags AS t1 WHERE TRUE

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- a.query.tags.totalCount
SELECT 0, count(*) FROM tags AS t1 WHERE TRUE

-- a.query.tags.totalCount
SELECT 0, count(*) FROM tags AS t1 WHERE TRUE

-- b.query.tags.totalCount
SELECT 0, count(*) FROM tags AS t1 WHERE TRUE

-- 8 planned, 8 resolved

-- operation dry
-- Post.authorId
-- sqlite
SELECT id, id FROM users WHERE id = ? ORDER BY id
-- postgres
SELECT id, id FROM users WHERE id = ? ORDER BY id FOR KEY SHARE

-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) SELECT r.value ->> 'title', r.value ->> 'content', r.value ->> 'author_id', r.value ->> 'title_words', r.value ->> 'content_words', ?, ? FROM json_each(?) AS r RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) SELECT r.title, r.content, r.author_id, r.title_words, r.content_words, ?::timestamp, ?::timestamp FROM json_to_recordset(?::json) AS r(title text, content text, author_id bigint, title_words text, content_words text) RETURNING id

-- a
SELECT t1.id, t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM posts AS t1 WHERE t1.id = ?

-- a.query.posts.totalCount
SELECT 0, count(*) FROM posts AS t1 WHERE TRUE

-- a.query.viewer
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- 5 planned, 5 resolved
