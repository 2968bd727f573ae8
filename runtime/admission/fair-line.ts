/**
 * Who works and who waits, as plain data, and who is next. Limits in all, per kind and per key; three
 * priorities, of which a lower one rises while it is passed over; turn by turn among groups, so that one run
 * with many requests does not keep the others out. Pure: time does not count, turns do.
 */
import type { ActorAddress } from '../contract/address.ts';
import type { Priority } from '../core/lanes.ts';

export interface SlotRequest {
  readonly holder: ActorAddress;
  readonly priority: Priority;
  /** Whatever must not have too many at once: a repository, a customer, a machine. */
  readonly key?: string;
}

export interface SlotLimits {
  /** Slots in all. Every namespace has a queue of its own: this is the limit of the namespace. */
  readonly total: number;
  /** Slots per kind of holder; a kind that is not named has no limit of its own. */
  readonly perKind?: Readonly<Record<string, number>>;
  /** Slots per key, for every key alike. */
  readonly perKey?: number;
  /** Requests that may wait. One more is refused. Default and most: `mostWaiting`. */
  readonly maxWaiting?: number;
}

export interface WaitingRequest extends SlotRequest {
  /** Slots given before it joined the line: its age is counted from here. */
  readonly since: number;
}

export type Line = {
  readonly limits: SlotLimits;
  readonly working: readonly SlotRequest[];
  /** In the order of arrival. */
  readonly waiting: readonly WaitingRequest[];
  /** Slots given so far. */
  readonly given: number;
  /** Of each group that waits: the value of `given` when it had its last turn. */
  readonly turns: Readonly<Record<string, number>>;
};

/** The line lies in the snapshot of one actor, which one message holds. */
export const mostWaiting = 2_000;
/** Slots given to others after which a request counts as one priority higher. */
export const agingTurns = 20;

const ranks: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 };

export function openLine(limits: SlotLimits): Line {
  return { limits, working: [], waiting: [], given: 0, turns: {} };
}

export type Joining =
  | { readonly status: 'joined'; readonly line: Line }
  /** Works or waits already. */
  | { readonly status: 'known' }
  | { readonly status: 'refused'; readonly reason: string };

export function joinLine(line: Line, request: SlotRequest): Joining {
  const isSame = isHeldBy(request.holder);
  if (line.working.some(isSame) || line.waiting.some(isSame)) return { status: 'known' };
  const room = Math.min(mostWaiting, line.limits.maxWaiting ?? mostWaiting);
  const joined = { ...line, waiting: [...line.waiting, { ...request, since: line.given }] };
  // Whoever need not wait is never refused for the length of the line.
  if (line.waiting.length < room || canWork(line, request))
    return { status: 'joined', line: joined };
  return { status: 'refused', reason: `${line.waiting.length} wait already, and no more may` };
}

/** From either place. */
export function leaveLine(line: Line, holder: ActorAddress): Line {
  const isSame = isHeldBy(holder);
  return withoutIdleGroups({
    ...line,
    working: line.working.filter((request) => !isSame(request)),
    waiting: line.waiting.filter((request) => !isSame(request)),
  });
}

/** Gives what is free, one after the other. */
export function fillSlots(line: Line): {
  readonly line: Line;
  readonly given: readonly SlotRequest[];
} {
  const given: SlotRequest[] = [];
  let filled = line;
  for (let next = findNext(filled); next !== undefined; next = findNext(filled)) {
    given.push(next);
    filled = giveSlot(filled, next);
  }
  return { line: withoutIdleGroups(filled), given };
}

/**
 * Everyone who waits, in the order of service as it is now: limits per kind and key may let others pass, and a
 * lower priority that grows old may come earlier. For people who ask for their place.
 */
export function listOrder(line: Line): readonly WaitingRequest[] {
  const order: WaitingRequest[] = [];
  const turns = new Map(Object.entries(line.turns));
  for (const rank of Object.values(ranks)) {
    const groups = groupRequests(line.waiting.filter((request) => rankOf(line, request) === rank));
    while (groups.size > 0) {
      const [group, requests] = findGroupInTurn(groups, turns);
      order.push(...requests.splice(0, 1));
      turns.set(group, line.given + order.length);
      if (requests.length === 0) groups.delete(group);
    }
  }
  return order;
}

type Groups = Map<string, WaitingRequest[]>;

function groupRequests(requests: readonly WaitingRequest[]): Groups {
  const groups: Groups = new Map();
  for (const request of requests) {
    const group = groupOf(request);
    groups.set(group, [...(groups.get(group) ?? []), request]);
  }
  return groups;
}

function findGroupInTurn(
  groups: Groups,
  turns: ReadonlyMap<string, number>,
): readonly [string, WaitingRequest[]] {
  const turnOfGroup = (group: string, [first]: readonly WaitingRequest[]): number =>
    turns.get(group) ?? first?.since ?? 0;
  return [...groups].reduce((best, other) =>
    turnOfGroup(...other) < turnOfGroup(...best) ? other : best,
  );
}

/** Requests of one run share a turn: the root of a tree of actors is its run. */
export function groupOf({ holder }: SlotRequest): string {
  return holder.id.split('::', 1)[0] ?? holder.id;
}

function giveSlot(line: Line, next: WaitingRequest): Line {
  const { since: _, ...request } = next;
  return {
    ...line,
    given: line.given + 1,
    working: [...line.working, request],
    waiting: line.waiting.filter((other) => other !== next),
    turns: { ...line.turns, [groupOf(next)]: line.given + 1 },
  };
}

function findNext(line: Line): WaitingRequest | undefined {
  let best: WaitingRequest | undefined;
  for (const request of line.waiting) {
    if (!canWork(line, request)) continue;
    // The first of equals came first.
    if (best === undefined || compare(line, request, best) < 0) best = request;
  }
  return best;
}

function compare(line: Line, left: WaitingRequest, right: WaitingRequest): number {
  return rankOf(line, left) - rankOf(line, right) || turnOf(line, left) - turnOf(line, right);
}

function rankOf(line: Line, { priority, since }: WaitingRequest): number {
  return Math.max(0, ranks[priority] - Math.floor((line.given - since) / agingTurns));
}

/** A group without a turn yet counts from when its request came, so that newcomers do not overtake for ever. */
function turnOf(line: Line, request: WaitingRequest): number {
  return line.turns[groupOf(request)] ?? request.since;
}

function canWork({ limits, working }: Line, { holder, key }: SlotRequest): boolean {
  if (working.length >= limits.total) return false;
  const ofKind = limits.perKind?.[holder.kind];
  if (
    ofKind !== undefined &&
    working.filter((other) => other.holder.kind === holder.kind).length >= ofKind
  )
    return false;
  return (
    key === undefined ||
    limits.perKey === undefined ||
    working.filter((other) => other.key === key).length < limits.perKey
  );
}

function withoutIdleGroups(line: Line): Line {
  const waiting = new Set(line.waiting.map(groupOf));
  const turns = Object.entries(line.turns).filter(([group]) => waiting.has(group));
  return { ...line, turns: Object.fromEntries(turns) };
}

function isHeldBy({ kind, id }: ActorAddress): (request: SlotRequest) => boolean {
  return ({ holder }) => holder.kind === kind && holder.id === id;
}
