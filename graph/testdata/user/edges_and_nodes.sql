-- users
SELECT t1.id, t1.username, t1.name FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 2

-- users.edges.node.posts
-- sqlite
SELECT k.key, t1.id, t1.title FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t2.id AS key FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY t2.id LIMIT 1))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.title FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.title FROM posts AS t2 WHERE t2.author_id = k.key ORDER BY t2.id LIMIT 1) AS t1 ORDER BY k.key, t1.id

-- users.nodes.posts
-- sqlite
SELECT k.key, t1.id, t1.content FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t2.id AS key FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY t2.id LIMIT 1))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.content FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.content FROM posts AS t2 WHERE t2.author_id = k.key ORDER BY t2.id LIMIT 1) AS t1 ORDER BY k.key, t1.id

-- 3 planned, 3 resolved
