-- posts
SELECT t1.id, t1.title FROM posts AS t1 WHERE TRUE ORDER BY t1.id LIMIT 1

-- posts.totalCount
SELECT 0, (SELECT count(*) FROM posts AS t1)

-- posts.aggregate
-- sqlite
SELECT count(*) AS a0, count(DISTINCT t1.author_id) AS a1, count(DISTINCT substr(t1.created_at, 1, 10) || ' 00:00:00.000000') AS a2, min(t1.title) AS a3, min(t1.created_at) AS a4, max(t1.title) AS a5, max(t1.updated_at) AS a6 FROM posts AS t1 WHERE TRUE
-- postgres
SELECT count(*) AS a0, count(DISTINCT t1.author_id) AS a1, count(DISTINCT date_trunc('day', t1.created_at)) AS a2, min(t1.title) AS a3, min(t1.created_at) AS a4, max(t1.title) AS a5, max(t1.updated_at) AS a6 FROM posts AS t1 WHERE TRUE

-- 3 planned, 3 resolved
