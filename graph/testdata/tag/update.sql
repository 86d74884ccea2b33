-- Tag
-- sqlite
SELECT t.version, 0 FROM tags AS t WHERE t.id = ?
-- postgres
SELECT t.version, 0 FROM tags AS t WHERE t.id = ? FOR NO KEY UPDATE

-- Tag.name
SELECT 1 FROM tags WHERE name = ? AND id <> ?

-- update Tag
-- sqlite
UPDATE tags SET name = ?, updated_at = ?, version = version + 1 WHERE id = ?
-- postgres
UPDATE tags SET name = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ?

-- updateTag
SELECT t1.id, t1.id, t1.name, t1.created_at, t1.updated_at, t1.version FROM tags AS t1 WHERE t1.id = ?

-- updateTag.tag.posts
-- sqlite
SELECT k.value, t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k CROSS JOIN posts AS t1 ON t1.id IN (SELECT lt2.post_id FROM post_tags AS lt2 JOIN posts AS t2 ON t2.id = lt2.post_id WHERE lt2.tag_id = k.value ORDER BY lt2.post_id LIMIT 21) ORDER BY k.value, t1.id
-- postgres
SELECT k.key, t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.author_id, t2.title, t2.content, t2.created_at, t2.updated_at, t2.version FROM post_tags AS lt2 JOIN posts AS t2 ON t2.id = lt2.post_id WHERE lt2.tag_id = k.key ORDER BY lt2.post_id LIMIT 21) AS t1 ORDER BY k.key, t1.id

-- updateTag.tag.posts.nodes.tags
-- sqlite
SELECT k.value, t1.id, t1.name, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k CROSS JOIN tags AS t1 ON t1.id IN (SELECT lt2.tag_id FROM post_tags AS lt2 JOIN tags AS t2 ON t2.id = lt2.tag_id WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 21) ORDER BY k.value, t1.id
-- postgres
SELECT k.key, t1.id, t1.name, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.name, t2.created_at, t2.updated_at, t2.version FROM post_tags AS lt2 JOIN tags AS t2 ON t2.id = lt2.tag_id WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 21) AS t1 ORDER BY k.key, t1.id

-- 6 planned, 6 resolved
