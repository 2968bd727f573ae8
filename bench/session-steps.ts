/**
 * What a step of a whole session costs as its conversation grows: a model call that plays a recording, then a tool that
 * reads a small file. Everything between them is real: work queue, journal, transcript, tool, commits, events.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineSession } from '../actors/session/session.actor.ts';
import { defaultSessionLimits, type SessionInput } from '../actors/session/session.schema.ts';
import { createRepositories } from '../integrations/git/repositories.ts';
import type { Recording } from '../integrations/model/recording/recording.schema.ts';
import { createReplayModel } from '../integrations/model/replay/replay-model.ts';
import { createWorkspaces } from '../integrations/sandbox/workspaces.ts';
import type { Commit } from '../runtime/core/commit.ts';
import { toJson } from '../runtime/core/draft.ts';
import { createRegistry } from '../runtime/core/registry.ts';
import { silentLog } from '../runtime/worker/log.ts';
import { systemClock } from '../runtime/worker/system-clock.ts';
import { createWorker, type Worker } from '../runtime/worker/worker.ts';
import type { Environment } from './environment.ts';
import { toFigures, type Figure, type Round } from './figure.ts';
import type { Scale } from './scale.ts';
import { median } from './statistics.ts';

const file = 'note.md';
const fileText = 'A small file, read again and again.\n';

export async function measureSessionSteps(
  environment: Environment,
  scale: Scale,
): Promise<readonly Figure[]> {
  const { steps, windowSteps, rounds } = scale.sessionSteps;
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-bench-session-'));
  await writeFile(join(folder, file), fileText);
  const watch = createStepWatch(steps);
  const worker = createSessionWorker(environment, folder, steps, watch.committed);
  await worker.start();
  try {
    const histories: (readonly number[])[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const id = `session-steps-${round}`;
      const ended = watch.follow(id);
      await startSession(environment, id, folder, steps);
      // The first one warms up.
      if (round > 0) histories.push(await ended);
      else await ended;
    }
    return [2, Math.round(steps / 10), steps].flatMap((step) => {
      const row = { subject: `step ${step}`, actors: 1, syncMode: environment.server.syncMode };
      return toFigures(
        { ...row, benchmark: 'session-steps' },
        histories.map((history) => costAt(history, step, windowSteps)),
      );
    });
  } finally {
    await worker.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where nobody listens: neither is hosted here, and the slot is given by hand. */
const nobody = { kind: 'coordinator', id: 'nobody' };

async function startSession(
  { storage: { commands } }: Environment,
  id: string,
  folder: string,
  steps: number,
): Promise<void> {
  const input: SessionInput = {
    session: id,
    run: id,
    coordinator: nobody,
    queue: 'nobody',
    goal: 'measure',
    repository: { path: folder, origin: folder, baseBranch: 'main' },
    branch: 'none',
    worktree: folder,
    workflow: {
      id: 'measure',
      version: '1.0.0',
      title: 'Measure',
      description: 'One step that reads a file again and again.',
      steps: [{ id: 'read', title: 'Read', prompt: 'Read.' }],
    },
    model: { provider: 'replay', recording: 'in memory' },
    limits: { ...defaultSessionLimits, maxTurns: steps + 10 },
    priority: 'normal',
  };
  const address = { kind: 'session', id };
  await commands.start(address, toJson(input), `start-${id}`);
  await commands.deliver(address, { type: 'takeSlot' }, `slot-${id}`);
}

function createSessionWorker(
  { storage, space }: Environment,
  folder: string,
  steps: number,
  committed: (address: { readonly id: string }, commit: Commit) => void,
): Worker {
  const model = createReplayModel(recordReading(steps));
  const session = defineSession({
    models: () => Promise.resolve(model),
    transcripts: storage.transcripts,
    blobs: storage.blobs,
    workspace: createWorkspaces({ environment: {} }),
    // What git takes for a worktree is no part of a step.
    repositories: {
      ...createRepositories(),
      addWorktree: ({ branch }) => Promise.resolve({ path: folder, branch, baseSha: '' }),
      removeWorktree: () => Promise.resolve(),
    },
    now: () => new Date(),
    monotonicMs: () => performance.now(),
  });
  return createWorker({
    ...space,
    workerId: 'bench-sessions',
    storage,
    registry: createRegistry([session]),
    clock: systemClock,
    log: silentLog,
    concurrency: { model: 4, tools: 1, git: 1 },
    observer: { committed },
  });
}

function recordReading(steps: number): Recording {
  return {
    v: 1,
    title: 'Read a file again and again',
    recordedWith: { model: 'written for the benchmark' },
    turns: Array.from({ length: steps + 1 }, (_, index) => ({
      expect:
        index === 0
          ? [{ type: 'prompt', source: 'step' }]
          : [{ type: 'toolResult', tool: 'read', outcome: 'succeeded' }],
      turn: {
        blocks: [{ type: 'toolCall', id: `call-${index}`, name: 'read', input: { path: file } }],
        usage: { inputTokens: 1, outputTokens: 1 },
        stopReason: 'toolUse',
      },
    })),
  };
}

/** Collects what each step of a session took, from one finished tool to the next. */
function createStepWatch(steps: number): {
  readonly committed: (address: { readonly id: string }, commit: Commit) => void;
  follow(id: string): Promise<readonly number[]>;
} {
  let followed = '';
  let finishedAt: number[] = [];
  let tell: (history: readonly number[]) => void = () => undefined;
  return {
    committed: ({ id }, { outbox }) => {
      const isFinish = outbox.some(
        (entry) => entry.type === 'event' && entry.event.type === 'toolFinished',
      );
      if (id !== followed || !isFinish || finishedAt.length > steps) return;
      finishedAt.push(performance.now());
      if (finishedAt.length <= steps) return;
      tell(finishedAt.slice(1).map((at, index) => at - (finishedAt[index] ?? at)));
    },
    follow: (id) => {
      followed = id;
      finishedAt = [];
      return new Promise((resolve) => {
        tell = resolve;
      });
    },
  };
}

function costAt(history: readonly number[], step: number, windowSteps: number): Round {
  const elapsedMs = windowMedian(history, step, windowSteps);
  return { 'p50 ms': elapsedMs, 'of step 2': elapsedMs / windowMedian(history, 2, windowSteps) };
}

function windowMedian(history: readonly number[], step: number, width: number): number {
  const start = Math.max(1, Math.min(history.length - width, Math.round(step - width / 2)));
  return median(history.slice(start, start + width));
}
