-- operation All
-- Post
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE TRUE ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE TRUE ORDER BY t.id LIMIT ? FOR NO KEY UPDATE

-- 1 planned, 1 resolved

-- operation Own
-- Post
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.author_id IN (SELECT t1.id FROM users AS t1 WHERE TRUE AND t1.username = ?) ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE EXISTS (SELECT 1 FROM users AS t1 WHERE t1.id = t.author_id AND t1.username = ?) ORDER BY t.id LIMIT ? FOR NO KEY UPDATE

-- update Post
-- sqlite
UPDATE posts SET title = ?, title_words = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (title IS DISTINCT FROM ?)
-- postgres
UPDATE posts SET title = ?, title_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (title IS DISTINCT FROM ?)

-- updatePosts
SELECT t1.id, t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM posts AS t1 WHERE t1.id = ?

-- updatePosts.posts.author
-- sqlite
SELECT k.value, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN users AS t1 ON t1.id = k.key

-- 4 planned, 4 resolved
