/** A session driven by hand, and the turns of an agent that works through the bundled workflow. */
import type { Json } from '../../runtime/contract/json.ts';
import {
  callModelSchema,
  recordHandoffSchema,
  removeWorktreeSchema,
  runToolSchema,
  worktreeSchema,
} from '../session/session.effects.ts';
import type { TurnSummary } from '../session/session.effects.ts';
import { defineSession } from '../session/session.actor.ts';
import type { SessionContext, ToolCall } from '../session/session.context.ts';
import type { SessionInput } from '../session/session.schema.ts';
import { driveMachine, type DrivenMachine, type Reaction } from './drive-machine.ts';
import { createHandoff, createSessionInput, worktree } from './inputs.ts';
import {
  createMemoryBlobs,
  createMemoryModel,
  createMemoryRepository,
  createMemoryTranscripts,
  createMemoryWorkspace,
  endCommand,
} from './memory-ports.ts';

export type DrivenSession = DrivenMachine<SessionContext>;

export const sessionDefinition = defineSession({
  models: () => Promise.resolve(createMemoryModel([])),
  transcripts: createMemoryTranscripts(),
  blobs: createMemoryBlobs(),
  workspace: createMemoryWorkspace(endCommand(0)),
  repositories: createMemoryRepository(),
  now: () => new Date(0),
  monotonicMs: () => 0,
});

const holder = { kind: 'session', id: 'run-1::session' };

/** What a session tells its queue. */
export const slotAsked = {
  to: 'work-queue/main',
  body: {
    type: 'requestSlot',
    request: { holder, priority: 'normal', key: '/repository' },
  },
};
export const slotReleased = { to: 'work-queue/main', body: { type: 'releaseSlot', holder } };

export function driveSession(changes: Partial<SessionInput> = {}): DrivenSession {
  const input = createSessionInput(changes);
  return driveMachine<SessionContext>(sessionDefinition, {
    address: { kind: 'session', id: input.session },
    input,
    effectInputs: {
      callModel: callModelSchema,
      inspectFiles: runToolSchema,
      changeFiles: runToolSchema,
      runCommand: runToolSchema,
      prepareWorktree: worktreeSchema,
      removeWorktree: removeWorktreeSchema,
      recordHandoff: recordHandoffSchema,
    },
  });
}

export function turnOf(
  calls: readonly ToolCall[],
  changes: Partial<TurnSummary> = {},
): TurnSummary {
  const stopReason = calls.length === 0 ? 'endTurn' : 'toolUse';
  return { calls, usage: { inputTokens: 100, outputTokens: 10 }, stopReason, ...changes };
}

const longNotes =
  'Read src/slugify.ts and its test; npm test exits with 1, and the digits are dropped by one regular expression.';

export function completion(
  id: string,
  changes: { readonly notes?: string; readonly handoff?: Json } = {},
): ToolCall {
  const { notes = longNotes, handoff } = changes;
  const artifacts = handoff === undefined ? {} : { artifacts: { handoff } };
  return { id, name: 'complete_step', input: { notes, ...artifacts } };
}

export function bash(id: string): ToolCall {
  return { id, name: 'bash' };
}

/** Up to the first model call. */
export function startWorking(session: DrivenSession): Reaction {
  session.send({ type: 'takeSlot' });
  return session.done('prepareWorktree', worktree);
}

/** Completes the current step in a turn of its own. `name` keeps the ids of calls apart. */
export function completeStep(session: DrivenSession, name: string): Reaction {
  return session.done('callModel', turnOf([completion(`call-${name}`)]));
}

export function handOver(session: DrivenSession, name: string): Reaction {
  const handoff = createHandoff();
  session.done('callModel', turnOf([completion(`call-${name}`, { handoff: handoff as Json })]));
  return session.done('recordHandoff', { blob: `runs/run-1/handoff-${name}.json` });
}

/** From the start to waiting for the coordinator's `park`. */
export function workToHandover(session: DrivenSession): Reaction {
  startWorking(session);
  for (const step of ['understand', 'change', 'verify']) completeStep(session, step);
  return handOver(session, 'first');
}

/** The prompts and results that a model call carried, as texts. */
export function readUnsaid(reaction: Reaction): readonly string[] {
  const call = reaction.started.find(({ source }) => source === 'callModel');
  if (call === undefined) throw new Error('no model call was started');
  return callModelSchema
    .parse(call.input)
    .unsaid.map(({ item }) => ('text' in item ? item.text : item.type));
}
