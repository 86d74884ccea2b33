-- update Post
-- sqlite
UPDATE posts SET title = ?, title_words = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (title IS DISTINCT FROM ?) RETURNING id
-- postgres
UPDATE posts SET title = ?, title_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (title IS DISTINCT FROM ?) RETURNING id

-- Post
-- sqlite
SELECT t.version, COALESCE(t.author_id, 0), (title IS DISTINCT FROM ?), t.id FROM posts AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.author_id, 0), (title IS DISTINCT FROM ?), t.id FROM posts AS t WHERE t.id = ? FOR NO KEY UPDATE

-- 2 planned, 2 resolved
