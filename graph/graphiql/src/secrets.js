// What the browser keeps (tabs, history, favourites) has no passwords and no tokens: a value beside a name that says so is kept empty.

const NAME = String.raw`\w*(?:pass(?:word|phrase|wd)|secret|token|api[-_]?key|authorization|cookie)[\w-]*`;
// A text, half written as well, or a number.
const TEXT = String.raw`(?:"""[\s\S]*?(?:"""|$(?![\s\S]))|"(?:[^"\\\n]|\\.)*(?:"|$)|-?\d[\w.+-]*)`;
// In a document and in variables alike, and the default of a variable.
const VALUES = new RegExp(String.raw`((?<![\w$])"?${NAME}"?\s*:\s*|\$${NAME}\s*:[\s\w![\]]+=\s*)${TEXT}`, 'gim');
// A variable that a document gives to such a name.
const USES = new RegExp(String.raw`(?<![\w$])${NAME}\s*:\s*\$(\w+)`, 'gi');

// The filters for texts of which those that are known to everybody may stay.
export function secretsBut(known) {
  const hidden = (text, pattern) => (known.has(text) ? text : text.replace(pattern, '$1""'));

  // One operation without its secrets.
  function withoutSecrets(operation) {
    const { query, variables, headers } = operation;
    const rest = { ...operation };
    if (query) rest.query = hidden(query, VALUES);
    if (headers) rest.headers = hidden(headers, VALUES);
    if (variables) {
      rest.variables = hidden(variables, VALUES);
      for (const [, name] of query?.matchAll(USES) ?? []) {
        rest.variables = hidden(rest.variables, new RegExp(String.raw`("${name}"\s*:\s*)${TEXT}`, 'gm'));
      }
    }
    return rest;
  }

  // The same of what GraphiQL is about to store: the text of the operation being written, or JSON with operations in it.
  function stored(key, value, read) {
    if (key.endsWith(':variables')) return withoutSecrets({ query: read(key.replace('variables', 'query')), variables: value }).variables;
    try {
      const state = JSON.parse(value, (_, part) => (typeof part?.query === 'string' ? withoutSecrets(part) : part));
      if (typeof state === 'object' && !key.endsWith(':headers')) return JSON.stringify(state);
    } catch {
      // It is a text.
    }
    return hidden(value, VALUES);
  }

  return { withoutSecrets, stored };
}
