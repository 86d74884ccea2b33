-- posts.most
SELECT k0, a0, a1, a2, a3 FROM (SELECT t1.author_id AS k0, count(*) AS a0, count(DISTINCT t1.title) AS a1, max(t1.title) AS a2, min(t1.title) AS a3 FROM posts AS t1 WHERE TRUE GROUP BY 1) AS g WHERE (g.a0 >= ? AND NOT ((g.a2 IS NOT NULL AND (g.a2 >= ? AND g.a2 < ?)))) ORDER BY a0 DESC NULLS FIRST, a3 NULLS LAST, k0 NULLS LAST LIMIT 3

-- posts.most.key.author
-- sqlite
SELECT k.key, t1.id, t1.username FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN users AS t1 ON t1.id = k.key

-- posts.groups
SELECT k0 FROM (SELECT t1.title AS k0 FROM posts AS t1 WHERE TRUE GROUP BY 1) AS g ORDER BY k0 DESC NULLS FIRST LIMIT 2

-- 3 planned, 3 resolved
