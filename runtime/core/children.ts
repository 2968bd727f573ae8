/**
 * Children in a commit: started, stopped, and started again by their supervision. What a parent may still start is
 * computed from the records of its live children, so that it holds exactly as far as the commit does: a second owner's
 * commit is refused, and its children with it. Pure.
 */
import { actorIdSchema, childActorId, formatAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import { SignalboxError } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import { withTrace } from '../contract/trace.ts';
import type { ChildDefinition } from './child-definition.ts';
import type { ChildRecord } from './commit.ts';
import { cancelTimer, setTimer, type Draft } from './draft.ts';
import type { EffectDefinition } from './effect-definition.ts';
import { formatEffectId } from './effect-id.ts';
import type { RegisteredVersion } from './registry.ts';
import { randomOf } from './retry.ts';
import { judgeFailure, type Verdict } from './supervision.ts';
import { measureRoom } from './tree-room.ts';

type ChildActor = Extract<ChildRecord, { type: 'actor' }>;
type ChildEnded = Extract<CommandEnvelope, { purpose: 'childEnded' }>;

export function startChild(
  draft: Draft,
  actor: RegisteredVersion,
  name: string,
  source: string,
  input: Json,
): void {
  const { definition } = actor;
  if (name in draft.children) stopChild(draft, name);
  const effect = definition.effects[source];
  if (effect !== undefined) {
    startEffect(draft, effect, name, source, input);
    return;
  }
  const child = definition.children[source];
  if (child === undefined) {
    throw new SignalboxError(
      'SB_ACTION_UNSUPPORTED',
      `${definition.kind} starts "${source}", which is neither an effect nor a child kind`,
    );
  }
  const address = { kind: child.kind, id: childActorId(draft.address.id, name) };
  if (!actorIdSchema.safeParse(address.id).success) {
    throw new SignalboxError(
      'SB_ADDRESS_INVALID',
      `${definition.kind} starts a child as "${address.id}", which cannot be an actor id`,
      { next: 'Give the child an id of letters, digits, "-" and "_".' },
    );
  }
  const kept = child.supervision.type === 'restart' ? { input } : {};
  launch(draft, actor, child, name, { type: 'actor', source, address, ...kept }, input);
}

function startEffect(
  draft: Draft,
  effect: EffectDefinition,
  name: string,
  source: string,
  input: Json,
): void {
  draft.generation += 1;
  const effectId = formatEffectId(draft.address, draft.n, draft.generation);
  const started = { type: 'effect', source, effectId, ...withTrace(draft.trace) } as const;
  if (effect.pool === undefined) {
    draft.children[name] = { ...started, input };
    return;
  }
  draft.children[name] = { ...started, pool: effect.pool };
  const priority = effect.priority(input);
  draft.entries.push({
    type: 'startEffect',
    effectId,
    source,
    pool: effect.pool,
    input,
    ...(priority === 'normal' ? {} : { priority }),
  });
}

/** A child that is not let in ends at once with an error, on the way that every child's end takes. */
function launch(
  draft: Draft,
  actor: RegisteredVersion,
  child: ChildDefinition,
  name: string,
  record: Omit<ChildActor, 'generation' | 'reserved'>,
  input: Json,
): void {
  draft.generation += 1;
  const { generation } = draft;
  const { [name]: _, ...others } = draft.children;
  const room = measureRoom({
    address: draft.address,
    limits: [actor.definition.limits, ...(draft.limits === undefined ? [] : [draft.limits])],
    reserved: Object.values(others).map((other) => (other.type === 'actor' ? other.reserved : 0)),
    wanted: actor.childless.has(record.source) ? 0 : child.descendants,
  });
  if (room.status === 'full') {
    draft.children[name] = { ...record, generation, reserved: 0 };
    draft.entries.push({
      type: 'ended',
      parent: { address: draft.address, childName: name, generation },
      outcome: { status: 'error', error: room.error },
    });
    return;
  }
  const { limits } = room;
  const { address: to } = record;
  draft.children[name] = { ...record, generation, reserved: 1 + limits.descendants };
  draft.entries.push({ type: 'startChild', to, childName: name, generation, input, limits });
}

export function stopChild(draft: Draft, name: string): void {
  const child = draft.children[name];
  if (child === undefined) return;
  delete draft.children[name];
  if (child.type === 'actor') {
    const waits = isRestarting(draft, name);
    cancelTimer(draft, restartTimerId(name));
    // What waits for its restart has ended, and what was not let in was never there.
    if (waits || child.reserved === 0) return;
    draft.entries.push({ type: 'stopChild', to: child.address, generation: child.generation });
    return;
  }
  const started = draft.entries.findIndex(
    (entry) => entry.type === 'startEffect' && entry.effectId === child.effectId,
  );
  if (started >= 0) draft.entries.splice(started, 1);
  else if (child.pool !== undefined) {
    draft.entries.push({ type: 'cancelEffect', effectId: child.effectId, pool: child.pool });
  }
}

/**
 * What is to become of a child that reports its failure; a restart is arranged already. Until then the child stays
 * its parent's, under the same name. Undefined when it has not failed, or is not the one that is waited for.
 */
export function superviseEnd(
  draft: Draft,
  actor: RegisteredVersion,
  { childName: name, generation, outcome }: ChildEnded,
): Verdict['type'] | undefined {
  const child = draft.children[name];
  if (child?.type !== 'actor' || child.generation !== generation) return undefined;
  const supervision = actor.definition.children[child.source]?.supervision;
  if (outcome.status !== 'error' || supervision === undefined) return undefined;
  const restarted = child.restarts ?? [];
  const verdict = judgeFailure(supervision, {
    restarts: restarted,
    nowMs: draft.nowMs,
    random: randomOf(formatAddress(child.address), restarted.length),
  });
  if (verdict.type === 'escalate') return verdict.type;
  const { error } = outcome;
  const failure = { type: 'childFailed', child: formatAddress(child.address), error };
  if (verdict.type === 'stop') {
    draft.entries.push({ type: 'event', event: { ...failure, verdict: 'stop' } });
    return verdict.type;
  }
  const { delayMs, restarts } = verdict;
  // A generation of its own: the failure that is repeated is none of the child that waits.
  draft.generation += 1;
  draft.children[name] = { ...child, generation: draft.generation, restarts: [...restarts] };
  setTimer(draft, restartTimerId(name), delayMs, {
    event: { type: 'restartChild' },
    restartOf: name,
  });
  draft.entries.push({ type: 'event', event: { ...failure, verdict: 'restart', delayMs } });
  return verdict.type;
}

/** Starts a child again when the timer is that of its restart; whether it was one. */
export function restartWhenDue(
  draft: Draft,
  actor: RegisteredVersion,
  { timerId, generation }: Extract<CommandEnvelope, { purpose: 'timerFired' }>,
): boolean {
  const timer = draft.timers[timerId];
  if (timer?.restartOf === undefined || timer.generation !== generation) return false;
  delete draft.timers[timerId];
  const record = draft.children[timer.restartOf];
  const child = record === undefined ? undefined : actor.definition.children[record.source];
  if (record?.type !== 'actor' || child === undefined) return true;
  launch(draft, actor, child, timer.restartOf, record, record.input ?? null);
  draft.entries.push({
    type: 'event',
    event: {
      type: 'childRestarted',
      child: formatAddress(record.address),
      restarts: record.restarts?.length ?? 0,
    },
  });
  return true;
}

const restartTimerPrefix = 'signalbox.restart.';

function restartTimerId(name: string): string {
  return `${restartTimerPrefix}${name}`;
}

function isRestarting(draft: Draft, name: string): boolean {
  return restartTimerId(name) in draft.timers;
}

/** Timers of such names are the runtime's own. */
export function isRestartTimer(timerId: string): boolean {
  return timerId.startsWith(restartTimerPrefix);
}
