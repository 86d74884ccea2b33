-- Tag
-- sqlite
SELECT t.version, 0 FROM tags AS t WHERE t.id = ?
-- postgres
SELECT t.version, 0 FROM tags AS t WHERE t.id = ? FOR NO KEY UPDATE

-- delete Tag.posts
DELETE FROM post_tags WHERE tag_id IN (SELECT id FROM tags WHERE id = ?)

-- 2 planned, 2 resolved
