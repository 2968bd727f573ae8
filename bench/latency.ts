/** From sending a command to seeing, in EVENTS, what it has done: inbox, commit, relay and reader, end to end. */
import type { ActorAddress } from '../runtime/contract/address.ts';
import { eventsOf } from '../runtime/core/event-source.ts';
import { runClosedLoop } from './closed-loop.ts';
import { createCommitWatch } from './commit-watch.ts';
import { echo } from './echo.machine.ts';
import type { Environment } from './environment.ts';
import { toFigures, type Figure } from './figure.ts';
import { runInTurn, type Variant } from './rounds.ts';
import type { Scale } from './scale.ts';

export async function measureLatency(
  environment: Environment,
  scale: Scale,
): Promise<readonly Figure[]> {
  const { storage, server } = environment;
  const worker = await environment.startWorker(createCommitWatch());
  const reader = await followEvents(environment);
  await Promise.all(
    Array.from({ length: Math.max(...scale.latencyCounts) }, async (_, actor) => {
      await storage.commands.start(addressOf(actor), null, `start:echo-${actor}`);
    }),
  );
  let commands = 0;
  const variants = scale.latencyCounts.map((actors): Variant => {
    const turn = async (actor: number): Promise<void> => {
      const id = `say-${(commands += 1)}`;
      const seen = reader.seen(id);
      await Promise.all([storage.commands.deliver(addressOf(actor), { type: 'say' }, id), seen]);
    };
    return {
      subject: 'command to event',
      actors,
      run: async (durationMs) => {
        const { perSecond, p50Ms, p99Ms } = await runClosedLoop(actors, durationMs, turn);
        return { 'per second': perSecond, 'p50 ms': p50Ms, 'p99 ms': p99Ms };
      },
    };
  });
  const results = await runInTurn(variants, scale.transitions);
  await reader.stop();
  await worker.stop();
  return variants.flatMap(({ subject, actors }, index) => {
    const row = { benchmark: 'latency', syncMode: server.syncMode, subject, actors };
    return toFigures(row, results[index] ?? []);
  });
}

function addressOf(actor: number): ActorAddress {
  return { kind: echo.kind, id: `echo-${actor}` };
}

interface EventReader {
  /** Resolves when an event names the command as its cause. */
  seen(commandId: string): Promise<void>;
  stop(): Promise<void>;
}

async function followEvents({ storage }: Environment): Promise<EventReader> {
  const waiting = new Map<string, () => void>();
  const stopping = new AbortController();
  const after = await storage.events.lastSeq();
  const follow = async (): Promise<void> => {
    for await (const batch of storage.events.read(after, stopping.signal)) {
      for (const commandId of eventsOf(batch).flatMap(({ cause }) => cause.split(' '))) {
        waiting.get(commandId)?.();
        waiting.delete(commandId);
      }
    }
  };
  const following = follow().catch((error: unknown) => {
    // Reading ends by throwing when it is told to stop.
    if (!stopping.signal.aborted) throw error;
  });
  return {
    seen: (commandId) =>
      new Promise((resolve) => {
        waiting.set(commandId, resolve);
      }),
    stop: async () => {
      stopping.abort();
      await following;
    },
  };
}
