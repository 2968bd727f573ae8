/**
 * Follows one list for as long as it is watched: drives the tail of tail.ts with pages of history and
 * live messages. Owns when history is asked: at the start, whenever the live subscription (re)starts, while
 * positions are missing (history may lag behind), and now and then in case a last message was lost.
 */
import type { Clock } from '../clock/clock.ts';
import { assertNever } from '../../runtime/contract/errors.ts';
import type { Answer } from './answer.ts';
import {
  countMissing,
  pushLive,
  pushPage,
  type LiveMessage,
  type TailPage,
  type TailState,
  type TailStep,
} from './tail.ts';

/** History is asked again at these ages of a subscription: what was stored just before it may still be on its way. */
const settleDelaysMs: readonly number[] = [150, 600, 2_000];
/** While positions are missing or the gateway does not answer: doubled each time, up to the limit. */
const firstRetryMs = 100;
const maxRetryMs = 2_000;
/** With a live connection, a look at history now and then; without one, history is all there is. */
const idleWhileLiveMs = 20_000;
const idleWithoutLiveMs = 2_000;
/** After so many tries in a row with positions missing, the list is reported as incomplete. */
const triesBeforeIncomplete = 4;

export interface TailSource<Item> {
  fetchPage(after: number): Promise<Answer<TailPage<Item>>>;
  /** `opened` is called each time the server has taken the subscription, also after a reconnect. */
  subscribe(receive: (message: LiveMessage<Item>) => void, opened: () => void): () => void;
  isLive(): boolean;
}

export type TailStatus =
  | { readonly phase: 'current' }
  /** `missing` positions are known to be stored and are not here yet. */
  | { readonly phase: 'incomplete'; readonly missing: number }
  | { readonly phase: 'unreachable'; readonly reason: string }
  | { readonly phase: 'notFound' };

export interface TailSink<Item> {
  /** In order, each item once. */
  apply(items: readonly Item[]): void;
  report(status: TailStatus): void;
}

export interface Following {
  stop(): void;
}

export class TailFollower<Item> implements Following {
  readonly #source: TailSource<Item>;
  readonly #sink: TailSink<Item>;
  readonly #clock: Clock;
  #state: TailState<Item>;
  #stopped = false;
  #fetching = false;
  #askAgain = false;
  #retries = 0;
  #settled = 0;
  #cancelTimer = (): void => undefined;
  #unsubscribe = (): void => undefined;

  constructor(
    source: TailSource<Item>,
    sink: TailSink<Item>,
    clock: Clock,
    start: TailState<Item>,
  ) {
    this.#source = source;
    this.#sink = sink;
    this.#clock = clock;
    this.#state = start;
  }

  /** Subscribes first and asks for history second: what happens in between is in one of the two. */
  start(): void {
    this.#unsubscribe = this.#source.subscribe(
      (message) => this.#receive(message),
      () => {
        this.#settled = 0;
        void this.#ask();
      },
    );
    void this.#ask();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#unsubscribe();
  }

  #receive(message: LiveMessage<Item>): void {
    if (this.#stopped) return;
    const missingBefore = countMissing(this.#state);
    this.#take(pushLive(this.#state, message));
    const gapIsNew = missingBefore === 0 && countMissing(this.#state) > 0;
    if (gapIsNew && this.#state.backfilled) void this.#ask();
  }

  #take(step: TailStep<Item>): void {
    this.#state = step.state;
    if (step.applied.length > 0) this.#sink.apply(step.applied.map(({ item }) => item));
  }

  async #ask(): Promise<void> {
    if (this.#stopped) return;
    this.#cancelTimer();
    if (this.#fetching) {
      this.#askAgain = true;
      return;
    }
    this.#fetching = true;
    this.#askAgain = false;
    const answer = await this.#source.fetchPage(this.#state.coveredThrough);
    this.#fetching = false;
    if (!this.#stopped) this.#handle(answer);
  }

  #handle(answer: Answer<TailPage<Item>>): void {
    switch (answer.status) {
      case 'ok': {
        const coveredBefore = this.#state.coveredThrough;
        this.#take(pushPage(this.#state, answer.value));
        // A page that says "more" and brings nothing would be asked for without a pause for ever.
        this.#goOn(answer.value.more && this.#state.coveredThrough > coveredBefore);
        return;
      }
      case 'failed':
        this.#sink.report({ phase: 'unreachable', reason: answer.reason });
        this.#retry();
        return;
      case 'notFound':
        this.#sink.report({ phase: 'notFound' });
        this.#retry();
        return;
      case 'loginRequired':
        // The whole console shows the login screen; nothing is to be asked until then.
        this.stop();
        return;
      default:
        assertNever(answer);
    }
  }

  #goOn(more: boolean): void {
    const missing = countMissing(this.#state);
    if (more || this.#askAgain) {
      void this.#ask();
    } else if (missing > 0 || !this.#state.backfilled) {
      if (this.#retries >= triesBeforeIncomplete)
        this.#sink.report({ phase: 'incomplete', missing });
      this.#retry();
    } else {
      this.#retries = 0;
      this.#sink.report({ phase: 'current' });
      const settleDelayMs = settleDelaysMs[this.#settled];
      this.#settled += 1;
      this.#askIn(settleDelayMs ?? (this.#source.isLive() ? idleWhileLiveMs : idleWithoutLiveMs));
    }
  }

  #retry(): void {
    this.#askIn(Math.min(firstRetryMs * 2 ** Math.min(this.#retries, 10), maxRetryMs));
    this.#retries += 1;
  }

  #askIn(delayMs: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(delayMs, () => void this.#ask());
  }
}
