-- operation One
-- Post
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ? ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ? ORDER BY t.id LIMIT ? FOR NO KEY UPDATE

-- update Post
-- sqlite
UPDATE posts SET title = ?, title_words = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (title IS DISTINCT FROM ?) RETURNING id, title, version
-- postgres
UPDATE posts SET title = ?, title_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (title IS DISTINCT FROM ?) RETURNING id, title, version

-- updatePosts
SELECT t1.id, t1.id, t1.title, t1.version FROM posts AS t1 WHERE t1.id = ?

-- 3 planned, 3 resolved

-- operation All
-- Post
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.author_id IN (SELECT t1.id FROM users AS t1 WHERE TRUE AND t1.username = ?) ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE EXISTS (SELECT 1 FROM users AS t1 WHERE t1.id = t.author_id AND t1.username = ?) ORDER BY t.id LIMIT ? FOR NO KEY UPDATE

-- update Post
-- sqlite
UPDATE posts SET title = ?, title_words = ?, updated_at = ?, version = version + 1 WHERE id IN (SELECT value FROM json_each(?)) AND (title IS DISTINCT FROM ?) RETURNING id, title, version
-- postgres
UPDATE posts SET title = ?, title_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ANY(?::bigint[]) AND (title IS DISTINCT FROM ?) RETURNING id, title, version

-- updatePosts
-- sqlite
SELECT k.key, t1.id, t1.title, t1.version FROM json_each(?) AS k JOIN posts AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.title, t1.version FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN posts AS t1 ON t1.id = k.key

-- 3 planned, 3 resolved
