/** Ten trivial effects in sequence, once as `local` and once as `pool` effects. */
import { assign, setup, type PromiseActorLogic } from 'xstate';
import { z } from 'zod';
import { defineActor, effectSource, type ActorDefinition } from '../runtime/core/definition.ts';
import {
  localEffect,
  poolEffect,
  type EffectDefinition,
} from '../runtime/core/effect-definition.ts';

export const chainLength = 10;
export const chainPool = 'bench';

function defineChain(kind: string, effect: EffectDefinition): ActorDefinition {
  const work: PromiseActorLogic<number, { step: number }> = effectSource();
  const machine = setup({
    types: { context: {} as { step: number } },
    actors: { work },
    guards: { isLast: ({ context }) => context.step === chainLength - 1 },
  }).createMachine({
    context: { step: 0 },
    initial: 'working',
    states: {
      working: {
        invoke: {
          id: 'work',
          src: 'work',
          input: ({ context }) => ({ step: context.step }),
          onDone: [
            { guard: 'isLast', target: 'ended' },
            {
              target: 'working',
              reenter: true,
              actions: assign({ step: ({ event }) => event.output }),
            },
          ],
        },
      },
      ended: { type: 'final' },
    },
  });
  return defineActor({ kind, version: 1, machine, effects: { work: effect } });
}

const trivial = {
  input: z.object({ step: z.number() }),
  deadlineMs: 30_000,
  whenUnknown: 'retry' as const,
  run: ({ step }: { step: number }) => Promise.resolve(step + 1),
};

export const localChain = defineChain('local-chain', localEffect(trivial));
export const poolChain = defineChain('pool-chain', poolEffect(chainPool, trivial));
