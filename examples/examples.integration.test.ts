/** The example programs as a person runs them: processes of their own on a real server, one after the other. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../runtime/testing/real-server.ts';
import { startTypeScript } from '../runtime/testing/typescript-program.ts';

let server: TestServer;
let folder: string;

beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-examples-'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function run(example: string, ...args: readonly string[]): Promise<readonly string[]> {
  const { url, user, password } = server.connection;
  const credentials = user === undefined ? '' : `${user}:${password ?? ''}@`;
  const argv = JSON.stringify(['node', 'main.ts', ...args]);
  const program = startTypeScript(
    `process.argv = ${argv}; await load('examples/${example}/main.ts');`,
    { ...process.env, NATS_URL: url.replace('://', `://${credentials}`) },
  );
  return (await text(program.stdout)).trimEnd().split('\n');
}

it('the counter goes on where the last process left it', async () => {
  expect(await run('counter')).toEqual(['total 1', 'total 3', 'total 6']);
  expect(await run('counter')).toEqual(['total 7', 'total 9', 'total 12']);
});

it('one trip is booked, and of the other nothing stays booked', async () => {
  const lines = await run('trip', join(folder, 'book.ndjson'));
  expect(lines.filter((line) => !line.includes('madeira'))).toEqual([
    'lisbon: tripBooked {}',
    'lisbon: flight booked',
    'lisbon: hotel booked',
    'lisbon: car booked',
  ]);
  expect(lines.filter((line) => line.includes('madeira'))).toEqual([
    'madeira: tripRefused {"reason":"no car is free for madeira (SB_NOT_FOUND)"}',
    'madeira: flight booked',
    'madeira: hotel booked',
    'madeira: hotel cancelled',
    'madeira: flight cancelled',
  ]);
});

it('an approval waits between two processes', async () => {
  expect(await run('approval', 'ask', 'laptop', 'a laptop')).toEqual([
    'approvalAsked {"of":"ada"}',
  ]);
  expect(await run('approval', 'approve', 'laptop')).toEqual([
    'approvalGiven {"by":"ada"}',
    'actorEnded {}',
  ]);
});
