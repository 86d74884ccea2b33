-- user
SELECT t1.username, t1.id, t2.id, t2.user_id, t3.id, t3.username, t4.id, t4.user_id, t5.id, t5.username FROM users AS t1 LEFT JOIN profiles AS t2 ON t2.user_id = t1.id LEFT JOIN users AS t3 ON t3.id = t2.user_id LEFT JOIN addresses AS t4 ON t4.user_id = t1.id LEFT JOIN users AS t5 ON t5.id = t4.user_id WHERE t1.username = ?

-- user.posts
-- sqlite
SELECT k.key, t1.id, t1.author_id, t2.id, t2.username FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t3.id AS key FROM posts AS t3 WHERE t3.author_id = k.value ORDER BY t3.id LIMIT 2))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value LEFT JOIN users AS t2 ON t2.id = t1.author_id
-- postgres
SELECT k.key, t1.id, t1.author_id, t2.id, t2.username FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT t3.id, t3.author_id FROM posts AS t3 WHERE t3.author_id = k.key ORDER BY t3.id LIMIT 2) AS t1 LEFT JOIN users AS t2 ON t2.id = t1.author_id ORDER BY k.key, t1.id

-- user.posts.nodes.tags
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 1))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 1) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

-- user.posts.nodes.tags.nodes.posts
-- sqlite
SELECT k.key, t1.id, t1.title, t1.author_id, t2.id, t2.username FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt3.post_id AS key FROM post_tags AS lt3 WHERE lt3.tag_id = k.value ORDER BY lt3.post_id LIMIT 1))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value LEFT JOIN users AS t2 ON t2.id = t1.author_id
-- postgres
SELECT k.key, t1.id, t1.title, t1.author_id, t2.id, t2.username FROM (SELECT k.key, lt3.post_id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT lt3.post_id FROM post_tags AS lt3 WHERE lt3.tag_id = k.key ORDER BY lt3.post_id LIMIT 1) AS lt3 OFFSET 0) AS k JOIN posts AS t1 ON t1.id = k.post_id LEFT JOIN users AS t2 ON t2.id = t1.author_id ORDER BY k.key, t1.id

-- 4 planned, 9 resolved
