-- posts
-- sqlite
SELECT t1.id, t1.title, t1.author_id, t2.id, t2.name, t1.o0, t1.o1 FROM (SELECT t3.id, t3.title, t3.author_id, t3o0.name AS o0, (SELECT count(*) FROM post_tags AS t3c1 WHERE t3c1.post_id = t3.id) AS o1 FROM posts AS t3 JOIN users AS t3o0 ON t3o0.id = t3.author_id WHERE TRUE ORDER BY o0, o1 DESC, t3.id LIMIT 4) AS t1 LEFT JOIN users AS t2 ON t2.id = t1.author_id ORDER BY t1.o0, t1.o1 DESC, t1.id
-- postgres
SELECT t1.id, t1.title, t1.author_id, t2.id, t2.name, t1.o0, t1.o1 FROM (SELECT t3.id, t3.title, t3.author_id, t3o0.name AS o0, t3n1.n AS o1 FROM posts AS t3 JOIN users AS t3o0 ON t3o0.id = t3.author_id CROSS JOIN LATERAL (SELECT count(*) FROM post_tags AS t3c1 WHERE t3c1.post_id = t3.id) AS t3n1(n) WHERE TRUE ORDER BY o0, o1 DESC, t3.id LIMIT 4) AS t1 LEFT JOIN users AS t2 ON t2.id = t1.author_id ORDER BY t1.o0, t1.o1 DESC, t1.id

-- posts.edges.node.tags.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.post_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.post_id = k.key) FROM unnest((SELECT ?::bigint[])) AS k(key)

-- 2 planned, 3 resolved
