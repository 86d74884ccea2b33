-- posts.months
-- sqlite
SELECT k0, k1, a0 FROM (SELECT substr(t1.created_at, 1, 4) || '-01-01 00:00:00.000000' AS k0, substr(t1.created_at, 1, 7) || '-01 00:00:00.000000' AS k1, count(*) AS a0 FROM posts AS t1 WHERE TRUE GROUP BY 1, 2) AS g ORDER BY k0 NULLS LAST, k1 NULLS LAST LIMIT 20
-- postgres
SELECT k0, k1, a0 FROM (SELECT date_trunc('year', t1.created_at) AS k0, date_trunc('month', t1.created_at) AS k1, count(*) AS a0 FROM posts AS t1 WHERE TRUE GROUP BY 1, 2) AS g ORDER BY k0 NULLS LAST, k1 NULLS LAST LIMIT 20

-- posts.weeks
-- sqlite
SELECT k0, a0 FROM (SELECT date(t1.created_at, '-6 days', 'weekday 1') || ' 00:00:00.000000' AS k0, count(*) AS a0 FROM posts AS t1 WHERE TRUE GROUP BY 1) AS g ORDER BY k0 NULLS LAST LIMIT 20
-- postgres
SELECT k0, a0 FROM (SELECT date_trunc('week', t1.created_at) AS k0, count(*) AS a0 FROM posts AS t1 WHERE TRUE GROUP BY 1) AS g ORDER BY k0 NULLS LAST LIMIT 20

-- posts.hours
-- sqlite
SELECT k0, k1 FROM (SELECT substr(t1.created_at, 1, 10) || ' 00:00:00.000000' AS k0, substr(t1.created_at, 1, 13) || ':00:00.000000' AS k1 FROM posts AS t1 WHERE TRUE GROUP BY 1, 2) AS g ORDER BY k0 NULLS LAST, k1 NULLS LAST LIMIT 1
-- postgres
SELECT k0, k1 FROM (SELECT date_trunc('day', t1.created_at) AS k0, date_trunc('hour', t1.created_at) AS k1 FROM posts AS t1 WHERE TRUE GROUP BY 1, 2) AS g ORDER BY k0 NULLS LAST, k1 NULLS LAST LIMIT 1

-- 3 planned, 3 resolved
