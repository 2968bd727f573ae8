import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import type { WorkflowDefinition } from '../language/definition.schema.ts';
import type { AdvancedWorkflow } from './advance-workflow.ts';
import { advanceWorkflow } from './advance-workflow.ts';
import { formatBlocked } from './blocked-text.ts';
import type { CompletionRules, StepCompletion } from './completion-check.ts';
import { reopenWorkflow } from './reopen-workflow.ts';
import { startWorkflow } from './start-workflow.ts';
import { describeNext, renderSystemPrompt } from './step-view.ts';
import type { StepView, WorkflowNext } from './step-view.ts';
import type { WorkflowState } from './workflow-state.ts';
import { maxBlockedCompletions, maxReopenings, maxSupersededRecords } from './workflow-state.ts';

const definition: WorkflowDefinition = {
  id: 'sample',
  version: '1.0.0',
  title: 'Sample',
  description: 'For tests.',
  systemPrompt: 'You work on {{ repository }}.',
  reworkFrom: 'make',
  steps: [
    { id: 'look', title: 'Look first', prompt: 'ALPHA {{ goal }}', tools: ['read'] },
    { id: 'make', title: 'Make second', prompt: 'BETA {{branch}}', notes: { minLength: 100 } },
    { id: 'give', title: 'Give third', prompt: 'GAMMA {{ baseBranch }}', artifact: 'handoff' },
  ],
};

const inputs = {
  sessionId: 's-1',
  goal: 'mend {{ branch }} for $& people',
  repository: 'demo',
  branch: 'signalbox/s-1',
  baseBranch: 'main',
};

const rules: CompletionRules = {
  validators: {
    handoff: (value) =>
      typeof value === 'object' && value !== null && 'title' in value
        ? { ok: true, value: { title: String(value.title) } }
        : { ok: false, problems: ['artifacts.handoff.title: is missing'] },
  },
  examples: { handoff: { title: 'Mend the parser' } },
};

const notes = 'Read everything, changed one line, ran the tests: exit code 0. '.repeat(2);
const handoff = { handoff: { title: 'Mended', surplus: true } };

function start(): WorkflowState {
  return startWorkflow(definition, inputs).state;
}

function advance(state: WorkflowState, completion: Partial<StepCompletion>): AdvancedWorkflow {
  return advanceWorkflow(definition, state, { token: state.token, notes, ...completion }, rules);
}

function advanceTo(state: WorkflowState, completion: Partial<StepCompletion> = {}): WorkflowState {
  const answer = advance(state, completion);
  if (answer.status !== 'advanced') throw new Error(`unexpected answer: ${JSON.stringify(answer)}`);
  return answer.state;
}

function finish(state: WorkflowState): WorkflowState {
  let current = state;
  while (current.phase === 'running') {
    current = advanceTo(current, current.stepIndex === 2 ? { artifacts: handoff } : {});
  }
  return current;
}

function stepOf(next: WorkflowNext): StepView {
  if (next.type !== 'step') throw new Error(`no step: ${next.type}`);
  return next.step;
}

function codesOf(answer: AdvancedWorkflow): readonly string[] {
  return answer.status === 'blocked' || answer.status === 'exhausted'
    ? answer.reasons.map(({ code }) => code)
    : [answer.status];
}

describe('startWorkflow', () => {
  it('gives the first step, rendered, with what it requires', () => {
    const { state, next } = startWorkflow(definition, inputs);
    expect(stepOf(next)).toEqual({
      id: 'look',
      index: 0,
      of: 3,
      instance: 1,
      round: 0,
      title: 'Look first',
      prompt:
        '# Look first (step 1 of 3)\n\nALPHA mend {{ branch }} for $& people\n\nWhen the step is done, ' +
        'call `complete_step` with `notes` of 20 to 4000 characters. The next step is shown after that.',
      tools: ['read'],
      requires: { notes: { minLength: 20, maxLength: 4000 }, artifact: null },
      token: state.token,
    });
    expect(renderSystemPrompt(definition, state)).toBe('You work on demo.');
  });

  it.each(['sessionId', 'goal', 'repository', 'branch', 'baseBranch'])(
    'refuses a blank %s',
    (key) => {
      const attempt = () => startWorkflow(definition, { ...inputs, [key]: '' });
      expect(attempt).toThrow(expect.objectContaining({ code: 'SB_INPUT_INVALID' }));
      expect(attempt).toThrow(key);
    },
  );

  it('gives plain JSON', () => {
    const { state, next } = startWorkflow(definition, inputs);
    expect(JSON.parse(JSON.stringify({ state, next }))).toEqual({ state, next });
  });
});

describe('advanceWorkflow', () => {
  it('walks through every step to the end', () => {
    const second = advance(start(), {});
    if (second.status !== 'advanced') throw new Error('not advanced');
    expect(stepOf(second.next)).toMatchObject({ id: 'make', index: 1, instance: 2 });
    expect(stepOf(second.next).tools).toContain('edit');
    const third = advanceTo(second.state);
    const last = advance(third, { artifacts: handoff });
    if (last.status !== 'advanced') throw new Error('not advanced');
    expect(last.next).toEqual({
      type: 'finished',
      artifacts: { handoff: { title: 'Mended' } },
      notes: ['look', 'make', 'give'].map((stepId, index) => ({
        stepId,
        instance: index + 1,
        round: 0,
        notes: notes.trim(),
      })),
    });
    expect(describeNext(definition, last.state)).toEqual(last.next);
  });

  it('shows nothing of a later step', () => {
    const first = startWorkflow(definition, inputs);
    const blocked = advance(first.state, { notes: '' });
    const second = advance(first.state, {});
    const refused = advance(first.state, { token: 'guess' });
    const shown = JSON.stringify([first, blocked, refused]);
    expect(shown).not.toMatch(/BETA|GAMMA|Make second|Give third|handoff|"make"|"give"/);
    expect(JSON.stringify(second)).not.toMatch(/GAMMA|Give third|handoff|"give"/);
  });

  const blockedCases: readonly (readonly [string, number, Partial<StepCompletion>, string[]])[] = [
    ['no notes', 0, { notes: undefined }, ['notesMissing']],
    ['blank notes', 0, { notes: ' \n ' }, ['notesMissing']],
    ['notes that are not text', 0, { notes: 7 }, ['notesMissing']],
    ['notes padded with blanks', 0, { notes: `short${' '.repeat(50)}` }, ['notesTooShort']],
    ['notes under the minimum of the step', 1, { notes: 'x'.repeat(99) }, ['notesTooShort']],
    ['notes that are too long', 0, { notes: 'x'.repeat(4001) }, ['notesTooLong']],
    ['an artifact nobody asked for', 0, { artifacts: handoff }, ['artifactUnexpected']],
    ['a missing artifact', 2, {}, ['artifactMissing']],
    [
      'a misspelled artifact',
      2,
      { artifacts: { handof: 1 } },
      ['artifactUnexpected', 'artifactMissing'],
    ],
    ['an invalid artifact', 2, { artifacts: { handoff: { titel: 'x' } } }, ['artifactInvalid']],
    ['artifacts in a list', 2, { artifacts: [handoff] }, ['artifactInvalid']],
    [
      'a huge artifact',
      2,
      { artifacts: { handoff: { title: 'x'.repeat(65_000) } } },
      ['artifactTooLarge'],
    ],
    ['everything missing', 2, { notes: '' }, ['notesMissing', 'artifactMissing']],
  ];

  it.each(blockedCases)('is blocked by %s', (_name, stepIndex, completion, codes) => {
    let state = start();
    for (let index = 0; index < stepIndex; index += 1) state = advanceTo(state);
    const answer = advance(state, completion);
    expect(answer.status).toBe('blocked');
    expect(codesOf(answer)).toEqual(codes);
    if (answer.status !== 'blocked') return;
    expect(answer.state).toMatchObject({ stepIndex, blocked: 1, records: state.records });
    expect(advance(answer.state, stepIndex === 2 ? { artifacts: handoff } : {}).status).toBe(
      'advanced',
    );
  });

  it('says what is missing with an example that has everything', () => {
    const state = advanceTo(advanceTo(start()));
    const answer = advance(state, { notes: 'too short', artifacts: { handof: 1 } });
    if (answer.status !== 'blocked') throw new Error('not blocked');
    expect(formatBlocked(answer)).toContain('attempt 1 of 5');
    expect(formatBlocked(answer)).toContain(
      '- artifacts.handof: this step does not take an artifact "handof": Did you mean "handoff"?',
    );
    const { artifacts } = answer.example;
    expect(artifacts).toEqual({ handoff: { title: 'Mend the parser' } });
    expect(advance(answer.state, { artifacts }).status).toBe('advanced');
  });

  it.each([1, 20, 500, 2000])('has example notes of %i characters or more', (minLength) => {
    const [first] = definition.steps;
    if (first === undefined) throw new Error('no step');
    const strict = { ...definition, steps: [{ ...first, notes: { minLength } }] };
    const { state } = startWorkflow(strict, inputs);
    const answer = advanceWorkflow(strict, state, { token: state.token }, rules);
    if (answer.status !== 'blocked') throw new Error('not blocked');
    const example = answer.example['notes'];
    if (typeof example !== 'string') throw new Error('no example notes');
    expect(example.length).toBeGreaterThanOrEqual(minLength);
    expect(example.length).toBeLessThanOrEqual(4000);
    const copied = advanceWorkflow(
      strict,
      answer.state,
      { token: answer.state.token, notes: example },
      rules,
    );
    expect(codesOf(copied)).toEqual(['notesCopied']);
  });

  it('is blocked by a validator that refuses without a word', () => {
    const silent: CompletionRules = {
      ...rules,
      validators: { handoff: () => ({ ok: false, problems: [] }) },
    };
    const state = advanceTo(advanceTo(start()));
    const completion = { token: state.token, notes, artifacts: handoff };
    expect(codesOf(advanceWorkflow(definition, state, completion, silent))).toEqual([
      'artifactInvalid',
    ]);
  });

  it('ends as exhausted after the limit, and stays so', () => {
    let state = start();
    for (let attempt = 1; attempt < maxBlockedCompletions; attempt += 1) {
      const answer = advance(state, { notes: '' });
      if (answer.status !== 'blocked') throw new Error('not blocked');
      state = answer.state;
    }
    const last = { token: state.token, notes: '' };
    const answer = advanceWorkflow(definition, state, last, rules);
    if (answer.status !== 'exhausted') throw new Error('not exhausted');
    expect(formatBlocked(answer)).toContain('No attempt is left');
    expect(describeNext(definition, answer.state)).toEqual({
      type: 'exhausted',
      stepId: 'look',
      blocked: maxBlockedCompletions,
    });
    expect(advanceWorkflow(definition, answer.state, last, rules)).toEqual(answer);
    expect(advance(answer.state, {})).toMatchObject({ status: 'refused', code: 'contentDiffers' });
    expect(advance(answer.state, { token: start().token })).toMatchObject({ code: 'ended' });
    expect(reopenWorkflow(definition, answer.state, 'again')).toMatchObject({
      code: 'notFinished',
    });
  });
});

describe('tokens', () => {
  it('give the repeat of a completion the same answer, counted once', () => {
    const state = start();
    const bad = { token: state.token, notes: 'short' };
    const blocked = advanceWorkflow(definition, state, bad, rules);
    if (blocked.status !== 'blocked') throw new Error('not blocked');
    expect(advanceWorkflow(definition, blocked.state, bad, rules)).toEqual(blocked);

    const good = { token: blocked.state.token, notes };
    const advanced = advanceWorkflow(definition, blocked.state, good, rules);
    if (advanced.status !== 'advanced') throw new Error('not advanced');
    const repeated = advanceWorkflow(definition, advanced.state, good, rules);
    expect(repeated).toEqual(advanced);
    expect(repeated).toHaveProperty('state', advanced.state);
    expect(advanceWorkflow(definition, advanced.state, bad, rules)).toMatchObject({
      code: 'olderStep',
    });
  });

  it('count a completion that the agent really sends again', () => {
    const first = advance(start(), { notes: 'short' });
    if (first.status !== 'blocked') throw new Error('not blocked');
    expect(advance(first.state, { notes: 'short' })).toMatchObject({ state: { blocked: 2 } });
  });

  it('let one of two concurrent completions win', () => {
    const state = start();
    const won = advanceTo(state);
    expect(advance(won, { token: state.token, notes: `${notes} differs` })).toMatchObject({
      status: 'refused',
      code: 'contentDiffers',
    });
    const blocked = advance(state, { notes: 'short' });
    if (blocked.status !== 'blocked') throw new Error('not blocked');
    expect(advance(blocked.state, { token: state.token })).toMatchObject({
      code: 'contentDiffers',
    });
  });

  it('refuse older steps, older attempts, other sessions, steps to come, and forgeries', () => {
    const state = start();
    const second = advanceTo(state);
    const third = advanceTo(second);
    const blockedOnce = advance(third, { notes: '' });
    if (blockedOnce.status !== 'blocked') throw new Error('not blocked');
    const blockedTwice = advance(blockedOnce.state, { notes: '' });
    if (blockedTwice.status !== 'blocked') throw new Error('not blocked');
    const other = startWorkflow(definition, { ...inputs, sessionId: 's-2' }).state;
    const cases = [
      [third, state.token, 'olderStep'],
      [blockedTwice.state, third.token, 'olderAttempt'],
      [state, other.token, 'foreign'],
      [state, third.token, 'notYetGiven'],
      [state, '', 'foreign'],
      [state, state.token.replace(/^1/, '2'), 'foreign'],
      [state, `${state.token}0`, 'foreign'],
    ] as const;
    for (const [current, token, code] of cases) {
      expect(advance(current, { token })).toMatchObject({ status: 'refused', code });
    }
  });
});

describe('reopenWorkflow', () => {
  it('starts again from the marked step, with fresh tokens and the reason, and keeps history', () => {
    const finished = finish(start());
    const reopened = reopenWorkflow(definition, finished, 'A reviewer asks:\nrename it\n');
    if (reopened.status !== 'reopened') throw new Error('not reopened');
    const step = stepOf(reopened.next);
    expect(step).toMatchObject({ id: 'make', index: 1, instance: 4, round: 1 });
    expect(step.prompt).toContain('(rework 1)');
    expect(step.prompt).toContain('> A reviewer asks:\n> rename it\n\n');
    expect(reopened.state.records).toEqual(finished.records);
    expect(advance(reopened.state, { token: finished.token })).toMatchObject({ code: 'olderStep' });

    const again = finish(reopened.state);
    expect(again.records.map(({ stepId, round }) => `${stepId} ${round}`)).toEqual([
      'look 0',
      'make 0',
      'give 0',
      'make 1',
      'give 1',
    ]);
    const give = advanceTo(reopened.state);
    expect(stepOf(describeNext(definition, give)).prompt).not.toContain('rename it');
  });

  it('is refused while the work is not finished, without a reason, or without a place to start', () => {
    const finished = finish(start());
    expect(reopenWorkflow(definition, start(), 'x')).toMatchObject({ code: 'notFinished' });
    expect(reopenWorkflow(definition, finished, ' \n')).toMatchObject({ code: 'reasonMissing' });
    const { reworkFrom: _, ...once } = definition;
    const { state } = startWorkflow(once, inputs);
    expect(reopenWorkflow(once, state, 'x')).toMatchObject({ status: 'refused', code: 'noRework' });
  });

  it('shows where a long reason is cut', () => {
    const reopened = reopenWorkflow(definition, finish(start()), 'x'.repeat(100_000));
    if (reopened.status !== 'reopened') throw new Error('not reopened');
    const { prompt } = stepOf(reopened.next);
    expect(prompt).toContain('> … (cut here: the reason is longer)');
    expect(prompt.length).toBeLessThan(9_000);
  });

  it('has a limit, and the state stays bounded until then', () => {
    let state = finish(start());
    for (let round = 1; round <= maxReopenings; round += 1) {
      const reopened = reopenWorkflow(definition, state, `round ${round}`);
      if (reopened.status !== 'reopened') throw new Error(reopened.reason);
      state = finish(reopened.state);
    }
    expect(reopenWorkflow(definition, state, 'once more')).toMatchObject({ code: 'limitReached' });
    expect(state.records).toHaveLength(definition.steps.length + maxSupersededRecords);
    expect(state.records.map(({ stepId }) => stepId)).toContain('look');
    expect(state.records.at(-1)).toMatchObject({ stepId: 'give', round: maxReopenings });
  });
});

it('refuses to go on with another definition than the pinned one', () => {
  const state = start();
  const changed = { ...definition, version: '1.0.1' };
  for (const use of [
    () => describeNext(changed, state),
    () => advanceWorkflow(changed, state, { token: state.token, notes }, rules),
    () => reopenWorkflow(changed, state, 'x'),
  ]) {
    expect(use).toThrow(SignalboxError);
    expect(use).toThrow(/runs workflow sample 1\.0\.0 .* not sample 1\.0\.1/);
  }
});
