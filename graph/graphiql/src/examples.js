// The tabs a new visitor finds: examples/*.graphql in order of their names, each with the .json of its name as variables.
const files = import.meta.glob('../examples/*', { query: '?raw', import: 'default', eager: true });

export const examples = Object.keys(files)
  .filter(name => name.endsWith('.graphql'))
  .sort()
  .map(name => ({
    query: files[name].trim(),
    variables: files[name.replace(/\.graphql$/, '.json')]?.trim() ?? null,
  }));
