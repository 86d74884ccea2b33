// Writes src/queries.generated.ts: the operations of src/queries.graphql with their types, by the schema of a running kith.
import { readFile, writeFile } from 'node:fs/promises';
import { codegen } from '@graphql-codegen/core';
import * as operations from '@graphql-codegen/typescript-operations';
import * as documents from '@graphql-codegen/typed-document-node';
import { parse } from 'graphql';

const origin = process.env.KITH_URL ?? 'http://127.0.0.1:8080';
const schema = await fetch(`${origin}/schema.graphql`).then(r => r.text());
const filename = 'src/queries.generated.ts';
const text = await codegen({
  filename,
  schema: parse(schema),
  documents: [{ document: parse(await readFile('src/queries.graphql', 'utf8')) }],
  config: { scalars: { ID: 'string', DateTime: 'string' }, useTypeImports: true, nonOptionalTypename: true, skipTypeNameForRoot: true },
  plugins: [{ operations: {} }, { documents: {} }],
  pluginMap: { operations, documents },
});
await writeFile(filename, text);
