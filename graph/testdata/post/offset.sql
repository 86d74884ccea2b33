-- beyond
SELECT (SELECT 1 FROM posts AS t2 WHERE TRUE LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.title FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t3.id, t3.title FROM posts AS t3 WHERE TRUE ORDER BY t3.id LIMIT 3 OFFSET ?) AS t1 ON TRUE ORDER BY t1.id

-- beyond.totalCount
SELECT 0, (SELECT count(*) FROM posts AS t1)

-- none
SELECT (SELECT 1 FROM posts AS t2 WHERE t2.title = ? LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.title FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t3.id, t3.title FROM posts AS t3 WHERE t3.title = ? ORDER BY t3.id LIMIT 3 OFFSET ?) AS t1 ON TRUE ORDER BY t1.id

-- second
SELECT (SELECT 1 FROM posts AS t2 WHERE TRUE LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.title FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t3.id, t3.title FROM posts AS t3 WHERE TRUE ORDER BY t3.id LIMIT 3 OFFSET ?) AS t1 ON TRUE ORDER BY t1.id

-- second.totalCount
SELECT 0, (SELECT count(*) FROM posts AS t1)

-- 5 planned, 5 resolved
