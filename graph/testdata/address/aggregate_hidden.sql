-- addresses.aggregate
SELECT count(*) AS a0, min(t1.email_address) AS a1, max(t1.email_address) AS a2 FROM addresses AS t1 WHERE t1.user_id = ?

-- addresses.groups
SELECT k0, k1 FROM (SELECT t1.user_id AS k0, t1.email_address AS k1 FROM addresses AS t1 WHERE t1.user_id = ? GROUP BY 1, 2) AS g ORDER BY k0 NULLS LAST, k1 NULLS LAST LIMIT 20

-- addresses.groups.key.user
-- sqlite
SELECT k.key, t1.id, t1.username FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username FROM (SELECT (SELECT ?::bigint) AS key) AS k JOIN users AS t1 ON t1.id = k.key

-- 3 planned, 3 resolved
