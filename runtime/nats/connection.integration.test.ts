/** Which servers a connection goes to, and that it does not wait for one that stands still. */
import { describe, expect, it, vi } from 'vitest';
import { startTestServer } from '../testing/real-server.ts';
import { openConnection, readUrl, watchConnection } from './connection.ts';

describe('a URL', () => {
  it.each([
    ['nats://h:1', ['nats://h:1'], {}],
    ['h:1', ['h:1'], {}],
    ['nats://a:1,nats://b:2', ['nats://a:1', 'nats://b:2'], {}],
    ['nats://u:p%40@a:1,b:2', ['nats://a:1', 'b:2'], { user: 'u', pass: 'p@' }],
    ['nats://u:p@a:1, nats://u:p@b:2', ['nats://a:1', 'nats://b:2'], { user: 'u', pass: 'p' }],
  ])('%s names servers, and who we are', (url, servers, credentials) => {
    expect(readUrl(url)).toEqual({ servers, credentials });
  });
});

it('is given up when the server stands still, and made again when it goes on', async ({
  onTestFinished,
}) => {
  const server = await startTestServer();
  onTestFinished(() => server.stop());
  const connection = await openConnection({ ...server.connection, name: 'test' });
  onTestFinished(() => connection.close());
  const changes: string[] = [];
  watchConnection(connection, (change) => changes.push(change));
  process.kill(server.pid, 'SIGSTOP');
  try {
    await vi.waitFor(
      () => {
        expect(changes).toEqual(['disconnected']);
      },
      { timeout: 15_000, interval: 50 },
    );
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  await vi.waitFor(
    () => {
      expect(changes).toContain('reconnected');
    },
    { timeout: 15_000, interval: 50 },
  );
});
