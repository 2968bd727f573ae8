/** Steps without a worker, for tests of machines and of the step itself: commands in, commits out. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandBody, CommandEnvelope } from '../contract/command.ts';
import type { Json } from '../contract/json.ts';
import { commitSchema, type Commit } from '../core/commit.ts';
import type { ActorDefinition } from '../core/definition.ts';
import { registerActor, type RegisteredActor } from '../core/registry.ts';
import { restoreSnapshot } from '../core/restore.ts';
import {
  step,
  type ActorRecord,
  type Inbound,
  type StepInput,
  type StepResult,
} from '../core/step.ts';

/** 2026-01-01, in milliseconds. */
export const testStartMs = Date.UTC(2026, 0, 1);
export const testAddress: ActorAddress = { kind: 'test', id: 'a' };
const at = new Date(testStartMs).toISOString();

export function registerAlone(definition: ActorDefinition): RegisteredActor {
  return registerActor(definition);
}

export function startCommand(input: Json, id = 'start'): CommandEnvelope {
  return { v: 1, purpose: 'start', id, at, input };
}

export function deliverCommand(body: CommandBody, id: string = body.type): CommandEnvelope {
  return { v: 1, purpose: 'deliver', id, at, body };
}

/** The end of what an actor waits for under this name, as the runtime would report it. */
export function endOfChild(
  record: ActorRecord | undefined,
  name: string,
  outcome:
    | { readonly status: 'done'; readonly output: Json }
    | { readonly status: 'error'; readonly error: Json },
): CommandEnvelope {
  const child = record?.commit.children[name];
  if (child === undefined) throw new Error(`nothing called "${name}" is under way`);
  if (child.type === 'actor') {
    const { generation } = child;
    return {
      v: 1,
      purpose: 'childEnded',
      id: `${name}-ended`,
      at,
      childName: name,
      generation,
      outcome,
    };
  }
  const { effectId } = child;
  return {
    v: 1,
    purpose: 'effectEnded',
    id: effectId,
    at,
    effectId,
    outcome:
      outcome.status === 'done'
        ? outcome
        : {
            status: 'error',
            error: {
              code: 'SB_EFFECT_FAILED',
              message: JSON.stringify(outcome.error),
              retryable: false,
            },
          },
  };
}

/** The fire of a timer, by its name. */
export function fireOfTimer(record: ActorRecord | undefined, timerId: string): CommandEnvelope {
  const timer = record?.commit.timers[timerId];
  if (timer === undefined) throw new Error(`no timer "${timerId}" is set`);
  return {
    v: 1,
    purpose: 'timerFired',
    id: `${timerId}-fired`,
    at,
    timerId,
    generation: timer.generation,
  };
}

export interface StepOptions {
  readonly address?: ActorAddress;
  readonly nowMs?: number;
  readonly unstorable?: NonNullable<StepInput['unstorable']>;
  readonly failures?: NonNullable<StepInput['failures']>;
}

/** Commands as one batch, without inbox positions. */
export function applyBatch(
  actor: RegisteredActor,
  record: ActorRecord | undefined,
  commands: readonly CommandEnvelope[],
  options: StepOptions = {},
): StepResult {
  return applyInbound(
    actor,
    record,
    commands.map((command) => ({ seq: undefined, command })),
    options,
  );
}

export function applyInbound(
  actor: RegisteredActor,
  record: ActorRecord | undefined,
  inbound: readonly Inbound[],
  { address = testAddress, nowMs = testStartMs, unstorable, failures }: StepOptions = {},
): StepResult {
  return step({
    actor,
    address,
    record,
    inbound,
    nowMs,
    epoch: 1,
    ...(unstorable === undefined ? {} : { unstorable }),
    ...(failures === undefined ? {} : { failures }),
  });
}

/** As a worker that starts later finds the actor: through JSON, the schema and the restoration. */
export function storeAndLoad(actor: RegisteredActor, record: ActorRecord): ActorRecord {
  const commit: Commit = commitSchema.parse(JSON.parse(JSON.stringify(record.commit)));
  const restoration = restoreSnapshot(actor, commit);
  if (restoration.status === 'quarantined') throw new Error(restoration.reason);
  return { commit, snapshot: restoration.snapshot };
}
