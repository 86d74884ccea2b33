// Sends one request to the API and returns its answer, a GraphQL result whatever the HTTP status.
export async function send(params, headers) {
  const response = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(params) });
  const text = await response.text();
  let result;
  try {
    result = JSON.parse(text);
  } catch {
    const message = `HTTP ${response.status} without JSON: ${text.slice(0, 200) || response.statusText}`;
    result = { errors: [{ message }] };
  }
  return { status: response.status, result };
}

export function requestHeaders() {
  return new Headers({
    Accept: 'application/graphql-response+json, application/json',
    'Content-Type': 'application/json',
  });
}
