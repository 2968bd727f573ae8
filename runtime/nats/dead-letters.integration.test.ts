/** Dead letters and the export of states on a real server: what is stored once, what people do with it, what is read. */
import type { NatsConnection } from '@nats-io/nats-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeadLetter } from '../contract/dead-letter.ts';
import type { RelayMessage } from '../core/storage.ts';
import { makeCommit } from '../testing/conformance/storage-under-test.ts';
import { startTestServer, type TestServer } from '../testing/real-server.ts';
import { silentLog } from '../worker/log.ts';
import { readLastCommits, type StoredState } from './commit-export.ts';
import { openConnection } from './connection.ts';
import { openStorage, type Storage } from './open-storage.ts';

const space = { namespace: 'letters', partitionCount: 2 };
const at = '2026-01-01T00:00:00.000Z';
let server: TestServer;
let connection: NatsConnection;
let storage: Storage;
beforeAll(async () => {
  server = await startTestServer();
  connection = await openConnection({ ...server.connection, name: 'dead letters' });
  storage = await openStorage({ connection, space, replicas: 1, log: silentLog });
});
afterAll(async () => {
  await connection.close();
  await server.stop();
});

function makeLetter(id: string, kind: string, body: { readonly text?: string } = {}): DeadLetter {
  return {
    v: 1,
    id,
    at,
    actor: { kind, id: 'a' },
    reason: 'threw',
    command: { v: 1, purpose: 'deliver', id: 'c1', at, body: { type: 'go', ...body } },
    error: { message: 'poison', stack: ['at somewhere'] },
    attempts: 2,
  };
}

async function file(letter: DeadLetter): Promise<void> {
  const message: RelayMessage = { type: 'deadLetter', messageId: letter.id, letter };
  await storage.relay.publish([message]);
}

describe('a dead letter', () => {
  it('is stored once, and found by its kind', async () => {
    const letter = makeLetter('once.a.1-0', 'once');
    await file(letter);
    await file({ ...letter, attempts: 9 });
    await file(makeLetter('twice.a.1-0', 'twice'));
    const { deadLetters } = storage;
    expect(await deadLetters.get(letter.id)).toEqual({ letter, replays: [] });
    const found = await deadLetters.list({ kind: 'once', limit: 10 });
    expect(found).toEqual({ letters: [{ letter, replays: [] }], total: 1 });
    expect(await deadLetters.list({ limit: 1 })).toMatchObject({
      letters: [{ letter: { id: 'twice.a.1-0' } }],
      total: 2,
    });
  });

  it('says when it was replayed', async () => {
    const { deadLetters } = storage;
    await file(makeLetter('replayed.a.1-0', 'replayed'));
    await deadLetters.noteReplay('replayed.a.1-0', 'r1', at);
    await deadLetters.noteReplay('replayed.a.1-0', 'r1', at);
    await deadLetters.noteReplay('replayed.a.1-0', 'r2', at);
    expect((await deadLetters.get('replayed.a.1-0')).replays).toEqual([
      { commandId: 'r1', at },
      { commandId: 'r2', at },
    ]);
  });

  it('that was dropped does not come back with a relay that is repeated', async () => {
    const { deadLetters } = storage;
    const letter = makeLetter('dropped.a.1-0', 'dropped');
    await file(letter);
    expect((await deadLetters.drop(letter.id, at)).letter).toEqual(letter);
    await file(letter);
    expect(await deadLetters.list({ kind: 'dropped', limit: 10 })).toEqual({
      letters: [],
      total: 0,
    });
    await expect(deadLetters.get(letter.id)).rejects.toMatchObject({ code: 'SB_NOT_FOUND' });
    await expect(deadLetters.drop('no such letter', at)).rejects.toMatchObject({
      code: 'SB_NOT_FOUND',
    });
  });

  it('that is too large keeps the beginning of its command', async () => {
    const text = 'x'.repeat(storage.publisher.maxPayloadBytes - 500);
    await file(makeLetter('large.a.1-0', 'large', { text }));
    const { letter } = await storage.deadLetters.get('large.a.1-0');
    expect(letter.command).toBeUndefined();
    expect(letter.text).toContain('"purpose":"deliver"');
  });
});

it('an export has the last commit of every actor, also one that cannot be read', async () => {
  const count = 150;
  for (let index = 0; index < count; index += 1) {
    const address = { kind: 'test', id: `a${index}` };
    const first = await storage.commits.commit(address, makeCommit(1), 0);
    if (first.status === 'committed' && index % 2 === 0)
      await storage.commits.commit(address, makeCommit(2), first.seq);
  }
  await storage.publisher.publish({ subject: 'a.0.letters.test.torn', data: '{"v":1,' });
  await storage.publisher.publish({ subject: 'a.0.other.test.a0', data: 'not ours' });
  const states = new Map<string, StoredState>();
  for await (const state of readLastCommits(connection, space)) {
    expect(states.has(state.address.id)).toBe(false);
    states.set(state.address.id, state);
  }
  expect(states.size).toBe(count + 1);
  expect(states.get('torn')?.text).toBe('{"v":1,');
  expect(JSON.parse(states.get('a7')?.text ?? '')).toEqual(makeCommit(1));
  expect(JSON.parse(states.get('a8')?.text ?? '')).toEqual(makeCommit(2));
});
