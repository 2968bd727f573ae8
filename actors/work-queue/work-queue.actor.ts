/** The work queue as a durable actor. */
import { defineActor, type ActorDefinition } from '../../runtime/mod.ts';
import { workQueueMachine } from './work-queue.machine.ts';

export function defineWorkQueue(): ActorDefinition {
  return defineActor({ kind: 'work-queue', version: 1, machine: workQueueMachine });
}
