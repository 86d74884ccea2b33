-- operation Change
-- lock Post
-- postgres alone
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE TRUE ORDER BY t.id LIMIT ?

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- Post
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE TRUE ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE TRUE ORDER BY t.id LIMIT ? FOR NO KEY UPDATE

-- update Post
-- sqlite
UPDATE posts SET title = ?, title_words = ?, updated_at = ?, version = version + 1 WHERE id IN (SELECT value FROM json_each(?)) AND (title IS DISTINCT FROM ?) RETURNING id
-- postgres
UPDATE posts SET title = ?, title_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ANY(?::bigint[]) AND (title IS DISTINCT FROM ?) RETURNING id

-- many
-- sqlite
SELECT k.key, t1.id FROM json_each(?) AS k JOIN posts AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN posts AS t1 ON t1.id = k.key

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- 4 planned, 4 resolved

-- operation After
-- posts.totalCount
SELECT 0, count(*) FROM posts AS t1 WHERE t1.title = ?

-- 1 planned, 1 resolved
