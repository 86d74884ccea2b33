-- tags
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- tags.nodes.posts
-- sqlite
SELECT k.key, t1.id, t1.title, t1o0.username FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.post_id AS key FROM post_tags AS lt2 JOIN posts AS t2 ON t2.id = lt2.post_id JOIN users AS t2o0 ON t2o0.id = t2.author_id WHERE lt2.tag_id = k.value ORDER BY t2o0.username DESC, lt2.post_id LIMIT 2))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value JOIN users AS t1o0 ON t1o0.id = t1.author_id ORDER BY k.key, t1o0.username DESC, t1.id
-- postgres
SELECT k.key, t1.id, t1.title, t1.o0 FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.title, t2o0.username AS o0 FROM post_tags AS lt2 JOIN posts AS t2 ON t2.id = lt2.post_id JOIN users AS t2o0 ON t2o0.id = t2.author_id WHERE lt2.tag_id = k.key ORDER BY o0 DESC, lt2.post_id LIMIT 2) AS t1 ORDER BY k.key, t1.o0 DESC, t1.id

-- 2 planned, 2 resolved
