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
SELECT t1.id, t1.id, t1.title, t1.author_id, t2.id, t2.username FROM posts AS t1 LEFT JOIN users AS t2 ON t2.id = t1.author_id WHERE t1.id = ?

-- 3 planned, 4 resolved
