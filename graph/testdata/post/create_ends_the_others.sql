-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest(?::bigint[]) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- User.id
-- sqlite
SELECT 1 FROM users WHERE id = ? AND id <> ?
-- postgres
SELECT 1 FROM users WHERE id = ? AND id <> ? FOR KEY SHARE

-- 1 planned, 1 resolved
