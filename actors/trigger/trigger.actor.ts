/** The trigger as a durable actor. */
import { defineActor, type ActorDefinition } from '../../runtime/mod.ts';
import { triggerMachine } from './trigger.machine.ts';

export function defineTrigger(): ActorDefinition {
  return defineActor({ kind: 'trigger', version: 1, machine: triggerMachine });
}
