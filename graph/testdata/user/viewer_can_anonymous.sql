-- users
SELECT t1.id FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 1

-- users.nodes.posts
-- sqlite
SELECT k.key, t1.id, t1.author_id FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t2.id AS key FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY t2.id LIMIT 1))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.author_id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT t2.id, t2.author_id FROM posts AS t2 WHERE t2.author_id = k.key ORDER BY t2.id LIMIT 1) AS t1 ORDER BY k.key, t1.id

-- 2 planned, 2 resolved
