/**
 * What may happen to a call between a process and the store: it takes its time, its request or its answer is lost, it
 * arrives twice, or it arrives although the caller was told that it is lost. The seed decides.
 */
import { SignalboxError } from '../../contract/errors.ts';
import type { Random } from './random.ts';
import type { Schedule } from './schedule.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** Shares of all calls, until the network becomes calm. */
export interface NetworkFaults {
  readonly lostRequest: number;
  readonly lostAnswer: number;
  readonly twice: number;
  /** Told as lost, and arrives later. */
  readonly late: number;
  readonly slow: number;
}

export interface CallNature {
  /** Calls on one subject arrive in the order in which a process has made them, as on one connection. */
  readonly subject?: string | undefined;
  /** Nobody repeats it when it fails, so that it never arrives twice. Default: false. */
  readonly isUnique?: boolean;
}

export interface Network {
  call<Value>(
    caller: SimulatedProcess,
    label: string,
    apply: () => Promise<Value>,
    nature?: CallNature,
  ): Promise<Value>;
  /** Without an answer; may be lost. */
  tell(caller: SimulatedProcess, label: string, apply: () => void): void;
  /** From the store to a process; in the order in which they were sent. */
  openLane(receiver: SimulatedProcess, label: string): (deliver: () => void) => void;
  /** Every call fails and nothing is delivered for as long. */
  interrupt(durationMs: number): void;
  /** Until when the store is away; in the past unless it is. */
  readonly awayUntilMs: number;
}

const usualDelayMs = 4;
const slowDelayMs = 900;
/** When a caller gives up waiting. */
const patience = { fromMs: 100, toMs: 1_500 };
/** How much later than that a late request arrives at most. */
const lateMs = 3_000;

/** Of what was under way when the caller died. */
const lostWithSenderShare = 0.5;
/** Of what was under way when the caller was paused. */
const heldBackShare = 0.5;

interface Request {
  readonly caller: SimulatedProcess;
  readonly label: string;
  readonly subject?: string | undefined;
  readonly apply: () => Promise<void>;
  /** The store is away. */
  readonly refused: () => void;
}

type Fate = 'arrives' | 'lostRequest' | 'lostAnswer' | 'twice' | 'late';

export function createNetwork(options: {
  readonly schedule: Schedule;
  readonly random: Random;
  readonly faults: NetworkFaults;
  /** From then on nothing is lost, slow or late. */
  readonly calmAtMs: number;
  /** No request is on its way for longer, whatever its sender does: the protocol relies on it (docs/simulation.md). */
  readonly longestFlightMs: number;
}): Network {
  const { schedule, random, faults, calmAtMs, longestFlightMs } = options;
  let awayUntilMs = 0;

  const isCalm = (): boolean => schedule.nowMs() >= calmAtMs;
  const drawDelay = (): number =>
    !isCalm() && random.chance(faults.slow)
      ? random.integer(0, slowDelayMs)
      : random.integer(0, usualDelayMs);
  const drawFate = (): Fate => {
    if (isCalm()) return 'arrives';
    if (random.chance(faults.lostRequest)) return 'lostRequest';
    if (random.chance(faults.lostAnswer)) return 'lostAnswer';
    if (random.chance(faults.twice)) return 'twice';
    return random.chance(faults.late) ? 'late' : 'arrives';
  };

  const isHeldBack = (caller: SimulatedProcess, pausedBefore: number): boolean => {
    const { pausedUntilMs } = caller;
    const restMs = pausedUntilMs - schedule.nowMs();
    const isHoldable = restMs > 0 && restMs < longestFlightMs && pausedUntilMs !== pausedBefore;
    return isHoldable && random.chance(heldBackShare);
  };
  const subjects = new Map<string, Request[]>();

  /** At the store. What a process has sent may be lost with it, or be held back while it is paused. */
  const arrive = (atMs: number, request: Request): void => {
    const { caller, subject } = request;
    const { pausedUntilMs: pausedBefore } = caller;
    const line = subject === undefined ? [] : openLine(subjects, `${caller.name} ${subject}`);
    line.push(request);
    const takeFirst = (): void => {
      const first = line.shift();
      if (first === undefined || (!caller.alive && random.chance(lostWithSenderShare))) return;
      if (isHeldBack(caller, pausedBefore)) {
        line.unshift(first);
        schedule.at(caller.pausedUntilMs, undefined, takeFirst);
      } else if (awayUntilMs > schedule.nowMs()) first.refused();
      else {
        schedule.note(`  ${caller.name} ${first.label}`);
        void first.apply();
      }
    };
    schedule.at(atMs, undefined, takeFirst);
  };

  const call: Network['call'] = (caller, label, apply, { subject, isUnique = false } = {}) =>
    new Promise((resolve, reject) => {
      if (!caller.alive) return;
      const arrivalMs = schedule.nowMs() + drawDelay();
      const drawn = drawFate();
      const fate = isUnique && drawn === 'twice' ? 'arrives' : drawn;
      const giveUp = (): void => {
        const atMs = schedule.nowMs() + random.integer(patience.fromMs, patience.toMs);
        caller.step(atMs, `${label}: no answer`, () => {
          reject(new SignalboxError('SB_NATS_UNAVAILABLE', 'no answer', { retryable: true }));
        });
      };
      const answer = (settle: () => void): void => {
        if (fate === 'lostAnswer') giveUp();
        else if (fate !== 'late')
          caller.step(schedule.nowMs() + drawDelay(), `${label}: answer`, settle);
      };
      const heard = (): Promise<void> =>
        apply().then(
          (value) => answer(() => resolve(value)),
          (error: unknown) => answer(() => reject(error)),
        );
      const unheard = (): Promise<void> => apply().then(ignore, ignore);
      if (fate === 'lostRequest' || fate === 'late') giveUp();
      if (fate !== 'lostRequest' && fate !== 'late')
        arrive(arrivalMs, { caller, label, apply: heard, refused: giveUp, subject });
      if (fate === 'late' || fate === 'twice') {
        const atMs = arrivalMs + random.integer(0, lateMs);
        arrive(atMs, { caller, label: `${label} ${fate}`, apply: unheard, refused: ignore });
      }
    });

  return {
    call,
    get awayUntilMs() {
      return awayUntilMs;
    },
    tell: (caller, label, apply) => {
      if (!caller.alive || drawFate() === 'lostRequest') return;
      const atMs = schedule.nowMs() + drawDelay();
      arrive(atMs, { caller, label, apply: async () => apply(), refused: ignore });
    },
    openLane: (receiver, label) => {
      const waiting: (() => void)[] = [];
      return (deliver) => {
        waiting.push(deliver);
        const atMs = Math.max(schedule.nowMs(), awayUntilMs) + drawDelay();
        // The first that waits, whichever of them came due: a lane keeps its order.
        receiver.step(atMs, label, () => waiting.shift()?.());
      };
    },
    interrupt: (durationMs) => {
      schedule.note(`the store is away for ${durationMs}`);
      awayUntilMs = schedule.nowMs() + durationMs;
    },
  };
}

function ignore(): void {
  // Nobody hears of it.
}

function openLine(lines: Map<string, Request[]>, name: string): Request[] {
  const line = lines.get(name) ?? [];
  lines.set(name, line);
  return line;
}
