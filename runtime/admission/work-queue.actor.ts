/** The work queue as a durable actor. One per namespace is enough; more keep separate things apart. */
import type { ActorAddress } from '../contract/address.ts';
import { defineActor, type ActorDefinition } from '../core/definition.ts';
import { workQueueMachine } from './work-queue.machine.ts';

/**
 * Of the kind `work-queue`, to be started with `{ limits: SlotLimits }`. It takes `WorkQueueCommand`s; whoever asks for a
 * slot gets a `SlotAnswer` as a command.
 */
export function defineWorkQueue(): ActorDefinition {
  return defineActor({ kind: 'work-queue', version: 1, machine: workQueueMachine });
}

/** Of the queue with this id. */
export function workQueueAddress(id: string): ActorAddress {
  return { kind: 'work-queue', id };
}
