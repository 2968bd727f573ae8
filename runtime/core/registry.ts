/** The actor kinds a worker hosts. */
import { SignalboxError } from '../contract/errors.ts';
import type { ActorDefinition } from './definition.ts';
import { createInertMachine, type InertMachine } from './inert-scope.ts';

export interface RegisteredActor {
  readonly definition: ActorDefinition;
  readonly inert: InertMachine;
}

export interface Registry {
  readonly kinds: ReadonlyMap<string, RegisteredActor>;
  /** Names of the pools that the registered effects use. */
  readonly pools: ReadonlySet<string>;
}

/** Throws `SB_CONFIG_INVALID` on a kind given twice and `SB_KIND_UNKNOWN` on a child of an unregistered kind. */
export function createRegistry(definitions: readonly ActorDefinition[]): Registry {
  const kinds = new Map<string, RegisteredActor>();
  const pools = new Set<string>();
  for (const definition of definitions) {
    if (kinds.has(definition.kind)) {
      throw new SignalboxError(
        'SB_CONFIG_INVALID',
        `actor kind "${definition.kind}" is registered twice`,
      );
    }
    kinds.set(definition.kind, { definition, inert: createInertMachine(definition.machine) });
    for (const effect of Object.values(definition.effects)) {
      if (effect.pool !== undefined) pools.add(effect.pool);
    }
  }
  for (const definition of definitions) {
    for (const [source, kind] of Object.entries(definition.children)) {
      if (!kinds.has(kind)) {
        throw new SignalboxError(
          'SB_KIND_UNKNOWN',
          `${definition.kind} starts "${source}" as a ${kind}, which is not registered`,
        );
      }
    }
  }
  return { kinds, pools };
}
