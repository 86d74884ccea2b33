-- posts.totalCount
SELECT 0, count(*) FROM (SELECT t2.id, row_number() OVER (PARTITION BY t2.author_id) AS place FROM posts AS t2 WHERE TRUE) AS dt1 JOIN posts AS t1 ON t1.id = dt1.id WHERE dt1.place = 1

-- posts.aggregate
SELECT 0, (SELECT count(*) FROM posts AS t1)

-- users
SELECT t1.id FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 5

-- users.nodes.posts.groups
-- sqlite
SELECT p, k0, a0 FROM (SELECT g.*, row_number() OVER (PARTITION BY p ORDER BY k0 NULLS LAST) AS place FROM (SELECT k.value AS p, substr(t1.created_at, 1, 4) || '-01-01 00:00:00.000000' AS k0, min(t1.title) AS a0 FROM json_each(?) AS k CROSS JOIN posts AS t1 WHERE t1.author_id = k.value GROUP BY 1, 2) AS g WHERE (g.a0 IS NOT NULL AND instr(g.a0, ?) > 0)) AS g WHERE place <= 20 ORDER BY p, place
-- postgres
SELECT p, k0, a0 FROM (SELECT g.*, row_number() OVER (PARTITION BY p ORDER BY k0 NULLS LAST) AS place FROM (SELECT k.key AS p, date_trunc('year', t1.created_at) AS k0, min(t1.title) AS a0 FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN posts AS t1 WHERE t1.author_id = k.key GROUP BY 1, 2) AS g WHERE (g.a0 IS NOT NULL AND g.a0 LIKE ?)) AS g WHERE place <= 20 ORDER BY p, place

-- 4 planned, 4 resolved
