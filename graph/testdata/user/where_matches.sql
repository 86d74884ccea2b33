-- all
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- all.totalCount
SELECT 0, count(*) FROM users AS t1 WHERE TRUE

-- name
-- sqlite
SELECT t1.id, t1.username, t1.o0 FROM (SELECT t2.id, t2.username, rt2.relevance AS o0 FROM users AS t2 JOIN (SELECT rowid AS id, CAST(round(bm25(users_search, 10) * 1e9) AS INTEGER) AS relevance FROM users_search WHERE users_search MATCH ?) AS rt2 ON rt2.id = t2.id WHERE t2.id IN (SELECT rowid FROM users_search WHERE users_search MATCH ?) ORDER BY o0, t2.id LIMIT 20) AS t1 ORDER BY t1.o0, t1.id
-- postgres
SELECT t1.id, t1.username, t1.o0 FROM (SELECT t2.id, t2.username, rt2.relevance AS o0 FROM users AS t2 CROSS JOIN LATERAL (SELECT (ts_rank(t2.search, ?::tsquery) * -1e9)::bigint AS relevance) AS rt2 WHERE t2.search @@ ?::tsquery ORDER BY o0, t2.id LIMIT 20) AS t1 ORDER BY t1.o0, t1.id

-- none.totalCount
SELECT 0, count(*) FROM users AS t1 WHERE FALSE

-- prefix
-- sqlite
SELECT t1.id, t1.username FROM users AS t1 WHERE t1.id IN (SELECT rowid FROM users_search WHERE users_search MATCH ?) ORDER BY t1.id LIMIT 20
-- postgres
SELECT t1.id, t1.username FROM users AS t1 WHERE t1.search @@ ?::tsquery ORDER BY COALESCE(t1.id, t1.id) LIMIT 20

-- 5 planned, 5 resolved
