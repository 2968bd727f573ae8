/**
 * The pure heart: an actor's last commit and a few commands in, the next commit out. No IO, no clock.
 * Several queued commands become one commit (coalescing); a command that throws is set aside as a dead
 * letter inside that commit and blocks nobody.
 */
import type { AnyMachineSnapshot } from 'xstate';
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import { describeError } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import { applyCommand, consume, errorToJson, type Progress } from './apply-command.ts';
import { maxSeenSenders, type Commit } from './commit.ts';
import { beginDraft, copyDraft, toJson } from './draft.ts';
import type { RegisteredActor } from './registry.ts';
import { persistSnapshot } from './restore.ts';

/** A command and where it came from: local effect results and memory timers have no inbox position. */
export interface Inbound {
  readonly seq: number | undefined;
  readonly command: CommandEnvelope;
}

/** An actor as the worker holds it between two steps. */
export interface ActorRecord {
  readonly commit: Commit;
  readonly snapshot: AnyMachineSnapshot;
}

export interface StepInput {
  readonly actor: RegisteredActor;
  readonly address: ActorAddress;
  readonly record: ActorRecord | undefined;
  readonly inbound: readonly Inbound[];
  readonly nowMs: number;
  readonly epoch: number;
  /** Commands by id whose result could not be stored, and why: they are set aside without being applied. */
  readonly unstorable?: ReadonlyMap<string, string>;
}

/** A command that changed nothing and why: told to EVENTS, since someone may wait for it. */
export type Refusal =
  | { readonly command: CommandEnvelope; readonly reason: 'noSuchActor' | 'actorEnded' }
  /** The machine threw on its very first transition: there is no state that could hold a dead letter. */
  | { readonly command: CommandEnvelope; readonly reason: 'startFailed'; readonly error: Json };

export interface StepResult {
  /** Undefined when nothing has to be stored. */
  readonly next: ActorRecord | undefined;
  readonly refusals: readonly Refusal[];
}

interface Batch extends Progress {
  seen: Commit['seen'];
  inSeq: number;
  readonly applied: string[];
  readonly refusals: Refusal[];
}

export function step(input: StepInput): StepResult {
  const { record, address, nowMs } = input;
  const batch: Batch = {
    snapshot: record?.snapshot,
    parent: record?.commit.parent,
    draft: beginDraft(address, record?.commit, nowMs),
    seen: record?.commit.seen ?? {},
    inSeq: record?.commit.inSeq ?? 0,
    applied: [],
    refusals: [],
  };
  for (const { seq, command } of input.inbound) {
    if (seq !== undefined) {
      if (seq <= batch.inSeq) continue;
      batch.inSeq = seq;
    }
    if (!isRepeat(batch, command)) applyGuarded(input, batch, command);
  }
  const { snapshot, refusals } = batch;
  if (snapshot === undefined || batch.applied.length === 0) return { next: undefined, refusals };
  return { next: { commit: buildCommit(input, batch, snapshot), snapshot }, refusals };
}

function isRepeat(batch: Batch, command: CommandEnvelope): boolean {
  if (!('from' in command) || command.from === undefined) return false;
  const { address, n, i } = command.from;
  const key = `${address.kind}/${address.id}`;
  const last = batch.seen[key];
  if (last !== undefined && (n < last[0] || (n === last[0] && i <= last[1]))) return true;
  const { [key]: _, ...others } = batch.seen;
  const kept = Object.entries(others).slice(-(maxSeenSenders - 1));
  batch.seen = { ...Object.fromEntries(kept), [key]: [n, i] };
  return false;
}

function applyGuarded(input: StepInput, batch: Batch, command: CommandEnvelope): void {
  const before = { snapshot: batch.snapshot, parent: batch.parent, draft: copyDraft(batch.draft) };
  const unstorable = input.unstorable?.get(command.id);
  try {
    if (unstorable !== undefined) throw new Error(unstorable);
    const application = applyCommand(input.actor, batch, command);
    if (application.status === 'applied') batch.applied.push(command.id);
    if (application.status === 'refused')
      batch.refusals.push({ command, reason: application.reason });
  } catch (error) {
    Object.assign(batch, before);
    if (batch.snapshot === undefined) {
      batch.refusals.push({ command, reason: 'startFailed', error: errorToJson(error) });
      return;
    }
    batch.applied.push(command.id);
    setAside(batch, command, error, unstorable === undefined);
  }
}

/** A command that threw becomes a dead letter; what had waited for it must not wait, nor be started, again. */
function setAside(
  batch: Batch,
  command: CommandEnvelope,
  error: unknown,
  keepWhole: boolean,
): void {
  consume(batch.draft, command);
  batch.draft.entries.push({
    type: 'event',
    event: {
      type: 'commandDeadLettered',
      command: keepWhole ? toJson(command) : { id: command.id, purpose: command.purpose },
      error: describeError(error),
    },
  });
  if (command.purpose !== 'start' || command.parent === undefined) return;
  batch.draft.entries.push({
    type: 'ended',
    parent: command.parent,
    outcome: { status: 'error', error: errorToJson(error) },
  });
}

function buildCommit(input: StepInput, batch: Batch, snapshot: AnyMachineSnapshot): Commit {
  const { draft } = batch;
  const { definition } = input.actor;
  return {
    v: 1,
    n: draft.n,
    epoch: input.epoch,
    machine: { kind: definition.kind, version: definition.version },
    at: new Date(input.nowMs).toISOString(),
    inSeq: batch.inSeq,
    cause: batch.applied,
    ...(batch.parent === undefined ? {} : { parent: batch.parent }),
    snapshot: persistSnapshot(input.actor, snapshot),
    children: draft.children,
    timers: draft.timers,
    generation: draft.generation,
    seen: batch.seen,
    outbox: draft.entries.map((entry, i) => ({ ...entry, i })),
  };
}
