/** The agent's tools over a real worktree, one after the other, as a session uses them. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseToolCall } from '../../actors/session/tools/catalogue.ts';
import { defaultToolLimits } from '../../actors/session/tools/tool-definition.ts';
import type { ToolExecution } from '../../actors/session/tools/tool-definition.ts';
import { makeTemporaryTree } from './temporary-tree.ts';
import type { TemporaryTree } from './temporary-tree.ts';
import { createWorkspaces } from './workspaces.ts';

const workspace = createWorkspaces({ environment: { PATH: process.env['PATH'] ?? '' } });
const stored = new Map<string, Uint8Array>();
let tree: TemporaryTree;

beforeEach(async () => {
  tree = await makeTemporaryTree();
});

afterEach(async () => {
  await tree.remove();
});

async function use(name: string, input: unknown): Promise<ToolExecution> {
  const call = parseToolCall(name, input);
  if (call.status !== 'valid' || call.tool.handledBy !== 'worker') {
    throw new Error(`not a call a worker runs: ${JSON.stringify(call)}`);
  }
  return call.tool.execute(call.input, {
    root: tree.root,
    workspace,
    blobs: {
      put: async (key, data) => void stored.set(key, data),
      get: async (key) => stored.get(key) ?? new Uint8Array(),
    },
    blobPrefix: 'calls/1',
    limits: defaultToolLimits,
    signal: new AbortController().signal,
    now: () => performance.now(),
  });
}

it('finds, reads, changes and checks a file', async () => {
  await tree.put('src/sum.js', 'export const sum = (a, b) => a - b;\n');
  await tree.put(
    'src/check.js',
    "import { sum } from './sum.js';\nprocess.exit(sum(2, 2) === 4 ? 0 : 1);\n",
  );
  await tree.put('package.json', '{"type":"module"}');
  expect((await use('glob', { pattern: 'src/*.js' })).text).toBe('src/check.js\nsrc/sum.js');
  expect((await use('grep', { pattern: 'a - b' })).text).toBe(
    'src/sum.js:1:export const sum = (a, b) => a - b;',
  );
  const failing = await use('bash', { command: 'node src/check.js' });
  expect(failing).toMatchObject({ outcome: 'failed', exitCode: 1 });
  expect(failing.text).toContain('exit code 1, no output on stderr');
  await use('edit', { path: 'src/sum.js', oldText: 'a - b', newText: 'a + b' });
  expect((await use('read', { path: 'src/sum.js' })).text).toContain('a + b');
  expect(await use('bash', { command: 'node src/check.js' })).toMatchObject({
    outcome: 'succeeded',
    exitCode: 0,
  });
});

it('tells the agent what was refused', async () => {
  const outside = await use('read', { path: '../outside/secret.txt' });
  expect(outside.outcome).toBe('failed');
  expect(outside.text).toContain('".."');
  expect(outside.text).not.toContain('secret\n');
  expect((await use('grep', { pattern: 'a(' })).outcome).toBe('failed');
});

it('keeps a long output whole and says where', async () => {
  const answer = await use('bash', { command: 'seq 1 50000' });
  expect(answer.full).toMatchObject({ blob: 'calls/1/output.txt' });
  expect(answer.text).toContain('kept as blob calls/1/output.txt');
  expect(Buffer.byteLength(answer.text)).toBeLessThan(20_000);
  const whole = Buffer.from(stored.get('calls/1/output.txt') ?? []).toString();
  expect(whole).toContain('\n25000\n');
  expect(answer.full?.bytes).toBe(Buffer.byteLength(whole));
});
