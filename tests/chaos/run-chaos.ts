/** One run: servers, workers and senders, faults for a while, then quiet, and the comparison of what was promised with what is there. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { CommandSender } from '../../runtime/core/ports.ts';
import { openConnection, type Connection } from '../../runtime/nats/connection.ts';
import { openStorage, type Storage } from '../../runtime/nats/open-storage.ts';
import { createRandom } from '../../runtime/testing/simulation/random.ts';
import { silentLog } from '../../runtime/worker/log.ts';
import { createBook, type Book } from './book.ts';
import { space } from './chaos-actors.ts';
import { openEvidence, type Evidence, type EvidenceRoom } from './evidence.ts';
import { createFaultInjector, type FaultKind } from './faults.ts';
import { startLoad } from './load.ts';
import { formReport, type ChaosReport } from './report.ts';
import { drawRounds } from './schedule.ts';
import { startServers, type Servers, type Topology } from './servers.ts';
import { watchTakeovers, type Takeovers } from './takeovers.ts';
import { verify, type Violation } from './verify.ts';
import { startFleet, type WorkerFleet } from './worker-fleet.ts';

const workerCount = 3;
const senderCount = 3;
const betweenRoundsMs = 1_500;
const repeatAfterMs = 100;
const lookEveryMs = 1_000;

export interface ChaosOptions {
  readonly topology: Topology;
  readonly seed: number;
  readonly kinds: readonly FaultKind[];
  /** Faults go on for at least so long, and until every kind was there. */
  readonly durationMs: number;
  /** How long what was promised may take when nothing goes wrong any more. */
  readonly quietLimitMs: number;
  readonly log: (line: string) => void;
  /** Aborted: everything is taken down at once, and the run fails. */
  readonly signal?: AbortSignal;
}

interface Run {
  readonly options: ChaosOptions;
  readonly servers: Servers;
  readonly senders: readonly CommandSender[];
  readonly fleet: WorkerFleet;
  readonly takeovers: Takeovers;
  readonly book: Book;
  readonly room: EvidenceRoom;
}

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-chaos-'));
  /** What has to be undone, the last first. */
  const undo: (() => Promise<void>)[] = [];
  try {
    const report = await Promise.race([
      carryOut(await open(options, folder, undo)),
      untilAborted(options.signal),
    ]);
    if (report.violations.length === 0) {
      undo.unshift(() => rm(folder, { recursive: true, force: true }));
      return report;
    }
    return { ...report, keptFolder: folder };
  } catch (error) {
    options.log(`data and logs are kept in ${folder}`);
    throw error;
  } finally {
    for (let task = undo.pop(); task !== undefined; task = undo.pop()) await task();
  }
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => {
      reject(new Error('the run was interrupted'));
    });
  });
}

async function open(
  options: ChaosOptions,
  folder: string,
  undo: (() => Promise<void>)[],
): Promise<Run> {
  const nowMs = (): number => performance.now();
  const executionsFile = join(folder, 'executions.ndjson');
  const servers = await startServers(options.topology, folder);
  undo.push(() => servers.stop());
  const { url, replicas } = servers;
  const opened: { readonly connection: Connection; readonly storage: Storage }[] = [];
  for (let index = 0; index <= senderCount; index += 1) {
    const connection = await openConnection({ url, name: `chaos driver ${index}` });
    undo.push(() => connection.close());
    opened.push({
      connection,
      storage: await openStorage({ connection, space, replicas, log: silentLog }),
    });
  }
  const [reader, ...others] = opened;
  if (reader === undefined) throw new Error('nothing is open');
  const book = createBook(nowMs, () => setTimeout(repeatAfterMs));
  const takeovers = watchTakeovers(nowMs);
  const fleet = startFleet({
    count: workerCount,
    url,
    replicas,
    executionsFile,
    takeovers,
    log: options.log,
  });
  undo.push(() => fleet.stop());
  const room = openEvidence(reader.connection, reader.storage.events, book, executionsFile);
  undo.push(() => room.stop());
  const senders = others.map(({ storage }) => storage.commands);
  return { options, servers, senders, fleet, takeovers, book, room };
}

async function carryOut(run: Run): Promise<ChaosReport> {
  const { options, servers, senders, fleet, takeovers, book } = run;
  await fleet.untilReady();
  const load = await startLoad(senders, book);
  const beganMs = performance.now();
  const { injected, problem } = await injectFaults(run);
  options.log('the faults are over');
  const faultsEndedMs = performance.now();
  await servers.untilHealthy();
  await load.stop();
  const { evidence, violations } = await untilKept(run);
  return formReport({
    topology: options.topology,
    seed: options.seed,
    faultsMs: faultsEndedMs - beganMs,
    quietAfterMs: performance.now() - faultsEndedMs,
    injected,
    skipped: servers.smallDisk === undefined ? ['diskFull'] : [],
    takeovers,
    book,
    fleet,
    evidence,
    violations: problem === undefined ? violations : [problem, ...violations],
  });
}

interface Injected {
  readonly injected: readonly FaultKind[];
  /** What stood in the way of going on. */
  readonly problem: Violation | undefined;
}

async function injectFaults({ options, servers, fleet, takeovers }: Run): Promise<Injected> {
  const { seed, durationMs, log } = options;
  const kinds = options.kinds.filter(
    (kind) => kind !== 'diskFull' || servers.smallDisk !== undefined,
  );
  const injector = createFaultInjector({
    servers,
    fleet,
    takeovers,
    random: createRandom(seed, 'faults'),
    log,
  });
  const injected: FaultKind[] = [];
  const endMs = performance.now() + durationMs;
  try {
    for (const round of drawRounds(kinds, createRandom(seed, 'rounds'))) {
      await setTimeout(betweenRoundsMs);
      await servers.untilHealthy();
      await injector.inject(round);
      injected.push(...round);
      const all = kinds.every((kind) => injected.includes(kind));
      if (all && performance.now() > endMs) break;
    }
    return { injected, problem: undefined };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { injected, problem: { what: 'wrong', where: 'the system', count: 1, text } };
  }
}

/** Until everything that was promised is there, or the limit has passed; then once more, for what comes late. */
async function untilKept({
  room,
  options,
}: Run): Promise<{ readonly evidence: Evidence; readonly violations: readonly Violation[] }> {
  const untilMs = performance.now() + options.quietLimitMs;
  let kept = 0;
  for (;;) {
    await setTimeout(lookEveryMs);
    const evidence = await room.gather();
    const violations = verify(evidence);
    kept = violations.length === 0 ? kept + 1 : 0;
    const [first] = violations;
    if (first !== undefined)
      options.log(`${violations.length} not kept yet: ${first.where}, ${first.text}`);
    if (kept > 1 || performance.now() > untilMs) return { evidence, violations };
  }
}
