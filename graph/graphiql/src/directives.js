import { GraphQLScalarType } from 'graphql';

// The types of a schema by their names, and its directives among them, first, as if they were types: the docs list them and find them.
export function typesAndDirectives(schema) {
  const directives = schema.getDirectives().map(directive => {
    const name = `@${directive.name}`;
    const { description } = directive;
    const declared = `directive ${name}${args(directive)}${directive.isRepeatable ? ' repeatable' : ''} on ${directive.locations.join(' | ')}`;
    return [name, Object.assign(Object.create(GraphQLScalarType.prototype), { name, description: `${description ?? ''}\n\n\`\`\`graphql\n${declared}\n\`\`\`` })];
  });
  return { ...Object.fromEntries(directives), ...schema.getTypeMap() };
}

const args = ({ args }) => (args.length ? `(${args.map(({ name, type, defaultValue }) => `${name}: ${type}${defaultValue === undefined ? '' : ` = ${JSON.stringify(defaultValue)}`}`).join(', ')})` : '');
