/** What the simulation (docs/simulation.md) has found, each as the shortest story that shows it. */
import { describe, expect, it, vi } from 'vitest';
import { emit, setup } from 'xstate';
import { z } from 'zod';
import { SignalboxError } from '../contract/errors.ts';
import { defineActor, effectSource } from '../core/definition.ts';
import { localEffect, poolEffect } from '../core/effect-definition.ts';
import type { Placement } from '../core/leases.ts';
import { createRegistry } from '../core/registry.ts';
import type { WorkerStorage } from '../core/storage.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryLeases } from '../testing/memory-leases.ts';
import { createMemoryStorage, type MemoryStorage } from '../testing/memory-storage.ts';
import { relayDoubtMs } from './actor-store.ts';
import { silentLog } from './log.ts';
import { createWorker, type Worker } from './worker.ts';

const partitionCount = 1;
const duplicateWindowMs = 60_000;
const address = { kind: 'errand', id: 'e' };

/** Goes, which is a local effect, and fetches, which is one in a pool. */
function createErrand(go: () => Promise<null>) {
  const effect = { input: z.null(), deadlineMs: 600_000, whenUnknown: 'retry' } as const;
  return defineActor({
    kind: 'errand',
    version: 1,
    machine: setup({
      actors: { go: effectSource<null, null>(), fetch: effectSource<null, null>() },
    }).createMachine({
      initial: 'going',
      entry: emit({ type: 'started' }),
      states: {
        going: {
          invoke: {
            src: 'go',
            input: null,
            onDone: { target: 'fetching', actions: emit({ type: 'gone' }) },
          },
        },
        fetching: {
          invoke: {
            src: 'fetch',
            input: null,
            onDone: { target: 'back', actions: emit({ type: 'fetched' }) },
          },
        },
        back: { type: 'final' },
      },
    }),
    effects: {
      go: localEffect({ ...effect, run: go }),
      fetch: poolEffect('shop', { ...effect, run: async () => null }),
    },
  });
}

function createErrandWorker(
  workerId: string,
  storage: WorkerStorage,
  clock: ReturnType<typeof createManualClock>,
  { go = async () => null, pools = ['shop'] }: { go?: () => Promise<null>; pools?: string[] } = {},
): Worker {
  return createWorker({
    namespace: 'test',
    partitionCount,
    workerId,
    registry: createRegistry([createErrand(go)]),
    storage,
    clock,
    log: silentLog,
    concurrency: { shop: 1 },
    pools,
  });
}

function eventTypes(storage: MemoryStorage): readonly string[] {
  return storage.listEvents().map((event) => event.type);
}

const forever = (): Promise<null> => new Promise(() => undefined);

describe('a worker', () => {
  it('that stops while it relays names the actor whose effect it has not started yet', async () => {
    const clock = createManualClock();
    const storage = createMemoryStorage({ clock, partitionCount });
    let goOn = (): void => undefined;
    const relaying = vi.fn<WorkerStorage['relay']['publish']>(async (messages) => {
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      await storage.relay.publish(messages);
    });
    const slow = { ...storage, relay: { ...storage.relay, publish: relaying } };
    const first = createErrandWorker('first', slow, clock);
    await first.start();
    await storage.commands.start(address, null, 'start');
    await vi.waitFor(() => {
      expect(relaying).toHaveBeenCalledOnce();
    });
    const stopped = first.stop();
    await clock.advanceBy(0);
    goOn();
    await stopped;
    const second = createErrandWorker('second', storage, clock);
    await second.start();
    await vi.waitFor(() => {
      expect(eventTypes(storage)).toContain('fetched');
    });
    await second.stop();
  });

  it('that repeats a relay after a long outage tells every event once', async () => {
    const clock = createManualClock();
    const storage = createMemoryStorage({ clock, partitionCount, duplicateWindowMs });
    const lost = new SignalboxError('SB_NATS_UNAVAILABLE', 'no answer', { retryable: true });
    let answers = false;
    const publish: WorkerStorage['relay']['publish'] = async (messages) => {
      await storage.relay.publish(messages);
      if (!answers) throw lost;
    };
    const unheard = { ...storage, relay: { ...storage.relay, publish } };
    const worker = createErrandWorker('worker', unheard, clock, { go: forever });
    await worker.start();
    await storage.commands.start(address, null, 'start');
    await vi.waitFor(() => {
      expect(eventTypes(storage)).toEqual(['started']);
    });
    // The process stands still for longer than the store knows message ids.
    storage.disconnect();
    await clock.advanceBy(Math.max(duplicateWindowMs, relayDoubtMs) + 1);
    answers = true;
    storage.reconnect();
    await clock.advanceBy(10_000);
    await worker.stop();
    expect(eventTypes(storage)).toEqual(['started']);
  });

  it('does not pass over a command that means something to the stored state only', async () => {
    const clock = createManualClock();
    const storage = createMemoryStorage({ clock, partitionCount });
    // Both own the partition: the second has not heard yet that it has lost it.
    const available = async (): Promise<void> => undefined;
    const others = { clock, available, isConnected: () => true, ttlMs: 5_000 };
    const stale = { ...storage, leases: createMemoryLeases(others).store };
    const behind = createErrandWorker('behind', stale, clock, { go: forever, pools: [] });
    await storage.commands.start(address, null, 'start');
    await behind.start();
    await vi.waitFor(() => {
      expect(eventTypes(storage)).toEqual(['started']);
    });
    // The other owner takes the effect over, and dies when the next one has been asked for.
    const deaf: WorkerStorage = {
      ...storage,
      inbox: { ...storage.inbox, read: (_, __, ___, signal) => untilAborted(signal) },
      checkpoints: {
        ...storage.checkpoints,
        takeOver: async () => {
          const checkpoint = { offset: 0, busy: [address] };
          return { status: 'held', held: { checkpoint, epoch: 1, revision: 1 } };
        },
        save: async (_, held) => ({ status: 'held', held }),
      },
    };
    const ahead = createErrandWorker('ahead', deaf, clock);
    await ahead.start();
    // The pool's result lies in the inbox, where only the one that is behind reads it.
    await vi.waitFor(() => {
      expect(eventTypes(storage)).toEqual(['started', 'gone', 'fetched', 'actorEnded']);
    });
    await Promise.all([ahead.stop(), behind.stop()]);
  });

  it('that looks at a placement does not forget the news that came meanwhile', async () => {
    const clock = createManualClock();
    const storage = createMemoryStorage({ clock, partitionCount, leaseTtlMs: 5_000 });
    const claimed: Placement = {
      members: new Map([['other', memberNamed('other')]]),
      claims: new Map([[0, { workerId: 'other', revision: 2 }]]),
    };
    const leases: WorkerStorage['leases'] = {
      ...storage.leases,
      renew: async (membership) => {
        const status = lapsed ? 'renewed' : 'lapsed';
        lapsed = true;
        return { status, membership };
      },
      // As it was when the question arrived; the answer is overtaken by the news.
      read: async () => {
        told?.({ members: new Map(), claims: new Map() });
        return claimed;
      },
      watch: (changed, signal) => {
        told = changed;
        changed(claimed);
        return untilAborted(signal);
      },
    };
    let told: ((placement: Placement) => void) | undefined;
    let lapsed = false;
    const worker = createErrandWorker('worker', { ...storage, leases }, clock);
    await worker.start();
    expect(worker.status().partitions).toEqual([]);
    await clock.advanceBy(10_000);
    expect(worker.status().partitions.map(({ partition }) => partition)).toEqual([0]);
    await worker.stop();
  });

  it('that loses a partition while it hands it over leaves the checkpoint alone', async () => {
    const clock = createManualClock();
    const storage = createMemoryStorage({ clock, partitionCount });
    let told: ((placement: Placement) => void) | undefined;
    const leases: WorkerStorage['leases'] = {
      ...storage.leases,
      watch: (changed, signal) => {
        told = changed;
        changed({ members: new Map(), claims: new Map() });
        return untilAborted(signal);
      },
    };
    const worker = createErrandWorker('worker', { ...storage, leases }, clock, { go: forever });
    await worker.start();
    await storage.commands.start(address, null, 'start');
    await vi.waitFor(async () => {
      await clock.advanceBy(1_000);
      expect(storage.readCheckpoint(0)).toEqual({ offset: 1, busy: [address] });
    });
    const [{ epoch } = { epoch: 0 }] = worker.status().partitions;
    // Of many others at least one is preferred to this worker.
    const others = Array.from({ length: 20 }, (_, index) => memberNamed(`other-${index}`));
    const members = new Map(others.map((member) => [member.workerId, member]));
    told?.({ members, claims: new Map([[0, { workerId: 'worker', revision: epoch }]]) });
    expect(worker.status().partitions).toEqual([]);
    told?.({ members, claims: new Map([[0, { workerId: 'other-0', revision: epoch + 1 }]]) });
    await clock.advanceBy(10_000);
    expect(storage.readCheckpoint(0)).toEqual({ offset: 1, busy: [address] });
    await worker.stop();
  });
});

function memberNamed(workerId: string) {
  return { workerId, hostsActors: true, pools: [], startedAt: '2026-01-01T00:00:00.000Z' };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}
