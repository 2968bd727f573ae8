/**
 * Reads a request body as raw bytes, never more than a limit. Our own rather than Hono's `bodyLimit`,
 * which rebuilds the request from a copy when the length is not announced.
 */
export type RequestBody =
  | { readonly status: 'read'; readonly bytes: Uint8Array }
  | { readonly status: 'tooLarge' }
  /** The sender went away before the body was complete. */
  | { readonly status: 'incomplete' };

/** Trusts no announced length, only what arrives; an announced length beyond the limit is refused unread. */
export async function readRequestBody(request: Request, maxBytes: number): Promise<RequestBody> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > maxBytes) return { status: 'tooLarge' };
  if (request.body === null) return { status: 'read', bytes: new Uint8Array(0) };

  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.byteLength;
      if (size > maxBytes) return { status: 'tooLarge' };
      chunks.push(value);
    }
  } catch {
    // The stream fails for one reason only: the connection ended. There is nobody left to tell more.
    return { status: 'incomplete' };
  }
  return { status: 'read', bytes: Buffer.concat(chunks, size) };
}
