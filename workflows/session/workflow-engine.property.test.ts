import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertNever } from '../../runtime/contract/errors.ts';
import type { WorkflowDefinition } from '../language/definition.schema.ts';
import type { AdvancedWorkflow } from './advance-workflow.ts';
import { advanceWorkflow } from './advance-workflow.ts';
import type { CompletionRules, StepCompletion } from './completion-check.ts';
import { reopenWorkflow } from './reopen-workflow.ts';
import { startWorkflow } from './start-workflow.ts';
import { describeNext } from './step-view.ts';
import type { WorkflowNext } from './step-view.ts';
import type { WorkflowState } from './workflow-state.ts';
import { maxBlockedCompletions } from './workflow-state.ts';

const rules: CompletionRules = {
  validators: {
    handoff: (value) =>
      value === 'good' ? { ok: true, value } : { ok: false, problems: ['must be good'] },
  },
  examples: { handoff: 'good' },
};

const definitions: fc.Arbitrary<WorkflowDefinition> = fc
  .array(fc.record({ minLength: fc.integer({ min: 1, max: 40 }), delivers: fc.boolean() }), {
    minLength: 1,
    maxLength: 6,
  })
  .chain((steps) =>
    fc.record({ steps: fc.constant(steps), rework: fc.nat({ max: steps.length - 1 }) }),
  )
  .map(({ steps, rework }) => ({
    id: 'generated',
    version: '1.0.0',
    title: 'Generated',
    description: 'Generated.',
    reworkFrom: `step-${rework}`,
    steps: steps.map(({ minLength, delivers }, index) => ({
      id: `step-${index}`,
      title: `Title <${index}>`,
      prompt: `Prompt <${index}> {{ goal }}`,
      notes: { minLength },
      ...(delivers ? { artifact: 'handoff' as const } : {}),
    })),
  }));

type Move =
  | {
      readonly type: 'complete';
      readonly notesLength: number;
      readonly artifact: 'good' | 'bad' | 'none' | 'asNeeded';
    }
  | { readonly type: 'repeat'; readonly back: number }
  | { readonly type: 'reuseToken'; readonly back: number }
  | { readonly type: 'forge'; readonly token: string }
  | { readonly type: 'foreign' }
  | { readonly type: 'reopen' };

const moves: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('complete' as const),
      notesLength: fc.oneof(fc.constant(60), fc.nat({ max: 60 })),
      artifact: fc.constantFrom(
        'asNeeded' as const,
        'asNeeded' as const,
        'good' as const,
        'bad' as const,
        'none' as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('repeat' as const), back: fc.nat({ max: 4 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('reuseToken' as const), back: fc.nat({ max: 4 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('forge' as const),
      token: fc.stringMatching(/^[0-9]\.[0-9]\.[0-9a-f]{32}$/),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'foreign' as const }) },
  { weight: 2, arbitrary: fc.constant({ type: 'reopen' as const }) },
);

/** An agent that sends the same bad completion until nothing is accepted any more. */
const stubbornness: readonly Move[] = Array.from({ length: maxBlockedCompletions }, () => ({
  type: 'complete',
  notesLength: 0,
  artifact: 'none',
}));

const sequences: fc.Arbitrary<readonly Move[]> = fc
  .array(
    fc.oneof(
      { weight: 20, arbitrary: moves.map((move) => [move]) },
      { weight: 1, arbitrary: fc.constant(stubbornness) },
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.flat());

const inputs = { sessionId: 's', goal: 'g', repository: 'r', branch: 'b', baseBranch: 'm' };

/** What a move sends; nothing for a reopening. */
function plan(
  move: Move,
  state: WorkflowState,
  definition: WorkflowDefinition,
  sent: readonly StepCompletion[],
): StepCompletion | undefined {
  const step = definition.steps[state.stepIndex];
  const needed = step?.artifact === undefined ? {} : { artifacts: { handoff: 'good' } };
  const good = { token: state.token, notes: 'n'.repeat(60), ...needed };
  switch (move.type) {
    case 'complete': {
      const artifacts = move.artifact === 'none' ? {} : { artifacts: { handoff: move.artifact } };
      return {
        token: state.token,
        notes: 'n'.repeat(move.notesLength),
        ...(move.artifact === 'asNeeded' ? needed : artifacts),
      };
    }
    case 'repeat':
      return sent.at(-1 - move.back) ?? good;
    case 'reuseToken':
      return { ...good, token: sent.at(-1 - move.back)?.token ?? state.token };
    case 'forge':
      return { ...good, token: move.token };
    case 'foreign':
      return {
        ...good,
        token: startWorkflow(definition, { ...inputs, sessionId: 'other' }).state.token,
      };
    case 'reopen':
      return undefined;
    default:
      return assertNever(move);
  }
}

/** Later steps' titles and prompts never appear in what the agent is shown. */
function expectNothingLater(next: WorkflowNext, definition: WorkflowDefinition): void {
  if (next.type !== 'step') return;
  const shown = JSON.stringify(next);
  for (let index = next.step.index + 1; index < definition.steps.length; index += 1) {
    expect(shown).not.toContain(`<${index}>`);
  }
}

/** Reopens, and returns the outcome's name with the state after it. */
function reopen(
  definition: WorkflowDefinition,
  state: WorkflowState,
): readonly [string, WorkflowState] {
  const answer = reopenWorkflow(definition, state, 'because');
  expect(answer.status).toBe(state.phase === 'finished' ? 'reopened' : 'refused');
  if (answer.status === 'refused') return [answer.code, state];
  expect(answer.state).toMatchObject({ instance: state.instance + 1, round: state.round + 1 });
  expect(definition.steps[answer.state.stepIndex]?.id).toBe(definition.reworkFrom);
  return [answer.status, answer.state];
}

/** Sends a completion, and returns the outcome's name with the state after it. */
function complete(
  definition: WorkflowDefinition,
  state: WorkflowState,
  completion: StepCompletion,
): readonly [string, WorkflowState] {
  const before = structuredClone(state);
  const isCurrent = completion.token === before.token && before.phase === 'running';
  const answer = advanceWorkflow(definition, state, completion, rules);
  expect(state).toEqual(before);
  const restored = JSON.parse(JSON.stringify(state)) as WorkflowState;
  expect(advanceWorkflow(definition, restored, completion, rules)).toEqual(answer);
  // Only the current token moves anything.
  expect(answer.status !== 'refused' && answer.state !== state).toBe(isCurrent);
  if (answer.status === 'refused') return [answer.code, state];
  expect(JSON.parse(JSON.stringify(answer.state))).toEqual(answer.state);
  expect(advanceWorkflow(definition, answer.state, completion, rules)).toEqual(answer);
  if (!isCurrent) return ['repeated', state];
  expectOneMove(before, answer, definition);
  return [answer.status, answer.state];
}

function expectOneMove(
  before: WorkflowState,
  answer: Exclude<AdvancedWorkflow, { readonly status: 'refused' }>,
  definition: WorkflowDefinition,
): void {
  if (answer.status === 'advanced') {
    const isLast = before.stepIndex === definition.steps.length - 1;
    expect(answer.state.phase).toBe(isLast ? 'finished' : 'running');
    expect(answer.state.stepIndex).toBe(before.stepIndex + (isLast ? 0 : 1));
    const { instance, round } = before;
    expect(answer.state.records.at(-1)).toMatchObject({ instance, round });
    expectNothingLater(answer.next, definition);
    return;
  }
  const isLastAttempt = before.blocked + 1 === maxBlockedCompletions;
  expect(answer.status).toBe(isLastAttempt ? 'exhausted' : 'blocked');
  expect(answer.reasons.length).toBeGreaterThan(0);
  expect(answer.state).toMatchObject({
    phase: isLastAttempt ? 'exhausted' : 'running',
    stepIndex: before.stepIndex,
    blocked: before.blocked + 1,
    records: before.records,
  });
}

/** A finished workflow has the notes and the artifact of each step, of the latest round where it was redone. */
function expectComplete(state: WorkflowState, definition: WorkflowDefinition): void {
  const next = describeNext(definition, state);
  expect(next.type === 'finished').toBe(state.phase === 'finished');
  if (next.type !== 'finished') return;
  const reworkIndex = definition.steps.findIndex(({ id }) => id === definition.reworkFrom);
  definition.steps.forEach((step, index) => {
    const newest = next.notes.findLast(({ stepId }) => stepId === step.id);
    expect(newest?.notes.length).toBeGreaterThanOrEqual(step.notes?.minLength ?? 0);
    expect(newest?.round).toBe(index >= reworkIndex ? state.round : 0);
  });
  const delivers = definition.steps.some(({ artifact }) => artifact !== undefined);
  expect(next.artifacts).toEqual(delivers ? { handoff: 'good' } : {});
}

describe('any sequence of completions, repeated, forged and reordered', () => {
  it('never skips a step, never finishes without notes and artifacts, and survives JSON', () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(definitions, sequences, (definition, sequence) => {
        let { state } = startWorkflow(definition, inputs);
        const sent: StepCompletion[] = [];
        for (const move of sequence) {
          const completion = plan(move, state, definition, sent);
          const [outcome, after] =
            completion === undefined
              ? reopen(definition, state)
              : complete(definition, state, completion);
          outcomes.add(outcome);
          if (completion !== undefined && after !== state) sent.push(completion);
          state = after;
          expectNothingLater(describeNext(definition, state), definition);
          expectComplete(state, definition);
        }
      }),
      { numRuns: 400 },
    );
    // The generator reaches every kind of answer, so none of the above holds for want of cases.
    expect([...outcomes].sort()).toEqual([
      'advanced',
      'blocked',
      'contentDiffers',
      'ended',
      'exhausted',
      'foreign',
      'notFinished',
      'olderAttempt',
      'olderStep',
      'reopened',
      'repeated',
    ]);
  });
});
