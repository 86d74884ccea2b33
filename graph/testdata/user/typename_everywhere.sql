-- users
SELECT t1.id, t2.id FROM (SELECT t3.id FROM users AS t3 WHERE TRUE ORDER BY t3.id LIMIT 1) AS t1 LEFT JOIN profiles AS t2 ON t2.user_id = t1.id ORDER BY t1.id

-- users.edges.node.posts
-- sqlite
SELECT k.key, t1.id FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t2.id AS key FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY t2.id LIMIT 1))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT t2.id FROM posts AS t2 WHERE t2.author_id = k.key ORDER BY t2.id LIMIT 1) AS t1 ORDER BY k.key, t1.id

-- 2 planned, 3 resolved
