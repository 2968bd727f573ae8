/**
 * The disk of the home folder, JetStream's with it, is full in the middle of a run: the system says so and what to do, acknowledges
 * nothing it has not stored, loses nothing it has acknowledged, and goes on when there is room again.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, type TestContext } from 'vitest';
import { defaultSessionLimits } from '../../actors/session/session.schema.ts';
import type { TriggerDefinition } from '../../actors/trigger/trigger.schema.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { readSystemRecord } from '../../cli/system/system-record.ts';
import { signBody } from '../../gateway/hooks/signature.ts';
import type { StoredEvent } from '../../runtime/contract/event.ts';
import { runIdFor } from '../../runtime/contract/run-id.ts';
import { followEvents } from './follow-events.ts';
import { makeRepository, makeScratch, writeRecording, writeWorkflow } from './scratch.ts';
import { runSignalbox, startUp } from './signalbox-command.ts';

const diskSize = '128m';
const secret = 'a secret of the test';
const calls = 30;

/** A small file system of its own; false where mounting is not permitted. */
function mountSmallDisk(folder: string, { onTestFinished }: TestContext): boolean {
  try {
    const args = ['-t', 'tmpfs', '-o', `size=${diskSize},mode=700`, 'tmpfs', folder];
    execFileSync('mount', args, { stdio: 'pipe' });
  } catch {
    return false;
  }
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder]);
  });
  return true;
}

/** Takes all the room there is. */
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
  await mkdir(home);
  if (!mountSmallDisk(home, context)) {
    context.skip('mounting a small file system needs rights that this user does not have');
    return;
  }
  await writeTrigger(scratch.folder, home);
  const system = await startUp(home);
  context.onTestFinished(async () => void (await system.stop()));
  const gatewayUrl = (await readSystemRecord(join(home, 'system.json')))?.gatewayUrl ?? '';
  const log = await followEvents(home);
  context.onTestFinished(() => log.close());
  const eventsOf = (type: string): readonly StoredEvent[] =>
    log.events.filter((event) => event.type === type);

  expect((await send(gatewayUrl, 'before')).status).toBe(202);
  await expect.poll(() => eventsOf('toolFinished').length, { timeout: 20_000 }).toBeGreaterThan(2);
  fillDisk(join(home, 'filler'));
  const known = log.events.map(({ id }) => id);

  await system.untilSaid(`the disk of ${join(home, 'nats')} is full`);
  await system.untilSaid('Free at least 16 MB there');
  expect((await fetch(new URL('/healthz', gatewayUrl))).status).toBe(503);
  const status = await runSignalbox(['status', '--home', home]);
  expect(status).toMatchObject({ exitCode: exitCodes.outcomeFailed });
  expect(status.stdout).toContain('degraded');
  const { accepted, status: refusal } = await sendUntilRefused(gatewayUrl);
  expect([503, 507]).toContain(refusal);
  expect(eventsOf('mergeRequestLeftOpen')).toEqual([]);

  rmSync(join(home, 'filler'));
  await system.untilSaid('there is room on the disk again');
  await expect
    .poll(() => eventsOf('mergeRequestLeftOpen').length, { timeout: 60_000 })
    .toBeGreaterThan(0);
  expect(log.events.map(({ id }) => id)).toEqual(expect.arrayContaining(known));
  const finished = eventsOf('toolFinished').filter(({ actor }) =>
    actor.startsWith(runIdFor('notes', 'before')),
  );
  expect(finished.map(({ data }) => data['outcome'])).toEqual(
    Array.from({ length: calls + 1 }, () => 'succeeded'),
  );
  expect((await send(gatewayUrl, 'after')).status).toBe(202);
  await expect
    .poll(() => eventsOf('deliveryAccepted').map(({ data }) => data['deliveryId']))
    .toEqual(expect.arrayContaining(['before', ...accepted, 'after']));
  expect((await fetch(new URL('/healthz', gatewayUrl))).status).toBe(200);
});

/**
 * The file of a stream may have room left in its last block: what is accepted until that is used up is stored. Ends with
 * the status of the first delivery that is not.
 */
async function sendUntilRefused(
  gatewayUrl: string,
): Promise<{ readonly accepted: readonly string[]; readonly status: number }> {
  const accepted: string[] = [];
  for (;;) {
    const delivery = `meanwhile-${accepted.length}`;
    const { status } = await send(gatewayUrl, delivery);
    if (status !== 202) return { accepted, status };
    accepted.push(delivery);
  }
}

async function writeTrigger(folder: string, home: string): Promise<void> {
  const call = { tool: 'bash', input: { command: 'echo done' } };
  const definition: TriggerDefinition = {
    id: 'notes',
    goalTemplate: '{{ title }}',
    condition: null,
    run: {
      repository: await makeRepository(folder),
      workflow: await writeWorkflow(folder),
      model: {
        provider: 'replay',
        recording: await writeRecording(folder, {
          calls: Array.from({ length: calls }, () => call),
          delayMs: 100,
        }),
      },
      testCommand: null,
      testTimeoutMs: 60_000,
      merge: { merge: 'never', review: 'none', requiredChecks: [], maxReviewRounds: 1 },
      limits: defaultSessionLimits,
      priority: 'normal',
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
