-- operation Delete
-- Post
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.author_id IN (SELECT t1.id FROM users AS t1 WHERE TRUE AND t1.username = ?) ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE EXISTS (SELECT 1 FROM users AS t1 WHERE t1.id = t.author_id AND t1.username = ?) ORDER BY t.id LIMIT ? FOR UPDATE

-- delete Post.tags
-- sqlite
DELETE FROM post_tags WHERE post_id IN (SELECT id FROM posts WHERE id IN (SELECT value FROM json_each(?)))
-- postgres
DELETE FROM post_tags WHERE (post_id, tag_id) IN (SELECT post_id, tag_id FROM post_tags WHERE post_id IN (SELECT id FROM posts WHERE id = ANY(?::bigint[])) ORDER BY post_id, tag_id FOR UPDATE)

-- delete Post
-- sqlite
DELETE FROM posts WHERE id IN (SELECT value FROM json_each(?))
-- postgres
DELETE FROM posts WHERE id = ANY(?::bigint[])

-- 3 planned, 3 resolved

-- operation Read
-- posts
SELECT t1.id, t1.title FROM posts AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- tags
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- tags.nodes.posts.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.tag_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.tag_id = k.key) FROM unnest((SELECT ?::bigint[])) AS k(key)

-- 3 planned, 3 resolved
