-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Tag
-- postgres alone
SELECT count(*) FROM (SELECT id FROM tags WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key) UNION ALL SELECT id FROM tags WHERE name = ANY(?::text[])) ORDER BY id FOR KEY SHARE) AS locked

-- Post.tags
-- sqlite
SELECT t.id, 0 FROM tags AS t WHERE t.id IN (SELECT value FROM json_each(?)) ORDER BY t.id
-- postgres
SELECT t.id, 0 FROM tags AS t WHERE t.id = ANY(?::bigint[]) ORDER BY t.id FOR KEY SHARE

-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT r.value ->> 'post_id', r.value ->> 'tag_id' FROM json_each(?) AS r WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT r.post_id, r.tag_id FROM json_to_recordset(?::json) AS r(post_id bigint, tag_id bigint) WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) SELECT r.value ->> 'name', ?, ? FROM json_each(?) AS r WHERE NOT EXISTS (SELECT 1 FROM tags AS t WHERE t.name = r.value ->> 'name') ON CONFLICT (name) DO NOTHING
-- postgres
INSERT INTO tags (id, name, created_at, updated_at) SELECT n.id, n.name, ?::timestamp, ?::timestamp FROM (SELECT nextval(pg_get_serial_sequence('tags', 'id')) AS id, r.name FROM json_to_recordset(?::json) AS r(name text) WHERE NOT EXISTS (SELECT 1 FROM tags AS t WHERE t.name = r.name)) AS n ORDER BY n.name ON CONFLICT (name) DO NOTHING

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO UPDATE SET tag_id = excluded.tag_id
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO UPDATE SET tag_id = excluded.tag_id

-- createPost.post.tags
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 20))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 20) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

-- 7 planned, 8 resolved
