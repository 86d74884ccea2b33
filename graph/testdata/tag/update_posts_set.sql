-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Tag
-- postgres alone
SELECT count(*) FROM (SELECT id FROM tags WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR UPDATE) AS locked

-- Tag
-- sqlite
SELECT t.version, 0 FROM tags AS t WHERE t.id = ?
-- postgres
SELECT t.version, 0 FROM tags AS t WHERE t.id = ? FOR UPDATE

-- Tag.posts
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id IN (SELECT value FROM json_each(?)) ORDER BY t.id
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ANY(?::bigint[]) ORDER BY t.id FOR KEY SHARE

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- update Tag
-- sqlite
UPDATE tags SET name = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id, name, version
-- postgres
UPDATE tags SET name = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id, name, version

-- unlink Tag.posts
-- sqlite
DELETE FROM post_tags WHERE tag_id = ? AND (tag_id, post_id) NOT IN (SELECT r.value ->> 'tag_id', r.value ->> 'post_id' FROM json_each(?) AS r)
-- postgres
DELETE FROM post_tags WHERE (post_id, tag_id) IN (SELECT post_id, tag_id FROM post_tags WHERE tag_id = ? AND (tag_id, post_id) NOT IN (SELECT r.tag_id, r.post_id FROM json_to_recordset(?::json) AS r(tag_id bigint, post_id bigint)) ORDER BY post_id, tag_id FOR UPDATE)

-- link Tag.posts
-- sqlite
INSERT INTO post_tags (tag_id, post_id) SELECT r.value ->> 'tag_id', r.value ->> 'post_id' FROM json_each(?) AS r WHERE TRUE ON CONFLICT (tag_id, post_id) DO NOTHING
-- postgres
INSERT INTO post_tags (tag_id, post_id) SELECT r.tag_id, r.post_id FROM json_to_recordset(?::json) AS r(tag_id bigint, post_id bigint) WHERE TRUE ON CONFLICT (tag_id, post_id) DO NOTHING

-- updateTag.tag.posts
-- sqlite
SELECT k.key, t1.id FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.post_id AS key FROM post_tags AS lt2 WHERE lt2.tag_id = k.value ORDER BY lt2.post_id LIMIT 20))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id FROM (SELECT k.key, lt2.post_id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT lt2.post_id FROM post_tags AS lt2 WHERE lt2.tag_id = k.key ORDER BY lt2.post_id LIMIT 20) AS lt2 OFFSET 0) AS k JOIN posts AS t1 ON t1.id = k.post_id ORDER BY k.key, t1.id

-- 7 planned, 8 resolved
