-- search.totalCount
-- sqlite
SELECT count(*) FROM (SELECT 1 AS one FROM users AS t1 WHERE t1.id IN (SELECT rowid FROM users_search WHERE users_search MATCH ?) UNION ALL SELECT 1 AS one FROM posts AS t2 WHERE t2.id IN (SELECT rowid FROM posts_search WHERE posts_search MATCH ?)) AS found
-- postgres
SELECT count(*) FROM (SELECT 1 AS one FROM users AS t1 WHERE t1.search @@ ?::tsquery UNION ALL SELECT 1 AS one FROM posts AS t2 WHERE t2.search @@ ?::tsquery) AS found

-- 1 planned, 1 resolved
