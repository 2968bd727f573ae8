/**
 * The `fetch` given to the SDK. It lets through only the headers the Messages API needs (the SDK
 * merges ANTHROPIC_CUSTOM_HEADERS from the environment into every request), sets the credentials we
 * were configured with, follows no redirects with them, and ends a response that has gone silent.
 */

const allowedHeaders = new Set([
  'accept',
  'anthropic-version',
  'content-type',
  'idempotency-key',
  'user-agent',
]);

export interface GuardedFetchOptions {
  /** The whole value of the Authorization header. */
  readonly authorization: string;
  readonly idleTimeoutMs: number;
}

type Fetch = typeof globalThis.fetch;

/** Thrown into the body of a response that sent nothing for `idleTimeoutMs`. */
class StreamSilentError extends Error {
  override readonly name = 'StreamSilentError';
  readonly idleTimeoutMs: number;

  constructor(idleTimeoutMs: number) {
    super(`the response sent nothing for ${idleTimeoutMs} ms`);
    this.idleTimeoutMs = idleTimeoutMs;
  }
}

export function createGuardedFetch(options: GuardedFetchOptions): Fetch {
  return async (input, init) => {
    const headers = new Headers();
    for (const [name, value] of new Headers(init?.headers)) {
      if (allowedHeaders.has(name)) headers.set(name, value);
    }
    headers.set('authorization', options.authorization);
    const response = await fetch(input, { ...init, headers, redirect: 'manual' });
    if (response.body === null) return response;
    return new Response(response.body.pipeThrough(createIdleGuard(options.idleTimeoutMs)), {
      status: response.status,
      statusText: response.statusText,
      headers: response.headers,
    });
  };
}

/** Passes bytes on; errors both sides after a silence. A cancelled reader stops the timer too. */
function createIdleGuard(idleTimeoutMs: number): TransformStream<Uint8Array, Uint8Array> {
  let timer: NodeJS.Timeout | undefined;
  const restart = (controller: TransformStreamDefaultController<Uint8Array>): void => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.error(new StreamSilentError(idleTimeoutMs)), idleTimeoutMs);
    // A response nobody reads any more must not keep the process alive.
    timer.unref();
  };
  return new TransformStream<Uint8Array, Uint8Array>({
    start: restart,
    transform: (chunk, controller) => {
      restart(controller);
      controller.enqueue(chunk);
    },
    flush: () => clearTimeout(timer),
  });
}
