/** The coordinator as a durable actor. */
import { defineActor, type ActorDefinition } from '../../runtime/mod.ts';
import { createCoordinatorEffects, type CoordinatorPorts } from './coordinator.effects.ts';
import { coordinatorMachine } from './coordinator.machine.ts';

export function defineCoordinator(ports: CoordinatorPorts): ActorDefinition {
  return defineActor({
    kind: 'coordinator',
    version: 1,
    machine: coordinatorMachine,
    effects: createCoordinatorEffects(ports),
    children: { session: 'session', mergeRequest: 'merge-request' },
  });
}
