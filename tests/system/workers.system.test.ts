/**
 * A system of several processes: workers beside `up`, one of which is killed while its sessions work; and one process per
 * role on a server of its own. Every run ends as it would in one process.
 */
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { startExternalServer } from './external-server.ts';
import { followEvents, type EventLog } from './follow-events.ts';
import { makeRepository, makeScratch, writeRecording, writeWorkflow } from './scratch.ts';
import { runSignalbox, startSignalbox, startUp } from './signalbox-command.ts';
import { startRun } from './start-run.ts';

const runCount = 6;

async function startRuns(folder: string, { client }: EventLog, count: number): Promise<void> {
  const repository = await makeRepository(folder);
  const workflow = await writeWorkflow(folder);
  for (let index = 0; index < count; index += 1) {
    const recording = await writeRecording(folder, { name: `run-${index}` });
    await startRun(client, `run-${index}`, { repository, workflow, recording, merge: 'whenGreen' });
  }
}

async function untilMerged({ events }: EventLog, count: number): Promise<void> {
  await vi.waitFor(
    () => {
      const ended = events.filter(({ type }) => type === 'runCompleted' || type === 'runFailed');
      expect(ended.map(({ data }) => data['outcome'])).toEqual(
        Array.from({ length: count }, () => 'merged'),
      );
    },
    { timeout: 60_000, interval: 200 },
  );
}

interface Status {
  readonly workers: readonly {
    readonly hostsActors: boolean;
    readonly partitions: readonly number[];
    readonly pools: readonly string[];
  }[];
  readonly gaps: readonly string[];
}

async function readStatus(home: string): Promise<Status> {
  const { stdout } = await runSignalbox(['status', '--json', '--home', home]);
  return JSON.parse(stdout) as Status;
}

async function untilShared(home: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const { workers } = await readStatus(home);
      expect(workers.map(({ partitions }) => partitions.length)).toEqual([8, 8]);
    },
    { timeout: 20_000, interval: 200 },
  );
}

it('goes on when one of its workers is killed, and when the system is started again', async ({
  onTestFinished,
}) => {
  const scratch = await makeScratch();
  onTestFinished(() => scratch.remove());
  const home = join(scratch.folder, 'home');
  const system = await startUp(home);
  onTestFinished(async () => void (await system.stop()));
  const workers = await Promise.all([
    startSignalbox(['worker'], home),
    startSignalbox(['worker'], home),
  ]);
  for (const worker of workers) onTestFinished(async () => void (await worker.stop()));
  await Promise.all(workers.map((worker) => worker.untilSaid('Worker runs: hosts actors')));
  await vi.waitFor(
    async () => {
      const { workers: live, gaps } = await readStatus(home);
      const shares = live.map(({ partitions }) => partitions.length);
      expect(shares.toSorted((left, right) => left - right)).toEqual([5, 5, 6]);
      expect(gaps).toEqual([]);
    },
    { timeout: 20_000, interval: 200 },
  );

  const log = await followEvents(home);
  onTestFinished(() => log.close());
  await startRuns(scratch.folder, log, runCount);
  await vi.waitFor(
    () => {
      expect(log.events.some(({ type }) => type === 'modelCalled')).toBe(true);
    },
    { timeout: 30_000, interval: 10 },
  );
  const [killed, survivor] = workers;
  if (killed === undefined || survivor === undefined) throw new Error('no workers');
  process.kill(killed.pid, 'SIGKILL');
  await untilMerged(log, runCount);

  const ids = log.events.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  await untilShared(home);

  process.kill(system.pid, 'SIGKILL');
  await survivor.untilSaid('has ended. Waiting for the next');
  const next = await startUp(home);
  onTestFinished(async () => void (await next.stop()));
  await survivor.untilCount('Worker runs: ', 2);
  await untilShared(home);
  expect(await survivor.stop()).toBe(0);
  expect((await readStatus(home)).workers).toHaveLength(1);
});

it('runs as one process per role', async ({ onTestFinished }) => {
  const scratch = await makeScratch();
  onTestFinished(() => scratch.remove());
  const server = await startExternalServer(join(scratch.folder, 'nats'));
  onTestFinished(() => server.stop());
  const home = join(scratch.folder, 'home');
  const start = async (roles: string, ...flags: readonly string[]) => {
    const worker = await startSignalbox(
      ['worker', '--roles', roles, ...flags],
      home,
      server.environment,
    );
    onTestFinished(async () => void (await worker.stop()));
    await worker.untilSaid('Worker runs: ');
    return worker;
  };
  const history = await start('history');
  await history.untilSaid('No worker hosts actors.');
  const gateway = await start('gateway', '--port', '0');
  expect(gateway.lines.some((line) => line.startsWith('Console: http://'))).toBe(true);
  await start('actors');
  await start('effects=model,tools');
  expect((await readStatus(home)).gaps).toEqual(['No worker runs effects of git, verification.']);
  const last = await start('effects=git,verification');
  expect(last.lines.filter((line) => line.startsWith('No worker'))).toEqual([]);

  const log = await followEvents(home);
  onTestFinished(() => log.close());
  await startRuns(scratch.folder, log, 1);
  await untilMerged(log, 1);

  const second = await runSignalbox(['worker', '--roles', 'history'], {
    env: { ...server.environment, SIGNALBOX_HOME: home },
  });
  expect(second).toMatchObject({ exitCode: 5 });
});
