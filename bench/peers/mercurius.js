// Mercurius with jit and loaders, one prepared statement for each level, over the same tables.
import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";
import { database, host, port, twice } from "./two.js";

const schema = `
  type Query {
    user(by: UserBy!): User
    users(first: Int!): Users!
    posts(first: Int!): Posts!
  }
  input UserBy { id: ID! }
  type User { id: ID! username: String! name: String! profile: Profile posts(first: Int!): Posts! }
  type Profile { id: ID! fullName: String bio: String }
  type Post { id: ID! title: String! content: String! author: User! tags: Tags! }
  type Tag { id: ID! name: String! }
  type Users { nodes: [User!]! }
  type Posts { nodes: [Post!]! }
  type Tags { nodes: [Tag!]! }
`;

twice(async () => {
  const pool = new pg.Pool({ connectionString: database, max: 16 });
  const rows = async (name, text, ...values) => (await pool.query({ name, text, values })).rows;
  // What belongs to each of many keys, in the order of the keys.
  const grouped = (keys, found, key) => {
    const groups = new Map(keys.map((k) => [k, []]));
    for (const row of found) groups.get(row[key])?.push(row);
    return keys.map((k) => ({ nodes: groups.get(k) }));
  };
  const oneEach = (keys, found, key) => {
    const byKey = new Map(found.map((row) => [row[key], row]));
    return keys.map((k) => byKey.get(k) ?? null);
  };
  const ids = (queries) => queries.map((q) => q.obj.id);
  const users = "SELECT id, username, name FROM users ";
  const posts = "SELECT id, author_id, title, content FROM posts ";

  const resolvers = {
    Query: {
      user: async (_, { by }) => (await rows("user", users + "WHERE id = $1", by.id))[0],
      users: async (_, { first }) => ({ nodes: await rows("users", users + "ORDER BY id LIMIT $1", first) }),
      posts: async (_, { first }) => ({ nodes: await rows("posts", posts + "ORDER BY id LIMIT $1", first) }),
    },
  };
  const loaders = {
    User: {
      async profile(queries) {
        const text = 'SELECT id, user_id, full_name AS "fullName", bio FROM profiles WHERE user_id = ANY($1::bigint[])';
        return oneEach(ids(queries), await rows("profiles", text, ids(queries)), "user_id");
      },
      async posts(queries) { // all of them ask for the same number here
        const text = `SELECT p.* FROM unnest($1::bigint[]) AS k(id) CROSS JOIN LATERAL (${posts} WHERE author_id = k.id ORDER BY id LIMIT $2) AS p`;
        return grouped(ids(queries), await rows("posts of users", text, ids(queries), queries[0].params.first), "author_id");
      },
    },
    Post: {
      async author(queries) {
        const keys = queries.map((q) => q.obj.author_id);
        return oneEach(keys, await rows("authors", users + "WHERE id = ANY($1::bigint[])", keys), "id");
      },
      async tags(queries) {
        const text = "SELECT l.post_id, t.id, t.name FROM post_tags AS l JOIN tags AS t ON t.id = l.tag_id WHERE l.post_id = ANY($1::bigint[]) ORDER BY l.post_id, t.id";
        return grouped(ids(queries), await rows("tags", text, ids(queries)), "post_id");
      },
    },
  };

  const app = Fastify();
  app.register(mercurius, { schema, resolvers, loaders, jit: 1 });
  await app.listen({ host, port: Number(port) });
});
