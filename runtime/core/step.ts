/**
 * The pure heart: an actor's last commit and a few commands in, the next commit out. No IO, no clock.
 * Several queued commands become one commit (coalescing); a command that throws is set aside as a dead
 * letter inside that commit and blocks nobody.
 */
import type { AnyMachineSnapshot } from 'xstate';
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import type { DeadLetterContent } from '../contract/dead-letter.ts';
import type { Json } from '../contract/json.ts';
import { withTrace } from '../contract/trace.ts';
import { applyCommand, consume, errorToJson, type Progress } from './apply-command.ts';
import { maxSeenSenders, type Commit } from './commit.ts';
import { beginDraft, copyDraft, toJson } from './draft.ts';
import type { RegisteredActor } from './registry.ts';
import { persistSnapshot } from './restore.ts';
import { inboxLetterId, letterEvent, nextLetterId, writeLetter } from './set-aside.ts';

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
  /** What the commit and all it causes is traced as. */
  readonly trace?: string;
  /** Commands by id whose result could not be stored: they are set aside without being applied. */
  readonly unstorable?: ReadonlyMap<string, Unstorable>;
  /** How often commands have thrown before, by id. Without it the first time is final. */
  readonly failures?: ReadonlyMap<string, number>;
}

export interface Unstorable {
  readonly reason: string;
  /** Whether the state has room for a letter with the whole command. */
  readonly whole: boolean;
}

/** A command that changed nothing and why: told to EVENTS, since someone may wait for it. */
export type Refusal =
  | { readonly command: CommandEnvelope; readonly reason: 'noSuchActor' | 'actorEnded' }
  /** The machine threw on its very first transition: there is no state that could hold a dead letter. */
  | {
      readonly command: CommandEnvelope;
      readonly reason: 'startFailed';
      readonly error: Json;
      readonly letter: DeadLetterContent;
    };

export interface StepResult {
  /** Undefined when nothing has to be stored. */
  readonly next: ActorRecord | undefined;
  readonly refusals: readonly Refusal[];
  /** The command that made the machine throw and is to be tried again: the whole batch has had no effect. */
  readonly failed: CommandEnvelope | undefined;
}

interface Batch extends Progress {
  /** Of the machine that runs. */
  version: number;
  seen: Commit['seen'];
  /** Whether `seen` is a copy of this batch and may be changed. */
  ownsSeen: boolean;
  inSeq: number;
  readonly applied: string[];
  readonly refusals: Refusal[];
}

export function step(input: StepInput): StepResult {
  const { record, address, nowMs } = input;
  const batch: Batch = {
    version: record?.commit.machine.version ?? input.actor.definition.version,
    snapshot: record?.snapshot,
    parent: record?.commit.parent,
    draft: beginDraft(address, record?.commit, nowMs, input.trace),
    seen: record?.commit.seen ?? {},
    ownsSeen: false,
    inSeq: record?.commit.inSeq ?? 0,
    applied: [],
    refusals: [],
  };
  for (const { seq, command } of input.inbound) {
    if (seq !== undefined) {
      if (seq <= batch.inSeq) continue;
      batch.inSeq = seq;
    }
    if (isRepeat(batch, command)) continue;
    if (applyGuarded(input, batch, command, seq) === 'tryAgain')
      return { next: undefined, refusals: [], failed: command };
  }
  const { snapshot, refusals } = batch;
  if (snapshot === undefined || batch.applied.length === 0)
    return { next: undefined, refusals, failed: undefined };
  const next = { commit: buildCommit(input, batch, snapshot), snapshot };
  return { next, refusals, failed: undefined };
}

function isRepeat(batch: Batch, command: CommandEnvelope): boolean {
  if (!('from' in command) || command.from === undefined) return false;
  const { address, n, i } = command.from;
  const key = `${address.kind}/${address.id}`;
  const last = batch.seen[key];
  if (last !== undefined && (n < last[0] || (n === last[0] && i <= last[1]))) return true;
  remember(batch, key, [n, i]);
  return false;
}

/** The sender heard of last stands last; the first is forgotten when there are too many. */
function remember(batch: Batch, key: string, place: [n: number, i: number]): void {
  if (!batch.ownsSeen) batch.seen = { ...batch.seen };
  batch.ownsSeen = true;
  const { seen } = batch;
  delete seen[key];
  seen[key] = place;
  const senders = Object.keys(seen);
  const [oldest] = senders;
  if (senders.length > maxSeenSenders && oldest !== undefined) delete seen[oldest];
}

/** The machine of the version that the actor is of; one that has ended may be of a version nobody knows. */
function runningVersion({ actor }: StepInput, { version }: Batch): RegisteredActor {
  return actor.versions.get(version) ?? actor;
}

function applyGuarded(
  input: StepInput,
  batch: Batch,
  command: CommandEnvelope,
  seq: number | undefined,
): 'dealtWith' | 'tryAgain' {
  const before = { snapshot: batch.snapshot, parent: batch.parent, draft: copyDraft(batch.draft) };
  const unstorable = input.unstorable?.get(command.id);
  const starts = command.purpose === 'start';
  try {
    if (unstorable !== undefined) throw new Error(unstorable.reason);
    const actor = starts ? input.actor : runningVersion(input, batch);
    const application = applyCommand(actor, batch, command);
    if (application.status === 'refused')
      batch.refusals.push({ command, reason: application.reason });
    if (application.status === 'applied') {
      batch.applied.push(command.id);
      if (starts) batch.version = input.actor.definition.version;
    }
  } catch (error) {
    Object.assign(batch, before);
    const attempts = (input.failures?.get(command.id) ?? 0) + 1;
    const final = input.failures === undefined || attempts >= input.actor.definition.attempts;
    if (unstorable === undefined && !final) return 'tryAgain';
    giveUp(batch, { command, seq, error, attempts, unstorable });
  }
  return 'dealtWith';
}

interface Failure {
  readonly command: CommandEnvelope;
  readonly seq: number | undefined;
  readonly error: unknown;
  readonly attempts: number;
  readonly unstorable: Unstorable | undefined;
}

/** A command that is given up becomes a dead letter; what had waited for it must not wait, nor be started, again. */
function giveUp(batch: Batch, { command, seq, error, attempts, unstorable }: Failure): void {
  const { draft, snapshot, version } = batch;
  if (snapshot === undefined) {
    const id = inboxLetterId(draft.address, seq);
    const reason = 'startFailed';
    const letter = writeLetter({ id, reason, command, whole: true, error, attempts });
    batch.refusals.push({ command, reason, error: errorToJson(error), letter });
    return;
  }
  batch.applied.push(command.id);
  const letter = writeLetter({
    id: nextLetterId(draft),
    reason: unstorable === undefined ? 'threw' : 'unstorable',
    command,
    whole: unstorable?.whole ?? true,
    error,
    attempts,
    scene: { value: toJson(snapshot.value), status: snapshot.status, n: draft.n, version },
  });
  consume(draft, command);
  draft.entries.push(
    { type: 'deadLetter', letter },
    { type: 'event', event: letterEvent(letter, command) },
  );
  if (command.purpose !== 'start' || command.parent === undefined) return;
  draft.entries.push({
    type: 'ended',
    parent: command.parent,
    outcome: { status: 'error', error: errorToJson(error) },
  });
}

function buildCommit(input: StepInput, batch: Batch, snapshot: AnyMachineSnapshot): Commit {
  const { draft } = batch;
  const actor = runningVersion(input, batch);
  const { record } = input;
  return {
    v: 1,
    ...withTrace(input.trace),
    n: draft.n,
    epoch: input.epoch,
    machine: { kind: actor.definition.kind, version: batch.version },
    at: new Date(input.nowMs).toISOString(),
    inSeq: batch.inSeq,
    cause: batch.applied,
    ...(batch.parent === undefined ? {} : { parent: batch.parent }),
    ...(draft.limits === undefined ? {} : { limits: draft.limits }),
    snapshot:
      record?.snapshot === snapshot ? record.commit.snapshot : persistSnapshot(actor, snapshot),
    children: draft.children,
    timers: draft.timers,
    generation: draft.generation,
    seen: batch.seen,
    outbox: draft.entries.map((entry, i) => ({ ...entry, i })),
  };
}
