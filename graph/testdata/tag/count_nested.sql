-- posts
SELECT t1.id FROM posts AS t1 WHERE TRUE ORDER BY t1.id LIMIT 2

-- posts.nodes.tags.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.post_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.post_id = k.key) FROM unnest((SELECT ?::bigint[])) AS k(key)

-- tags
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- tags.nodes.posts.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.tag_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.tag_id = k.key) FROM unnest((SELECT ?::bigint[])) AS k(key)

-- 4 planned, 4 resolved
