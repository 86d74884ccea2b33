package main

// One statement a query. Text put together is what PostgreSQL makes JSON of fastest: json_build_object, json_agg and
// row_to_json look up the types of what they are given for every row. to_json quotes what needs quoting.

const (
	jsonQ1 = `SELECT '{"user":' || coalesce((SELECT ` + jsonUser + ` || ',"profile":' || ` + jsonProfile + ` || '}'
		FROM users AS u LEFT JOIN profiles AS f ON f.user_id = u.id WHERE u.id = $1), 'null') || '}'`

	jsonQ2 = jsonUsers + `']}}'` + jsonUsersEnd
	jsonA2 = jsonUsers + `'],"aggregate":' || (
			SELECT '{"count":' || count(*) || ',"max":{"createdAt":' || coalesce('"' || to_char(max(created_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"', 'null') || '}}' FROM posts WHERE author_id = u.id
		) || '}}'` + jsonUsersEnd

	jsonUsers = `SELECT '{"users":{"nodes":[' || coalesce(string_agg(` + jsonUser + ` || ',"profile":' || ` + jsonProfile + ` || ',"posts":{"nodes":[' || (
			SELECT coalesce(string_agg(` + jsonPost + ` || ',"content":' || to_json(p.content) || ',"tags":' || ` + jsonTags + ` || '}', ','), '')
			FROM (SELECT id, title, content FROM posts WHERE author_id = u.id ORDER BY id LIMIT 10) AS p
		) || `
	jsonUsersEnd = `, ',' ORDER BY u.id), '') || ']}}'
		FROM (SELECT id, username, name FROM users ORDER BY id LIMIT 50) AS u LEFT JOIN profiles AS f ON f.user_id = u.id`

	jsonQ3 = `SELECT '{"posts":{"nodes":[' || coalesce(string_agg(` + jsonPost + ` || ',"content":' || to_json(p.content) ||
			',"author":' || ` + jsonUser + ` || ',"profile":' || ` + jsonProfile + ` || '}}', ',' ORDER BY p.id), '') || ']}}'
		FROM (SELECT id, author_id, title, content FROM posts ORDER BY id LIMIT 100) AS p
		JOIN users AS u ON u.id = p.author_id LEFT JOIN profiles AS f ON f.user_id = u.id`

	jsonQ4 = `SELECT '{"users":{"nodes":[' || coalesce(string_agg(` + jsonName + ` || ',"posts":{"nodes":[' || (
			SELECT coalesce(string_agg(` + jsonPost + ` || ',"author":' || (
				SELECT ` + jsonName + ` || ',"profile":' || ` + jsonProfile + ` || '}' FROM users AS u LEFT JOIN profiles AS f ON f.user_id = u.id WHERE u.id = p.author_id
			) || ',"tags":' || ` + jsonTags + ` || '}', ','), '')
			FROM (SELECT id, author_id, title FROM posts WHERE author_id = u.id ORDER BY id LIMIT 5) AS p
		) || ']}}', ','), '') || ']}}'
		FROM (SELECT id, username FROM users ORDER BY id LIMIT 20) AS u`

	// The objects of rows u, f, p and t, without their last brace where more may follow.
	jsonName    = `'{"id":"' || rtrim(encode(('User:' || u.id)::bytea, 'base64'), '=') || '","username":' || to_json(u.username)`
	jsonUser    = jsonName + ` || ',"name":' || to_json(u.name)`
	jsonProfile = `coalesce('{"id":"' || rtrim(encode(('Profile:' || f.id)::bytea, 'base64'), '=') ||
		'","fullName":' || coalesce(to_json(f.full_name)::text, 'null') || ',"bio":' || coalesce(to_json(f.bio)::text, 'null') || '}', 'null')`
	jsonPost = `'{"id":"' || rtrim(encode(('Post:' || p.id)::bytea, 'base64'), '=') || '","title":' || to_json(p.title)`
	jsonTags = `'{"nodes":[' || (
			SELECT coalesce(string_agg('{"id":"' || rtrim(encode(('Tag:' || t.id)::bytea, 'base64'), '=') || '","name":' || to_json(t.name) || '}', ','), '')
			FROM (SELECT t.id, t.name FROM post_tags JOIN tags AS t ON t.id = tag_id WHERE post_id = p.id ORDER BY tag_id LIMIT 20) AS t
		) || ']}'`
)
