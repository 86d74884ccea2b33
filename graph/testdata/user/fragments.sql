-- users
SELECT t1.id, t1.username, t1.name, t1.version FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 2

-- users.nodes.posts
-- sqlite
SELECT k.key, t1.id, t1.title FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t2.id AS key FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY t2.id LIMIT 20))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.title FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.title FROM posts AS t2 WHERE t2.author_id = k.key ORDER BY t2.id LIMIT 20) AS t1 ORDER BY k.key, t1.id

-- users.nodes.posts.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM posts AS t1 WHERE t1.author_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM posts AS t1 WHERE t1.author_id = k.key) FROM unnest((SELECT ?::bigint[])) AS k(key)

-- users.totalCount
SELECT 0, (SELECT count(*) FROM users AS t1)

-- 4 planned, 4 resolved
