-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?) RETURNING id
-- postgres
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?::timestamp, ?::timestamp) RETURNING id

-- createTag
SELECT t1.id, t1.id, t1.name, t1.created_at, t1.updated_at, t1.version FROM tags AS t1 WHERE t1.id = ?

-- createTag.tag.posts.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.tag_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.tag_id = k.key) FROM unnest(?::bigint[]) AS k(key)

-- 4 planned, 4 resolved
