-- posts
SELECT t1.id, t1.title, t1.author_id, t2.id, t2.username, t2.name FROM (SELECT t3.id, t3.title, t3.author_id FROM posts AS t3 WHERE TRUE ORDER BY t3.id LIMIT 20) AS t1 LEFT JOIN users AS t2 ON t2.id = t1.author_id ORDER BY t1.id

-- 1 planned, 2 resolved
