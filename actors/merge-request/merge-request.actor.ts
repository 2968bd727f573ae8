/** The MR lifecycle manager as a durable actor. */
import { defineActor, type ActorDefinition } from '../../runtime/mod.ts';
import type { ForgePort } from '../ports/forge.ts';
import { createMergeRequestEffects } from './merge-request.effects.ts';
import { mergeRequestMachine } from './merge-request.machine.ts';

export function defineMergeRequest(forge: ForgePort): ActorDefinition {
  return defineActor({
    kind: 'merge-request',
    version: 1,
    machine: mergeRequestMachine,
    effects: createMergeRequestEffects(forge),
  });
}
