-- users
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- users.nodes.posts
-- sqlite
SELECT k.key, t1.id, t1.title, (SELECT count(*) FROM post_tags AS t1c0 WHERE t1c0.post_id = t1.id) FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t2.id AS key FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY (SELECT count(*) FROM post_tags AS t2c0 WHERE t2c0.post_id = t2.id) DESC, t2.id LIMIT 2))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value ORDER BY k.key, (SELECT count(*) FROM post_tags AS t1c0 WHERE t1c0.post_id = t1.id) DESC, t1.id
-- postgres
SELECT k.key, t1.id, t1.title, t1.o0 FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.title, t2n0.n AS o0 FROM posts AS t2 CROSS JOIN LATERAL (SELECT count(*) FROM post_tags AS t2c0 WHERE t2c0.post_id = t2.id) AS t2n0(n) WHERE t2.author_id = k.key ORDER BY o0 DESC, t2.id LIMIT 2) AS t1 ORDER BY k.key, t1.o0 DESC, t1.id

-- users.nodes.after
-- sqlite
SELECT k.key, (SELECT 1 FROM posts AS t2 WHERE t2.author_id = k.value AND ((SELECT count(*) FROM post_tags AS t2c0 WHERE t2c0.post_id = t2.id) >= ? AND (((SELECT count(*) FROM post_tags AS t2c0 WHERE t2c0.post_id = t2.id) > ?) OR ((SELECT count(*) FROM post_tags AS t2c0 WHERE t2c0.post_id = t2.id) = ? AND t2.id < ?) OR ((SELECT count(*) FROM post_tags AS t2c0 WHERE t2c0.post_id = t2.id) = ? AND t2.id = ?))) ORDER BY (SELECT count(*) FROM post_tags AS t2c0 WHERE t2c0.post_id = t2.id), t2.id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.title, (SELECT count(*) FROM post_tags AS t1c0 WHERE t1c0.post_id = t1.id) FROM json_each(?) AS k LEFT JOIN json_each((SELECT json_group_array(key) FROM (SELECT t3.id AS key FROM posts AS t3 WHERE t3.author_id = k.value AND ((SELECT count(*) FROM post_tags AS t3c0 WHERE t3c0.post_id = t3.id) <= ? AND (((SELECT count(*) FROM post_tags AS t3c0 WHERE t3c0.post_id = t3.id) < ?) OR ((SELECT count(*) FROM post_tags AS t3c0 WHERE t3c0.post_id = t3.id) = ? AND t3.id > ?))) ORDER BY (SELECT count(*) FROM post_tags AS t3c0 WHERE t3c0.post_id = t3.id) DESC, t3.id LIMIT 3))) AS p LEFT JOIN posts AS t1 ON t1.id = p.value ORDER BY k.key, (SELECT count(*) FROM post_tags AS t1c0 WHERE t1c0.post_id = t1.id) DESC, t1.id
-- postgres
SELECT k.key, (SELECT 1 FROM posts AS t2 CROSS JOIN LATERAL (SELECT count(*) FROM post_tags AS t2c0 WHERE t2c0.post_id = t2.id) AS t2n0(n) WHERE t2.author_id = k.key AND (t2n0.n >= ? AND ((t2n0.n > ?) OR (t2n0.n = ? AND t2.id < ?) OR (t2n0.n = ? AND t2.id = ?))) ORDER BY t2n0.n, t2.id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.title, t1.o0 FROM unnest((SELECT ?::bigint[])) AS k(key) LEFT JOIN LATERAL (SELECT t3.id, t3.title, t3n0.n AS o0 FROM posts AS t3 CROSS JOIN LATERAL (SELECT count(*) FROM post_tags AS t3c0 WHERE t3c0.post_id = t3.id) AS t3n0(n) WHERE t3.author_id = k.key AND (t3n0.n <= ? AND ((t3n0.n < ?) OR (t3n0.n = ? AND t3.id > ?))) ORDER BY o0 DESC, t3.id LIMIT 3) AS t1 ON TRUE ORDER BY k.key, t1.o0 DESC, t1.id

-- 3 planned, 3 resolved
