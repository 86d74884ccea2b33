-- posts
SELECT t1.id FROM posts AS t1 WHERE TRUE ORDER BY t1.id LIMIT 4

-- posts.nodes.tags
-- sqlite
SELECT k.value, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN tags AS t1 ON t1.id IN (SELECT lt2.tag_id FROM post_tags AS lt2 JOIN tags AS t2 ON t2.id = lt2.tag_id WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 2) ORDER BY k.value, t1.id
-- postgres
SELECT k.key, t1.id, t1.name FROM unnest(?::bigint[]) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.name FROM post_tags AS lt2 JOIN tags AS t2 ON t2.id = lt2.tag_id WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 2) AS t1 ORDER BY k.key, t1.id

-- posts.nodes.tags.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM post_tags AS lt1 JOIN tags AS t1 ON t1.id = lt1.tag_id WHERE lt1.post_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM post_tags AS lt1 JOIN tags AS t1 ON t1.id = lt1.tag_id WHERE lt1.post_id = k.key) FROM unnest(?::bigint[]) AS k(key)

-- tags
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 21

-- tags.nodes.posts
-- sqlite
SELECT k.value, (SELECT 1 FROM post_tags AS lt2 JOIN posts AS t2 ON t2.id = lt2.post_id WHERE lt2.tag_id = k.value AND lt2.post_id <= ? ORDER BY lt2.post_id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.title FROM json_each(?) AS k LEFT JOIN posts AS t1 ON t1.id IN (SELECT lt3.post_id FROM post_tags AS lt3 JOIN posts AS t3 ON t3.id = lt3.post_id WHERE lt3.tag_id = k.value AND lt3.post_id > ? ORDER BY lt3.post_id LIMIT 2) ORDER BY k.value, t1.id
-- postgres
SELECT k.key, (SELECT 1 FROM post_tags AS lt2 JOIN posts AS t2 ON t2.id = lt2.post_id WHERE lt2.tag_id = k.key AND lt2.post_id <= ? ORDER BY lt2.post_id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.title FROM unnest(?::bigint[]) AS k(key) LEFT JOIN LATERAL (SELECT t3.id, t3.title FROM post_tags AS lt3 JOIN posts AS t3 ON t3.id = lt3.post_id WHERE lt3.tag_id = k.key AND lt3.post_id > ? ORDER BY lt3.post_id LIMIT 2) AS t1 ON TRUE ORDER BY k.key, t1.id

-- tags.nodes.posts.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM post_tags AS lt1 JOIN posts AS t1 ON t1.id = lt1.post_id WHERE lt1.tag_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM post_tags AS lt1 JOIN posts AS t1 ON t1.id = lt1.post_id WHERE lt1.tag_id = k.key) FROM unnest(?::bigint[]) AS k(key)

-- 6 planned, 6 resolved
