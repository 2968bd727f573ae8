/** An actor that sets as many timers as it is told, all due at one time, and counts those that fire. */
import { assign, enqueueActions, setup } from 'xstate';
import { defineActor } from '../runtime/core/definition.ts';

export interface AlarmInput {
  readonly timers: number;
  readonly delayMs: number;
}

export const alarm = defineActor({
  kind: 'alarm',
  version: 1,
  machine: setup({
    types: {
      context: {} as AlarmInput & { readonly fired: number },
      events: {} as { readonly type: 'ring' },
      input: {} as AlarmInput,
    },
  }).createMachine({
    context: ({ input }) => ({ ...input, fired: 0 }),
    entry: enqueueActions(({ context, enqueue }) => {
      for (let timer = 0; timer < context.timers; timer += 1)
        enqueue.raise({ type: 'ring' }, { id: `ring-${timer}`, delay: context.delayMs });
    }),
    on: { ring: { actions: assign({ fired: ({ context }) => context.fired + 1 }) } },
  }),
});
