/**
 * The disk that JetStream writes to is full in the middle of a run: the system says so and what to do, acknowledges
 * nothing it has not stored, loses nothing it has acknowledged, and goes on when there is room again.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, type TestContext } from 'vitest';
import { defaultSessionLimits } from '../../actors/session/session.schema.ts';
import type { TriggerDefinition } from '../../actors/trigger/trigger.schema.ts';
import { readSystemRecord } from '../../cli/system/system-record.ts';
import { signBody } from '../../gateway/hooks/signature.ts';
import { runIdFor } from '../../runtime/contract/run-id.ts';
import { followEvents } from './follow-events.ts';
import { makeRepository, makeScratch, writeRecording, writeWorkflow } from './scratch.ts';
import { runSignalbox, startUp } from './signalbox-command.ts';

/** JetStream itself keeps a quarter of what is free when it starts: the disk must be full, not its own limit reached. */
const diskSize = '256m';
const secret = 'a secret of the test';

/** A small file system of its own; false where mounting is not permitted. */
function mountSmallDisk(folder: string, { onTestFinished }: TestContext): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskSize},mode=700`, 'tmpfs', folder], { stdio: 'pipe' });
  } catch {
    return false;
  }
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]));
  return true;
}

/** Takes all the room there is; what is given back is removed whole. */
function fillDisk(file: string): void {
  const chunk = Buffer.alloc(4_096);
  const descriptor = openSync(file, 'w');
  try {
    for (;;) writeSync(descriptor, chunk);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  } finally {
    closeSync(descriptor);
  }
}

it('waits for room, says so, and loses nothing', { timeout: 120_000 }, async (context) => {
  const scratch = await makeScratch();
  context.onTestFinished(() => scratch.remove());
  const home = join(scratch.folder, 'home');
  await mkdir(join(home, 'nats'), { recursive: true });
  if (!mountSmallDisk(join(home, 'nats'), context)) {
    context.skip('mounting a small file system needs rights that this user does not have');
    return;
  }
  await writeTrigger(scratch.folder, home);
  const system = await startUp(home);
  context.onTestFinished(async () => void (await system.stop()));
  const gatewayUrl = (await readSystemRecord(join(home, 'system.json')))?.gatewayUrl ?? '';
  const log = await followEvents(home);
  context.onTestFinished(() => log.close());
  const health = async (): Promise<number> => (await fetch(new URL('/healthz', gatewayUrl))).status;
  const countOf = (type: string): number => log.events.filter((event) => event.type === type).length;

  expect((await send(gatewayUrl, 'before')).status).toBe(202);
  await expect.poll(() => countOf('toolFinished'), { timeout: 20_000 }).toBeGreaterThan(2);
  const filler = join(home, 'nats', 'filler');
  fillDisk(filler);
  await expect.poll(async () => { fillDisk(`${filler}-2`); return system.log(); }, { timeout: 30_000 }).toContain('SB_STORAGE_FULL');
  const refused = await send(gatewayUrl, 'meanwhile');
  console.log(refused.status, await refused.text(), await health());
  console.log(system.log().slice(-6000));
  rmSync(filler); rmSync(`${filler}-2`, { force: true });
  await expect.poll(() => countOf('runCompleted') + countOf('mergeRequestLeftOpen'), { timeout: 60_000 }).toBe(1);
  console.log(system.log().slice(-3000), await health());
});

async function writeTrigger(folder: string, home: string): Promise<void> {
  const call = { tool: 'bash', input: { command: 'echo done' } };
  const definition: TriggerDefinition = {
    id: 'notes',
    goalTemplate: '{{ title }}',
    condition: null,
    run: {
      repository: await makeRepository(folder),
      workflow: await writeWorkflow(folder),
      model: { provider: 'replay', recording: await writeRecording(folder, { calls: Array.from({ length: 30 }, () => call), delayMs: 100 }) },
      testCommand: null,
      testTimeoutMs: 60_000,
      merge: { merge: 'never', review: 'none', requiredChecks: [], maxReviewRounds: 1 },
      limits: defaultSessionLimits,
    },
  };
  for (const name of ['triggers', 'secrets']) await mkdir(join(home, name), { recursive: true });
  await writeFile(join(home, 'triggers', 'notes.yaml'), JSON.stringify(definition));
  await writeFile(join(home, 'secrets', 'trigger-notes'), secret);
}

function send(gatewayUrl: string, delivery: string): Promise<Response> {
  const body = JSON.stringify({ title: `a note, ${delivery}` });
  return fetch(new URL('/hooks/notes', gatewayUrl), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-signalbox-delivery': delivery,
      'x-signalbox-signature-256': signBody(secret, body),
    },
    body,
  });
}
