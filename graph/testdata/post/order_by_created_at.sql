-- down
SELECT t1.id, t1.title FROM posts AS t1 WHERE TRUE ORDER BY t1.created_at DESC, t1.id LIMIT 20

-- tags
SELECT t1.id FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 2

-- tags.nodes.posts
-- sqlite
SELECT k.key, t1.id, t1.title, t1.created_at FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.post_id AS key FROM post_tags AS lt2 WHERE lt2.tag_id = k.value ORDER BY lt2.posts_created_at DESC, lt2.post_id DESC LIMIT 2))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.title, t1.created_at FROM (SELECT k.key, lt2.post_id FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT lt2.post_id FROM post_tags AS lt2 WHERE lt2.tag_id BETWEEN k.key AND k.key ORDER BY lt2.tag_id, lt2.posts_created_at DESC, lt2.post_id DESC LIMIT 2) AS lt2 OFFSET 0) AS k JOIN posts AS t1 ON t1.id = k.post_id ORDER BY k.key, t1.created_at DESC, t1.id DESC

-- up
SELECT t1.id, t1.title, t1.created_at FROM posts AS t1 WHERE TRUE ORDER BY t1.created_at, t1.id LIMIT 20

-- users
SELECT t1.id FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 2

-- users.nodes.posts
-- sqlite
SELECT k.key, t1.id, t1.title, t1.created_at FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t2.id AS key FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY t2.created_at DESC, t2.id LIMIT 2))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.title, t1.created_at FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.title, t2.created_at FROM posts AS t2 WHERE t2.author_id = k.key ORDER BY t2.created_at DESC, t2.id LIMIT 2) AS t1 ORDER BY k.key, t1.created_at DESC, t1.id

-- 6 planned, 6 resolved
