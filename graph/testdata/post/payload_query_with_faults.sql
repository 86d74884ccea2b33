-- operation input
-- a.query.posts.totalCount
SELECT 0, (SELECT count(*) FROM posts AS t1)

-- a.query.viewer
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- b.query.tags.totalCount
SELECT 0, (SELECT count(*) FROM tags AS t1)

-- 3 planned, 3 resolved

-- operation stored
-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?) RETURNING id
-- postgres
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?::timestamp, ?::timestamp) RETURNING id

-- b
SELECT t1.id, t1.id, t1.name, t1.created_at, t1.updated_at, t1.version FROM tags AS t1 WHERE t1.id = ?

-- b.query.tags.totalCount
SELECT 0, (SELECT count(*) FROM tags AS t1)

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- a.query.tags.totalCount
SELECT 0, (SELECT count(*) FROM tags AS t1)

-- a.query.tags.totalCount
SELECT 0, (SELECT count(*) FROM tags AS t1)

-- b.query.tags.totalCount
SELECT 0, (SELECT count(*) FROM tags AS t1)

-- 8 planned, 8 resolved

-- operation dry
-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- a
SELECT t1.id, t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM posts AS t1 WHERE t1.id = ?

-- a.query.posts.totalCount
SELECT 0, (SELECT count(*) FROM posts AS t1)

-- a.query.viewer
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- 4 planned, 4 resolved
