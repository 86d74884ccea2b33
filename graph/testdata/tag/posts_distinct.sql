-- tags
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- tags.nodes.posts
-- sqlite
SELECT k.key, t1.id, t1.title FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t2.id AS key FROM (SELECT t3.id, row_number() OVER (PARTITION BY t3.author_id ORDER BY t3.title, t3.id) AS place FROM post_tags AS lt3 JOIN posts AS t3 ON t3.id = lt3.post_id WHERE lt3.tag_id = k.value) AS dt2 JOIN posts AS t2 ON t2.id = dt2.id WHERE dt2.place = 1 ORDER BY t2.title, t2.id LIMIT 2))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.title FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.title FROM (SELECT t3.id, row_number() OVER (PARTITION BY t3.author_id ORDER BY t3.title, t3.id) AS place FROM post_tags AS lt3 JOIN posts AS t3 ON t3.id = lt3.post_id WHERE lt3.tag_id = k.key) AS dt2 JOIN posts AS t2 ON t2.id = dt2.id WHERE dt2.place = 1 ORDER BY COALESCE(t2.title, t2.title), t2.id LIMIT 2) AS t1 ORDER BY k.key, t1.title, t1.id

-- tags.nodes.posts.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM (SELECT t2.id, row_number() OVER (PARTITION BY t2.author_id) AS place FROM post_tags AS lt2 JOIN posts AS t2 ON t2.id = lt2.post_id WHERE lt2.tag_id = k.value) AS dt1 JOIN posts AS t1 ON t1.id = dt1.id WHERE dt1.place = 1) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM (SELECT t2.id, row_number() OVER (PARTITION BY t2.author_id) AS place FROM post_tags AS lt2 JOIN posts AS t2 ON t2.id = lt2.post_id WHERE lt2.tag_id = k.key) AS dt1 JOIN posts AS t1 ON t1.id = dt1.id WHERE dt1.place = 1) FROM unnest((SELECT ?::bigint[])) AS k(key)

-- 3 planned, 3 resolved
