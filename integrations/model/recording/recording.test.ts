/** Reading recordings, and writing them from a live run. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelPort, ModelRequest, ModelTurn } from '../../../actors/ports/model.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import type { ConversationItem } from '../../../runtime/contract/transcript.ts';
import { loadRecording } from './load-recording.ts';
import { createRecordingFile } from './recording-file.ts';
import { createRecordingModel } from './recording-model.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-recording-'));
  path = join(folder, 'run', 'recording.json');
});
afterEach(() => rm(folder, { recursive: true }));

const prompt: ConversationItem = {
  type: 'prompt',
  source: 'step',
  stepId: 'understand',
  text: 'Fix it.',
};
const call: ModelTurn = {
  model: 'claude-test',
  blocks: [{ type: 'toolCall', id: 't1', name: 'bash', input: { command: 'npm test' } }],
  usage: { inputTokens: 10, outputTokens: 5 },
  stopReason: 'toolUse',
};
const done: ModelTurn = {
  ...call,
  blocks: [{ type: 'text', text: 'Done.' }],
  stopReason: 'endTurn',
};
const afterCall: readonly ConversationItem[] = [
  prompt,
  { type: 'assistant', ...call, blocks: [...call.blocks] },
  {
    type: 'toolResult',
    toolCallId: 't1',
    tool: 'bash',
    outcome: 'failed',
    exitCode: 1,
    text: 'took 5 ms',
    durationMs: 5,
  },
];

function ask(
  model: ModelPort,
  conversation: readonly ConversationItem[],
  sessionId = 's1',
): Promise<ModelTurn> {
  const request: ModelRequest = {
    sessionId,
    idempotencyKey: 'k',
    model: 'claude-test',
    system: '',
    conversation,
    tools: [],
    maxOutputTokens: 100,
  };
  return model.complete(request, {
    signal: new AbortController().signal,
    onDelta: () => undefined,
  });
}

function always(turn: ModelTurn): ModelPort {
  return { complete: () => Promise.resolve(turn) };
}

/** A fresh wrapper each time, as after a restart of the process. */
function recorder(inner: ModelPort): ModelPort {
  return createRecordingModel(inner, createRecordingFile(path));
}

describe('createRecordingModel', () => {
  it('records each turn with the shape of what came before, across restarts', async () => {
    expect(await ask(recorder(always(call)), [prompt])).toBe(call);
    await ask(recorder(always(done)), afterCall);
    expect(await loadRecording(path)).toEqual({
      v: 1,
      title: 'Session s1',
      recordedWith: { model: 'claude-test', session: 's1' },
      turns: [
        {
          expect: [{ type: 'prompt', source: 'step', stepId: 'understand' }],
          turn: { blocks: call.blocks, usage: call.usage, stopReason: 'toolUse' },
        },
        {
          expect: [{ type: 'toolResult', tool: 'bash', outcome: 'failed', exitCode: 1 }],
          turn: { blocks: done.blocks, usage: done.usage, stopReason: 'endTurn' },
        },
      ],
    });
    expect(await readdir(join(folder, 'run'))).toEqual(['recording.json']);
  });

  it('replaces a turn that is asked for again, and forgets what came after it', async () => {
    await ask(recorder(always(call)), [prompt]);
    await ask(recorder(always(done)), afterCall);
    await ask(recorder(always(done)), [prompt]);
    expect((await loadRecording(path)).turns.map(({ turn }) => turn.stopReason)).toEqual([
      'endTurn',
    ]);
  });

  it('keeps nothing of a call that failed', async () => {
    await expect(
      ask(recorder({ complete: () => Promise.reject(new Error('no')) }), [prompt]),
    ).rejects.toThrow('no');
    expect((await loadRecording(path)).turns).toEqual([]);
  });

  it('refuses a second session before the model is called, also one that starts at the same time', async () => {
    const complete = vi.fn<ModelPort['complete']>().mockResolvedValue(done);
    const model = recorder({ complete });
    const ends = await Promise.allSettled([ask(model, [prompt], 's1'), ask(model, [prompt], 's2')]);
    expect(ends).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'SB_RECORDING_INVALID' } },
    ]);
    await expect(ask(recorder({ complete }), [prompt], 's2')).rejects.toThrow(
      `${path} holds a recording of s1; session s2 cannot be recorded into it`,
    );
    expect(complete).toHaveBeenCalledTimes(1);
  });

  it('refuses to begin in the middle of a session', async () => {
    await expect(ask(recorder(always(done)), afterCall)).rejects.toMatchObject({
      code: 'SB_RECORDING_INVALID',
      message: `${path} has 0 turns of session s1, which is at turn 2: the turns between are lost`,
    });
  });

  it('does not touch a file that is no recording', async () => {
    path = join(folder, 'notes.txt');
    await writeFile(path, 'mine');
    await expect(ask(recorder(always(done)), [prompt])).rejects.toMatchObject({
      code: 'SB_RECORDING_INVALID',
    });
    expect(await readFile(path, 'utf8')).toBe('mine');
  });
});

describe('loadRecording', () => {
  async function complaint(text: string): Promise<SignalboxError> {
    path = join(folder, 'recording.json');
    await writeFile(path, text);
    const error: unknown = await loadRecording(path).catch((reason: unknown) => reason);
    if (!(error instanceof SignalboxError))
      throw new Error('a complaint expected', { cause: error });
    expect(error.code).toBe('SB_RECORDING_INVALID');
    expect(error.next).toContain('or record the job again');
    return error;
  }

  it('says which file cannot be read', async () => {
    await expect(loadRecording(path)).rejects.toMatchObject({ code: 'SB_RECORDING_INVALID' });
    await expect(loadRecording(path)).rejects.toThrow(`the recording ${path} cannot be read: `);
  });

  it('says where a text stops being JSON', async () => {
    expect((await complaint('{\n  "v": 1,,\n}')).message).toBe(`${path}:2:10: this is not JSON`);
  });

  it('names the fields that are wrong', async () => {
    const turn = {
      expect: [{ type: 'prompt', source: 'boss' }],
      turn: { blocks: [], usage: {}, stopReason: 'endTurn' },
    };
    const { message } = await complaint(
      JSON.stringify({ v: 1, title: 'T', recordedWith: { model: 'm' }, turns: [turn], delay: 5 }),
    );
    expect(message).toContain('turns[0].expect[0].source: ');
    expect(message).toContain('turns[0].turn.usage.inputTokens: ');
    expect(message).toContain('"delay"');
  });

  it('refuses a tool call id that is used twice', async () => {
    const turn = {
      expect: [],
      turn: { blocks: call.blocks, usage: call.usage, stopReason: 'toolUse' },
    };
    const { message } = await complaint(
      JSON.stringify({ v: 1, title: 'T', recordedWith: { model: 'm' }, turns: [turn, turn] }),
    );
    expect(message).toContain('turns[1].turn.blocks[0].id: the tool call id "t1" is used twice');
  });
});
