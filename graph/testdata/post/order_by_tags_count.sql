-- back
-- sqlite
SELECT FALSE, (SELECT 1 FROM posts AS t2 WHERE TRUE AND ((SELECT count(*) FROM post_tags AS t2c0 WHERE t2c0.post_id = t2.id), t2.id) >= (?, ?) ORDER BY (SELECT count(*) FROM post_tags AS t2c0 WHERE t2c0.post_id = t2.id), t2.id LIMIT 1) IS NOT NULL, t1.id, t1.title, t1.o0 FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t3.id, t3.title, (SELECT count(*) FROM post_tags AS t3c0 WHERE t3c0.post_id = t3.id) AS o0 FROM posts AS t3 WHERE TRUE AND ((SELECT count(*) FROM post_tags AS t3c0 WHERE t3c0.post_id = t3.id), t3.id) < (?, ?) ORDER BY o0 DESC, t3.id DESC LIMIT 3) AS t1 ON TRUE ORDER BY t1.o0 DESC, t1.id DESC
-- postgres
SELECT FALSE, (SELECT 1 FROM posts AS t2 CROSS JOIN LATERAL (SELECT count(*) FROM post_tags AS t2c0 WHERE t2c0.post_id = t2.id) AS t2n0(n) WHERE TRUE AND (t2n0.n, t2.id) >= (?, ?) ORDER BY t2n0.n, t2.id LIMIT 1) IS NOT NULL, t1.id, t1.title, t1.o0 FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t3.id, t3.title, t3n0.n AS o0 FROM posts AS t3 CROSS JOIN LATERAL (SELECT count(*) FROM post_tags AS t3c0 WHERE t3c0.post_id = t3.id) AS t3n0(n) WHERE TRUE AND (t3n0.n, t3.id) < (?, ?) ORDER BY o0 DESC, t3.id DESC LIMIT 3) AS t1 ON TRUE ORDER BY t1.o0 DESC, t1.id DESC

-- posts
-- sqlite
SELECT t1.id, t1.title, t1.o0 FROM (SELECT t2.id, t2.title, (SELECT count(*) FROM post_tags AS t2c0 WHERE t2c0.post_id = t2.id) AS o0 FROM posts AS t2 WHERE TRUE ORDER BY o0, t2.id LIMIT 20) AS t1 ORDER BY t1.o0, t1.id
-- postgres
SELECT t1.id, t1.title, t1.o0 FROM (SELECT t2.id, t2.title, t2n0.n AS o0 FROM posts AS t2 CROSS JOIN LATERAL (SELECT count(*) FROM post_tags AS t2c0 WHERE t2c0.post_id = t2.id) AS t2n0(n) WHERE TRUE ORDER BY o0, t2.id LIMIT 20) AS t1 ORDER BY t1.o0, t1.id

-- posts.edges.node.tags.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.post_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.post_id = k.key) FROM unnest((SELECT ?::bigint[])) AS k(key)

-- 3 planned, 3 resolved
