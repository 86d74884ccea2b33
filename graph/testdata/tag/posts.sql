-- tags
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- tags.nodes.posts
-- sqlite
SELECT k.key, t1.id, t1.title FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.post_id AS key FROM post_tags AS lt2 WHERE lt2.tag_id = k.value ORDER BY lt2.post_id LIMIT 20))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.title FROM (SELECT k.key, lt2.post_id FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT lt2.post_id FROM post_tags AS lt2 WHERE lt2.tag_id = k.key ORDER BY lt2.post_id LIMIT 20) AS lt2 OFFSET 0) AS k JOIN posts AS t1 ON t1.id = k.post_id ORDER BY k.key, t1.id

-- 2 planned, 2 resolved
