// A subscription that goes on where it was: after a lost connection, an expired token, or the page having been out of sight.

type Payload<T> = { data?: T; errors?: { message: string; extensions?: { code?: string } }[] };

export type Follower<T> = {
  next(payload: Payload<T>): void;
  // It cannot be told what happened meanwhile: what has been read is to be read anew.
  gap(): void;
  // It is refused, and is not tried again.
  refused(error: Error): void;
};

const SILENCE = 30_000; // ms; kith sends something every 12 s
const LONGEST = 30_000; // ms between attempts

// Follows a subscription by server-sent events until the function that it answers is called. A hidden page lets go of its connection,
// of which a browser has six for a host, and asks for what it missed when it is looked at again.
export function follow<T>(send: typeof fetch, url: string, body: object, { next, gap, refused }: Follower<T>): () => void {
  const stopped = new AbortController();
  const page = globalThis.document;
  const sight = () => new Promise<void>(resolve => {
    const look = () => page?.visibilityState !== 'hidden' && resolve();
    page?.addEventListener('visibilitychange', look, { signal: stopped.signal });
    look();
  });

  async function run() {
    let cursor = '';
    for (let failures = 0, behind = false; !stopped.signal.aborted; failures++, behind = !cursor) {
      if (failures) await new Promise(resolve => setTimeout(resolve, Math.random() * Math.min(LONGEST, 500 * 2 ** failures)));
      await sight();
      const connection = new AbortController();
      const hide = () => page?.visibilityState === 'hidden' && connection.abort();
      page?.addEventListener('visibilitychange', hide, { signal: connection.signal });
      stopped.signal.addEventListener('abort', () => connection.abort(), { signal: connection.signal });
      try {
        const headers: Record<string, string> = { 'Content-Type': 'application/json', Accept: 'text/event-stream' };
        if (cursor) headers['Last-Event-ID'] = cursor;
        const response = await send(url, { method: 'POST', headers, body: JSON.stringify(body), signal: connection.signal });
        if (response.status === 400 || response.status === 403) return refused(new Error(await response.text()));
        if (!response.ok || !response.body) throw new Error(`The server answered ${response.status}.`);
        for await (const event of events(response.body, connection)) {
          failures = 0;
          if (event.id) cursor = event.id; // the first says where we begin, and nothing else
          if (behind) gap();
          behind = false;
          if (event.event !== 'next') continue;
          const payload: Payload<T> = JSON.parse(event.data);
          if (payload.errors?.some(e => e.extensions?.code === 'RESYNC')) cursor = '';
          if (payload.data) next(payload);
        }
      } catch {
        // It is tried again.
      }
      connection.abort();
    }
  }
  void run();
  return () => stopped.abort();
}

type Event = { event: string; id: string; data: string };

// The events of a body, as they come. A connection on which nothing comes, not even a comment, is given up.
async function* events(body: ReadableStream<Uint8Array>, connection: AbortController): AsyncGenerator<Event> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let text = '';
  for (;;) {
    const silence = setTimeout(() => connection.abort(), SILENCE);
    const { done, value } = await reader.read().finally(() => clearTimeout(silence));
    if (done) return;
    const blocks = (text += value).split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const event: Event = { event: 'message', id: '', data: '' };
      for (const line of block.split('\n')) {
        const [, name, value] = /^(event|id|data): ?(.*)$/.exec(line) ?? [];
        if (name) event[name as keyof Event] = value!;
      }
      yield event;
    }
  }
}
