/**
 * Drives one actor by hand, purely: every command goes through `step`, every commit through its schema
 * and through JSON, and the next command is applied to what was read back, as after a crash. Effects and
 * children are answered by the name of their source. What came of a command is returned as data.
 */
import type { z } from 'zod';
import type { ActorAddress } from '../../runtime/contract/address.ts';
import type { CommandBody, CommandEnvelope } from '../../runtime/contract/command.ts';
import type { ActorStatus } from '../../runtime/contract/event.ts';
import type { Json } from '../../runtime/contract/json.ts';
import {
  commitSchema,
  type ChildRecord,
  type Commit,
  type OutboxEntry,
} from '../../runtime/core/commit.ts';
import type { ActorDefinition } from '../../runtime/core/definition.ts';
import { toJson } from '../../runtime/core/draft.ts';
import { registerActor } from '../../runtime/core/registry.ts';
import type { RegisteredActor } from '../../runtime/core/registry.ts';
import { formatStateValue, restoreSnapshot } from '../../runtime/core/restore.ts';
import { step, type ActorRecord } from '../../runtime/core/step.ts';

export type Told = { readonly type: string; readonly [key: string]: unknown };

export interface Started {
  readonly source: string;
  readonly input: Json;
}

/** What one command did. */
export interface Reaction {
  /** Why the runtime refused the command; undefined when it was applied. */
  readonly refused: string | undefined;
  readonly events: readonly Told[];
  /** Commands to other actors, as `kind/id` and body. */
  readonly sent: readonly { readonly to: string; readonly body: CommandBody }[];
  /** Effects and children started and still under way. */
  readonly started: readonly Started[];
  /** Sources of effects and children that were given up without having answered. */
  readonly cancelled: readonly string[];
  /** Actors started that are nobody's child. */
  readonly actors: readonly { readonly to: string; readonly input: Json }[];
}

export interface DriveOptions {
  readonly address: ActorAddress;
  readonly input: unknown;
  /** Schemas of effect inputs by source: an effect started with anything else is an error. */
  readonly effectInputs?: Readonly<Record<string, z.ZodType>>;
}

export interface DrivenMachine<Context> {
  /** What the start of the actor did. */
  readonly opening: Reaction;
  /** Everything since the start, oldest first. */
  readonly history: readonly Reaction[];
  state(): string;
  status(): ActorStatus;
  context(): Context;
  output(): Json | undefined;
  /** The last commit, as stored. */
  commit(): Commit;
  /** Sources of the effects and children under way. */
  pending(): readonly string[];
  /** The timers that are set, by id, in milliseconds from the last command. */
  timers(): Readonly<Record<string, number>>;
  send(body: CommandBody): Reaction;
  /** Answers the effect or child of this source. Throws when none is under way. */
  done(source: string, output?: unknown): Reaction;
  failed(source: string, error?: Partial<EffectFailure>): Reaction;
  /** A child actor ends with an error, which is a text. */
  broke(source: string, message: string): Reaction;
  fire(timerId: string): Reaction;
}

export interface EffectFailure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly next?: string;
}

/** Between two commands. */
const tickMs = 1_000;
const startMs = Date.parse('2026-03-01T08:00:00.000Z');

export function driveMachine<Context>(
  definition: ActorDefinition,
  options: DriveOptions,
): DrivenMachine<Context> {
  const drive: Drive = {
    actor: registerActor(definition),
    options,
    history: [],
    record: undefined,
    seq: 0,
  };
  const commit = (): Commit => readCommit(drive);
  const opening = apply(drive, { purpose: 'start', input: toJson(options.input) });
  return {
    opening,
    commit,
    history: drive.history,
    state: () => formatStateValue(commit().snapshot.value),
    status: () => commit().snapshot.status,
    context: () => commit().snapshot.context as Context,
    output: () => commit().snapshot.output,
    pending: () => Object.values(commit().children).map(({ source }) => source),
    timers: () => listTimers(commit()),
    send: (body) => apply(drive, { purpose: 'deliver', body: toJson(body) as CommandBody }),
    done: (source, output) => answer(drive, source, { status: 'done', output: toJson(output) }),
    failed: (source, error = {}) =>
      answer(drive, source, {
        status: 'error',
        error: { code: 'SB_EFFECT_FAILED', message: 'it broke', retryable: false, ...error },
      }),
    broke: (source, message) => breakChild(drive, source, message),
    fire: (timerId) => {
      const timer = commit().timers[timerId];
      if (timer === undefined) throw new Error(`no timer ${timerId} is set`);
      return apply(drive, { purpose: 'timerFired', timerId, generation: timer.generation });
    },
  };
}

interface Drive {
  readonly actor: RegisteredActor;
  readonly options: DriveOptions;
  readonly history: Reaction[];
  record: ActorRecord | undefined;
  seq: number;
}

type WithoutEnvelope<Command> = Command extends CommandEnvelope
  ? Omit<Command, 'v' | 'id' | 'at'>
  : never;

/** `answered`: the name of the child whose end this is. */
function apply(
  drive: Drive,
  content: WithoutEnvelope<CommandEnvelope>,
  answered?: string,
): Reaction {
  drive.seq += 1;
  const { actor, options, record, seq } = drive;
  const nowMs = startMs + seq * tickMs;
  const at = new Date(nowMs).toISOString();
  const command: CommandEnvelope = { ...content, v: 1, id: `command-${seq}`, at };
  const inbound = [{ seq, command }];
  const { next, refusals } = step({
    actor,
    address: options.address,
    record,
    inbound,
    nowMs,
    epoch: 1,
  });
  if (next !== undefined) drive.record = restore(actor, next.commit);
  const reaction = describe(record?.commit, next?.commit, refusals[0]?.reason, answered);
  checkInputs(actor.definition, reaction.started, options.effectInputs ?? {});
  drive.history.push(reaction);
  return reaction;
}

function answer(drive: Drive, source: string, outcome: EffectOutcome): Reaction {
  const [childName, child] = findChild(drive, source);
  return child.type === 'effect'
    ? apply(drive, { purpose: 'effectEnded', effectId: child.effectId, outcome }, childName)
    : apply(
        drive,
        { purpose: 'childEnded', childName, generation: child.generation, outcome },
        childName,
      );
}

function breakChild(drive: Drive, source: string, error: string): Reaction {
  const [childName, child] = findChild(drive, source);
  if (child.type !== 'actor') throw new Error(`${source} is an effect`);
  const { generation } = child;
  const outcome = { status: 'error' as const, error };
  return apply(drive, { purpose: 'childEnded', childName, generation, outcome }, childName);
}

function readCommit({ actor, record }: Drive): Commit {
  if (record === undefined) throw new Error(`${actor.definition.kind} has not started`);
  return record.commit;
}

function findChild(drive: Drive, source: string): readonly [string, ChildRecord] {
  const children = Object.entries(readCommit(drive).children);
  const found = children.find(([, child]) => child.source === source);
  if (found !== undefined) return found;
  const pending = children.map(([, child]) => child.source).join(', ');
  throw new Error(`no ${source} is under way, only: ${pending === '' ? 'nothing' : pending}`);
}

function listTimers({ timers, at }: Commit): Record<string, number> {
  const nowMs = Date.parse(at);
  return Object.fromEntries(Object.entries(timers).map(([id, { atMs }]) => [id, atMs - nowMs]));
}

type EffectOutcome = Extract<CommandEnvelope, { purpose: 'effectEnded' }>['outcome'];

/** As after a crash: nothing but the stored text is left. */
function restore(actor: RegisteredActor, commit: Commit): ActorRecord {
  const stored = commitSchema.parse(JSON.parse(JSON.stringify(commit)));
  const restoration = restoreSnapshot(actor, stored);
  if (restoration.status === 'quarantined') throw new Error(restoration.reason);
  return { commit: stored, snapshot: restoration.snapshot };
}

function describe(
  before: Commit | undefined,
  after: Commit | undefined,
  refused: string | undefined,
  answered: string | undefined,
): Reaction {
  const entries = after?.outbox ?? [];
  const events = entries.flatMap((entry) => (entry.type === 'event' ? [entry.event] : []));
  const poison = events.find(({ type }) => type === 'commandDeadLettered');
  if (poison !== undefined)
    throw new Error(`a command became a dead letter: ${JSON.stringify(poison)}`);
  return {
    refused,
    events,
    sent: entries.flatMap((entry) =>
      entry.type === 'command' ? [{ to: `${entry.to.kind}/${entry.to.id}`, body: entry.body }] : [],
    ),
    started: after === undefined ? [] : listStarted(before, after),
    cancelled:
      after === undefined || before === undefined ? [] : listCancelled(before, after, answered),
    actors: entries.flatMap((entry) =>
      entry.type === 'startActor'
        ? [{ to: `${entry.to.kind}/${entry.to.id}`, input: entry.input }]
        : [],
    ),
  };
}

/** Names are used again: what tells two children of one name apart is the id or the generation. */
function identify(child: ChildRecord | undefined): string | undefined {
  if (child === undefined) return undefined;
  return child.type === 'effect' ? child.effectId : `${child.address.id} ${child.generation}`;
}

function listStarted(before: Commit | undefined, after: Commit): Started[] {
  return Object.entries(after.children)
    .filter(([name, child]) => identify(before?.children[name]) !== identify(child))
    .map(([, child]) => ({ source: child.source, input: readInput(child, after.outbox) }));
}

function readInput(child: ChildRecord, outbox: readonly OutboxEntry[]): Json {
  if (child.type === 'effect' && child.pool === undefined) return child.input ?? null;
  const entry = outbox.find(
    (candidate) =>
      (candidate.type === 'startEffect' &&
        child.type === 'effect' &&
        candidate.effectId === child.effectId) ||
      (candidate.type === 'startChild' &&
        child.type === 'actor' &&
        candidate.generation === child.generation),
  );
  if (entry?.type !== 'startEffect' && entry?.type !== 'startChild') {
    throw new Error(`${child.source} waits, and nothing was published to start it`);
  }
  return entry.input;
}

function listCancelled(before: Commit, after: Commit, answered: string | undefined): string[] {
  return Object.entries(before.children)
    .filter(
      ([name, child]) => name !== answered && identify(after.children[name]) !== identify(child),
    )
    .map(([, child]) => child.source);
}

function checkInputs(
  definition: ActorDefinition,
  started: readonly Started[],
  schemas: Readonly<Record<string, z.ZodType>>,
): void {
  for (const { source, input } of started) {
    const parsed = schemas[source]?.safeParse(input);
    if (parsed?.success === false) {
      throw new Error(
        `${definition.kind} started ${source} with a wrong input: ${parsed.error.message}`,
      );
    }
  }
}
