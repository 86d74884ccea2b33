-- down
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.updated_at DESC, t1.id LIMIT 20

-- posts
SELECT t1.id FROM posts AS t1 WHERE TRUE ORDER BY t1.id LIMIT 2

-- posts.nodes.tags
-- sqlite
SELECT k.key, t1.id, t1.name, t1.updated_at FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 JOIN tags AS t2 ON t2.id = lt2.tag_id WHERE lt2.post_id = k.value ORDER BY t2.updated_at DESC, lt2.tag_id LIMIT 2))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name, t1.updated_at FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.name, t2.updated_at FROM post_tags AS lt2 JOIN tags AS t2 ON t2.id = lt2.tag_id WHERE lt2.post_id = k.key ORDER BY COALESCE(t2.updated_at, t2.updated_at) DESC, lt2.tag_id LIMIT 2) AS t1 ORDER BY k.key, t1.updated_at DESC, t1.id

-- up
SELECT t1.id, t1.name, t1.updated_at FROM tags AS t1 WHERE TRUE ORDER BY t1.updated_at, t1.id LIMIT 20

-- 4 planned, 4 resolved
