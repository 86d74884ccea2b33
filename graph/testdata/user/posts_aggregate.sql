-- users
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- users.nodes.posts.aggregate
-- sqlite
SELECT k.value AS p, count(*) AS a0, max(t1.created_at) AS a1 FROM json_each(?) AS k CROSS JOIN posts AS t1 WHERE t1.author_id = k.value GROUP BY 1
-- postgres
SELECT k.key AS p, count(*) AS a0, max(t1.created_at) AS a1 FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN posts AS t1 WHERE t1.author_id = k.key GROUP BY 1

-- users.nodes.posts.b
-- sqlite
SELECT p, k0, a0 FROM (SELECT g.*, row_number() OVER (PARTITION BY p ORDER BY k0 DESC NULLS FIRST) AS place FROM (SELECT k.value AS p, substr(t1.created_at, 1, 7) || '-01 00:00:00.000000' AS k0, count(*) AS a0 FROM json_each(?) AS k CROSS JOIN posts AS t1 WHERE t1.author_id = k.value GROUP BY 1, 2) AS g) AS g WHERE place <= 1 ORDER BY p, place
-- postgres
SELECT p, k0, a0 FROM (SELECT g.*, row_number() OVER (PARTITION BY p ORDER BY k0 DESC NULLS FIRST) AS place FROM (SELECT k.key AS p, date_trunc('month', t1.created_at) AS k0, count(*) AS a0 FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN posts AS t1 WHERE t1.author_id = k.key GROUP BY 1, 2) AS g) AS g WHERE place <= 1 ORDER BY p, place

-- users.nodes.titled.aggregate
-- sqlite
SELECT k.value, (SELECT count(*) FROM posts AS t1 WHERE t1.author_id = k.value AND instr(t1.title, ?) > 0) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM posts AS t1 WHERE t1.author_id = k.key AND t1.title LIKE ?) FROM unnest((SELECT ?::bigint[])) AS k(key)

-- 4 planned, 4 resolved
