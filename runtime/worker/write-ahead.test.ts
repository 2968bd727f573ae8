/** Nothing that a transition causes happens before its commit is stored, and nothing of one that is refused. */
import { emit, setup } from 'xstate';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { defineActor, effectSource } from '../core/definition.ts';
import { localEffect, poolEffect } from '../core/effect-definition.ts';
import { createRegistry } from '../core/registry.ts';
import { sendCommand } from '../core/send-command.ts';
import type { RelayMessage, WorkerStorage } from '../core/storage.ts';
import { createManualClock, settlePromises } from '../testing/manual-clock.ts';
import { createMemoryStorage } from '../testing/memory-storage.ts';
import { silentLog } from './log.ts';
import { createWorker } from './worker.ts';

const began: string[] = [];
const address = { kind: 'fuse', id: 'f1' };

const effect = (name: string) => ({
  input: z.null(),
  deadlineMs: 1_000,
  whenUnknown: 'retry' as const,
  run: async () => {
    began.push(name);
    return null;
  },
});

const fuse = defineActor({
  kind: 'fuse',
  version: 1,
  machine: setup({
    actors: { near: effectSource<null, null>(), far: effectSource<null, null>() },
    actions: { sendCommand },
  }).createMachine({
    initial: 'cold',
    states: {
      cold: { on: { light: 'burning' } },
      burning: {
        entry: [
          emit({ type: 'lit' }),
          { type: 'sendCommand', params: { to: address, command: { type: 'hiss' } } },
        ],
        invoke: [
          { id: 'near', src: 'near', input: null },
          { id: 'far', src: 'far', input: null },
        ],
        after: { 100: 'out' },
      },
      out: {},
    },
  }),
  effects: {
    near: localEffect(effect('near')),
    far: poolEffect('far', effect('far')),
  },
});

type Fate = 'stored' | 'refused';

/** A worker whose commit n=2 waits until it is decided what becomes of it. */
async function holdSecondCommit() {
  const clock = createManualClock();
  const storage = createMemoryStorage({ clock, partitionCount: 1 });
  const relayed: RelayMessage['type'][] = [];
  let decide: (fate: Fate) => void = () => undefined;
  const fate = new Promise<Fate>((resolve) => {
    decide = resolve;
  });
  let held = false;
  const watched: WorkerStorage = {
    ...storage,
    commits: {
      load: (of) => storage.commits.load(of),
      commit: async (to, commit, seq) => {
        if (commit.n === 2 && !held) {
          held = true;
          if ((await fate) === 'refused') return { status: 'conflict' };
        }
        return storage.commits.commit(to, commit, seq);
      },
    },
    relay: {
      publish: (messages) => {
        relayed.push(...messages.map(({ type }) => type));
        return storage.relay.publish(messages);
      },
      publishAgain: (messages) => storage.relay.publishAgain(messages),
    },
  };
  const worker = createWorker({
    namespace: 'test',
    partitionCount: 1,
    workerId: 'worker',
    registry: createRegistry([fuse]),
    storage: watched,
    clock,
    log: silentLog,
    concurrency: { far: 1 },
  });
  await worker.start();
  await storage.commands.start(address, null, 'start');
  await settlePromises();
  await storage.commands.deliver(address, { type: 'light' }, 'light');
  await settlePromises();
  return { storage, worker, relayed, decide, isHeld: () => held };
}

it.each(['stored', 'refused'] as const)(
  'a transition has caused nothing while its commit is not stored; then, %s, everything once',
  async (fate) => {
    began.length = 0;
    const { storage, worker, relayed, decide, isHeld } = await holdSecondCommit();
    expect(isHeld()).toBe(true);
    expect({ began, relayed, events: storage.listEvents() }).toEqual({
      began: [],
      relayed: [],
      events: [],
    });

    decide(fate);
    await vi.waitFor(() => {
      expect(began.toSorted()).toEqual(['far', 'near']);
    });
    expect(relayed.slice(0, 4).toSorted()).toEqual(['command', 'events', 'timer', 'work']);
    expect(storage.listEvents().map(({ type, n }) => [type, n])).toEqual([['lit', 2]]);
    await worker.stop();
  },
);
