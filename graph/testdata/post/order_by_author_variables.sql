-- posts
-- sqlite
SELECT t1.id, t1.title, t1.created_at, t1.updated_at, t1.o0 FROM (SELECT t2.id, t2.title, t2.created_at, t2.updated_at, (SELECT count(*) FROM posts AS t2c0 WHERE t2c0.author_id = t2o0.id) AS o0 FROM posts AS t2 JOIN users AS t2o0 ON t2o0.id = t2.author_id WHERE TRUE ORDER BY o0, t2.title DESC, t2.id DESC LIMIT 2) AS t1 ORDER BY t1.o0, t1.title DESC, t1.id DESC
-- postgres
SELECT t1.id, t1.title, t1.created_at, t1.updated_at, t1.o0 FROM (SELECT t2.id, t2.title, t2.created_at, t2.updated_at, t2n0.n AS o0 FROM posts AS t2 JOIN users AS t2o0 ON t2o0.id = t2.author_id CROSS JOIN LATERAL (SELECT count(*) FROM posts AS t2c0 WHERE t2c0.author_id = t2o0.id) AS t2n0(n) WHERE TRUE ORDER BY o0, t2.title DESC, t2.id DESC LIMIT 2) AS t1 ORDER BY t1.o0, t1.title DESC, t1.id DESC

-- 1 planned, 1 resolved
