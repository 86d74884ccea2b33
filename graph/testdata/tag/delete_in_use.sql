-- Tag
-- sqlite
SELECT t.version, 0 FROM tags AS t WHERE t.id = ?
-- postgres
SELECT t.version, 0 FROM tags AS t WHERE t.id = ? FOR UPDATE

-- delete Tag.posts
-- sqlite
DELETE FROM post_tags WHERE tag_id IN (SELECT id FROM tags WHERE id = ?)
-- postgres
DELETE FROM post_tags WHERE (post_id, tag_id) IN (SELECT post_id, tag_id FROM post_tags WHERE tag_id IN (SELECT id FROM tags WHERE id = ?) ORDER BY post_id, tag_id FOR UPDATE)

-- 2 planned, 2 resolved
