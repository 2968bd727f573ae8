/** A local effect that ends while a commit of another command is on its way, and so does not know of its end yet. */
import { assign, setup } from 'xstate';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { defineActor, effectSource } from '../core/definition.ts';
import { localEffect, type EffectDefinition } from '../core/effect-definition.ts';
import { createRegistry } from '../core/registry.ts';
import type { WorkerStorage } from '../core/storage.ts';
import { createManualClock, settlePromises } from '../testing/manual-clock.ts';
import { createMemoryStorage } from '../testing/memory-storage.ts';
import { silentLog } from './log.ts';
import { createWorker } from './worker.ts';

const address = { kind: 'clerk', id: 'c1' };

function defineClerk(write: EffectDefinition) {
  return defineActor({
    kind: 'clerk',
    version: 1,
    machine: setup({
      types: { context: {} as { readonly notes: number } },
      actors: { write: effectSource<null, null>() },
    }).createMachine({
      context: { notes: 0 },
      initial: 'writing',
      states: {
        writing: { invoke: { id: 'write', src: 'write', input: null, onDone: 'written' } },
        written: {},
      },
      on: { note: { actions: assign({ notes: ({ context }) => context.notes + 1 }) } },
    }),
    effects: { write },
  });
}

function openSignal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}

it.each(['ask', 'retry'] as const)('with the policy %s is not begun again', async (whenUnknown) => {
  const clock = createManualClock();
  const storage = createMemoryStorage({ clock, partitionCount: 1 });
  const ends = openSignal();
  const isStored = openSignal();
  let runs = 0;
  const write = localEffect({
    input: z.null(),
    deadlineMs: 60_000,
    whenUnknown,
    run: async () => {
      runs += 1;
      await ends.given;
      return null;
    },
  });
  const slow: WorkerStorage = {
    ...storage,
    commits: {
      load: (of) => storage.commits.load(of),
      commit: async (to, commit, seq) => {
        if (commit.n === 2) await isStored.given;
        return storage.commits.commit(to, commit, seq);
      },
    },
  };
  const worker = createWorker({
    namespace: 'test',
    partitionCount: 1,
    workerId: 'worker',
    registry: createRegistry([defineClerk(write)]),
    storage: slow,
    clock,
    log: silentLog,
    concurrency: {},
  });
  await worker.start();
  await storage.commands.start(address, null, 'start');
  await vi.waitFor(() => {
    expect(runs).toBe(1);
  });
  await storage.commands.deliver(address, { type: 'note' }, 'note');
  await settlePromises();
  ends.give();
  await settlePromises();
  isStored.give();
  await vi.waitFor(async () => {
    expect(await storage.commits.load(address)).toMatchObject({
      commit: { n: 3, snapshot: { value: 'written', context: { notes: 1 } }, children: {} },
    });
  });
  expect(runs).toBe(1);
  await worker.stop();
});
