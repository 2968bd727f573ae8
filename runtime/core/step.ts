/**
 * The pure heart: an actor's last commit and a few commands in, the next commit out. No IO, no clock.
 * Several queued commands become one commit (coalescing); a command that throws is set aside as a dead
 * letter inside that commit and blocks nobody.
 */
import type { AnyMachineSnapshot, EventObject } from 'xstate';
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import { assertNever, describeError } from '../contract/errors.ts';
import { maxSeenSenders, type Commit } from './commit.ts';
import { applyAction, beginDraft, copyDraft, stopChild, toJson, type Draft } from './draft.ts';
import type { ActionRecord } from './inert-scope.ts';
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
}

/** A command that changed nothing and why: told to the log, and to EVENTS when someone may wait for it. */
export interface Refusal {
  readonly command: CommandEnvelope;
  readonly reason: 'noSuchActor' | 'actorEnded';
}

export interface StepResult {
  /** Undefined when nothing has to be stored. */
  readonly next: ActorRecord | undefined;
  readonly refusals: readonly Refusal[];
}

interface Progress {
  snapshot: AnyMachineSnapshot | undefined;
  parent: Commit['parent'];
  draft: Draft;
  seen: Commit['seen'];
  inSeq: number;
  applied: string[];
  refusals: Refusal[];
}

export function step(input: StepInput): StepResult {
  const { record, address, nowMs } = input;
  const progress: Progress = {
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
      if (seq <= progress.inSeq) continue;
      progress.inSeq = seq;
    }
    if (isRepeat(progress, command)) continue;
    applyGuarded(input.actor, progress, command);
  }
  const { snapshot, refusals } = progress;
  if (snapshot === undefined || progress.applied.length === 0) return { next: undefined, refusals };
  return { next: { commit: buildCommit(input, progress, snapshot), snapshot }, refusals };
}

function isRepeat(progress: Progress, command: CommandEnvelope): boolean {
  if (!('from' in command) || command.from === undefined) return false;
  const { address, n, i } = command.from;
  const key = `${address.kind}/${address.id}`;
  const last = progress.seen[key];
  if (last !== undefined && (n < last[0] || (n === last[0] && i <= last[1]))) return true;
  const { [key]: _, ...others } = progress.seen;
  const kept = Object.entries(others).slice(-(maxSeenSenders - 1));
  progress.seen = { ...Object.fromEntries(kept), [key]: [n, i] };
  return false;
}

function applyGuarded(actor: RegisteredActor, progress: Progress, command: CommandEnvelope): void {
  const before = { snapshot: progress.snapshot, parent: progress.parent, draft: copyDraft(progress.draft) };
  try {
    if (apply(actor, progress, command)) progress.applied.push(command.id);
  } catch (error) {
    Object.assign(progress, before);
    // An actor that cannot even be started has no state to commit: the machine's error is its dead letter.
    if (progress.snapshot === undefined) throw error;
    progress.applied.push(command.id);
    progress.draft.entries.push({
      type: 'event',
      event: {
        type: 'commandDeadLettered',
        command: toJson(command),
        error: describeError(error),
      },
    });
  }
}

/** Whether the command counts as applied: changed the snapshot or caused something. */
function apply(actor: RegisteredActor, progress: Progress, command: CommandEnvelope): boolean {
  if (command.purpose === 'start') return applyStart(actor, progress, command);
  if (progress.snapshot === undefined || progress.snapshot.status !== 'active') {
    const reason = progress.snapshot === undefined ? 'noSuchActor' : 'actorEnded';
    if (command.purpose === 'deliver') progress.refusals.push({ command, reason });
    return false;
  }
  if (command.purpose === 'stop') return applyStop(progress, command.generation, progress.snapshot);
  const event = toEvent(progress.draft, command);
  if (event === undefined) return false;
  const before = progress.snapshot;
  const result = actor.inert.transition(before, event);
  settle(actor, progress, result.snapshot, result.actions);
  return true;
}

function applyStart(
  actor: RegisteredActor,
  progress: Progress,
  command: Extract<CommandEnvelope, { purpose: 'start' }>,
): boolean {
  const { snapshot, parent } = progress;
  const restarts =
    snapshot !== undefined &&
    snapshot.status !== 'active' &&
    command.parent !== undefined &&
    command.parent.generation > (parent?.generation ?? 0);
  if (snapshot !== undefined && !restarts) return false;
  progress.parent = command.parent;
  const result = actor.inert.initialize(command.input);
  settle(actor, progress, result.snapshot, result.actions);
  return true;
}

function applyStop(progress: Progress, generation: number, snapshot: AnyMachineSnapshot): boolean {
  if (progress.parent?.generation !== generation) return false;
  for (const name of Object.keys(progress.draft.children)) stopChild(progress.draft, name);
  progress.draft.timers = {};
  progress.snapshot = Object.assign(
    Object.create(Object.getPrototypeOf(snapshot) as object) as AnyMachineSnapshot,
    snapshot,
    { status: 'stopped' as const },
  );
  return true;
}

/** The machine's event for a command, or undefined when the command is late: of an old generation. */
function toEvent(draft: Draft, command: CommandEnvelope): EventObject | undefined {
  switch (command.purpose) {
    case 'deliver':
      return command.body;
    case 'timerFired': {
      const timer = draft.timers[command.timerId];
      if (timer === undefined || timer.generation !== command.generation) return undefined;
      delete draft.timers[command.timerId];
      return timer.event;
    }
    case 'effectEnded': {
      const name = Object.keys(draft.children).find((key) => {
        const child = draft.children[key];
        return child?.type === 'effect' && child.effectId === command.effectId;
      });
      if (name === undefined) return undefined;
      delete draft.children[name];
      return childEvent(name, command.outcome);
    }
    case 'childEnded': {
      const child = draft.children[command.childName];
      if (child?.type !== 'actor' || child.generation !== command.generation) return undefined;
      delete draft.children[command.childName];
      return childEvent(command.childName, command.outcome);
    }
    case 'start':
    case 'stop':
      return undefined;
    default:
      return assertNever(command);
  }
}

/** XState's own events for the end of an invoked or spawned actor. */
function childEvent(
  name: string,
  outcome: { status: 'done'; output: unknown } | { status: 'error'; error: unknown },
): EventObject & { readonly actorId: string } {
  return outcome.status === 'done'
    ? Object.assign({ type: `xstate.done.actor.${name}`, actorId: name }, { output: outcome.output })
    : Object.assign({ type: `xstate.error.actor.${name}`, actorId: name }, { error: outcome.error });
}

/** Takes over a transition's result; an actor that has ended stops what it had started and tells its parent. */
function settle(
  actor: RegisteredActor,
  progress: Progress,
  snapshot: AnyMachineSnapshot,
  actions: readonly ActionRecord[],
): void {
  progress.snapshot = snapshot;
  for (const action of actions) applyAction(progress.draft, actor.definition, action);
  if (snapshot.status === 'active') return;
  for (const name of Object.keys(progress.draft.children)) stopChild(progress.draft, name);
  progress.draft.timers = {};
  if (progress.parent === undefined) return;
  progress.draft.entries.push({
    type: 'ended',
    parent: progress.parent,
    outcome:
      snapshot.status === 'done'
        ? { status: 'done', output: toJson(snapshot.output) }
        : { status: 'error', error: describeError(snapshot.error) },
  });
}

function buildCommit(input: StepInput, progress: Progress, snapshot: AnyMachineSnapshot): Commit {
  const { draft } = progress;
  const { definition } = input.actor;
  return {
    v: 1,
    n: draft.n,
    epoch: input.epoch,
    machine: { kind: definition.kind, version: definition.version },
    at: new Date(input.nowMs).toISOString(),
    inSeq: progress.inSeq,
    cause: progress.applied,
    ...(progress.parent === undefined ? {} : { parent: progress.parent }),
    snapshot: persistSnapshot(input.actor, snapshot),
    children: draft.children,
    timers: draft.timers,
    generation: draft.generation,
    seen: progress.seen,
    outbox: draft.entries.map((entry, i) => ({ ...entry, i })),
  };
}
