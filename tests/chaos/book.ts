/**
 * The book of those outside: what they have sent, and what of it was acknowledged. A lane is one sender's commands to one
 * actor, numbered from 1, each sent again with the same id until it is acknowledged, and only then the next.
 */
import type { ActorAddress } from '../../runtime/contract/address.ts';

/** Well within the two minutes for which the server knows an id. */
const repeatForMs = 100_000;

export interface Lane {
  readonly to: ActorAddress;
  readonly command: 'enter' | 'pay';
  readonly sender: string;
  /** `sent` is the same, or one more: that one may have been applied or not. */
  sent: number;
  acknowledged: number;
}

/** Actors that were started from outside, and whether that was acknowledged. */
export interface Start {
  readonly address: ActorAddress;
  acknowledged: boolean;
}

export interface Book {
  readonly lanes: readonly Lane[];
  readonly starts: readonly Start[];
  /** From the first attempt to the acknowledgement. */
  readonly worstWaitMs: number;
  readonly acknowledged: number;
  openLane(lane: Pick<Lane, 'to' | 'command' | 'sender'>): Lane;
  openStart(address: ActorAddress): Start;
  /** Repeats until it succeeds; false when it is given up, so that it is not known what became of it. */
  untilAcknowledged(attempt: () => Promise<unknown>): Promise<boolean>;
}

export function createBook(nowMs: () => number, pause: () => Promise<void>): Book {
  const lanes: Lane[] = [];
  const starts: Start[] = [];
  let worstWaitMs = 0;
  return {
    lanes,
    starts,
    get worstWaitMs() {
      return worstWaitMs;
    },
    get acknowledged() {
      const entered = lanes.reduce((sum, lane) => sum + lane.acknowledged, 0);
      return entered + starts.filter((start) => start.acknowledged).length;
    },
    openLane: (lane) => {
      const opened = { ...lane, sent: 0, acknowledged: 0 };
      lanes.push(opened);
      return opened;
    },
    openStart: (address) => {
      const opened = { address, acknowledged: false };
      starts.push(opened);
      return opened;
    },
    untilAcknowledged: async (attempt) => {
      const fromMs = nowMs();
      for (;;) {
        try {
          await attempt();
          worstWaitMs = Math.max(worstWaitMs, nowMs() - fromMs);
          return true;
        } catch (error) {
          if (!isRetryable(error)) throw error;
          if (nowMs() - fromMs > repeatForMs) return false;
          await pause();
        }
      }
    },
  };
}

function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}
