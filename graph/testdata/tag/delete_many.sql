-- operation Used
-- Tag
-- sqlite
SELECT t.id, 0 FROM tags AS t WHERE t.id IN (SELECT lt1.tag_id FROM post_tags AS lt1 JOIN posts AS t1 ON t1.id = lt1.post_id WHERE TRUE AND TRUE) ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, 0 FROM tags AS t WHERE EXISTS (SELECT 1 FROM post_tags AS lt1 JOIN posts AS t1 ON t1.id = lt1.post_id WHERE lt1.tag_id = t.id AND TRUE) ORDER BY t.id LIMIT ? FOR UPDATE

-- delete Tag.posts
-- sqlite
DELETE FROM post_tags WHERE tag_id IN (SELECT id FROM tags WHERE id IN (SELECT value FROM json_each(?)))
-- postgres
DELETE FROM post_tags WHERE (post_id, tag_id) IN (SELECT post_id, tag_id FROM post_tags WHERE tag_id IN (SELECT id FROM tags WHERE id = ANY(?::bigint[])) ORDER BY post_id, tag_id FOR UPDATE)

-- 2 planned, 2 resolved

-- operation Forced
-- Tag
-- sqlite
SELECT t.id, 0 FROM tags AS t WHERE t.id IN (SELECT lt1.tag_id FROM post_tags AS lt1 JOIN posts AS t1 ON t1.id = lt1.post_id WHERE TRUE AND TRUE) ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, 0 FROM tags AS t WHERE EXISTS (SELECT 1 FROM post_tags AS lt1 JOIN posts AS t1 ON t1.id = lt1.post_id WHERE lt1.tag_id = t.id AND TRUE) ORDER BY t.id LIMIT ? FOR UPDATE

-- delete Tag.posts
-- sqlite
DELETE FROM post_tags WHERE tag_id IN (SELECT id FROM tags WHERE id IN (SELECT value FROM json_each(?)))
-- postgres
DELETE FROM post_tags WHERE (post_id, tag_id) IN (SELECT post_id, tag_id FROM post_tags WHERE tag_id IN (SELECT id FROM tags WHERE id = ANY(?::bigint[])) ORDER BY post_id, tag_id FOR UPDATE)

-- delete Tag
-- sqlite
DELETE FROM tags WHERE id IN (SELECT value FROM json_each(?))
-- postgres
DELETE FROM tags WHERE id = ANY(?::bigint[])

-- 3 planned, 3 resolved

-- operation After
-- posts
SELECT t1.id, t1.title FROM posts AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- posts.nodes.tags.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.post_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.post_id = k.key) FROM unnest((SELECT ?::bigint[])) AS k(key)

-- tags
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- 3 planned, 3 resolved
