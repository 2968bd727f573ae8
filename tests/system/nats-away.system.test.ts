/**
 * NATS goes away and comes back in the middle of the demo job: a clear line says so, nothing is lost or done twice, and
 * nobody types anything. The embedded server is killed at several moments and held still for a while; one of the
 * user's own is stopped and started again.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi, type TestContext } from 'vitest';
import { z } from 'zod';
import type { RunReport } from '../../cli/client/run-report.ts';
import { verifyRepository } from '../kill/verify-repository.ts';
import { startExternalServer } from './external-server.ts';
import { makeScratch } from './scratch.ts';
import {
  startSignalbox,
  syncFlags,
  type Environment,
  type RunningCommand,
} from './signalbox-command.ts';

/** What the demo says of its job, in the order in which it comes to it. */
const moments = [
  'run run-',
  'step 2 of 4',
  'hands over',
  'merge request 1 opened',
  'is steered by',
  '(rework 1)',
];
const jobTimeoutMs = 90_000;
const natsRecordSchema = z.object({ pid: z.number() });

async function startDemo(
  { onTestFinished }: TestContext,
  env: Environment = {},
  folder?: string,
): Promise<RunningCommand> {
  const home = join(folder ?? (await makeHome(onTestFinished)), 'home');
  const demo = await startSignalbox(
    ['demo', '--json', '--port', '0', ...syncFlags(env)],
    home,
    env,
  );
  onTestFinished(async () => void (await demo.stop()));
  return demo;
}

async function makeHome(onTestFinished: TestContext['onTestFinished']): Promise<string> {
  const scratch = await makeScratch();
  onTestFinished(() => scratch.remove());
  return scratch.folder;
}

async function readNatsPid(home: string): Promise<number> {
  return natsRecordSchema.parse(
    JSON.parse(await readFile(join(home, 'nats', 'server.json'), 'utf8')),
  ).pid;
}

/** The record of a server that has just been started again is written a moment after clients are back. */
async function findLiveNatsPid(home: string): Promise<number> {
  return vi.waitFor(async () => {
    const pid = await readNatsPid(home);
    process.kill(pid, 0);
    return pid;
  });
}

async function expectMerged(demo: RunningCommand): Promise<void> {
  expect(await demo.ended, demo.lines.join('\n')).toBe(0);
  const report = JSON.parse(demo.lines.find((line) => line.startsWith('{')) ?? '') as RunReport;
  expect(report).toMatchObject({ outcome: 'merged', counts: { interruptedToolCalls: 0 } });
  expect(report.commits).toHaveLength(2);
  await verifyRepository(demo.home, report);
}

function countLines(demo: RunningCommand, text: string): number {
  return demo.lines.filter((line) => line.includes(text)).length;
}

it.concurrent('goes on after its server was killed, again and again', async (context) => {
  const demo = await startDemo(context);
  for (const [index, moment] of moments.entries()) {
    await demo.untilSaid(moment, jobTimeoutMs);
    process.kill(await findLiveNatsPid(demo.home), 'SIGKILL');
    await demo.untilCount('NATS is back', index + 1);
  }
  await expectMerged(demo);
  expect(countLines(demo, 'NATS is away; work goes on when it is back')).toBe(moments.length);
  expect(demo.log()).toContain('nats-server was ended by SIGKILL; starting it again');
});

it.concurrent('goes on after its server stood still for longer than an acknowledgement may take', async (context) => {
  const demo = await startDemo(context);
  for (const moment of ['step 2 of 4', 'merge request 1 opened']) {
    await demo.untilSaid(moment, jobTimeoutMs);
    const pid = await findLiveNatsPid(demo.home);
    process.kill(pid, 'SIGSTOP');
    const waiting = countLines(demo, 'waiting for the store');
    await demo.untilCount('waiting for the store', waiting + 1);
    process.kill(pid, 'SIGCONT');
  }
  await expectMerged(demo);
});

it.concurrent('goes on after a server of the user’s own was stopped and started again', async (context) => {
  const folder = await makeHome(context.onTestFinished);
  const server = await startExternalServer(join(folder, 'nats'));
  context.onTestFinished(() => server.stop());
  const demo = await startDemo(context, server.environment, folder);
  for (const [index, moment] of ['step 2 of 4', 'is steered by'].entries()) {
    await demo.untilSaid(moment, jobTimeoutMs);
    await server.stop();
    await demo.untilCount('NATS is away', index + 1);
    await server.start();
    await demo.untilCount('NATS is back', index + 1);
  }
  await expectMerged(demo);
});
