/** Tells events and entries of one run as its actors do: who tells, when, and in which shape. */
import type { EventMessage } from '../../runtime/contract/event.ts';
import type { Json } from '../../runtime/contract/json.ts';
import type { ConversationItem, TranscriptEntry } from '../../runtime/contract/transcript.ts';
import { namespace } from './stored-streams.ts';

export type Chapter =
  | { readonly type: 'events'; readonly events: EventMessage }
  | { readonly type: 'entry'; readonly entry: TranscriptEntry };

export interface Storyteller {
  readonly event: (
    actor: 'run' | 'session' | 'merge-request',
    type: string,
    state: string,
    data?: Readonly<Record<string, Json>>,
    status?: EventMessage['status'],
  ) => Chapter;
  readonly entry: (item: ConversationItem) => Chapter;
}

const kinds = { run: 'coordinator', session: 'session', 'merge-request': 'merge-request' } as const;

/** Chapters a second apart; the first has the number `firstNumber + 1` and happens a second after `startMs`. */
export function createStoryteller(runId: string, startMs: number, firstNumber = 0): Storyteller {
  let count = firstNumber;
  const at = (): string => new Date(startMs + (count - firstNumber) * 1_000).toISOString();
  return {
    event: (actor, type, state, data = {}, status = 'active') => {
      count += 1;
      const id = actor === 'run' ? runId : `${runId}::${actor}`;
      const kind = kinds[actor];
      return {
        type: 'events',
        events: {
          v: 1,
          namespace,
          kind,
          actor: id,
          at: at(),
          n: count,
          state,
          status,
          id: `${kind}.${id}:${count}`,
          cause: `cause-${count}`,
          events: [{ i: 0, type, data }],
        },
      };
    },
    entry: (item) => {
      count += 1;
      const session = `${runId}::session`;
      return {
        type: 'entry',
        entry: { v: 1, id: `${session}-${count}`, session, at: at(), item },
      };
    },
  };
}

/** Two events of one actor as one commit tells them: in one message, with the state that the second has led to. */
export function together(first: Chapter, second: Chapter): Chapter {
  if (first.type !== 'events' || second.type !== 'events')
    throw new Error('only events go together');
  const events = [...first.events.events, ...second.events.events].map((event, i) => ({
    ...event,
    i,
  }));
  return { type: 'events', events: { ...second.events, events } };
}

export function says(
  text: string,
  tool: string,
  id: string,
  input: Record<string, Json>,
): ConversationItem {
  return {
    type: 'assistant',
    model: 'replay',
    blocks: [
      { type: 'text', text },
      { type: 'toolCall', id, name: tool, input },
    ],
    usage: { inputTokens: 1_840, outputTokens: 96 },
    stopReason: 'toolUse',
  };
}

export function returns(
  toolCallId: string,
  tool: string,
  text: string,
  exitCode?: number,
): Extract<ConversationItem, { type: 'toolResult' }> {
  return {
    type: 'toolResult',
    toolCallId,
    tool,
    outcome: exitCode === undefined || exitCode === 0 ? 'succeeded' : 'failed',
    ...(exitCode === undefined ? {} : { exitCode }),
    text,
    durationMs: exitCode === undefined ? 3 : 842,
  };
}

export function startStep(
  event: Storyteller['event'],
  index: number,
  step: string,
  title: string,
  round = 0,
) {
  return event('session', 'stepStarted', 'thinking.calling', { step, title, index, of: 4, round });
}

export function callModel(
  event: Storyteller['event'],
  turn: number,
  ...calls: readonly string[]
): Chapter {
  const usage = { inputTokens: 1_840, outputTokens: 96 };
  return event('session', 'modelCalled', 'acting.commanding', { turn, calls: [...calls], usage });
}

export function startTool(event: Storyteller['event'], tool: string, toolCall: string): Chapter {
  return event('session', 'toolStarted', 'acting.commanding', { tool, toolCall });
}

export function finishTool(
  event: Storyteller['event'],
  tool: string,
  toolCall: string,
  exitCode?: number,
): Chapter {
  const outcome = exitCode === undefined || exitCode === 0 ? 'succeeded' : 'failed';
  const exit = exitCode === undefined ? {} : { exitCode };
  return event('session', 'toolFinished', 'thinking.calling', {
    tool,
    toolCall,
    outcome,
    durationMs: 842,
    ...exit,
  });
}
