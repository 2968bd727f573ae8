/** The session as a durable actor. */
import { defineActor, type ActorDefinition } from '../../runtime/mod.ts';
import { createSessionEffects, type SessionPorts } from './session.effects.ts';
import { sessionMachine } from './session.machine.ts';

export function defineSession(ports: SessionPorts): ActorDefinition {
  return defineActor({
    kind: 'session',
    version: 1,
    machine: sessionMachine,
    effects: createSessionEffects(ports),
  });
}
