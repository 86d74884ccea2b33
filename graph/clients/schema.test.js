// The schema, as tools for Relay and for good schemas see it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import plugin from '@graphql-eslint/eslint-plugin';
import { Linter } from 'eslint';
import { buildSchema, findBreakingChanges } from 'graphql';
import relay from 'relay-compiler';
import { sdl } from './server.js';

const run = promisify(execFile);
const bin = name => new URL(`node_modules/.bin/${name}`, import.meta.url).pathname;

const schema = await sdl();

// A page of posts that loads more, refetches one by its id, and changes it.
const component = `
import { graphql } from 'relay-runtime';
graphql\`
  query AppQuery($first: Int!, $after: String) {
    user(by: { username: "ada" }) { ...App_user @arguments(first: $first, after: $after) }
    node(id: "x") { ... on Post { ...App_post @alias(as: "post") } }
  }
\`;
graphql\`
  fragment App_user on User
  @refetchable(queryName: "AppUserQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 10 }, after: { type: "String" }) {
    username
    posts(first: $first, after: $after, orderBy: [{ field: CREATED_AT, direction: DESC }]) @connection(key: "App_posts") {
      edges { node { ...App_post } }
    }
  }
\`;
graphql\`
  fragment App_post on Post @refetchable(queryName: "AppPostQuery") { title author { name } tags(first: 5) { nodes { name } } }
\`;
graphql\`
  fragment App_counts on Query { posts(first: 1) { totalCount } tags(first: 1) { totalCount } }
\`;
graphql\`
  mutation AppMutation($new: CreatePostInput!, $input: UpdatePostInput!, $connections: [ID!]!) {
    createPost(input: $new) { postEdge @appendEdge(connections: $connections) { cursor node { ...App_post } } query { ...App_counts } }
    updatePost(input: $input) { post { ...App_post } userErrors { field message } }
    deletePost(input: { id: "x" }) { deletedId @deleteEdge(connections: $connections) }
  }
\`;
`;

test('relay-compiler', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kith-relay-'));
  try {
    await mkdir(join(folder, 'src'));
    await writeFile(join(folder, 'schema.graphql'), schema);
    await writeFile(join(folder, 'src/App.js'), component);
    await writeFile(join(folder, 'relay.config.json'), JSON.stringify({ src: './src', schema: './schema.graphql', language: 'javascript', eagerEsModules: true }));
    await run(relay, ['relay.config.json'], { cwd: folder });
    const made = await readdir(join(folder, 'src/__generated__'));
    for (const name of ['AppQuery', 'AppUserQuery', 'AppPostQuery', 'AppMutation']) assert.ok(made.includes(`${name}.graphql.js`), name);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('graphql-eslint: the rules for Relay, and more', () => {
  const rules = {
    'relay-arguments': ['error', { includeBoth: true }],
    'relay-connection-types': 'error',
    'relay-edge-types': ['error', { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false }],
    'relay-page-info': 'error',
    'naming-convention': ['error', { types: 'PascalCase', FieldDefinition: 'camelCase', InputValueDefinition: 'camelCase', EnumValueDefinition: 'UPPER_CASE' }],
    'require-description': ['error', { types: true, FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true, DirectiveDefinition: true }],
    'unique-enum-value-names': 'error',
  };
  const messages = new Linter({ cwd: import.meta.dirname }).verify(
    schema,
    [
      {
        files: ['**/*.graphql'],
        plugins: { '@graphql-eslint': plugin },
        languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema } } },
        rules: Object.fromEntries(Object.entries(rules).map(([name, options]) => [`@graphql-eslint/${name}`, options])),
      },
    ],
    'schema.graphql',
  );
  // A search goes on from where it ended, and not back.
  const wrong = messages.filter(({ message }) => !/Field `search` must contain an argument `(last|before)`/.test(message));
  assert.deepEqual(wrong.map(({ ruleId, line, message }) => `${line} ${ruleId}: ${message}`), []);
});

// All its rules but those that want everything in alphabetical order: fields stand in the order in which they are read.
const RULES = `arguments-have-descriptions defined-types-are-used deprecations-have-a-reason descriptions-are-capitalized
  enum-values-all-caps enum-values-have-descriptions fields-are-camel-cased fields-have-descriptions input-object-values-are-camel-cased
  input-object-values-have-descriptions relay-connection-arguments-spec relay-connection-types-spec relay-page-info-spec
  types-are-capitalized types-have-descriptions`.split(/\s+/);

test('graphql-schema-linter', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kith-lint-'));
  try {
    const file = join(folder, 'schema.graphql');
    await writeFile(file, schema);
    await run(bin('graphql-schema-linter'), ['--format', 'compact', '--rules', RULES.join(','), file], { cwd: folder });
  } catch (error) {
    assert.fail(error.stdout || error);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('graphql-js builds it', () => assert.equal(buildSchema(schema).getQueryType().name, 'Query'));

test('nothing released is broken', async () => {
  const released = await readFile(new URL('../../docs/schema.graphql', import.meta.url), 'utf8');
  assert.deepEqual(findBreakingChanges(buildSchema(released), buildSchema(schema)).map(change => change.description), []);
});
