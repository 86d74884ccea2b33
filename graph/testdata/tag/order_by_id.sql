-- down
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.id DESC LIMIT 20

-- posts
SELECT t1.id FROM posts AS t1 WHERE TRUE ORDER BY t1.id LIMIT 2

-- posts.nodes.tags
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id DESC LIMIT 2))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id DESC LIMIT 2) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id DESC

-- up
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- 4 planned, 4 resolved
