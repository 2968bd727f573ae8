/** Every command is taken in every state, or is on the list of those that mean nothing there. */
import { expect, it } from 'vitest';
import { initialTransition, transition, type AnyMachineSnapshot } from 'xstate';
import { idleCommands, type ScheduleCommand } from './schedule.events.ts';
import { createScheduleMachine } from './schedule.machine.ts';

const machine = createScheduleMachine(['report']);
const commands: readonly ScheduleCommand[] = [
  { type: 'pause' },
  { type: 'resume' },
  { type: 'triggerNow' },
  { type: 'change', settings: { cron: '0 9 * * *' } },
  { type: 'remove' },
];
const [planning] = initialTransition(machine, { cron: '0 8 * * *', target: 'report' });
const planned = {
  type: 'xstate.done.actor.planOccurrences',
  actorId: 'planOccurrences',
  output: { nowMs: 0, throughMs: 0, due: [], more: false, nextAtMs: 1_000 },
} as const;
const [waiting] = transition(machine, planning, planned);
const [paused] = transition(machine, waiting, { type: 'pause' });
const states: readonly AnyMachineSnapshot[] = [planning, waiting, paused];

it('is planning, waiting or paused until it is removed', () => {
  expect(states.map(({ value }) => value as string)).toEqual(['planning', 'waiting', 'paused']);
  expect(Object.keys(machine.states)).toEqual(['planning', 'waiting', 'paused', 'removed']);
});

it.each(states.map((state) => [state.value as string, state] as const))(
  'while %s takes every command but those on the list',
  (name, state) => {
    const without = commands.filter(
      (command) => machine.getTransitionData(state, command).length === 0,
    );
    expect(without.map(({ type }) => type)).toEqual(idleCommands[name]);
  },
);
