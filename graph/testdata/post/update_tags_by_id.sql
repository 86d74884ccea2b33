-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- lock Tag
-- postgres alone
SELECT count(*) FROM (SELECT id FROM tags WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- Post
-- sqlite
SELECT t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ? FOR NO KEY UPDATE

-- Post.tags
-- sqlite
SELECT t.id, 0 FROM tags AS t WHERE t.id IN (SELECT value FROM json_each(?)) ORDER BY t.id
-- postgres
SELECT t.id, 0 FROM tags AS t WHERE t.id = ANY(?::bigint[]) ORDER BY t.id FOR KEY SHARE

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- unlink Post.tags
-- sqlite
DELETE FROM post_tags WHERE (post_id, tag_id) IN (SELECT r.value ->> 'post_id', r.value ->> 'tag_id' FROM json_each(?) AS r)
-- postgres
DELETE FROM post_tags WHERE (post_id, tag_id) IN (SELECT post_id, tag_id FROM post_tags WHERE (post_id, tag_id) IN (SELECT r.post_id, r.tag_id FROM json_to_recordset(?::json) AS r(post_id bigint, tag_id bigint)) ORDER BY post_id, tag_id FOR UPDATE)

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT r.value ->> 'post_id', r.value ->> 'tag_id' FROM json_each(?) AS r WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT r.post_id, r.tag_id FROM json_to_recordset(?::json) AS r(post_id bigint, tag_id bigint) WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?) RETURNING id
-- postgres
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?::timestamp, ?::timestamp) RETURNING id

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT r.value ->> 'post_id', r.value ->> 'tag_id' FROM json_each(?) AS r WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT r.post_id, r.tag_id FROM json_to_recordset(?::json) AS r(post_id bigint, tag_id bigint) WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING

-- updatePost
SELECT t1.id, t1.id, t1.version FROM posts AS t1 WHERE t1.id = ?

-- updatePost.post.tags
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 20))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 20) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

-- 9 planned, 9 resolved
