-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- update Post
-- sqlite
UPDATE posts SET title = ?, title_words = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (title IS DISTINCT FROM ?) AND author_id = ? AND version = ? RETURNING id, title, content, version
-- postgres
UPDATE posts SET title = ?, title_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (title IS DISTINCT FROM ?) AND author_id = ? AND version = ? RETURNING id, title, content, version

-- update Post
-- sqlite
UPDATE posts SET title = ?, title_words = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (title IS DISTINCT FROM ?) AND author_id = ? RETURNING id, title, version
-- postgres
UPDATE posts SET title = ?, title_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (title IS DISTINCT FROM ?) AND author_id = ? RETURNING id, title, version

-- Post
-- sqlite
SELECT t.version, COALESCE(t.author_id, 0), (title IS DISTINCT FROM ?), t.id, t.title, t.version FROM posts AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.author_id, 0), (title IS DISTINCT FROM ?), t.id, t.title, t.version FROM posts AS t WHERE t.id = ? FOR NO KEY UPDATE

-- 3 planned, 5 resolved
