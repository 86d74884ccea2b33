-- operation Backwards
-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
WITH post_tags AS (INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING RETURNING *) SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 3) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

-- createPost.post.tags
-- sqlite alone
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 3))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value

-- 3 (2 on postgres) planned, 4 resolved

-- operation Edges
-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
WITH post_tags AS (INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING RETURNING *) SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 3) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

-- createPost.post.tags
-- sqlite alone
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 3))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value

-- createPost.post.tags.edges.node.posts.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.tag_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.tag_id = k.key) FROM unnest((SELECT ?::bigint[])) AS k(key)

-- createPost.post.tags.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.post_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.post_id = k.key) FROM (SELECT (SELECT ?::bigint) AS key) AS k

-- 5 (4 on postgres) planned, 6 resolved

-- operation FewerThanThere
-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING

-- createPost.post.tags
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 2))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 2) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

-- 3 planned, 4 resolved

-- operation Twice
-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
WITH post_tags AS (INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING RETURNING *) SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 20) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

-- createPost.post.a
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id DESC LIMIT 1))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id DESC LIMIT 1) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id DESC

-- createPost.post.b
-- sqlite alone
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 20))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value

-- 4 (3 on postgres) planned, 5 resolved

-- operation Filtered
-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING

-- createPost.post.tags
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 JOIN tags AS t2 ON t2.id = lt2.tag_id WHERE lt2.post_id = k.value AND t2.name = ? ORDER BY lt2.tag_id LIMIT 20))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT t2.id, t2.name FROM post_tags AS lt2 JOIN tags AS t2 ON t2.id = lt2.tag_id WHERE lt2.post_id = k.key AND t2.name = ? ORDER BY lt2.tag_id LIMIT 20) AS t1 ORDER BY k.key, t1.id

-- 3 planned, 4 resolved

-- operation ByName
-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING

-- createPost.post.tags
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 JOIN tags AS t2 ON t2.id = lt2.tag_id WHERE lt2.post_id = k.value ORDER BY t2.name DESC, lt2.tag_id LIMIT 20))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT t2.id, t2.name FROM post_tags AS lt2 JOIN tags AS t2 ON t2.id = lt2.tag_id WHERE lt2.post_id = k.key ORDER BY COALESCE(t2.name, t2.name) DESC, lt2.tag_id LIMIT 20) AS t1 ORDER BY k.key, t1.name DESC, t1.id

-- 3 planned, 4 resolved

-- operation Missing
-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
WITH post_tags AS (INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING RETURNING *) SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 20) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

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

-- 5 planned, 6 resolved

-- operation ByKeyToo
-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Tag
-- postgres alone
SELECT count(*) FROM (SELECT id FROM tags WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key) UNION ALL SELECT id FROM tags WHERE name = ANY(?::text[])) ORDER BY id FOR KEY SHARE) AS locked

-- Post.tags
-- sqlite
SELECT t.id, 0 FROM tags AS t WHERE t.id = ? ORDER BY t.id
-- postgres
SELECT t.id, 0 FROM tags AS t WHERE t.id = ? ORDER BY t.id FOR KEY SHARE

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

-- operation Dry
-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
WITH post_tags AS (INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING RETURNING *) SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 20) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

-- createPost.post.tags
-- sqlite alone
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 20))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value

-- 3 (2 on postgres) planned, 4 resolved
