/** `deadletter`, `machines` and `actor release` as a person calls them, on a real server with actors that go wrong. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { assign, emit, setup } from 'xstate';
import { z } from 'zod';
import type { Json } from '../../runtime/contract/json.ts';
import type { DeadLetter } from '../../runtime/contract/dead-letter.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { stateSubject } from '../../runtime/contract/subjects.ts';
import { encodeCommit } from '../../runtime/core/commit-codec.ts';
import { defineActor } from '../../runtime/core/definition.ts';
import { eventsOf } from '../../runtime/core/event-source.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { openHistory } from '../../runtime/history/history.ts';
import { openConnection, type Connection } from '../../runtime/nats/connection.ts';
import { openStorage, type Storage } from '../../runtime/nats/open-storage.ts';
import { makeCommit } from '../../runtime/testing/conformance/storage-under-test.ts';
import { startTestServer, type TestServer } from '../../runtime/testing/real-server.ts';
import { silentLog } from '../../runtime/worker/log.ts';
import { systemClock } from '../../runtime/worker/system-clock.ts';
import { createWorker, type Worker } from '../../runtime/worker/worker.ts';
import { layOutHome } from '../home.ts';
import { createProgram } from '../program.ts';
import { writeSystemRecord } from '../system/system-record.ts';

const space = { namespace: 'main', partitionCount: 2 };
const fragile = { kind: 'fragile', id: 'a' };
const stuck = { kind: 'fragile', id: 'stuck' };
let healthy = false;

const actor = defineActor({
  kind: 'fragile',
  version: 1,
  machine: setup({ types: { context: {} as { text: string } } }).createMachine({
    context: { text: '' },
    on: {
      write: {
        actions: [
          assign(({ event }) => {
            if (!healthy) throw new Error('out of ink');
            return { text: String(event['text']) };
          }),
          emit(({ context }) => ({ type: 'written', text: context.text })),
        ],
      },
    },
  }),
});

let server: TestServer;
let connection: Connection;
let storage: Storage;
let worker: Worker;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-poison-'));
  const home = layOutHome(folder);
  server = await startTestServer();
  connection = await openConnection({ ...server.connection, name: 'poison' });
  storage = await openStorage({ connection, space, replicas: 1, log: silentLog });
  worker = createWorker({
    ...space,
    workerId: 'test',
    registry: createRegistry([actor]),
    storage,
    clock: systemClock,
    log: silentLog,
    concurrency: {},
  });
  await worker.start();
  await (await openHistory({ file: home.history, log: () => undefined })).close();
  const { url, user, password } = server.connection;
  await writeSystemRecord(home.record, {
    ...space,
    startedAt: new Date().toISOString(),
    gatewayUrl: 'http://127.0.0.1:1',
    nats: {
      url,
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { password }),
    },
  });
});
afterAll(async () => {
  await worker.stop();
  await connection.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

interface Ran {
  readonly code: number | undefined;
  readonly json: Json;
}

/** As the command line would, but in this process. */
async function run(...words: readonly string[]): Promise<Ran> {
  let code: number | undefined;
  let text = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    const program = createProgram({ HOME: folder }, '0', (ended) => {
      code = ended;
    });
    await program.parseAsync(['node', 'signalbox', '--home', folder, '--json', ...words]);
  } finally {
    write.mockRestore();
  }
  return { code, json: JSON.parse(text) as Json };
}

const listed = z.object({
  letters: z.array(
    z.object({ letter: z.object({ id: z.string() }), replays: z.array(z.unknown()) }),
  ),
});

async function listLetters(): Promise<z.infer<typeof listed>['letters']> {
  return listed.parse((await run('deadletter', 'list', '--kind', 'fragile')).json).letters;
}

async function typesOf(id: string): Promise<readonly string[]> {
  const last = await storage.events.lastSeq();
  const types: string[] = [];
  if (last === 0) return types;
  for await (const batch of storage.events.read(0, AbortSignal.timeout(5_000))) {
    for (const event of eventsOf(batch)) if (event.actor === id) types.push(event.type);
    if (eventsOf(batch).some(({ seq }) => seq >= last)) return types;
  }
  return types;
}

describe('a dead letter', () => {
  it('is listed, shown, replayed when its cause is gone, and dropped', async () => {
    await storage.commands.start(fragile, null, 'start');
    await storage.commands.deliver(fragile, { type: 'write', text: 'hello' }, 'w1');
    await vi.waitFor(async () => {
      expect(await listLetters()).toHaveLength(1);
    }, 5_000);
    const [{ letter: { id } } = { letter: { id: '' } }] = await listLetters();
    expect(id).toMatch(/^fragile\.a\.\d-0$/u);
    expect(await run('deadletter', 'show', id)).toMatchObject({
      code: 0,
      json: {
        letter: {
          reason: 'threw',
          attempts: 2,
          error: { message: 'out of ink' },
          command: { id: 'w1', body: { type: 'write', text: 'hello' } },
        },
      },
    });
    healthy = true;
    expect(await run('deadletter', 'replay', id)).toMatchObject({
      code: 0,
      json: { letter: id, actor: 'fragile/a', commandId: `replay-1-of-${id}` },
    });
    await vi.waitFor(async () => {
      expect(await typesOf('a')).toEqual(['commandDeadLettered', 'written']);
    }, 5_000);
    expect((await listLetters())[0]?.replays).toHaveLength(1);
    expect(await run('deadletter', 'drop', id)).toMatchObject({
      code: 0,
      json: { dropped: { letter: { id } } },
    });
    expect(await listLetters()).toEqual([]);
    await expect(run('deadletter', 'show', id)).rejects.toMatchObject({ code: 'SB_NOT_FOUND' });
  });

  it('of something that the actor waits for no longer cannot be replayed', async () => {
    const letter: DeadLetter = {
      v: 1,
      id: 'fragile.a.9-0',
      at: new Date().toISOString(),
      actor: fragile,
      reason: 'threw',
      command: {
        v: 1,
        purpose: 'timerFired',
        id: 't',
        at: new Date().toISOString(),
        timerId: 'bell',
        generation: 1,
      },
      error: { message: 'poison', stack: [] },
      attempts: 2,
    };
    await storage.relay.publish([{ type: 'deadLetter', messageId: letter.id, letter }]);
    const replayed = run('deadletter', 'replay', letter.id);
    await expect(replayed).rejects.toThrow(/waits for it no longer/u);
    await expect(replayed).rejects.toBeInstanceOf(SignalboxError);
  });
});

it('a quarantined actor is released when the reason is gone, and told again when it is not', async () => {
  const subject = stateSubject(space, stuck);
  await storage.publisher.publish({ subject, data: '{"v":1,' });
  await storage.commands.deliver(stuck, { type: 'write', text: 'late' }, 'w1');
  await vi.waitFor(async () => {
    expect(await typesOf('stuck')).toEqual(['actorQuarantined']);
  }, 5_000);
  await expect(run('actor', 'release', 'fragile/stuck')).rejects.toMatchObject({
    code: 'SB_ACTOR_QUARANTINED',
  });
  const mended = makeCommit(1, {
    machine: { kind: 'fragile', version: 1 },
    inSeq: 0,
    snapshot: { value: {}, context: { text: '' }, status: 'active' },
  });
  await storage.publisher.publish({ subject, data: encodeCommit(mended) });
  healthy = true;
  expect(await run('actor', 'release', 'fragile/stuck')).toMatchObject({
    code: 0,
    json: { actor: 'fragile/stuck', released: true },
  });
  expect(await typesOf('stuck')).toEqual([
    'actorQuarantined',
    'actorQuarantined',
    'written',
    'actorReleased',
  ]);
  await expect(run('actor', 'release', 'fragile/stuck')).rejects.toMatchObject({
    code: 'SB_NOT_FOUND',
  });
});

describe('machines', () => {
  it('says which stored actors this program could not go on with, from the system or an export', async () => {
    const late = makeCommit(1, { machine: { kind: 'trigger', version: 99 } });
    await storage.commits.commit({ kind: 'trigger', id: 'late' }, late, 0);
    const checked = await run('machines', 'check');
    expect(checked).toMatchObject({
      code: 1,
      json: {
        actors: 3,
        quarantined: 3,
        rows: [
          { kind: 'fragile', count: 2, reason: 'its kind is registered no longer' },
          { kind: 'trigger', version: 99, verdict: 'quarantined', examples: ['trigger/late'] },
        ],
      },
    });
    const file = join(folder, 'states.ndjson');
    expect(await run('machines', 'export', file)).toMatchObject({ code: 0, json: { actors: 3 } });
    expect((await readFile(file, 'utf8')).trimEnd().split('\n')).toHaveLength(3);
    expect(await run('machines', 'check', '--export', file)).toEqual(checked);
  });

  it('refuses what is no export, with the line', async () => {
    const file = join(folder, 'wrong.ndjson');
    await writeFile(file, '{"v":1}\n');
    await expect(run('machines', 'check', '--export', file)).rejects.toThrow(/line 1 is no/u);
    await expect(run('machines', 'check', '--export', `${file}.none`)).rejects.toMatchObject({
      code: 'SB_INPUT_INVALID',
    });
  });
});
