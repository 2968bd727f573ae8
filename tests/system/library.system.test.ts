/** The runtime as a library: what a program outside of it sees is `signalbox/runtime`, compiled and with its types. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryRoot } from '../../runtime/testing/repository-root.ts';

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  // In the package, since that is where its name leads to its own exports.
  folder = await mkdtemp(join(repositoryRoot, 'tests', '.library-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const program = `
import { setup } from 'xstate';
import { defineActor } from 'signalbox/runtime';
import { createTestRuntime } from 'signalbox/runtime/testing';

const lamp = defineActor({
  kind: 'lamp',
  version: 1,
  machine: setup({}).createMachine({
    initial: 'off',
    states: { off: { on: { press: 'on' } }, on: { on: { press: 'off' } } },
  }),
});
const runtime = await createTestRuntime({ actors: [lamp] });
const hall = { kind: 'lamp', id: 'hall' };
await runtime.start(hall, null);
await runtime.send(hall, { type: 'press' });
await runtime.crash();
process.stdout.write(JSON.stringify((await runtime.stateOf(hall))?.value));
await runtime.stop();
`;

function compile(file: string): Promise<{ readonly stdout: string }> {
  const options = ['--ignoreConfig', '--strict', '--module', 'nodenext', '--target', 'es2023'];
  return run(join(repositoryRoot, 'node_modules', '.bin', 'tsc'), [
    ...options,
    '--types',
    'node',
    file,
  ]);
}

it('compiles with strict types and runs, in memory, without a server', async () => {
  const file = join(folder, 'lamp.mts');
  await writeFile(file, program);
  await compile(file);
  const { stdout } = await run(process.execPath, [join(folder, 'lamp.mjs')]);
  expect(stdout).toBe('"on"');
});

it('tells the compiler what does not fit', async () => {
  const file = join(folder, 'wrong.mts');
  await writeFile(file, program.replace('version: 1', "version: 'one'"));
  await expect(compile(file)).rejects.toMatchObject({
    stdout: expect.stringContaining('TS2322') as unknown,
  });
});
