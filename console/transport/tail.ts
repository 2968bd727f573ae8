/**
 * Back-fill then tail, without a hole: joins pages of history with live messages into one ordered list.
 * Owns the order and the completeness; leaves fetching, subscribing and waiting to follow.ts. Pure.
 */

/** One live message: the server's position of the item, and of the one before it on the watched subjects. */
export interface LiveMessage<Item> {
  readonly seq: number;
  /** Everything up to here must be known before the item may follow; 0 when it is the first. */
  readonly previousSeq: number;
  readonly item: Item;
}

/** A page of history: every stored item after the asked position, up to `throughSeq` unless `more`. */
export interface TailPage<Item> {
  readonly items: readonly { readonly seq: number; readonly item: Item }[];
  readonly throughSeq: number;
  readonly more: boolean;
}

export interface TailState<Item> {
  /** Every stored item up to here has been applied, and none beyond. */
  readonly coveredThrough: number;
  /** False until history has been read to its end once: live messages only wait till then. */
  readonly backfilled: boolean;
  /** Live messages that cannot be applied yet, by position, ascending. */
  readonly waiting: readonly LiveMessage<Item>[];
  /** The highest position known to be stored: more than was kept when `waiting` was full. */
  readonly knownThrough: number;
}

/** A step of the tail: the next state, and what became applicable, in order. */
export interface TailStep<Item> {
  readonly state: TailState<Item>;
  readonly applied: readonly { readonly seq: number; readonly item: Item }[];
}

/** Beyond this, waiting messages are not kept: history has them, and the gap request will fetch them. */
export const maxWaitingMessages = 2_000;

export function emptyTail<Item>(): TailState<Item> {
  return { coveredThrough: 0, backfilled: false, waiting: [], knownThrough: 0 };
}

/** A tail that starts behind a snapshot which already holds everything up to `seq`. */
export function tailFrom<Item>(seq: number): TailState<Item> {
  return { coveredThrough: seq, backfilled: true, waiting: [], knownThrough: seq };
}

/** Takes one live message, in any order, any number of times. */
export function pushLive<Item>(state: TailState<Item>, message: LiveMessage<Item>): TailStep<Item> {
  if (message.seq <= state.coveredThrough) return { state, applied: [] };
  return drain({
    ...state,
    waiting: insert(state.waiting, message),
    knownThrough: Math.max(state.knownThrough, message.seq),
  });
}

/** Takes a page of history that was asked for with `after <= coveredThrough`. */
export function pushPage<Item>(state: TailState<Item>, page: TailPage<Item>): TailStep<Item> {
  const fresh = page.items.filter(({ seq }) => seq > state.coveredThrough);
  const lastSeq = page.items.at(-1)?.seq ?? 0;
  const coveredThrough = Math.max(state.coveredThrough, lastSeq, page.more ? 0 : page.throughSeq);
  const step = drain({
    coveredThrough,
    backfilled: state.backfilled || !page.more,
    waiting: state.waiting.filter(({ seq }) => seq > coveredThrough),
    knownThrough: Math.max(state.knownThrough, coveredThrough),
  });
  return { state: step.state, applied: [...fresh, ...step.applied] };
}

/** How many positions are known to be stored but not applied; 0 when nothing needs to be fetched. */
export function countMissing<Item>(state: TailState<Item>): number {
  return state.knownThrough - state.coveredThrough;
}

function drain<Item>(state: TailState<Item>): TailStep<Item> {
  if (!state.backfilled) return { state, applied: [] };
  let { coveredThrough } = state;
  let taken = 0;
  for (const message of state.waiting) {
    if (message.previousSeq > coveredThrough) break;
    coveredThrough = message.seq;
    taken += 1;
  }
  if (taken === 0) return { state, applied: [] };
  return {
    state: { ...state, coveredThrough, waiting: state.waiting.slice(taken) },
    applied: state.waiting.slice(0, taken).map(({ seq, item }) => ({ seq, item })),
  };
}

function insert<Item>(
  waiting: readonly LiveMessage<Item>[],
  message: LiveMessage<Item>,
): readonly LiveMessage<Item>[] {
  const behind = waiting.findLastIndex(({ seq }) => seq <= message.seq);
  if (waiting[behind]?.seq === message.seq) return waiting;
  const next = [...waiting.slice(0, behind + 1), message, ...waiting.slice(behind + 1)];
  return next.slice(0, maxWaitingMessages);
}
