-- addresses.groups
SELECT k0, a0 FROM (SELECT t1.user_id AS k0, count(*) AS a0 FROM addresses AS t1 WHERE TRUE GROUP BY 1) AS g ORDER BY k0 NULLS LAST LIMIT 20

-- addresses.groups.key.user
-- sqlite
SELECT k.key, t1.id, t1.username FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN users AS t1 ON t1.id = k.key

-- 2 planned, 2 resolved
