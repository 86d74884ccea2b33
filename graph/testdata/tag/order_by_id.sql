-- down
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.id DESC LIMIT 21

-- posts
SELECT t1.id FROM posts AS t1 WHERE TRUE ORDER BY t1.id LIMIT 3

-- posts.nodes.tags
-- sqlite
SELECT k.value, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN tags AS t1 ON t1.id IN (SELECT lt2.tag_id FROM post_tags AS lt2 JOIN tags AS t2 ON t2.id = lt2.tag_id WHERE lt2.post_id = k.value ORDER BY lt2.tag_id DESC LIMIT 3) ORDER BY k.value, t1.id DESC
-- postgres
SELECT k.key, t1.id, t1.name FROM unnest(?::bigint[]) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.name FROM post_tags AS lt2 JOIN tags AS t2 ON t2.id = lt2.tag_id WHERE lt2.post_id = k.key ORDER BY lt2.tag_id DESC LIMIT 3) AS t1 ORDER BY k.key, t1.id DESC

-- up
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 21

-- 4 planned, 4 resolved
