-- none.groups
SELECT k0 FROM (SELECT t1.author_id AS k0 FROM posts AS t1 WHERE TRUE GROUP BY 1) AS g ORDER BY k0 NULLS LAST LIMIT 0

-- posts.aggregate
SELECT count(*) AS a0, min(t1.title) AS a1 FROM posts AS t1 WHERE t1.title = ?

-- posts.groups
SELECT k0, a0 FROM (SELECT t1.author_id AS k0, count(*) AS a0 FROM posts AS t1 WHERE t1.title = ? GROUP BY 1) AS g ORDER BY k0 NULLS LAST LIMIT 20

-- 3 planned, 3 resolved
