import { describe, expect, it } from 'vitest';
import { workerReportSchema, type WorkerReport } from '../../runtime/contract/worker-report.ts';
import { describeRanges, describeTop } from './describe-top.ts';
import { viewTop } from './top-view.ts';

const nowMs = Date.UTC(2026, 0, 1, 12);
const ago = (ms: number): string => new Date(nowMs - ms).toISOString();

const report = (
  workerId: string,
  partitions: readonly number[],
  changes: Partial<WorkerReport> = {},
): WorkerReport =>
  workerReportSchema.parse({
    v: 1,
    workerId,
    at: ago(500),
    startedAt: ago(120_000),
    pid: 42,
    memoryBytes: 100 * 1_048_576,
    hosted: 7,
    perSecond: { commits: 10.5, commands: 20, events: 5 },
    totals: { commits: 100, commands: 200, events: 50, deadLetters: 1, retries: 2 },
    partitions: partitions.map((partition) => ({
      partition,
      epoch: 3,
      position: 9,
      settledThrough: 9,
      lag: 0,
    })),
    pools: [{ pool: 'tools', concurrency: 8, running: 2 }],
    localEffects: 1,
    slowest: [
      {
        effectId: `session.${workerId}.1-1`,
        actor: { kind: 'session', id: workerId },
        source: 'runTool',
        pool: 'tools',
        attempt: 2,
        since: ago(workerId === 'a' ? 60_000 : 90_000),
      },
    ],
    ...changes,
  });

describe('what top shows', () => {
  const reports = [report('b', [2]), report('a', [0, 1]), report('gone', [3], { at: ago(10_000) })];
  const view = viewTop({
    reports,
    backlog: [
      { pool: 'model', queued: 4, taken: 0 },
      { pool: 'tools', queued: 1, taken: 4 },
    ],
    deadLetters: 3,
    partitionCount: 4,
    nowMs,
  });

  it('adds up the workers that report, and leaves out those that went silent', () => {
    expect(view.perSecond).toEqual({ commits: 21, commands: 40, events: 10 });
    expect(view.totals).toMatchObject({ commits: 200, deadLetters: 2, retries: 4 });
    expect(view.workers.map(({ worker }) => worker)).toEqual(['a', 'b']);
    expect(describeTop(view)).toContain('3 dead letters: `signalbox deadletter list` shows them.');
  });

  it('says who reads which partition, and which nobody does', () => {
    expect(view.partitions.map(({ worker }) => worker)).toEqual(['a', 'a', 'b', null]);
    expect(describeTop(view)).toContain(
      'No worker reads partition 3: commands for actors there wait.',
    );
  });

  it('shows a partition that changes hands with its later owner', () => {
    const [first, second] = [report('old', [0]), report('new', [0])];
    const newer = { ...second, partitions: second.partitions.map((one) => ({ ...one, epoch: 4 })) };
    for (const order of [
      [first, newer],
      [newer, first],
    ]) {
      const shown = viewTop({
        reports: order,
        backlog: [],
        deadLetters: 0,
        partitionCount: 1,
        nowMs,
      });
      expect(shown.partitions[0]?.worker).toBe('new');
    }
  });

  it('has pools with their queue, also those that no worker serves', () => {
    expect(view.pools).toEqual([
      { pool: 'model', running: 0, concurrency: 0, queued: 4 },
      { pool: 'tools', running: 4, concurrency: 16, queued: 1 },
    ]);
  });

  it('names the slowest effects first', () => {
    expect(view.slowest.map(({ worker }) => worker)).toEqual(['b', 'a']);
    expect(describeTop(view).find((line) => line.startsWith('runTool'))).toMatch(
      /^runTool +2 min +2 +tools +session\/b$/u,
    );
  });

  it('tells how far partitions are behind, the furthest first', () => {
    const behind = report('a', [0, 1]);
    const lags = behind.partitions.map((one, index) => ({ ...one, lag: index * 7 + 1 }));
    const shown = viewTop({
      reports: [{ ...behind, partitions: lags }],
      backlog: [],
      deadLetters: 0,
      partitionCount: 2,
      nowMs,
    });
    expect(describeTop(shown)).toContain('lag  partition 1: 8  partition 0: 1');
  });

  it('writes numbers in a row as a range', () => {
    expect(describeRanges([4, 0, 1, 2, 7])).toBe('0-2, 4, 7');
    expect(describeRanges([])).toBe('');
  });
});
