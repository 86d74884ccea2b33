// The saved examples are valid against the schema beside this folder (or against the file named by SCHEMA), variables included.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { buildSchema, getVariableValues, parse, validate } from 'graphql';

const here = new URL('.', import.meta.url);
const read = (name, base = here) => readFileSync(new URL(name, base), 'utf8');

const parent = new URL('../', here);
const sdl = process.env.SCHEMA
  ? readFileSync(process.env.SCHEMA, 'utf8')
  : readdirSync(parent)
      .filter(name => name.endsWith('.graphqls'))
      .map(name => read(name, parent))
      .join('\n');
// Directives that only the code generator reads are not declared in the schema.
const schema = buildSchema(sdl, { assumeValidSDL: true });

const names = readdirSync(new URL('examples', here)).filter(name => name.endsWith('.graphql'));

test('there are four examples', () => assert.equal(names.length, 4));

for (const name of names) {
  test(name, () => {
    const text = read(`examples/${name}`);
    assert.match(text, /^# \S.*\n[^#\n]/, 'begins with one line that says what it shows');

    const document = parse(text);
    assert.deepEqual(validate(schema, document).map(String), []);

    const variables = `examples/${name.replace('.graphql', '.json')}`;
    const values = existsSync(new URL(variables, here)) ? JSON.parse(read(variables)) : {};
    const { variableDefinitions } = document.definitions.find(({ kind }) => kind === 'OperationDefinition');
    const { errors = [] } = getVariableValues(schema, variableDefinitions, values);
    assert.deepEqual(errors.map(String), []);
    const declared = variableDefinitions.map(({ variable }) => variable.name.value);
    assert.deepEqual(Object.keys(values).filter(key => !declared.includes(key)), []);
  });
}
