-- posts
SELECT t1.id FROM posts AS t1 WHERE TRUE ORDER BY t1.id LIMIT 3

-- posts.nodes.tags
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 2))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 2) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

-- posts.nodes.tags.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.post_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.post_id = k.key) FROM unnest((SELECT ?::bigint[])) AS k(key)

-- tags
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- tags.nodes.posts
-- sqlite
SELECT k.key, (SELECT 1 FROM post_tags AS lt2 WHERE lt2.tag_id = k.value AND lt2.post_id <= ? ORDER BY lt2.post_id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.title FROM json_each(?) AS k LEFT JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt3.post_id AS key FROM post_tags AS lt3 WHERE lt3.tag_id = k.value AND lt3.post_id > ? ORDER BY lt3.post_id LIMIT 2))) AS p LEFT JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, (SELECT 1 FROM post_tags AS lt2 WHERE lt2.tag_id = k.key AND lt2.post_id <= ? ORDER BY lt2.post_id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.title FROM (SELECT k.key, lt3.post_id FROM unnest((SELECT ?::bigint[])) AS k(key) LEFT JOIN LATERAL (SELECT lt3.post_id FROM post_tags AS lt3 WHERE lt3.tag_id = k.key AND lt3.post_id > ? ORDER BY lt3.post_id LIMIT 2) AS lt3 ON TRUE OFFSET 0) AS k LEFT JOIN posts AS t1 ON t1.id = k.post_id ORDER BY k.key, t1.id

-- tags.nodes.posts.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.tag_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.tag_id = k.key) FROM unnest((SELECT ?::bigint[])) AS k(key)

-- 6 planned, 6 resolved
