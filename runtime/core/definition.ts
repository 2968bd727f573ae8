/**
 * How a machine becomes a durable actor: `defineActor`. The sources a machine invokes are placeholders: XState
 * never executes them here, the runtime starts an effect or a child actor in their place.
 */
import { fromPromise, type AnyStateMachine, type PromiseActorLogic } from 'xstate';
import { actorKindSchema } from '../contract/address.ts';
import { SignalboxError } from '../contract/errors.ts';
import type { EffectDefinition } from './effect-definition.ts';
import { checkMachine } from './machine-check.ts';

/** The placeholder a machine invokes where the runtime runs an effect. */
export function effectSource<Input, Output>(): PromiseActorLogic<Output, Input> {
  return fromPromise<Output, Input>(refuseToRun);
}

/** The placeholder a machine invokes or spawns where the runtime starts a durable child actor. */
export function childSource<Input, Output>(): PromiseActorLogic<Output, Input> {
  return fromPromise<Output, Input>(refuseToRun);
}

function refuseToRun(): never {
  throw new SignalboxError(
    'SB_ACTION_UNSUPPORTED',
    'an effect or child source was started by XState itself; register the machine with defineActor',
  );
}

export interface ActorDefinition {
  readonly kind: string;
  /** Stamped on every commit; raise it when stored snapshots of the last version no longer fit. */
  readonly version: number;
  readonly machine: AnyStateMachine;
  readonly effects: Readonly<Record<string, EffectDefinition>>;
  /** Child sources and the actor kind each one starts. */
  readonly children: Readonly<Record<string, string>>;
}

export interface ActorDefinitionOptions {
  readonly kind: string;
  readonly version: number;
  readonly machine: AnyStateMachine;
  readonly effects?: Readonly<Record<string, EffectDefinition>>;
  readonly children?: Readonly<Record<string, string>>;
}

/**
 * Makes a machine a durable actor. Throws `SB_ACTION_UNSUPPORTED` when the machine does something
 * that cannot be persisted, `SB_CONFIG_INVALID` when kind, version or sources do not fit.
 */
export function defineActor(options: ActorDefinitionOptions): ActorDefinition {
  const { kind, version, machine, effects = {}, children = {} } = options;
  if (!actorKindSchema.safeParse(kind).success) {
    throw new SignalboxError('SB_CONFIG_INVALID', `"${kind}" cannot be an actor kind`, {
      next: 'Use lower-case letters, digits and "-".',
    });
  }
  if (!Number.isInteger(version) || version < 1) {
    throw new SignalboxError('SB_CONFIG_INVALID', `the version of ${kind} must be 1 or more`);
  }
  checkMachine(kind, machine, {
    effects: new Set(Object.keys(effects)),
    children: new Set(Object.keys(children)),
  });
  return { kind, version, machine, effects, children };
}
