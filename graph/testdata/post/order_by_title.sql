-- down
SELECT t1.id, t1.title FROM posts AS t1 WHERE TRUE ORDER BY t1.title DESC, t1.id LIMIT 20

-- tags
SELECT t1.id FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 2

-- tags.nodes.posts
-- sqlite
SELECT k.key, t1.id, t1.title FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.post_id AS key FROM post_tags AS lt2 JOIN posts AS t2 ON t2.id = lt2.post_id WHERE lt2.tag_id = k.value ORDER BY t2.title DESC, lt2.post_id DESC LIMIT 2))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.title FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.title FROM post_tags AS lt2 JOIN posts AS t2 ON t2.id = lt2.post_id WHERE lt2.tag_id = k.key ORDER BY COALESCE(t2.title, t2.title) DESC, lt2.post_id DESC LIMIT 2) AS t1 ORDER BY k.key, t1.title DESC, t1.id DESC

-- up
SELECT t1.id, t1.title FROM posts AS t1 WHERE TRUE ORDER BY t1.title, t1.id LIMIT 20

-- users
SELECT t1.id FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 2

-- users.nodes.posts
-- sqlite
SELECT k.key, t1.id, t1.title FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t2.id AS key FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY t2.title DESC, t2.id LIMIT 2))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.title FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.title FROM posts AS t2 WHERE t2.author_id = k.key ORDER BY t2.title DESC, t2.id LIMIT 2) AS t1 ORDER BY k.key, t1.title DESC, t1.id

-- 6 planned, 6 resolved
