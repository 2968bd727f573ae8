/**
 * Keeps one server running: watches its process and its health, and starts it again, on the ports its clients know,
 * with growing pauses and a limit. Starting is given as a function; what a start means is not its business.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { describeError, SignalboxError } from '../../contract/errors.ts';
import { readServerHealth } from './server-facts.ts';
import { endServerProcess } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';

export interface Supervision {
  readonly start: () => Promise<ServerProcess>;
  readonly log: (line: string) => void;
  /** Whether the disk has room for a server to work with. Without room none is ended or started: it would not help. */
  readonly hasRoom?: () => Promise<boolean>;
  /** Called once, when the server is given up. */
  readonly onFailure: (error: SignalboxError) => void;
}

export interface SupervisionLimits {
  /** In a row; a server that then runs for `stableMs` has used up none. */
  readonly maxAttempts: number;
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  readonly stableMs: number;
  readonly healthIntervalMs: number;
  /** In a row. A machine under load may miss one or two; a server that hangs misses all. */
  readonly maxHealthFailures: number;
}

/** About half a minute of trying, and as long until a server that hangs is ended. */
export const usualLimits: SupervisionLimits = {
  maxAttempts: 10,
  firstPauseMs: 100,
  maxPauseMs: 5_000,
  stableMs: 30_000,
  healthIntervalMs: 5_000,
  maxHealthFailures: 4,
};

export class Supervisor {
  readonly #supervision: Supervision;
  readonly #limits: SupervisionLimits;
  readonly #stopping = new AbortController();
  readonly #watching: Promise<void>;
  #current: ServerProcess;
  #stopped: Promise<void> | undefined;

  constructor(first: ServerProcess, supervision: Supervision, limits: SupervisionLimits) {
    this.#limits = limits;
    this.#supervision = supervision;
    this.#current = first;
    this.#watching = this.#watch();
  }

  get current(): ServerProcess {
    return this.#current;
  }

  /** Idempotent; resolves when the server has ended and will not be started again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await endServerProcess(this.#current);
    await this.#watching;
  }

  async #watch(): Promise<void> {
    let attempts = 0;
    while (!this.#stopping.signal.aborted) {
      const startedAt = performance.now();
      const reason = await this.#waitForEnd();
      if (this.#stopping.signal.aborted) return;
      if (performance.now() - startedAt > this.#limits.stableMs) attempts = 0;
      this.#supervision.log(`nats-server ${reason}; starting it again`);
      const restarted = await this.#restart(attempts);
      if (restarted === undefined) return;
      attempts = restarted.attempts;
    }
  }

  /** Undefined when stopped or given up. */
  async #restart(attemptsBefore: number): Promise<{ readonly attempts: number } | undefined> {
    let lastError: unknown;
    for (let attempt = attemptsBefore + 1; attempt <= this.#limits.maxAttempts; attempt += 1) {
      await this.#pause(attempt);
      await this.#waitForRoom();
      if (this.#stopping.signal.aborted) return undefined;
      try {
        const started = await this.#supervision.start();
        if (this.#stopping.signal.aborted) {
          await endServerProcess(started);
          return undefined;
        }
        this.#current = started;
        this.#supervision.log(`nats-server runs again (process ${started.child.pid})`);
        return { attempts: attempt };
      } catch (error) {
        lastError = error;
        this.#supervision.log(`nats-server did not start: ${describeError(error)}`);
        if (error instanceof SignalboxError && !error.retryable) break;
      }
    }
    this.#supervision.onFailure(giveUp(lastError));
    return undefined;
  }

  /** The first pause is none: most ends are a kill, and a fresh start is what helps. */
  async #pause(attempt: number): Promise<void> {
    if (attempt === 1) return;
    const pauseMs = Math.min(
      this.#limits.firstPauseMs * 2 ** (attempt - 2),
      this.#limits.maxPauseMs,
    );
    await wait(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  async #waitForRoom(): Promise<void> {
    while (!this.#stopping.signal.aborted && !(await this.#hasRoom())) {
      const pause = wait(this.#limits.healthIntervalMs, undefined, {
        signal: this.#stopping.signal,
      });
      await pause.catch(() => undefined);
    }
  }

  async #hasRoom(): Promise<boolean> {
    return (await this.#supervision.hasRoom?.()) ?? true;
  }

  async #waitForEnd(): Promise<string> {
    const { child } = this.#current;
    const over = new AbortController();
    const ended = child.exited.then((exit) =>
      exit.type === 'exited'
        ? `ended with exit code ${exit.exitCode}`
        : `was ended by ${exit.signal}`,
    );
    const unhealthy = this.#watchHealth(over.signal);
    const reason = await Promise.race([ended, unhealthy]);
    over.abort();
    await endServerProcess(this.#current, 0);
    return reason;
  }

  /** Resolves with the reason when the server has been unhealthy for too long, else never. */
  async #watchHealth(over: AbortSignal): Promise<string> {
    const { monitor } = this.#current;
    let reason = '';
    let wasFull = false;
    for (let failures = 0; failures < this.#limits.maxHealthFailures;) {
      const aborted = await wait(this.#limits.healthIntervalMs, false, {
        signal: over,
        ref: false,
      }).catch(() => true);
      if (aborted) return new Promise(() => undefined);
      if (!(await this.#hasRoom())) {
        wasFull = true;
        continue;
      }
      try {
        const health = await readServerHealth(monitor);
        failures = health.status === 'healthy' ? 0 : failures + 1;
        reason = health.status === 'healthy' ? '' : `is unhealthy (${health.reason})`;
      } catch (error) {
        failures += 1;
        reason = `does not answer (${describeError(error)})`;
      }
      // A stream whose write has failed takes no other until the server is started again: that is due now.
      if (wasFull && failures > 0) return reason;
      wasFull = false;
    }
    return reason;
  }
}

function giveUp(lastError: unknown): SignalboxError {
  const why = lastError === undefined ? '' : `: ${describeError(lastError)}`;
  return new SignalboxError('SB_NATS_SERVER', `nats-server keeps ending and is given up${why}`, {
    cause: lastError,
    next: 'See its log above, then start again: what it has acknowledged is not lost.',
  });
}
