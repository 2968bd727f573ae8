/**
 * Two hundred sessions dispatched at once: all end, none fails, none is lost, never more than the limit work, and the
 * system's memory stays bounded. Times are printed and never asserted.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { StoredEvent } from '../../runtime/contract/event.ts';
import { followEvents } from './follow-events.ts';
import { makeRepository, makeScratch, writeRecording, writeWorkflow } from './scratch.ts';
import { startUp } from './signalbox-command.ts';
import { startRun } from './start-run.ts';

const sessions = 200;
/** The default: far below the number of sessions, so that most of them wait. */
const limit = 8;
/** An idle system takes about 120 MB. What grows by a few megabytes with every session passes this before the end. */
const maxRssMb = 600;
/** About forty seconds on two free cores. */
const endTimeoutMs = 240_000;

it(
  'ends all of them, with never more at work than the limit',
  { timeout: 300_000 },
  async ({ onTestFinished }) => {
    const scratch = await makeScratch();
    onTestFinished(() => scratch.remove());
    const system = await startUp(join(scratch.folder, 'home'), {
      env: { SIGNALBOX_MAX_SESSIONS: String(limit) },
    });
    onTestFinished(async () => void (await system.stop()));
    const rssMb = [readRssMb(system.pid)];
    const log = await followEvents(system.home, ({ type }) => {
      if (type === 'runCompleted' || type === 'runFailed') rssMb.push(readRssMb(system.pid));
    });
    onTestFinished(() => log.close());
    const listOf = (type: string): readonly StoredEvent[] =>
      log.events.filter((event) => event.type === type);

    const runs = Array.from({ length: sessions }, (_, index) => `run-${index}`);
    const repository = await makeRepository(scratch.folder);
    const workflow = await writeWorkflow(scratch.folder);
    const recordings = await Promise.all(
      runs.map((name) => writeRecording(scratch.folder, { name })),
    );
    const startedAt = performance.now();
    await Promise.all(
      recordings.map((recording, index) =>
        startRun(log.client, `run-${index}`, {
          repository,
          workflow,
          recording,
          merge: 'whenGreen',
        }),
      ),
    );
    await vi.waitFor(
      () => {
        expect(listOf('runCompleted').length + listOf('runFailed').length).toBe(sessions);
      },
      { timeout: endTimeoutMs, interval: 200 },
    );
    const seconds = (performance.now() - startedAt) / 1000;

    expect(log.events.filter(isBad).map(describe)).toEqual([]);
    const merged = listOf('runCompleted').filter(({ data }) => data['outcome'] === 'merged');
    expect(new Set(merged.map(({ actor }) => actor))).toEqual(new Set(runs));
    for (const type of [
      'handedOver',
      'sessionCompleted',
      'mergeRequestMerged',
      'worktreeRemoved',
    ]) {
      expect([type, listOf(type).length]).toEqual([type, sessions]);
    }

    const slots = listOf('slotGiven');
    expect(slots).toHaveLength(sessions);
    expect(Math.max(...slots.map(({ data }) => Number(data['working'])))).toBe(limit);
    expect(countMostAtWork(log.events)).toBeLessThanOrEqual(limit);

    const figures = [rssMb[0], rssMb[sessions / 2], rssMb.at(-1)].map((mb = 0) => Math.round(mb));
    console.log(
      `${sessions} sessions in ${seconds.toFixed(1)} s; memory idle, at half, at the end: ${figures.join(', ')} MB`,
    );
    expect(Math.max(...rssMb)).toBeLessThan(maxRssMb);
  },
);

function isBad({ type }: StoredEvent): boolean {
  return /(?:Failed|Killed|DeadLettered|Quarantined|Escalated|Refused)$/u.test(type);
}

function describe({ type, actor, data }: StoredEvent): string {
  return `${type} of ${actor}: ${JSON.stringify(data)}`;
}

function readRssMb(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
}

/** Rebuilt from what the sessions say of themselves, not from the queue: at work from their slot to their rest. */
function countMostAtWork(events: readonly StoredEvent[]): number {
  const atWork = new Set<string>();
  let most = 0;
  for (const { type, actor } of events) {
    if (type === 'sessionPreparing') atWork.add(actor);
    if (type === 'sessionParked' || type === 'sessionCompleted') atWork.delete(actor);
    most = Math.max(most, atWork.size);
  }
  return most;
}
