-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ? FOR NO KEY UPDATE

-- User.posts
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0), t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id IN (SELECT value FROM json_each(?)) ORDER BY t.id
-- postgres
SELECT t.id, COALESCE(t.author_id, 0), t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ANY(?::bigint[]) ORDER BY t.id FOR NO KEY UPDATE

-- update Post
-- sqlite
UPDATE posts AS t SET title = r.value ->> 'title', title_words = r.value ->> 'title_words', updated_at = ?, version = t.version + 1 FROM json_each(?) AS r WHERE t.id = r.value ->> 'id' AND (t.title IS DISTINCT FROM r.value ->> 'title')
-- postgres
UPDATE posts AS t SET title = r.title, title_words = r.title_words, updated_at = ?::timestamp, version = t.version + 1 FROM json_to_recordset(?::json) AS r(id bigint, title text, title_words text) WHERE t.id = r.id AND (t.title IS DISTINCT FROM r.title)

-- update Post
-- sqlite
UPDATE posts SET author_id = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (author_id IS DISTINCT FROM ?)
-- postgres
UPDATE posts SET author_id = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (author_id IS DISTINCT FROM ?)

-- updateUser
SELECT t1.id, t1.id FROM users AS t1 WHERE t1.id = ?

-- updateUser.user.posts
-- sqlite
SELECT k.key, t1.id, t1.title, t1.content, t1.version, t1.author_id, t2.id, t2.username FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t3.id AS key FROM posts AS t3 WHERE t3.author_id = k.value ORDER BY t3.id LIMIT 100))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value LEFT JOIN users AS t2 ON t2.id = t1.author_id
-- postgres
SELECT k.key, t1.id, t1.title, t1.content, t1.version, t1.author_id, t2.id, t2.username FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT t3.id, t3.title, t3.content, t3.version, t3.author_id FROM posts AS t3 WHERE t3.author_id = k.key ORDER BY t3.id LIMIT 100) AS t1 LEFT JOIN users AS t2 ON t2.id = t1.author_id ORDER BY k.key, t1.id

-- updateUser.user.posts.nodes.tags
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 20))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 20) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

-- 7 planned, 8 resolved
