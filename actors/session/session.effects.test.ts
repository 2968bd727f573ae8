import { describe, expect, it } from 'vitest';
import type { TranscriptEntry } from '../../runtime/contract/transcript.ts';
import type { ModelTurn } from '../ports/model.ts';
import { createHandoff, worktree } from '../testing/inputs.ts';
import {
  createMemoryBlobs,
  createMemoryModel,
  createMemoryRepository,
  createMemoryTranscripts,
  createMemoryWorkspace,
  endCommand,
  type CallLog,
} from '../testing/memory-ports.ts';
import { findEffect, runEffect } from '../testing/run-effect.ts';
import { createSessionEffects } from './session.effects.ts';

/** Typed: what vitest returns here is `any`. */
const containing = (text: string): unknown => expect.stringContaining(text);

const session = 'run-1::session';

function toolCall(
  id: string,
  name: string,
  input: Record<string, string>,
): ModelTurn['blocks'][number] {
  return { type: 'toolCall', id, name, input };
}

function turn(...blocks: ModelTurn['blocks']): ModelTurn {
  return {
    model: 'test',
    blocks,
    usage: { inputTokens: 3, outputTokens: 2 },
    stopReason: 'toolUse',
  };
}

function entry(id: string, item: TranscriptEntry['item']): TranscriptEntry {
  return { v: 1, id, session, at: '2026-03-01T08:00:00.000Z', item };
}

function build(
  turns: readonly ModelTurn[],
  initial: readonly TranscriptEntry[] = [],
  exitCode = 0,
) {
  const log: CallLog = [];
  const transcripts = createMemoryTranscripts(log, initial);
  const model = createMemoryModel(turns, log);
  const blobs = createMemoryBlobs(log);
  const effects = createSessionEffects({
    transcripts,
    blobs,
    models: () => Promise.resolve(model),
    workspace: createMemoryWorkspace(endCommand(exitCode, 'fine'), log),
    repositories: createMemoryRepository(log),
    now: () => new Date('2026-03-01T08:00:00.000Z'),
    monotonicMs: () => 0,
  });
  return { log, transcripts, model, blobs, effects };
}

const prompt = {
  id: 'prompt-1',
  item: { type: 'prompt', source: 'step', stepId: 'understand', text: 'Look.' },
};
const callInput = {
  session,
  turn: 1,
  model: { provider: 'anthropic', model: 'claude-test' },
  system: 'You are careful.',
  tools: ['bash', 'read', 'complete_step'],
  unsaid: [prompt],
  maxOutputTokens: 1_000,
};

describe('a model call', () => {
  it('says what is unsaid, stores the answer and reports its calls', async () => {
    const { effects, log, model, transcripts } = build([
      turn(toolCall('call-1', 'bash', { command: 'npm test' })),
    ]);
    expect(await runEffect(effects, 'callModel', callInput)).toEqual({
      calls: [{ id: 'call-1', name: 'bash' }],
      usage: { inputTokens: 3, outputTokens: 2 },
      stopReason: 'toolUse',
    });
    expect(log).toEqual(['append prompt-1', 'complete effect-1', 'append turn-1']);
    expect(model.requests[0]).toMatchObject({
      sessionId: session,
      model: 'claude-test',
      system: 'You are careful.',
      conversation: [prompt.item],
    });
    expect(model.requests[0]?.tools.map(({ name }) => name)).toEqual([
      'bash',
      'read',
      'complete_step',
    ]);
    expect(transcripts.entries.map(({ id }) => id)).toEqual(['prompt-1', 'turn-1']);
  });

  it('whose answer is stored already is not paid again', async () => {
    const { effects, log, model } = build([turn(toolCall('call-1', 'read', { path: 'a.ts' }))]);
    const first = await runEffect(effects, 'callModel', callInput);
    const again = await runEffect(effects, 'callModel', callInput, { attempt: 2 });
    expect(again).toEqual(first);
    expect(model.requests).toHaveLength(1);
    expect(log).toEqual(['append prompt-1', 'complete effect-1', 'append turn-1']);
  });

  it('that failed is asked again with the same conversation', async () => {
    const { effects, model, transcripts } = build([]);
    await expect(runEffect(effects, 'callModel', callInput)).rejects.toMatchObject({
      code: 'SB_MODEL_UNAVAILABLE',
    });
    await expect(runEffect(effects, 'callModel', callInput)).rejects.toMatchObject({
      retryable: true,
    });
    expect(model.requests[1]?.conversation).toEqual(model.requests[0]?.conversation);
    expect(transcripts.entries).toHaveLength(1);
  });

  it('names the problem of a call to an unknown tool, with a bad input, or not for this step', async () => {
    const { effects } = build([
      turn(
        toolCall('call-1', 'browse', { url: 'x' }),
        toolCall('call-2', 'bash', {}),
        toolCall('call-3', 'write', { path: 'a.ts', content: '' }),
        toolCall('call-4', 'complete_step', {}),
      ),
    ]);
    expect(await runEffect(effects, 'callModel', callInput)).toMatchObject({
      calls: [
        { id: 'call-1', problem: containing('There is no tool named "browse"') },
        { id: 'call-2', problem: containing('command') },
        {
          id: 'call-3',
          problem: 'write is not available in this step. Available: bash, read, complete_step.',
        },
        // The engine counts a completion that says nothing.
        { id: 'call-4', name: 'complete_step', input: {} },
      ],
    });
  });

  it('keeps the inputs of tools out of the report: they stay in the transcript', async () => {
    const { effects } = build([turn(toolCall('call-1', 'bash', { command: 'x'.repeat(5_000) }))]);
    expect(JSON.stringify(await runEffect(effects, 'callModel', callInput)).length).toBeLessThan(
      200,
    );
  });
});

const asked = entry('turn-1', {
  type: 'assistant',
  ...turn(toolCall('call-1', 'bash', { command: 'npm test' }), toolCall('call-2', 'browse', {})),
  blocks: [
    ...turn(toolCall('call-1', 'bash', { command: 'npm test' }), toolCall('call-2', 'browse', {}))
      .blocks,
  ],
});
const runInput = { session, root: worktree.path, toolCallId: 'call-1' };

describe('a tool', () => {
  it('stores its result before it reports', async () => {
    const { effects, log, transcripts } = build([], [asked], 1);
    expect(await runEffect(effects, 'runCommand', runInput)).toEqual({
      tool: 'bash',
      outcome: 'failed',
      exitCode: 1,
      durationMs: 0,
    });
    expect(log).toEqual(['run npm test', 'append result-call-1']);
    expect(transcripts.entries.at(-1)?.item).toMatchObject({
      type: 'toolResult',
      toolCallId: 'call-1',
      exitCode: 1,
    });
  });

  it('leaves one result in the transcript however often it reports', async () => {
    const { effects, transcripts } = build([], [asked]);
    await runEffect(effects, 'runCommand', runInput);
    await runEffect(effects, 'runCommand', runInput);
    expect(transcripts.entries.filter(({ id }) => id === 'result-call-1')).toHaveLength(1);
  });

  it.each([
    ['call-2', 'there is no tool named browse'],
    ['call-9', 'has no tool call call-9'],
  ])('that is not there is an error (%s)', async (toolCallId, message) => {
    const { effects } = build([], [asked]);
    await expect(runEffect(effects, 'inspectFiles', { ...runInput, toolCallId })).rejects.toThrow(
      message,
    );
  });

  it('is never silently run twice unless it only looks', () => {
    const { effects } = build([]);
    expect(findEffect(effects, 'runCommand').whenUnknown).toBe('ask');
    expect(findEffect(effects, 'changeFiles').whenUnknown).toBe('ask');
    expect(findEffect(effects, 'inspectFiles').whenUnknown).toBe('retry');
  });

  it('may take as long as it asks for', () => {
    const { effects } = build([]);
    expect(findEffect(effects, 'runCommand').deadlineMs(runInput)).toBeGreaterThan(30 * 60_000);
  });
});

describe('the other effects', () => {
  it('keep a handoff as a blob per round', async () => {
    const { effects, blobs } = build([]);
    const handoff = createHandoff();
    const kept = await runEffect(effects, 'recordHandoff', { run: 'run-1', round: 2, handoff });
    expect(kept).toEqual({ blob: 'runs/run-1/handoff-2.json' });
    expect(JSON.parse(blobs.texts.get('runs/run-1/handoff-2.json') ?? '')).toEqual(handoff);
  });

  it('make and remove the worktree', async () => {
    const { effects, log } = build([]);
    const { path, branch } = worktree;
    const input = {
      repository: '/repository',
      origin: '/origin.git',
      baseBranch: 'main',
      branch,
      path,
    };
    expect(await runEffect(effects, 'prepareWorktree', input)).toEqual({
      path,
      branch,
      baseSha: 'base',
    });
    await runEffect(effects, 'removeWorktree', { repository: '/repository', path, branch });
    expect(log).toEqual([`removeWorktree ${path}`]);
  });
});

describe('the limits of a model call', () => {
  const { effects } = build([]);
  const { rateLimit, circuit } = findEffect(effects, 'callModel');
  const input = (model: object): object => ({
    session,
    turn: 1,
    model,
    system: '',
    tools: [],
    unsaid: [],
    maxOutputTokens: 1,
  });

  it('are those of its provider', () => {
    const called = input({ provider: 'anthropic', model: 'test' });
    expect(rateLimit(called)).toEqual({ bucket: 'model.anthropic' });
    expect(circuit?.target(called)).toBe('model.anthropic');
    expect(circuit?.faults).toEqual(['SB_MODEL_UNAVAILABLE']);
  });

  it('are none for a recording', () => {
    const replayed = input({ provider: 'replay', recording: '/tmp/recording.json' });
    expect(rateLimit(replayed)).toBeUndefined();
    expect(circuit?.target(replayed)).toBeUndefined();
  });
});
