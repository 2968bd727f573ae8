/** Every (state, command) pair is taken, refused with a reason, or on the ignore list of its machine. */
import { describe, expect, it } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { ignoredByCoordinator } from './coordinator/coordinator.ignored.ts';
import { coordinatorMachine } from './coordinator/coordinator.machine.ts';
import type { CoordinatorCommand } from './coordinator/coordinator.events.ts';
import type { IgnoredCommand } from './ignored-command.ts';
import type { MergeRequestCommand } from './merge-request/merge-request.events.ts';
import { ignoredByMergeRequest } from './merge-request/merge-request.ignored.ts';
import { mergeRequestMachine } from './merge-request/merge-request.machine.ts';
import type { SessionCommand } from './session/session.events.ts';
import { ignoredBySession } from './session/session.ignored.ts';
import { sessionMachine } from './session/session.machine.ts';
import { coordinatorScenes } from './testing/drive-coordinator.ts';
import type { DrivenMachine } from './testing/drive-machine.ts';
import { mergeRequestScenes } from './testing/drive-merge-request.ts';
import { createReceiveHandoff } from './testing/inputs.ts';
import { sessionScenes } from './testing/session-scenes.ts';
import { workQueueMachine } from '../runtime/admission/work-queue.machine.ts';
import {
  listLeaves,
  listNodes,
  listWaitingStates,
  nameState,
} from '../runtime/core/machine-nodes.ts';
import { triggerMachine } from './trigger/trigger.machine.ts';

type Samples<Command extends { readonly type: string }> = {
  readonly [Type in Command['type']]: Extract<Command, { readonly type: Type }>;
};
/** What reaches a machine as the end of a child is not sent by anybody. */
type Sent<Command extends { readonly type: string }> = Exclude<
  Command,
  { readonly type: `xstate.${string}` }
>;

// A new command does not compile until it has a sample here, and fails below until every state knows it.
const sessionSamples: Samples<SessionCommand> = {
  takeSlot: { type: 'takeSlot' },
  refuseSlot: { type: 'refuseSlot', reason: 'the line is full' },
  steer: { type: 'steer', text: 'Use tabs.', from: 'Ada' },
  park: { type: 'park' },
  complete: { type: 'complete', reason: 'merged' },
  kill: { type: 'kill', reason: 'enough' },
};
const coordinatorSamples: Samples<Sent<CoordinatorCommand>> = {
  receiveHandoff: createReceiveHandoff(),
  reworkRefused: { type: 'reworkRefused', session: 'run-1::session', reason: 'no' },
};
const mergeRequestSamples: Samples<MergeRequestCommand> = {
  forgeChanged: { type: 'forgeChanged' },
  changesDelivered: { type: 'changesDelivered', headSha: 'sha-2', answered: ['review-1'] },
  changesFailed: { type: 'changesFailed', reason: 'no' },
  escalate: { type: 'escalate', reason: 'nobody is left' },
};

interface Machine {
  readonly kind: string;
  readonly machine: AnyStateMachine;
  readonly scenes: Readonly<Record<string, () => DrivenMachine<unknown>>>;
  readonly samples: Readonly<
    Record<string, { readonly type: string; readonly [key: string]: unknown }>
  >;
  readonly ignored: readonly IgnoredCommand<string>[];
}

const machines: readonly Machine[] = [
  {
    kind: 'session',
    machine: sessionMachine,
    scenes: sessionScenes,
    samples: sessionSamples,
    ignored: ignoredBySession,
  },
  {
    kind: 'coordinator',
    machine: coordinatorMachine,
    scenes: coordinatorScenes,
    samples: coordinatorSamples,
    ignored: ignoredByCoordinator,
  },
  {
    kind: 'merge-request',
    machine: mergeRequestMachine,
    scenes: mergeRequestScenes,
    samples: mergeRequestSamples,
    ignored: ignoredByMergeRequest,
  },
];

describe.each(machines)('$kind', ({ machine, scenes, samples, ignored }) => {
  it('is driven into every state in which it waits', () => {
    expect(Object.keys(scenes).sort()).toEqual([...listWaitingStates(machine)].sort());
    for (const [state, enter] of Object.entries(scenes)) expect(enter().state()).toBe(state);
  });

  const pairs = Object.keys(scenes).flatMap((state) =>
    Object.keys(samples).map((command) => [state, command] as const),
  );

  it.each(pairs)('in %s answers %s, or is meant not to', (state, command) => {
    const [enter, sample] = [scenes[state], samples[command]];
    if (enter === undefined || sample === undefined) throw new Error('no such pair');
    const isListed = ignored.some(
      (entry) => entry.command === command && entry.states.includes(state),
    );
    expect(isTaken(enter(), sample)).toBe(!isListed);
  });

  it('ignores for a reason, and each pair once', () => {
    const listed = ignored.flatMap(({ command, states }) =>
      states.map((state) => `${command} in ${state}`),
    );
    expect(new Set(listed).size).toBe(listed.length);
    expect(pairs.map(([state, command]) => `${command} in ${state}`)).toEqual(
      expect.arrayContaining(listed),
    );
    for (const { because } of ignored) expect(because).toMatch(/\S{2}/);
  });
});

/** Taken: the state, the context, or somebody else has something of it. */
function isTaken(driven: DrivenMachine<unknown>, command: { readonly type: string }): boolean {
  const before = JSON.stringify(driven.commit().snapshot);
  const reaction = driven.send({ ...command });
  return (
    JSON.stringify(driven.commit().snapshot) !== before ||
    reaction.events.length +
      reaction.sent.length +
      reaction.started.length +
      reaction.cancelled.length >
      0
  );
}

describe('machines with one state', () => {
  it.each([
    ['trigger', triggerMachine, ['listening']],
    ['work-queue', workQueueMachine, ['open']],
  ])('%s takes every command in it', (_, machine, states) => {
    expect(listWaitingStates(machine)).toEqual(states);
    for (const node of listLeaves(machine).filter((leaf) => states.includes(nameState(leaf)))) {
      const taken = [...Object.keys(node.on), ...Object.keys(machine.root.on)];
      expect(taken.sort()).toEqual(
        machine.events.filter((type) => !type.startsWith('xstate.')).sort(),
      );
    }
  });
});

describe('what a machine waits for', () => {
  const invocations = [sessionMachine, coordinatorMachine, mergeRequestMachine].flatMap(
    (machine: AnyStateMachine) =>
      listNodes(machine.root).flatMap((node) =>
        node.invoke.map(({ id, src }) => ({
          state: node.id,
          source: typeof src === 'string' ? src : id,
          id,
          on: Object.keys(node.on),
        })),
      ),
  );

  it.each(invocations)(
    '$source in $state: both its success and its failure are taken',
    ({ id, on }) => {
      expect(on).toEqual(
        expect.arrayContaining([`xstate.done.actor.${id}`, `xstate.error.actor.${id}`]),
      );
    },
  );

  it('the merge request manager, which is spawned, ends in every state it can end in', () => {
    const { running } = coordinatorMachine.root.states;
    for (const end of ['done', 'error']) {
      expect(Object.keys(running?.on ?? {})).toContain(`xstate.${end}.actor.merge-request`);
    }
  });
});
