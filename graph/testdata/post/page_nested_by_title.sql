-- users
SELECT t1.id FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- users.nodes.posts
-- sqlite
SELECT k.key, (SELECT 1 FROM posts AS t2 WHERE t2.author_id = k.value AND (t2.title >= ? AND ((t2.title > ?) OR (t2.title = ? AND t2.id < ?) OR (t2.title = ? AND t2.id = ?))) ORDER BY t2.title, t2.id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.title FROM json_each(?) AS k LEFT JOIN json_each((SELECT json_group_array(key) FROM (SELECT t3.id AS key FROM posts AS t3 WHERE t3.author_id = k.value AND (t3.title <= ? AND ((t3.title < ?) OR (t3.title = ? AND t3.id > ?))) ORDER BY t3.title DESC, t3.id LIMIT 3))) AS p LEFT JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, (SELECT 1 FROM posts AS t2 WHERE t2.author_id = k.key AND (t2.title >= ? AND ((t2.title > ?) OR (t2.title = ? AND t2.id < ?) OR (t2.title = ? AND t2.id = ?))) ORDER BY t2.title, t2.id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.title FROM unnest((SELECT ?::bigint[])) AS k(key) LEFT JOIN LATERAL (SELECT t3.id, t3.title FROM posts AS t3 WHERE t3.author_id = k.key AND (t3.title <= ? AND ((t3.title < ?) OR (t3.title = ? AND t3.id > ?))) ORDER BY t3.title DESC, t3.id LIMIT 3) AS t1 ON TRUE ORDER BY k.key, t1.title DESC, t1.id

-- 2 planned, 2 resolved
