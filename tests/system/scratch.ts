/** What a test of the whole system stands on: a folder of its own, a repository, a workflow and a recording for it. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recording } from '../../integrations/model/recording/recording.schema.ts';

export interface Scratch {
  readonly folder: string;
  remove(): Promise<void>;
}

export async function makeScratch(): Promise<Scratch> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-system-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A repository with one commit and a bare origin. */
export async function makeRepository(folder: string): Promise<string> {
  const path = join(folder, 'repository');
  const origin = join(folder, 'origin.git');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'README.md'), '# A small repository\n');
  const git = (...args: readonly string[]): void => {
    const identity = [
      '-c',
      'user.name=Test',
      '-c',
      'user.email=test@localhost',
      '-c',
      'commit.gpgsign=false',
    ];
    execFileSync('git', [...identity, ...args], { cwd: path, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  git('init', '--quiet', '--bare', '--initial-branch=main', origin);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '-m', 'Begin');
  git('remote', 'add', 'origin', origin);
  git('push', '--quiet', 'origin', 'main');
  return path;
}

/** Two steps: one that works, one that hands over. */
export async function writeWorkflow(folder: string): Promise<string> {
  const file = join(folder, 'small.yaml');
  await writeFile(
    file,
    `id: small
version: 1.0.0
title: A small change
description: One step that works and one that hands over.
reworkFrom: work
steps:
  - id: work
    title: Work
    prompt: Write the note that {{ goal }} asks for.
  - id: hand-over
    title: Hand over
    artifact: handoff
    prompt: Hand the note over.
`,
  );
  return file;
}

type Turn = Recording['turns'][number];
type Expected = Turn['expect'][number];
type Block = Turn['turn']['blocks'][number];
export interface RecordedCall {
  readonly tool: string;
  readonly input: Extract<Block, { type: 'toolCall' }>['input'];
}

interface RecordingOptions {
  /** Made before the note is written, one per turn. */
  readonly calls?: readonly RecordedCall[];
  /** What every model call takes. */
  readonly delayMs?: number;
  /** Name of the recording and of the note it writes: sessions whose changes all get merged need one each. */
  readonly name?: string;
}

/** The conversation of one session in the small workflow: the given calls, then a note, then the handoff. */
export async function writeRecording(
  folder: string,
  options: RecordingOptions = {},
): Promise<string> {
  const { calls = [], delayMs, name = 'note' } = options;
  const note = `${name}.md`;
  const all: readonly RecordedCall[] = [
    ...calls,
    { tool: 'write', input: { path: note, content: 'Noted.\n' } },
    { tool: 'complete_step', input: { notes: 'The note is written.', artifacts: {} } },
    {
      tool: 'complete_step',
      input: { notes: 'The note is handed over.', artifacts: { handoff: describeHandoff(note) } },
    },
  ];
  const recording: Recording = {
    v: 1,
    title: 'Write a note',
    recordedWith: { model: 'written for a test' },
    turns: all.map(({ tool, input }, index) => ({
      expect: expectBefore(all, index),
      ...(delayMs === undefined ? {} : { delayMs }),
      turn: {
        blocks: [{ type: 'toolCall', id: `call-${index + 1}`, name: tool, input }],
        usage: { inputTokens: 100, outputTokens: 10 },
        stopReason: 'toolUse',
      },
    })),
  };
  const file = join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify(recording));
  return file;
}

function expectBefore(calls: readonly RecordedCall[], index: number): Expected[] {
  const before = calls[index - 1];
  if (before === undefined) return [{ type: 'prompt', source: 'step', stepId: 'work' }];
  const result: Expected = { type: 'toolResult', tool: before.tool, outcome: 'succeeded' };
  return before.tool === 'complete_step'
    ? [result, { type: 'prompt', source: 'step', stepId: 'hand-over' }]
    : [result];
}

function describeHandoff(note: string) {
  return {
    title: 'Write a note',
    body: 'The note says what was noted. Nothing was run.',
    commit: { type: 'docs', subject: 'write a note' },
    filesChanged: [note],
    sideEffects: [],
  };
}
