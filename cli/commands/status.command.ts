/** `signalbox status`: whether the system runs, and what it is doing. */
import { z } from 'zod';
import type { Placement } from '../../runtime/core/leases.ts';
import { withClient } from '../client/open-client.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { firstLineOf, formatTable } from '../output.ts';
import { listGaps } from '../system/worker-part.ts';

const listLimit = 1_000;
const healthSchema = z.object({ status: z.string() });

export async function status(context: CommandContext): Promise<ExitCode> {
  return withClient(context.settings, context.log, async ({ history, record, home, storage }) => {
    const [runs, sessions, health, placement] = await Promise.all([
      history.listActors({ kind: 'coordinator', limit: listLimit }),
      history.listActors({ kind: 'session', limit: listLimit }),
      readHealth(record.gatewayUrl),
      storage.readPlacement(),
    ]);
    const workers = listWorkers(placement);
    const gaps = listGaps(placement);
    const byState = new Map<string, number>();
    for (const { state } of sessions) byState.set(state, (byState.get(state) ?? 0) + 1);
    const active = runs.filter((run) => run.status === 'active');
    const data = {
      pid: record.pid,
      home: home.root,
      startedAt: record.startedAt,
      gateway: record.gatewayUrl,
      health,
      runs: { active: active.length, total: runs.length },
      sessions: Object.fromEntries(byState),
      workers,
      gaps,
    };
    context.output.result(data, [
      `running  pid ${record.pid} since ${record.startedAt.slice(0, 19)}, ${health}`,
      `home     ${home.root}`,
      `gateway  ${record.gatewayUrl}`,
      `runs     ${active.length} active, ${runs.length} in all`,
      ...workers.map((worker) => `worker   ${describeWorker(worker)}`),
      ...gaps.map((gap) => `missing  ${gap}`),
      ...[...byState].map(([state, count]) => `session  ${count} ${state}`),
      '',
      ...formatTable(
        active.slice(0, 20).map(({ id, state, facts }) => [id, state, firstLineOf(facts['goal'])]),
      ),
    ]);
    return health === 'ok' ? exitCodes.success : exitCodes.outcomeFailed;
  });
}

interface WorkerLine {
  readonly workerId: string;
  readonly startedAt: string;
  readonly hostsActors: boolean;
  readonly partitions: readonly number[];
  readonly pools: readonly string[];
}

function listWorkers({ members, claims }: Placement): readonly WorkerLine[] {
  return [...members.values()].map(({ workerId, startedAt, hostsActors, pools }) => ({
    workerId,
    startedAt,
    hostsActors,
    partitions: [...claims]
      .filter(([, claim]) => claim.workerId === workerId)
      .map(([partition]) => partition)
      .toSorted((left, right) => left - right),
    pools,
  }));
}

function describeWorker({ workerId, hostsActors, partitions, pools }: WorkerLine): string {
  const actors = hostsActors ? `${partitions.length} partitions` : 'no actors';
  const effects = pools.length === 0 ? 'no effects' : `effects of ${pools.join(', ')}`;
  return `${workerId}: ${actors}, ${effects}`;
}

async function readHealth(gatewayUrl: string): Promise<string> {
  try {
    const response = await fetch(new URL('/healthz', gatewayUrl));
    return healthSchema.parse(await response.json()).status;
  } catch {
    // The process lives and its gateway does not answer: that is what the word says.
    return 'unreachable';
  }
}
