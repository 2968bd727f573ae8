/** Answers every command with one event: for the time until somebody sees what a command has done. */
import { emit, setup } from 'xstate';
import { defineActor } from '../runtime/core/definition.ts';

const echoMachine = setup({
  types: { events: {} as { type: 'say' }, emitted: {} as { type: 'echoed' } },
}).createMachine({
  initial: 'listening',
  states: { listening: { on: { say: { actions: emit({ type: 'echoed' }) } } } },
});

export const echo = defineActor({ kind: 'echo', version: 1, machine: echoMachine });
