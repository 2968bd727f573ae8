/**
 * A flow: does what its list says, one thing after the other, and then ends. The things are what an actor can wait for:
 * an effect of each placement and policy, a child that is a flow itself, a timer.
 */
import { assign, emit, setup } from 'xstate';
import {
  childSource,
  defineActor,
  effectSource,
  type ActorDefinition,
} from '../../core/definition.ts';
import { sendCommand } from '../../core/send-command.ts';

export const effectSteps = [
  'localRetry',
  'localIdempotent',
  'localProbe',
  'localAsk',
  'poolRetry',
  'poolIdempotent',
  'poolProbe',
  'poolAsk',
] as const;
export type EffectStep = (typeof effectSteps)[number];

/** `impatient`: an effect that is given up before it ends. `tell`: a command to a ledger. */
export const flowSteps = [...effectSteps, 'impatient', 'child', 'rest', 'tell'] as const;
export type FlowStep = (typeof flowSteps)[number];

export interface FlowInput {
  readonly todo: readonly FlowStep[];
  readonly ledger: string;
  readonly child: readonly FlowStep[];
  /** Of `rest`. */
  readonly restMs: number;
}

interface FlowContext extends FlowInput {
  readonly name: string;
  /** What came of each step. */
  readonly outcomes: readonly string[];
}

/** How long the step `impatient` waits for its effect. */
const impatienceMs = 25;

const flowSetup = setup({
  types: {
    context: {} as FlowContext,
    input: {} as FlowInput & { readonly name: string },
    events: {} as { readonly type: 'abort' } | { readonly type: 'nudge' },
  },
  actors: {
    localRetry: effectSource<string, string>(),
    localIdempotent: effectSource<string, string>(),
    localProbe: effectSource<string, string>(),
    localAsk: effectSource<string, string>(),
    poolRetry: effectSource<string, string>(),
    poolIdempotent: effectSource<string, string>(),
    poolProbe: effectSource<string, string>(),
    poolAsk: effectSource<string, string>(),
    flow: childSource<FlowInput & { readonly name: string }, null>(),
  },
  actions: {
    sendCommand,
    noteDone: assign({ outcomes: ({ context }) => [...context.outcomes, 'done'] }),
    noteFailed: assign({ outcomes: ({ context }) => [...context.outcomes, 'failed'] }),
    announceDone: emit({ type: 'stepDone' }),
    announceTold: emit({ type: 'told' }),
    announceFailed: emit({ type: 'stepFailed' }),
    takeNext: assign({ todo: ({ context }) => context.todo.slice(1) }),
  },
  guards: {
    isNext: ({ context }, step: FlowStep) => context.todo[0] === step,
    isDone: ({ context }) => context.todo.length === 0,
  },
  delays: { impatience: impatienceMs, rest: ({ context }) => context.restMs },
});

const succeed = {
  target: '#flow.choosing',
  actions: ['noteDone', 'announceDone'],
} as const;
const fail = {
  target: '#flow.choosing',
  actions: ['noteFailed', 'announceFailed'],
} as const;

const chooseWhen = (step: FlowStep) =>
  ({ guard: { type: 'isNext', params: step }, target: step }) as const;
const waitFor = (src: EffectStep) =>
  flowSetup.createStateConfig({
    entry: 'takeNext',
    invoke: { src, id: 'effect', input: src, onDone: succeed, onError: fail },
  });

const machine = flowSetup.createMachine({
  id: 'flow',
  context: ({ input }) => ({ ...input, outcomes: [] }),
  initial: 'choosing',
  output: null,
  on: {
    abort: { target: '.aborted', actions: emit({ type: 'flowAborted' }) },
    // Taken without leaving what it waits for: a commit that changes nothing about an effect under way.
    nudge: { actions: emit({ type: 'nudged' }) },
  },
  states: {
    choosing: {
      always: [
        { guard: 'isDone', target: 'finished' },
        chooseWhen('localRetry'),
        chooseWhen('localIdempotent'),
        chooseWhen('localProbe'),
        chooseWhen('localAsk'),
        chooseWhen('poolRetry'),
        chooseWhen('poolIdempotent'),
        chooseWhen('poolProbe'),
        chooseWhen('poolAsk'),
        chooseWhen('impatient'),
        chooseWhen('child'),
        chooseWhen('rest'),
        chooseWhen('tell'),
      ],
    },
    localRetry: waitFor('localRetry'),
    localIdempotent: waitFor('localIdempotent'),
    localProbe: waitFor('localProbe'),
    localAsk: waitFor('localAsk'),
    poolRetry: waitFor('poolRetry'),
    poolIdempotent: waitFor('poolIdempotent'),
    poolProbe: waitFor('poolProbe'),
    poolAsk: waitFor('poolAsk'),
    impatient: { ...waitFor('poolRetry'), after: { impatience: fail } },
    child: {
      entry: 'takeNext',
      invoke: {
        src: 'flow',
        id: 'helper',
        input: ({ context }) => ({
          ...context,
          name: `${context.name}-${context.todo.length}`,
          todo: context.child,
          child: [],
        }),
        onDone: succeed,
        onError: fail,
      },
    },
    rest: { entry: 'takeNext', after: { rest: succeed } },
    tell: {
      entry: [
        {
          type: 'sendCommand',
          params: ({ context }) => ({
            to: { kind: 'ledger', id: context.ledger },
            command: { type: 'record', key: `${context.name}-${context.todo.length}` },
          }),
        },
        'takeNext',
      ],
      always: { target: 'choosing', actions: 'announceTold' },
    },
    finished: { entry: emit({ type: 'flowFinished' }), type: 'final' },
    aborted: { type: 'final' },
  },
});

let checked: ActorDefinition | undefined;

/** With the effects of the process that runs it. The machine is checked once: that takes longer than some histories. */
export function defineFlow(effects: ActorDefinition['effects']): ActorDefinition {
  checked ??= defineActor({
    kind: 'flow',
    version: 1,
    machine,
    effects,
    children: { flow: 'flow' },
  });
  return { ...checked, effects };
}
