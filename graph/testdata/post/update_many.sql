-- Post
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.author_id IN (SELECT t1.id FROM users AS t1 WHERE TRUE AND t1.username IN (SELECT value FROM json_each(?))) ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE EXISTS (SELECT 1 FROM users AS t1 WHERE t1.id = t.author_id AND t1.username = ANY(?::text[])) ORDER BY t.id LIMIT ? FOR NO KEY UPDATE

-- update Post
-- sqlite
UPDATE posts SET title = ?, content = ?, title_words = ?, content_words = ?, updated_at = ?, version = version + 1 WHERE id IN (SELECT value FROM json_each(?)) AND (title IS DISTINCT FROM ? OR content IS DISTINCT FROM ?)
-- postgres
UPDATE posts SET title = ?, content = ?, title_words = ?, content_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ANY(?::bigint[]) AND (title IS DISTINCT FROM ? OR content IS DISTINCT FROM ?)

-- updatePosts
-- sqlite
SELECT k.key, t1.id, t1.title, t1.content, t1.version, t1.author_id, t2.id, t2.username FROM json_each(?) AS k JOIN posts AS t1 ON t1.id = k.value LEFT JOIN users AS t2 ON t2.id = t1.author_id
-- postgres
SELECT k.key, t1.id, t1.title, t1.content, t1.version, t1.author_id, t2.id, t2.username FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN posts AS t1 ON t1.id = k.key LEFT JOIN users AS t2 ON t2.id = t1.author_id

-- 3 planned, 4 resolved
