-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) SELECT r.value ->> 'name', ?, ? FROM json_each(?) AS r WHERE NOT EXISTS (SELECT 1 FROM tags AS t WHERE t.name = r.value ->> 'name') ON CONFLICT (name) DO NOTHING
-- postgres
INSERT INTO tags (id, name, created_at, updated_at) SELECT n.id, n.name, ?::timestamp, ?::timestamp FROM (SELECT nextval(pg_get_serial_sequence('tags', 'id')) AS id, r.name FROM json_to_recordset(?::json) AS r(name text) WHERE NOT EXISTS (SELECT 1 FROM tags AS t WHERE t.name = r.name)) AS n ORDER BY n.name ON CONFLICT (name) DO NOTHING

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO UPDATE SET tag_id = excluded.tag_id
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO UPDATE SET tag_id = excluded.tag_id

-- createPost
SELECT t1.id, t1.id, t1.author_id, t2.id FROM posts AS t1 LEFT JOIN users AS t2 ON t2.id = t1.author_id WHERE t1.id = ?

-- createPost.post.author.posts.aggregate
-- sqlite
SELECT k.value AS p, count(*) AS a0, count(DISTINCT t1.title) AS a1 FROM json_each(?) AS k CROSS JOIN posts AS t1 WHERE t1.author_id = k.value GROUP BY 1
-- postgres
SELECT k.key AS p, count(*) AS a0, count(DISTINCT t1.title) AS a1 FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN posts AS t1 WHERE t1.author_id = k.key GROUP BY 1

-- createPost.post.author.posts.groups
-- sqlite
SELECT p, k0, k1, a0 FROM (SELECT g.*, row_number() OVER (PARTITION BY p ORDER BY k0 NULLS LAST, k1 NULLS LAST) AS place FROM (SELECT k.value AS p, t1.author_id AS k0, t1.title AS k1, count(*) AS a0 FROM json_each(?) AS k CROSS JOIN posts AS t1 WHERE t1.author_id = k.value GROUP BY 1, 2, 3) AS g) AS g WHERE place <= 20 ORDER BY p, place
-- postgres
SELECT p, k0, k1, a0 FROM (SELECT g.*, row_number() OVER (PARTITION BY p ORDER BY k0 NULLS LAST, k1 NULLS LAST) AS place FROM (SELECT k.key AS p, t1.author_id AS k0, t1.title AS k1, count(*) AS a0 FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN posts AS t1 WHERE t1.author_id = k.key GROUP BY 1, 2, 3) AS g) AS g WHERE place <= 20 ORDER BY p, place

-- createPost.post.author.posts.groups.key.author
-- sqlite
SELECT k.key, t1.id, t1.username FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username FROM (SELECT (SELECT ?::bigint) AS key) AS k JOIN users AS t1 ON t1.id = k.key

-- 8 planned, 8 resolved
