-- operation Blank
-- 0 planned, 0 resolved

-- operation NotFound
-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest(?::bigint[]) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- Post.authorId
-- sqlite
SELECT id, id FROM users WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id
-- postgres
SELECT id, id FROM users WHERE id = ANY(?::bigint[]) ORDER BY id FOR KEY SHARE

-- 1 planned, 1 resolved

-- operation After
-- posts.totalCount
SELECT 0, count(*) FROM posts AS t1 WHERE TRUE

-- 1 planned, 1 resolved
