-- posts
SELECT t1.id, t1.title, t1.author_id, t1.created_at, t2.id, t2.username FROM (SELECT t3.id, t3.title, t3.author_id, t3.created_at FROM (SELECT t4.id, row_number() OVER (PARTITION BY t4.author_id ORDER BY t4.created_at DESC, t4.id) AS place FROM posts AS t4 WHERE TRUE) AS dt3 JOIN posts AS t3 ON t3.id = dt3.id WHERE dt3.place = 1 ORDER BY t3.created_at DESC, t3.id LIMIT 21) AS t1 LEFT JOIN users AS t2 ON t2.id = t1.author_id ORDER BY t1.created_at DESC, t1.id

-- posts.totalCount
SELECT 0, count(*) FROM (SELECT t2.id, row_number() OVER (PARTITION BY t2.author_id) AS place FROM posts AS t2 WHERE TRUE) AS dt1 JOIN posts AS t1 ON t1.id = dt1.id WHERE dt1.place = 1

-- where
SELECT t1.id, t1.title FROM (SELECT t2.id, row_number() OVER (PARTITION BY t2.author_id ORDER BY t2.id) AS place FROM posts AS t2 WHERE t2.title <> ?) AS dt1 JOIN posts AS t1 ON t1.id = dt1.id WHERE dt1.place = 1 ORDER BY t1.id LIMIT 2

-- where.totalCount
SELECT 0, count(*) FROM (SELECT t2.id, row_number() OVER (PARTITION BY t2.author_id) AS place FROM posts AS t2 WHERE t2.title <> ?) AS dt1 JOIN posts AS t1 ON t1.id = dt1.id WHERE dt1.place = 1

-- 4 planned, 5 resolved
