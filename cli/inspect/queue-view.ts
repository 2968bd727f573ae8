/** The work queue as a person asks for it: who works, who waits in which place, and for about how long. Pure. */
import type { StoredEvent } from '../../runtime/contract/event.ts';
import { formatAddress } from '../../runtime/contract/address.ts';
import { listOrder, type Line, type SlotLimits, type SlotRequest } from '../../runtime/mod.ts';

/** Slots given lately, from which the wait is reckoned. */
const recentGrants = 20;

export interface QueueView {
  readonly limits: SlotLimits;
  readonly working: readonly Omit<QueuePlace, 'position' | 'expectedWaitMs'>[];
  readonly waiting: readonly QueuePlace[];
}

export interface QueuePlace {
  /** `kind/id`. */
  readonly holder: string;
  readonly priority: SlotRequest['priority'];
  readonly key: string | null;
  /** 1 for the next; those whom a limit per kind or key holds back may be passed. */
  readonly position: number;
  /** Null as long as fewer than two slots have been given lately. */
  readonly expectedWaitMs: number | null;
}

/** `events` of the queue, oldest first: the pace at which slots were given is the pace at which they will be. */
export function viewQueue(line: Line, events: readonly StoredEvent[]): QueueView {
  const paceMs = measurePace(events);
  const describe = ({ holder, priority, key }: SlotRequest) => ({
    holder: formatAddress(holder),
    priority,
    key: key ?? null,
  });
  return {
    limits: line.limits,
    working: line.working.map(describe),
    waiting: listOrder(line).map((request, index) => ({
      ...describe(request),
      position: index + 1,
      expectedWaitMs: paceMs === undefined ? null : Math.round(paceMs * (index + 1)),
    })),
  };
}

function measurePace(events: readonly StoredEvent[]): number | undefined {
  const times = events
    .filter(({ type }) => type === 'slotGiven')
    .slice(-recentGrants - 1)
    .map(({ at }) => Date.parse(at));
  const [first] = times;
  const last = times.at(-1);
  return first === undefined || last === undefined || times.length < 2
    ? undefined
    : (last - first) / (times.length - 1);
}
