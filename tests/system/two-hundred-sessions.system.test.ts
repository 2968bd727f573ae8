/**
 * Two hundred sessions dispatched at once: all end, none fails, none is lost, never more than the limit work, and the
 * system's memory stays bounded. Times are printed and never asserted.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { StoredEvent } from '../../runtime/contract/event.ts';
import { followEvents, type EventLog } from './follow-events.ts';
import { makeRepository, makeScratch, writeRecording, writeWorkflow, type Scratch } from './scratch.ts';
import { startUp, type RunningCommand } from './signalbox-command.ts';
import { startRuns } from './start-runs.ts';

const sessions = 200;
/** Far below the number of sessions, so that most of them wait; the default. */
const limit = 8;
/** An idle system takes about 120 MB. What grows by a few megabytes with every session passes this before the end. */
const maxRssMb = 600;
const endTimeoutMs = 150_000;

let scratch: Scratch;
let system: RunningCommand | undefined;
let log: EventLog | undefined;
const rssMb: number[] = [];

beforeAll(async () => {
  scratch = await makeScratch();
  system = await startUp(join(scratch.folder, 'home'), { env: { SIGNALBOX_MAX_SESSIONS: String(limit) } });
  log = await followEvents(system.home, ({ type }) => {
    if (type === 'runCompleted' || type === 'runFailed') rssMb.push(readRssMb(system.pid));
  });
});
afterAll(async () => {
  await log.close();
  await system.stop();
  await scratch.remove();
});

function readRssMb(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
}

function countOf(type: string): number {
  return log.events.filter((event) => event.type === type).length;
}

it('ends all of them, with never more at work than the limit', async () => {
  const runs = Array.from({ length: sessions }, (_, index) => `run-${index}`);
  const repository = await makeRepository(scratch.folder);
  const [workflow, recording] = [await writeWorkflow(scratch.folder), await writeRecording(scratch.folder)];
  const idleMb = readRssMb(system.pid);
  const startedAt = performance.now();
  await startRuns(log.client, runs, { repository, workflow, recording, merge: 'whenGreen' });
  await vi.waitFor(
    () => {
      expect(countOf('runCompleted') + countOf('runFailed')).toBe(sessions);
    },
    { timeout: endTimeoutMs, interval: 200 },
  );
  const seconds = (performance.now() - startedAt) / 1000;

  const failures = log.events.filter(({ type }) => /Failed$|Killed$|deadLettered|Quarantined|Escalated/iu.test(type));
  expect(failures).toEqual([]);
  const merged = log.events.filter(({ type, data }) => type === 'runCompleted' && data['outcome'] === 'merged');
  expect(new Set(merged.map(({ actor }) => actor))).toEqual(new Set(runs));
  for (const type of ['handedOver', 'sessionCompleted', 'mergeRequestMerged', 'worktreeRemoved']) {
    expect([type, countOf(type)]).toEqual([type, sessions]);
  }

  const slots = log.events.filter(({ type }) => type === 'slotGiven');
  expect(slots).toHaveLength(sessions);
  expect(Math.max(...slots.map(({ data }) => Number(data['working'])))).toBe(limit);
  expect(mostAtWork(log.events)).toBeLessThanOrEqual(limit);

  const [middle = 0, last = 0] = [rssMb[Math.floor(rssMb.length / 2)], rssMb.at(-1)];
  const memory = [idleMb, middle, last].map(Math.round).join(', ');
  console.log(`${sessions} sessions in ${seconds.toFixed(1)} s; memory in MB when idle, at half, at the end: ${memory}`);
  expect(Math.max(...rssMb)).toBeLessThan(maxRssMb);
});

/** Between the slot that is given to a session and its next rest: rebuilt from what the sessions say, not from the queue. */
function mostAtWork(events: readonly StoredEvent[]): number {
  const atWork = new Set<string>();
  let most = 0;
  for (const { type, actor } of events) {
    if (type === 'sessionPreparing') atWork.add(actor);
    if (type === 'sessionParked' || type === 'sessionCompleted' || type === 'sessionFailed') atWork.delete(actor);
    most = Math.max(most, atWork.size);
  }
  return most;
}
