import { endSession, currentSession } from './session.js';
import { lastReceipt, receiptWanted } from './receipt.js';

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

// The function GraphiQL runs operations with. What stands in the headers editor goes before what we add.
export async function graphiqlFetcher(params, options) {
  const headers = requestHeaders();
  // The schema is the same for everyone, and a token that has ended must not keep it away.
  const introspection = params.operationName === 'IntrospectionQuery';
  const session = introspection ? null : currentSession();
  if (session) headers.set('Authorization', `Bearer ${session.accessToken}`);
  if (!introspection && receiptWanted.get()) headers.set('X-Receipt', '1');
  for (const [name, value] of Object.entries(options?.headers ?? {})) headers.set(name, value);

  const { status, result } = await send(params, headers);
  const ours = session && headers.get('Authorization') === `Bearer ${session.accessToken}`;
  if (status === 401 && ours) endSession('The session has ended. Log in again.');
  if (!introspection) lastReceipt.set({ operation: params.operationName, ...result?.extensions });
  return result;
}
