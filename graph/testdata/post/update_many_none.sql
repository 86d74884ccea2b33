-- operation None
-- Post
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.title = ? ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.title = ? ORDER BY t.id LIMIT ? FOR NO KEY UPDATE

-- 1 planned, 1 resolved

-- operation Empty
-- Post
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.author_id IN (SELECT t1.id FROM users AS t1 WHERE TRUE AND t1.username = ?) ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE EXISTS (SELECT 1 FROM users AS t1 WHERE t1.id = t.author_id AND t1.username = ?) ORDER BY t.id LIMIT ? FOR NO KEY UPDATE

-- updatePosts
-- sqlite
SELECT k.key, t1.id, t1.version FROM json_each(?) AS k JOIN posts AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.version FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN posts AS t1 ON t1.id = k.key

-- 2 planned, 2 resolved
