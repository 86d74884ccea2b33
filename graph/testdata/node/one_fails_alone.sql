-- deep
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 1

-- deep
SELECT t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 2

-- tags
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 1

-- tags.totalCount
SELECT 0, (SELECT count(*) FROM tags AS t1)

-- user
SELECT t1.username, t1.id, t1.username FROM users AS t1 WHERE t1.username = ?

-- user.posts
-- sqlite
SELECT k.key, t1.id, t1.title FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t2.id AS key FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY t2.id DESC LIMIT 1))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.title FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT t2.id, t2.title FROM posts AS t2 WHERE t2.author_id = k.key ORDER BY t2.id DESC LIMIT 1) AS t1 ORDER BY k.key, t1.id DESC

-- 6 planned, 5 resolved
