/**
 * Hands and items of one pool meet here. A lane that had nothing left when it was last heard of has an open request, so
 * that what is queued comes at once. A lane with a backlog is asked when its turn has come, and only for hands that are
 * free: so the turns decide, and nothing lies here that another worker could do.
 */
import type { Msg } from '@nats-io/nats-core';
import { createLaneTurns, lanes, type Lane } from '../core/lanes.ts';
import type { WorkDelivery } from '../core/storage.ts';
import type { RequestPurpose, WorkPull } from './work-pull.ts';

/** How long a standing request stays open; also how long one can be waited for that the server has forgotten. */
const standingMs = 5_000;
/** What a lane with a backlog is given to answer, should another worker have emptied it. */
const turnMs = 50;
/** Most that a lane other than the usual one may bring at once to a pool that was idle. */
const maxStanding = 8;
/**
 * Standing requests of several lanes may bring more than there are hands for. What gets none for this long goes back
 * to the queue, where another worker may be free.
 */
export const holdMs = 250;

export interface ReceivedItem {
  readonly message: Msg;
  readonly delivery: WorkDelivery;
  /** Items of its lane that nobody has been given yet. */
  readonly behind: number;
}

export interface WorkLine {
  take(signal: AbortSignal): Promise<WorkDelivery | undefined>;
  open(lane: Lane, pull: WorkPull): void;
  receive(lane: Lane, item: ReceivedItem, purpose: RequestPurpose): void;
  /** A request of the lane is over. */
  ended(lane: Lane, purpose: RequestPurpose): void;
}

interface LaneState {
  pull: WorkPull | undefined;
  /** It has had more than we have asked for. */
  backlog: boolean;
  readonly held: { readonly item: ReceivedItem; readonly timer: NodeJS.Timeout }[];
}

type Taker = (delivery: WorkDelivery | undefined) => void;

/** `giveBack`: after `delayMs` the item may be delivered to anyone. */
export function createWorkLine(giveBack: (message: Msg, delayMs: number) => void): WorkLine {
  const takers = new Set<Taker>();
  const turns = createLaneTurns();
  const states = new Map<Lane, LaneState>(
    lanes.map((lane) => [lane, { pull: undefined, backlog: false, held: [] }]),
  );

  const promised = (): number => {
    let sum = 0;
    for (const { pull } of states.values()) sum += pull?.coming('hand') ?? 0;
    return sum;
  };
  const hand = (delivery: WorkDelivery): void => {
    const [taker] = takers;
    if (taker === undefined) return;
    takers.delete(taker);
    taker(delivery);
  };
  const hold = (state: LaneState, item: ReceivedItem): void => {
    const timer = setTimeout(() => {
      state.held.splice(
        state.held.findIndex((held) => held.item === item),
        1,
      );
      // Not to ourselves: as long as we have a request open, that could be.
      giveBack(item.message, state.pull?.openMs ?? 0);
    }, holdMs);
    state.held.push({ item, timer });
  };
  const serve = (): void => {
    const asked = new Map<LaneState, number>();
    for (let free = takers.size - promised(); free > 0; free -= 1) {
      const state = nextState(states, turns);
      if (state === undefined) break;
      const first = state.held.shift();
      if (first === undefined) {
        asked.set(state, (asked.get(state) ?? 0) + 1);
      } else {
        clearTimeout(first.timer);
        hand(first.item.delivery);
      }
    }
    for (const [{ pull }, batch] of asked) pull?.request(batch, turnMs, 'hand');
    stand(states, takers.size - promised());
  };

  return {
    take: (signal) => joinTakers(takers, signal, serve),
    open: (lane, pull) => {
      const state = states.get(lane);
      if (state !== undefined) state.pull = pull;
      serve();
    },
    receive: (lane, item, purpose) => {
      const state = states.get(lane);
      if (state === undefined) return;
      state.backlog = item.behind > 0;
      // Its turn was paid for when it was asked.
      if (purpose === 'hand' && takers.size > 0) hand(item.delivery);
      else hold(state, item);
      serve();
    },
    ended: (lane, purpose) => {
      const state = states.get(lane);
      // Asked for a hand and brought nothing: it is empty after all.
      if (state !== undefined && purpose === 'hand') state.backlog = false;
      serve();
    },
  };
}

/** Among those that have something for a free hand, or had when they were last heard of. */
function nextState(
  states: ReadonlyMap<Lane, LaneState>,
  turns: ReturnType<typeof createLaneTurns>,
): LaneState | undefined {
  const candidates = lanes.filter((lane) => {
    const state = states.get(lane);
    if (state === undefined) return false;
    return state.held.length > 0 || (state.backlog && state.pull?.coming('standing') === 0);
  });
  const lane = turns.next(candidates);
  return lane === undefined ? undefined : states.get(lane);
}

/** One request for several: not every hand that becomes free is worth a message to the server. */
function stand(states: ReadonlyMap<Lane, LaneState>, free: number): void {
  if (free <= 0) return;
  for (const [lane, { pull, backlog }] of states) {
    if (pull === undefined || backlog) continue;
    const wanted = lane === 'normal' ? free : Math.min(free, maxStanding);
    const coming = pull.coming('standing');
    if (coming * 2 < wanted) pull.request(wanted - coming, standingMs, 'standing');
  }
}

function joinTakers(
  takers: Set<Taker>,
  signal: AbortSignal,
  serve: () => void,
): Promise<WorkDelivery | undefined> {
  return new Promise((resolve) => {
    const end: Taker = (delivery) => {
      signal.removeEventListener('abort', giveUp);
      resolve(delivery);
    };
    const giveUp = (): void => {
      takers.delete(end);
      end(undefined);
    };
    takers.add(end);
    signal.addEventListener('abort', giveUp, { once: true });
    serve();
  });
}
