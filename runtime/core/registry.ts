/** The actor kinds a worker hosts, each with the versions of its machine that are known. */
import { SignalboxError } from '../contract/errors.ts';
import type { ActorDefinition, MachineVersion } from './definition.ts';
import type { EffectDefinition } from './effect-definition.ts';
import { createInertMachine, type InertMachine } from './inert-scope.ts';

export interface RegisteredVersion {
  readonly definition: MachineVersion;
  readonly inert: InertMachine;
  /** Sources of children that start none themselves, and so need no room for descendants. */
  readonly childless: ReadonlySet<string>;
}

export interface RegisteredActor extends RegisteredVersion {
  readonly definition: ActorDefinition;
  /** Every known version of the kind, the newest among them, as an actor of its own. */
  readonly versions: ReadonlyMap<number, RegisteredActor>;
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
  const parents = new Set(
    definitions
      .flatMap(listVersions)
      .filter((version) => Object.keys(version.children).length > 0)
      .map(({ kind }) => kind),
  );
  for (const definition of definitions) {
    if (kinds.has(definition.kind)) {
      throw new SignalboxError(
        'SB_CONFIG_INVALID',
        `actor kind "${definition.kind}" is registered twice`,
      );
    }
    kinds.set(
      definition.kind,
      registerActor(definition, (kind) => parents.has(kind)),
    );
  }
  for (const version of definitions.flatMap(listVersions)) {
    for (const effect of Object.values(version.effects)) {
      if (effect.pool !== undefined) pools.add(effect.pool);
    }
    for (const [source, { kind }] of Object.entries(version.children)) {
      if (!kinds.has(kind)) {
        throw new SignalboxError(
          'SB_KIND_UNKNOWN',
          `${version.kind} starts "${source}" as a ${kind}, which is not registered`,
        );
      }
    }
  }
  return { kinds, pools };
}

function listVersions(definition: ActorDefinition): readonly MachineVersion[] {
  return [definition, ...definition.earlier];
}

/** One kind by itself. What it gives back is the newest version. `isParent`: whether a kind starts children. */
export function registerActor(
  definition: ActorDefinition,
  isParent: (kind: string) => boolean = () => true,
): RegisteredActor {
  const versions = new Map<number, RegisteredActor>();
  const register = (version: MachineVersion): RegisteredActor => {
    const inert = createInertMachine(version.machine);
    const childless = listChildless(version, isParent);
    const actor = { definition: { ...definition, ...version }, inert, childless, versions };
    versions.set(version.version, actor);
    return actor;
  };
  for (const version of definition.earlier) register(version);
  return register(definition);
}

function listChildless(
  { children }: MachineVersion,
  isParent: (kind: string) => boolean,
): ReadonlySet<string> {
  const childless = Object.entries(children).filter(([, { kind }]) => !isParent(kind));
  return new Set(childless.map(([source]) => source));
}

/**
 * The effect behind a source as the version that asked for it knows it; when that version is known no
 * longer, its actors have been migrated, and a migration keeps the sources that are under way.
 */
export function findEffect(
  actor: RegisteredActor | undefined,
  version: number,
  source: string,
): EffectDefinition | undefined {
  return (actor?.versions.get(version) ?? actor)?.definition.effects[source];
}
