/** The order of a relay when single messages are refused, which a real server does only now and then. */
import { expect, it } from 'vitest';
import { SignalboxError } from '../contract/errors.ts';
import type { RelayMessage } from '../core/storage.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import type { Publisher } from './publisher.ts';
import { createRelayOutlet } from './relay-outlet.ts';

function command(to: string, i: number): RelayMessage {
  return {
    type: 'command',
    messageId: `test.a:1:${i}`,
    to: { kind: 'test', id: to },
    command: {
      v: 1,
      purpose: 'deliver',
      id: `${to}-${i}`,
      at: '2026-01-01T00:00:00.000Z',
      body: { type: 'go' },
    },
  };
}

it('sends no command to an actor before the one ahead of it is stored', async () => {
  const stored: string[] = [];
  let refusals = 1;
  const publisher: Publisher = {
    maxPayloadBytes: 1_000,
    lastFailure: undefined,
    publish: async ({ messageId = '' }) => {
      await Promise.resolve();
      if (messageId.endsWith(':0') && refusals > 0) {
        refusals -= 1;
        throw new SignalboxError('SB_STORAGE_FULL', 'for a moment', { retryable: true });
      }
      stored.push(messageId);
      return { status: 'stored', seq: stored.length, duplicate: false };
    },
  };
  const space = { namespace: 'n', partitionCount: 1 };
  const connection = { publish: () => undefined };
  const outlet = createRelayOutlet(
    connection,
    publisher,
    space,
    createManualClock(),
    async () => new Set(),
  );
  const messages = [command('b', 0), command('b', 1), command('c', 2)];
  await expect(outlet.publish(messages)).rejects.toMatchObject({ code: 'SB_STORAGE_FULL' });
  expect(stored).toEqual(['n:test.a:1:2']);
  await outlet.publish(messages);
  expect(stored.slice(1, 4)).toEqual(expect.arrayContaining(['n:test.a:1:0', 'n:test.a:1:1']));
  expect(stored.indexOf('n:test.a:1:0')).toBeLessThan(stored.indexOf('n:test.a:1:1'));
});
