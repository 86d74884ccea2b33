-- users
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- users.nodes.posts
-- sqlite
SELECT k.key, (SELECT 1 FROM posts AS t2 WHERE t2.author_id = k.value LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.title FROM json_each(?) AS k LEFT JOIN json_each((SELECT json_group_array(key) FROM (SELECT t3.id AS key FROM posts AS t3 WHERE t3.author_id = k.value ORDER BY t3.id LIMIT 2 OFFSET ?))) AS p LEFT JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, (SELECT 1 FROM posts AS t2 WHERE t2.author_id = k.key LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.title FROM unnest((SELECT ?::bigint[])) AS k(key) LEFT JOIN LATERAL (SELECT t3.id, t3.title FROM posts AS t3 WHERE t3.author_id = k.key ORDER BY t3.id LIMIT 2 OFFSET ?) AS t1 ON TRUE ORDER BY k.key, t1.id

-- 2 planned, 2 resolved
