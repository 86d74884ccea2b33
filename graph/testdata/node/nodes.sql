-- nodes
SELECT t1.id, t1.id, t1.username FROM users AS t1 WHERE t1.id = ?

-- nodes.posts
-- sqlite
SELECT k.key, t1.id, t1.title FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t2.id AS key FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY t2.id LIMIT 1))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.title FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT t2.id, t2.title FROM posts AS t2 WHERE t2.author_id = k.key ORDER BY t2.id LIMIT 1) AS t1 ORDER BY k.key, t1.id

-- nodes
-- sqlite
SELECT k.key, t1.id, t1.title, t1.author_id, t2.id, t2.username FROM json_each(?) AS k JOIN posts AS t1 ON t1.id = k.value LEFT JOIN users AS t2 ON t2.id = t1.author_id
-- postgres
SELECT k.key, t1.id, t1.title, t1.author_id, t2.id, t2.username FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN posts AS t1 ON t1.id = k.key LEFT JOIN users AS t2 ON t2.id = t1.author_id

-- nodes
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k JOIN tags AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.name FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN tags AS t1 ON t1.id = k.key

-- nodes.posts
-- sqlite
SELECT k.key, t1.id, t1.title FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.post_id AS key FROM post_tags AS lt2 WHERE lt2.tag_id = k.value ORDER BY lt2.post_id LIMIT 1))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.title FROM (SELECT k.key, lt2.post_id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT lt2.post_id FROM post_tags AS lt2 WHERE lt2.tag_id = k.key ORDER BY lt2.post_id LIMIT 1) AS lt2 OFFSET 0) AS k JOIN posts AS t1 ON t1.id = k.post_id ORDER BY k.key, t1.id

-- 5 planned, 6 resolved
