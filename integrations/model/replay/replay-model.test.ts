import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelPort, ModelRequest, ModelTurn } from '../../../actors/ports/model.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import type { AssistantBlock, ConversationItem } from '../../../runtime/contract/transcript.ts';
import { describeRound, findCalls, splitRounds } from '../recording/conversation-rounds.ts';
import { createRecordingModel } from '../recording/recording-model.ts';
import { recordingSchema } from '../recording/recording.schema.ts';
import type { Recording } from '../recording/recording.schema.ts';
import { createReplayModel } from './replay-model.ts';
import { maxReissuesPerTurn } from './replay-position.ts';

type ToolResult = Extract<ConversationItem, { type: 'toolResult' }>;
type ToolCall = Extract<AssistantBlock, { type: 'toolCall' }>;
/** What the world does with a call: the session's side of the conversation. */
type RunTool = (call: ToolCall) => Pick<ToolResult, 'outcome' | 'exitCode'>;

const usage = { inputTokens: 3, outputTokens: 2 };
const goPrompt: ConversationItem = {
  type: 'prompt',
  source: 'step',
  stepId: 'understand',
  text: 'Go on.',
};

function toolCall(id: string, name = 'bash'): ToolCall {
  return { type: 'toolCall', id, name, input: { command: `run ${id}` } };
}

function request(conversation: readonly ConversationItem[]): ModelRequest {
  return {
    sessionId: 's1',
    idempotencyKey: 'k',
    model: 'recorded',
    system: '',
    conversation,
    tools: [],
    maxOutputTokens: 10,
  };
}

function ask(
  model: ModelPort,
  conversation: readonly ConversationItem[],
  onDelta: (text: string) => void = () => undefined,
  signal = new AbortController().signal,
): Promise<ModelTurn> {
  return model.complete(request(conversation), { signal, onDelta });
}

function assistant(turn: ModelTurn): ConversationItem {
  return { type: 'assistant', ...turn, blocks: [...turn.blocks] };
}

function runCalls(turn: ModelTurn, run: RunTool): ConversationItem[] {
  return turn.blocks.flatMap((block): ConversationItem[] =>
    block.type === 'toolCall'
      ? [
          {
            type: 'toolResult',
            toolCallId: block.id,
            tool: block.name,
            text: '',
            durationMs: 1,
            ...run(block),
          },
        ]
      : [],
  );
}

/** Plays a session until a turn calls no tool. */
async function playSession(model: ModelPort, run: RunTool): Promise<ConversationItem[]> {
  const conversation: ConversationItem[] = [goPrompt];
  for (let turns = 0; turns < 500; turns += 1) {
    const turn = await ask(model, conversation);
    conversation.push(assistant(turn));
    const results = runCalls(turn, run);
    if (results.length === 0) return conversation;
    conversation.push(...results);
  }
  throw new Error('the session does not end');
}

/** Two calls at once, then one, then the end. */
const recording: Recording = recordingSchema.parse({
  v: 1,
  title: 'Set the points',
  recordedWith: { model: 'recorded' },
  turns: [
    {
      expect: [{ type: 'prompt', source: 'step', stepId: 'understand' }],
      turn: { blocks: [toolCall('a', 'read'), toolCall('b')], usage, stopReason: 'toolUse' },
    },
    {
      expect: [
        { type: 'toolResult', tool: 'read', outcome: 'succeeded' },
        { type: 'toolResult', tool: 'bash', outcome: 'failed', exitCode: 1 },
      ],
      turn: {
        blocks: [{ type: 'text', text: 'Now edit.' }, toolCall('c', 'edit')],
        usage,
        stopReason: 'toolUse',
      },
    },
    {
      expect: [{ type: 'toolResult', tool: 'edit', outcome: 'succeeded' }],
      turn: { blocks: [{ type: 'text', text: 'Done.' }], usage, stopReason: 'endTurn' },
    },
  ],
});
const replay = createReplayModel(recording);

const asRecorded: RunTool = ({ name }) =>
  name === 'bash' ? { outcome: 'failed', exitCode: 1 } : { outcome: 'succeeded' };

async function mismatch(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.catch((reason: unknown) => reason);
  if (!(error instanceof SignalboxError)) throw new Error('a mismatch expected', { cause: error });
  expect(error).toMatchObject({ code: 'SB_RECORDING_MISMATCH', retryable: false });
  expect(error.next).toContain('Record the job again');
  return error.message;
}

describe('createReplayModel', () => {
  it('plays the recorded turns in order', async () => {
    const conversation = await playSession(replay, asRecorded);
    const turns = conversation.filter((item) => item.type === 'assistant');
    expect(turns).toEqual(
      recording.turns.map(({ turn }) => ({ type: 'assistant', model: 'recorded', ...turn })),
    );
  });

  it('does not mind in which order parallel calls end, or when a message comes in between', async () => {
    const first = await ask(replay, [goPrompt]);
    const [a, b] = runCalls(first, asRecorded);
    if (a === undefined || b === undefined) throw new Error('two calls expected');
    expect((await ask(replay, [goPrompt, assistant(first), b, a])).blocks).toContainEqual(
      toolCall('c', 'edit'),
    );
  });

  it('says what was expected and what came', async () => {
    const first = await ask(replay, [goPrompt]);
    const results = runCalls(first, () => ({ outcome: 'succeeded', exitCode: 0 }));
    expect(await mismatch(ask(replay, [goPrompt, assistant(first), ...results]))).toBe(
      'recording "Set the points", turn 2 of 3: expected read succeeded + bash failed (exit code 1); ' +
        'what came: read succeeded (exit code 0) + bash succeeded (exit code 0)',
    );
    expect(await mismatch(ask(replay, [{ type: 'prompt', source: 'steer', text: 'Stop!' }]))).toBe(
      'recording "Set the points", turn 1 of 3: expected step prompt "understand"; what came: steer prompt',
    );
    expect(await mismatch(ask(replay, []))).toContain('what came: nothing');
  });

  it('compares the text of a prompt where the recording names a part of it', async () => {
    const expectItem = { type: 'prompt' as const, source: 'step' as const, textIncludes: 'points' };
    const [first] = recording.turns;
    if (first === undefined) throw new Error('a turn expected');
    const model = createReplayModel({ ...recording, turns: [{ ...first, expect: [expectItem] }] });
    expect(await mismatch(ask(model, [goPrompt]))).toContain(
      'expected step prompt with the text "points"',
    );
    expect((await ask(model, [{ ...goPrompt, text: 'Set the points.' }])).stopReason).toBe(
      'toolUse',
    );
  });

  it('ends with a clear error when the conversation goes on after the recording', async () => {
    const conversation = await playSession(replay, asRecorded);
    const steer: ConversationItem = { type: 'prompt', source: 'steer', text: 'One more thing.' };
    expect(await mismatch(ask(replay, [...conversation, steer]))).toBe(
      'recording "Set the points", turn 4 of 3: the recording has ended, but the conversation goes on; what came: steer prompt',
    );
  });

  it('notices a conversation that another model has led', async () => {
    const other = assistant({
      model: 'x',
      blocks: [toolCall('z', 'grep')],
      usage,
      stopReason: 'toolUse',
    });
    expect(await mismatch(ask(replay, [goPrompt, other]))).toBe(
      'recording "Set the points", turn 1 of 3: the conversation has another turn here than the recording; it called grep',
    );
  });
});

describe('after an interruption', () => {
  const interruptFirst =
    (ids: readonly string[]): RunTool =>
    (call) =>
      ids.includes(call.id) ? { outcome: 'interrupted' } : asRecorded(call);

  it('asks again for the interrupted calls only, and matches the turn as a whole', async () => {
    const conversation = await playSession(replay, interruptFirst(['b', 'b-again-1']));
    const calls = conversation.flatMap((item) =>
      item.type === 'assistant' ? item.blocks.filter((block) => block.type === 'toolCall') : [],
    );
    expect(calls.map((call) => call.id)).toEqual(['a', 'b', 'b-again-1', 'b-again-2', 'c']);
    expect(calls[3]).toEqual({ ...toolCall('b'), id: 'b-again-2' });
    expect(conversation.at(-1)).toMatchObject({ blocks: [{ type: 'text', text: 'Done.' }] });
  });

  it('takes no failed edit for a good one when nothing was interrupted', async () => {
    const run: RunTool = (call) => (call.id === 'c' ? { outcome: 'failed' } : asRecorded(call));
    expect(await mismatch(playSession(replay, run))).toContain(
      'expected edit succeeded; what came: edit failed',
    );
  });

  it('takes a failed edit for one that had happened, but not a failed command', async () => {
    const run: RunTool = (call) => {
      if (call.id === 'c') return { outcome: 'interrupted' };
      return call.id === 'c-again-1' ? { outcome: 'failed' } : asRecorded(call);
    };
    expect((await playSession(replay, run)).at(-1)).toMatchObject({ stopReason: 'endTurn' });
    const other: RunTool = (call) => {
      if (call.id === 'b') return { outcome: 'interrupted' };
      return call.id === 'b-again-1' ? { outcome: 'failed', exitCode: 2 } : asRecorded(call);
    };
    expect(await mismatch(playSession(replay, other))).toContain(
      'what came: read succeeded + bash failed (exit code 2)',
    );
  });

  it('overlooks a nudge about the interruption, but not a steering message', async () => {
    const first = await ask(replay, [goPrompt]);
    const results = runCalls(first, interruptFirst(['a']));
    const nudge: ConversationItem = { type: 'prompt', source: 'nudge', text: 'A worker died.' };
    const upToAgain = [goPrompt, assistant(first), ...results, nudge];
    const again = await ask(replay, upToAgain);
    const after = [...upToAgain, assistant(again), ...runCalls(again, asRecorded)];
    expect((await ask(replay, after)).blocks).toContainEqual(toolCall('c', 'edit'));
    const steered = after.with(upToAgain.length - 1, {
      type: 'prompt',
      source: 'steer',
      text: 'Stop!',
    });
    expect(await mismatch(ask(replay, steered))).toContain('+ steer prompt');
  });

  it('gives up on a call that is interrupted every time', async () => {
    let calls = 0;
    const run: RunTool = (call) => {
      calls += call.name === 'bash' ? 1 : 0;
      return call.name === 'bash' ? { outcome: 'interrupted' } : asRecorded(call);
    };
    expect(await mismatch(playSession(replay, run))).toContain('bash was interrupted every time');
    expect(calls).toBe(1 + maxReissuesPerTurn);
  });

  const recordings = fc
    .array(
      fc.array(fc.constantFrom<'succeeded' | 'failed'>('succeeded', 'failed'), {
        minLength: 1,
        maxLength: 3,
      }),
      {
        maxLength: 5,
      },
    )
    .map((turns) => buildRecording(turns));

  it('plays every recorded turn once and in order, whatever is interrupted', async () => {
    await fc.assert(
      fc.asyncProperty(
        recordings,
        fc.array(fc.boolean(), { maxLength: 30 }),
        async (made, pattern) => {
          const interrupted = pattern.values();
          const ended: string[] = [];
          const conversation = await playSession(createReplayModel(made), (call) => {
            if (interrupted.next().value === true) return { outcome: 'interrupted' };
            ended.push(JSON.stringify(call.input));
            return outcomeOf(call);
          });
          const turns = conversation.filter((item) => item.type === 'assistant');
          const calls = turns.flatMap(({ blocks }) =>
            blocks.filter((block) => block.type === 'toolCall'),
          );
          expect(new Set(calls.map((call) => call.id)).size).toBe(calls.length);
          const recorded = turns.filter(({ usage: { outputTokens } }) => outputTokens > 0);
          expect(recorded.map(({ blocks }) => blocks)).toEqual(
            made.turns.map(({ turn }) => turn.blocks),
          );
          const commands = made.turns.flatMap(({ turn }) =>
            turn.blocks.filter((block) => block.type === 'toolCall'),
          );
          expect(ended.toSorted()).toEqual(
            commands.map((call) => JSON.stringify(call.input)).toSorted(),
          );
        },
      ),
    );
  });

  it('gives the same turn again for any prefix of a conversation', async () => {
    await fc.assert(
      fc.asyncProperty(
        recordings,
        fc.array(fc.boolean(), { maxLength: 20 }),
        async (made, pattern) => {
          const interrupted = pattern.values();
          const conversation = await playSession(createReplayModel(made), (call) =>
            interrupted.next().value === true ? { outcome: 'interrupted' } : outcomeOf(call),
          );
          for (const [index, item] of conversation.entries()) {
            if (item.type !== 'assistant') continue;
            expect(
              assistant(await ask(createReplayModel(made), conversation.slice(0, index))),
            ).toEqual(item);
          }
        },
      ),
    );
  });

  it('can itself be recorded and played without the interruptions', async () => {
    await fc.assert(
      fc.asyncProperty(
        recordings,
        fc.array(fc.boolean(), { maxLength: 20 }),
        async (made, pattern) => {
          const interrupted = pattern.values();
          let stored: Recording | undefined;
          const recorder = createRecordingModel(createReplayModel(made), {
            name: 'memory',
            update: async (change) => void (stored = await Promise.resolve(change(stored))),
          });
          const conversation = await playSession(recorder, (call) =>
            interrupted.next().value === true ? { outcome: 'interrupted' } : outcomeOf(call),
          );
          if (stored === undefined) throw new Error('nothing was recorded');
          const kept = recordingSchema.parse(JSON.parse(JSON.stringify(stored)));
          const again = await playSession(createReplayModel(kept), outcomeOf);
          const turns = (items: readonly ConversationItem[]) =>
            items.filter((item) => item.type === 'assistant');
          expect(turns(again)).toEqual(turns(conversation));
          const disturbed = pattern.values();
          const ids = turns(
            await playSession(createReplayModel(kept), (call) =>
              disturbed.next().value === true ? { outcome: 'interrupted' } : outcomeOf(call),
            ),
          ).flatMap(({ blocks }) => findCalls(blocks).map((call) => call.id));
          expect(new Set(ids).size).toBe(ids.length);
        },
      ),
    );
  });
});

/** The outcome of a made-up call is written in its input. */
const outcomeOf: RunTool = (call) => {
  const outcome = call.input['outcome'] === 'failed' ? 'failed' : 'succeeded';
  return { outcome, exitCode: outcome === 'failed' ? 1 : 0 };
};

/** One turn per list of outcomes, one call per outcome, and a last turn without calls. */
function buildRecording(turns: readonly (readonly string[])[]): Recording {
  const blocks = [
    ...turns.map((outcomes, turn) =>
      outcomes.map((outcome, call) => {
        const id = `t${turn}-${call}`;
        return { ...toolCall(id), input: { command: id, outcome } };
      }),
    ),
    [{ type: 'text' as const, text: 'Done.' }],
  ];
  const conversation: ConversationItem[] = [goPrompt];
  const made: Recording['turns'][number][] = [];
  for (const said of blocks) {
    const turn = { blocks: said, usage, stopReason: 'endTurn' as const };
    const rounds = splitRounds(conversation);
    made.push({ expect: rounds.slice(-1).flatMap(describeRound), turn });
    conversation.push(
      assistant({ model: 'm', ...turn }),
      ...runCalls({ model: 'm', ...turn }, outcomeOf),
    );
  }
  return { v: 1, title: 'Made up', recordedWith: { model: 'recorded' }, turns: made };
}

describe('a delayed turn', () => {
  const [first] = recording.turns;
  const text = 'One two three four.';
  const slow: Recording = {
    ...recording,
    turns:
      first === undefined
        ? []
        : [{ ...first, delayMs: 400, turn: { ...first.turn, blocks: [{ type: 'text', text }] } }],
  };

  it('is said piece by piece over its delay', async () => {
    const waits: number[] = [];
    const deltas: string[] = [];
    const model = createReplayModel(
      slow,
      async (ms) => void (await Promise.resolve(waits.push(ms))),
    );
    const turn = await ask(model, [goPrompt], (delta) => deltas.push(delta));
    expect(turn.blocks).toEqual([{ type: 'text', text }]);
    expect(deltas).toEqual(['One ', 'two ', 'three ', 'four.']);
    expect(waits).toEqual([100, 100, 100, 100]);
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const deltas: string[] = [];
    const call = ask(
      createReplayModel(slow),
      [goPrompt],
      (delta) => {
        deltas.push(delta);
        controller.abort();
      },
      controller.signal,
    );
    await expect(call).rejects.toMatchObject({ code: 'SB_EFFECT_CANCELLED' });
    expect(deltas).toEqual(['One ']);
    await expect(ask(replay, [goPrompt], undefined, AbortSignal.abort())).rejects.toMatchObject({
      code: 'SB_EFFECT_CANCELLED',
    });
  });
});
