/**
 * How a machine becomes a durable actor: `defineActor`. The sources a machine invokes are placeholders: XState
 * never executes them here, the runtime starts an effect or a child actor in their place.
 */
import { fromPromise, type AnyStateMachine, type PromiseActorLogic } from 'xstate';
import type { ZodType } from 'zod';
import { actorKindSchema } from '../contract/address.ts';
import { SignalboxError } from '../contract/errors.ts';
import { defaultTreeLimits, treeLimitsSchema, type TreeLimits } from '../contract/tree-limits.ts';
import { readChildren, type ChildDefinition, type ChildOptions } from './child-definition.ts';
import type { EffectDefinition } from './effect-definition.ts';
import { checkMachine } from './machine-check.ts';
import type { Migration } from './migration.ts';

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

/** One version of a kind's machine, with what it may start. */
export interface MachineVersion {
  readonly kind: string;
  /** Stamped on every commit; raise it when stored snapshots of the last version no longer fit. */
  readonly version: number;
  readonly machine: AnyStateMachine;
  readonly effects: Readonly<Record<string, EffectDefinition>>;
  /** By source. */
  readonly children: Readonly<Record<string, ChildDefinition>>;
  readonly limits: TreeLimits;
  /** What a context must look like that a migration has made for this version. */
  readonly context: ZodType | undefined;
}

/**
 * What becomes of actors that a known earlier version has stored: they keep it until they end, or they
 * are migrated as soon as no effect and no child of theirs is under way. docs/changing-machines.md
 */
export type WhenChanged = 'pinUntilDone' | 'migrateWhenQuiet';

/** The newest version, which every new actor gets, and how actors of earlier ones go on. */
export interface ActorDefinition extends MachineVersion {
  readonly earlier: readonly MachineVersion[];
  /** By the version they start from: each makes what the next version has stored. */
  readonly migrations: Readonly<Record<number, Migration>>;
  readonly whenChanged: WhenChanged;
  /** How often a command that makes the machine throw is tried before it becomes a dead letter. */
  readonly attempts: number;
}

export interface MachineVersionOptions {
  readonly version: number;
  readonly machine: AnyStateMachine;
  readonly effects?: Readonly<Record<string, EffectDefinition>>;
  readonly children?: Readonly<Record<string, ChildOptions>>;
  /** How deep and how many the descendants of such an actor may be. Default: 8 deep, 10,000. */
  readonly limits?: Partial<TreeLimits>;
  readonly context?: ZodType;
}

export interface ActorDefinitionOptions extends MachineVersionOptions {
  readonly kind: string;
  /** Versions that actors may still be of. */
  readonly earlier?: readonly MachineVersionOptions[];
  readonly migrations?: Readonly<Record<number, Migration>>;
  /** Default: `pinUntilDone`. */
  readonly whenChanged?: WhenChanged;
  /** Default: 2. The second attempt is made on the state as it is stored. */
  readonly attempts?: number;
}

const defaultAttempts = 2;

/**
 * Makes a machine a durable actor. Throws `SB_ACTION_UNSUPPORTED` when the machine does something
 * that cannot be persisted, `SB_CONFIG_INVALID` when kind, versions, migrations or sources do not fit.
 */
export function defineActor(options: ActorDefinitionOptions): ActorDefinition {
  const { kind, version, earlier = [], migrations = {} } = options;
  const { whenChanged = 'pinUntilDone', attempts = defaultAttempts } = options;
  if (!actorKindSchema.safeParse(kind).success) {
    throw new SignalboxError('SB_CONFIG_INVALID', `"${kind}" cannot be an actor kind`, {
      next: 'Use lower-case letters, digits and "-".',
    });
  }
  if (!Number.isInteger(attempts) || attempts < 1)
    throw new SignalboxError('SB_CONFIG_INVALID', `the attempts of ${kind} must be 1 or more`);
  const definition = {
    ...defineVersion(kind, options),
    earlier: earlier.map((one) => defineVersion(kind, one)),
    migrations,
    whenChanged,
    attempts,
  };
  const problem = findVersionProblem(version, definition);
  if (problem !== undefined) throw new SignalboxError('SB_CONFIG_INVALID', `${kind}: ${problem}`);
  return definition;
}

function defineVersion(kind: string, options: MachineVersionOptions): MachineVersion {
  const { version, machine, effects = {}, children = {}, context } = options;
  if (!Number.isInteger(version) || version < 1) {
    throw new SignalboxError('SB_CONFIG_INVALID', `the version of ${kind} must be 1 or more`);
  }
  checkMachine(kind, machine, {
    effects: new Set(Object.keys(effects)),
    children: new Set(Object.keys(children)),
  });
  const limits = treeLimitsSchema.safeParse({ ...defaultTreeLimits, ...options.limits });
  if (!limits.success) {
    throw new SignalboxError('SB_CONFIG_INVALID', `the limits of ${kind} must be 0 or more`);
  }
  return {
    kind,
    version,
    machine,
    effects,
    children: readChildren(kind, children),
    limits: limits.data,
    context,
  };
}

function findVersionProblem(
  newest: number,
  { earlier, migrations, whenChanged }: ActorDefinition,
): string | undefined {
  const numbers = earlier.map((one) => one.version);
  const twice = numbers.find((number, index) => numbers.indexOf(number) !== index);
  if (twice !== undefined) return `version ${twice} is given twice`;
  const late = numbers.find((number) => number >= newest);
  if (late !== undefined) return `version ${late} is not earlier than version ${newest}`;
  const froms = Object.keys(migrations).map(Number);
  const stray = froms.find((from) => !Number.isInteger(from) || from < 1 || from >= newest);
  if (stray !== undefined)
    return `no version before ${newest} is ${stray}, which a migration names`;
  if (whenChanged !== 'migrateWhenQuiet') return undefined;
  const [oldest = newest] = numbers.toSorted((a, b) => a - b);
  const steps = Array.from({ length: newest - oldest }, (_, index) => oldest + index);
  const gap = steps.find((from) => migrations[from] === undefined);
  return gap === undefined ? undefined : `there is no migration from version ${gap} to ${gap + 1}`;
}
