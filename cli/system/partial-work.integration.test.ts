/** A session that runs into a cap: its worktree and its uncommitted change stay, and the events say where. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ModelTurn } from '../../actors/ports/model.ts';
import { defineSession } from '../../actors/session/session.actor.ts';
import { defaultSessionLimits, type SessionInput } from '../../actors/session/session.schema.ts';
import { createSessionInput } from '../../actors/testing/inputs.ts';
import {
  createMemoryBlobs,
  createMemoryModel,
  createMemoryTranscripts,
} from '../../actors/testing/memory-ports.ts';
import { createRepositories } from '../../integrations/git/repositories.ts';
import { createGitSandbox, type GitSandbox } from '../../integrations/git/testing/git-sandbox.ts';
import { createWorkspaces } from '../../integrations/sandbox/workspaces.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { toJson } from '../../runtime/core/draft.ts';
import { createMemoryStorage } from '../../runtime/testing/memory-storage.ts';
import { silentLog } from '../../runtime/worker/log.ts';
import { systemClock } from '../../runtime/worker/system-clock.ts';
import { createWorker } from '../../runtime/worker/worker.ts';
import { narrate } from '../client/narrate.ts';
import { poolConcurrency } from './actors.ts';

let sandbox: GitSandbox | undefined;
beforeAll(async () => {
  sandbox = await createGitSandbox('partial work');
});
afterAll(async () => {
  await sandbox?.remove();
});

const call = (id: string, name: string, input: Record<string, string>): ModelTurn => ({
  model: 'scripted',
  blocks: [{ type: 'toolCall', id, name, input }],
  usage: { inputTokens: 100, outputTokens: 10 },
  stopReason: 'toolUse',
});
const notes =
  'Read source/a.ts: a is 1, and the goal asks for 2. One line has to change, nothing else.';
const turns = [
  call('call-1', 'complete_step', { notes }),
  call('call-2', 'edit', { path: 'source/a.ts', oldText: 'a = 1', newText: 'a = 2' }),
  call('call-3', 'write', { path: 'source/b.ts', content: 'half of it\n' }),
];

/** Runs a session on a real repository until it ends, and tells what it told. */
async function runSession({ folder, environment }: GitSandbox, changes: Partial<SessionInput>) {
  const storage = createMemoryStorage({ clock: systemClock, partitionCount: 1 });
  const model = createMemoryModel(turns);
  const session = defineSession({
    models: () => Promise.resolve(model),
    transcripts: createMemoryTranscripts(),
    blobs: createMemoryBlobs(),
    workspace: createWorkspaces({ environment: { PATH: environment['PATH'] ?? '', HOME: folder } }),
    repositories: createRepositories({ environment }),
    now: () => new Date(),
    monotonicMs: () => performance.now(),
  });
  const worker = createWorker({
    namespace: 'test',
    partitionCount: 1,
    workerId: 'test',
    registry: createRegistry([session]),
    storage,
    clock: systemClock,
    log: silentLog,
    concurrency: poolConcurrency,
  });
  await worker.start();
  const input = createSessionInput(changes);
  const address = { kind: 'session', id: input.session };
  await storage.commands.start(address, toJson(input), 'start');
  await storage.commands.deliver(address, { type: 'takeSlot' }, 'slot');
  await vi.waitFor(
    () => {
      expect(storage.listEvents().map(({ type }) => type)).toContain('actorEnded');
    },
    { timeout: 20_000, interval: 20 },
  );
  await worker.stop();
  return { events: storage.listEvents(), modelCalls: model.requests.length };
}

it.each([
  ['turnLimit', { maxTurns: 3 }],
  ['tokenLimit', { maxTokens: 330 }],
] as const)('%s', async (code, limit) => {
  if (sandbox === undefined) throw new Error('there is no sandbox');
  const origin = await sandbox.createOrigin(`${code}.git`);
  const clone = await sandbox.createClone(origin, code);
  const worktree = join(sandbox.folder, `worktree of ${code}`);
  const { events, modelCalls } = await runSession(sandbox, {
    repository: { path: clone, origin, baseBranch: 'main' },
    worktree,
    limits: { ...defaultSessionLimits, ...limit },
    priority: 'normal',
  });

  expect(modelCalls).toBe(turns.length);
  expect(events.find(({ type }) => type === 'sessionFailed')?.data).toMatchObject({ code });
  expect(await readFile(join(worktree, 'source/a.ts'), 'utf8')).toBe('export const a = 2;\n');
  expect(await sandbox.git(worktree, 'status', '--porcelain', '--untracked-files')).toBe(
    ' M source/a.ts\n?? source/b.ts',
  );
  expect(await sandbox.git(worktree, 'branch', '--show-current')).toBe('signalbox/run-1');

  const lines = events.map((event) => narrate(event) ?? '');
  expect(lines.find((line) => line.includes('worktree kept'))).toContain(worktree);
  // Told before the end, so that the last reason anyone reads is why the session has failed.
  const kept = events.findIndex(({ type }) => type === 'worktreeKept');
  expect(events[kept + 1]?.type).toBe('sessionFailed');
});
