/** The port the gateway will listen on, known before it starts: NATS must allow its origin. */
import { createServer } from 'node:net';

/** 0 becomes a free port; any other number stays as it is, and the gateway says when it is taken. */
export async function chooseGatewayPort(host: string, port: number): Promise<number> {
  if (port !== 0) return port;
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      const chosen = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => {
        resolve(chosen);
      });
    });
  });
}

/** What a browser may call that gateway. */
export function listOrigins(host: string, port: number): readonly string[] {
  return [...new Set([host, '127.0.0.1', 'localhost'])].map((name) => `http://${name}:${port}`);
}
