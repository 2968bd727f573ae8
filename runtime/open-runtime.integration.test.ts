/** The runtime as several programs of a user's own: one hosts actors, one runs effects, one sends and reads. */
import { assign, emit, setup } from 'xstate';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import {
  defineActor,
  effectSource,
  eventsOf,
  openRuntime,
  poolEffect,
  type Runtime,
  type RuntimeOptions,
} from './mod.ts';
import { startTestServer, type TestServer } from './testing/real-server.ts';

const ranBy: string[] = [];

function defineQuestion(program: string) {
  return defineActor({
    kind: 'question',
    version: 1,
    machine: setup({
      types: {
        context: {} as { readonly text: string; readonly answer: number },
        input: {} as { readonly text: string },
      },
      actors: { count: effectSource<string, number>() },
    }).createMachine({
      context: ({ input }) => ({ text: input.text, answer: 0 }),
      initial: 'asking',
      states: {
        asking: {
          invoke: {
            id: 'counting',
            src: 'count',
            input: ({ context }) => context.text,
            onDone: {
              target: 'answered',
              actions: assign({ answer: ({ event }) => event.output }),
            },
          },
        },
        answered: {
          entry: emit(({ context }) => ({ type: 'answered', answer: context.answer })),
          after: { 3_600_000: 'forgotten' },
        },
        forgotten: { type: 'final' },
      },
    }),
    effects: {
      count: poolEffect('counting', {
        input: z.string(),
        deadlineMs: 5_000,
        whenUnknown: 'retry',
        run: async (text) => {
          ranBy.push(program);
          return text.length;
        },
      }),
    },
  });
}

const address = { kind: 'question', id: 'q-1' };
let server: TestServer;
const runtimes: Runtime[] = [];

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => {
  await Promise.all(runtimes.map((runtime) => runtime.stop()));
  await server.stop();
});

async function open(program: string, roles: Partial<RuntimeOptions>): Promise<Runtime> {
  const { url, user, password } = server.connection;
  const runtime = await openRuntime({
    url,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    actors: [defineQuestion(program)],
    ...roles,
  });
  runtimes.push(runtime);
  return runtime;
}

it('has roles: one program hosts, one runs effects, one sends and reads', async () => {
  const host = await open('host', { pools: [] });
  const client = await open('client', { actors: [], hostsActors: false, pools: [] });
  const reading = new AbortController();

  expect(await client.stateOf(address)).toBeUndefined();
  await client.commands.start(address, { text: 'how many' }, 'start-q-1');
  await vi.waitFor(async () => {
    expect(await host.stateOf(address)).toMatchObject({ value: 'asking', waitsFor: ['counting'] });
  });
  expect(ranBy).toEqual([]);

  await open('effects', { hostsActors: false });
  for await (const batch of client.events.read(0, reading.signal)) {
    const told = eventsOf(batch).find(({ type }) => type === 'answered');
    if (told === undefined) continue;
    expect(told).toMatchObject({ actor: 'q-1', namespace: 'default', data: { answer: 8 } });
    reading.abort();
  }
  expect(ranBy).toEqual(['effects']);
  const state = await client.stateOf(address);
  expect(state).toMatchObject({ value: 'answered', status: 'active', context: { answer: 8 } });
  expect(state?.timers).toHaveLength(1);
});

it('refuses actors that do not fit together before it connects', async () => {
  const twice = [defineQuestion('a'), defineQuestion('b')];
  await expect(openRuntime({ url: 'nats://127.0.0.1:1', actors: twice })).rejects.toMatchObject({
    code: 'SB_CONFIG_INVALID',
  });
  await expect(openRuntime({ url: 'nats://127.0.0.1:1', actors: [] })).rejects.toMatchObject({
    code: 'SB_NATS_UNAVAILABLE',
    retryable: true,
  });
});
