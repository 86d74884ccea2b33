-- tags
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 5

-- tags.nodes.posts.groups
-- sqlite
SELECT p, k0, k1, a0, a1 FROM (SELECT g.*, row_number() OVER (PARTITION BY p ORDER BY k0 NULLS LAST, k1 NULLS LAST) AS place FROM (SELECT k.value AS p, t1.author_id AS k0, substr(t1.created_at, 1, 4) || '-01-01 00:00:00.000000' AS k1, count(*) AS a0, min(t1.title) AS a1 FROM json_each(?) AS k CROSS JOIN post_tags AS lt1 JOIN posts AS t1 ON t1.id = lt1.post_id WHERE lt1.tag_id = k.value GROUP BY 1, 2, 3) AS g) AS g WHERE place <= 2 ORDER BY p, place
-- postgres
SELECT p, k0, k1, a0, a1 FROM (SELECT g.*, row_number() OVER (PARTITION BY p ORDER BY k0 NULLS LAST, k1 NULLS LAST) AS place FROM (SELECT k.key AS p, t1.author_id AS k0, date_trunc('year', t1.created_at) AS k1, count(*) AS a0, min(t1.title) AS a1 FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN post_tags AS lt1 JOIN posts AS t1 ON t1.id = lt1.post_id WHERE lt1.tag_id = k.key GROUP BY 1, 2, 3) AS g) AS g WHERE place <= 2 ORDER BY p, place

-- tags.nodes.posts.groups.key.author
-- sqlite
SELECT k.key, t1.id, t1.username, t2.id, t2.full_name FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value LEFT JOIN profiles AS t2 ON t2.user_id = t1.id
-- postgres
SELECT k.key, t1.id, t1.username, t2.id, t2.full_name FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN users AS t1 ON t1.id = k.key LEFT JOIN profiles AS t2 ON t2.user_id = t1.id

-- tags.nodes.posts.groups.key.author.posts.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM posts AS t1 WHERE t1.author_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM posts AS t1 WHERE t1.author_id = k.key) FROM unnest((SELECT ?::bigint[])) AS k(key)

-- 4 planned, 5 resolved
