/** HTTP requests exactly as given: `fetch` would tidy the path and set Host and Origin by itself. */
import { request, type IncomingHttpHeaders } from 'node:http';

export interface PlainRequest {
  readonly method?: string;
  /** Sent as it is, `..` included. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Sends the body in chunks, without announcing its length. */
  readonly chunked?: boolean;
}

export interface PlainAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. Throws when it is none. */
  readonly json: () => unknown;
}

export function sendPlainRequest(port: number, wanted: PlainRequest): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const length = wanted.body === undefined ? 0 : Buffer.byteLength(wanted.body);
    const framing: Record<string, string> =
      wanted.chunked === true ? {} : { 'Content-Length': String(length) };
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        method: wanted.method ?? 'GET',
        path: wanted.path,
        headers: { ...framing, ...wanted.headers },
        agent: false,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text,
            json: () => JSON.parse(text) as unknown,
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(wanted.body);
  });
}
