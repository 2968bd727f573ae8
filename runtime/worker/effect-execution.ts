/** Runs one effect to an outcome: attempts, deadline, cancellation. Knows nothing of where the effect came from. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import { SignalboxError, assertNever, describeError } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import type { EffectContext, EffectDefinition } from '../core/effect-definition.ts';
import { toJson } from '../core/draft.ts';
import type { Clock } from '../core/storage.ts';
import type { WorkerLog } from './log.ts';

export type EffectOutcome = Extract<CommandEnvelope, { purpose: 'effectEnded' }>['outcome'];

/** Largest result, in bytes of JSON: results become part of an actor's commit; more belongs in a blob. */
export const maxEffectResultBytes = 256 * 1024;

export interface EffectRun {
  readonly definition: EffectDefinition;
  readonly actor: ActorAddress;
  readonly effectId: string;
  readonly input: Json;
  /** How often a worker died while this effect was under way. */
  readonly interruptions: number;
  readonly clock: Clock;
  /** Aborts when the actor cancels the effect or the worker stops. */
  readonly signal: AbortSignal;
  readonly step: EffectContext['step'];
  readonly log: WorkerLog;
}

/** Never throws: whatever the effect's code throws becomes an outcome. */
export async function executeEffect(run: EffectRun): Promise<EffectOutcome> {
  if (run.interruptions > 0) {
    const settled = await settleUnknown(run);
    if (settled !== undefined) return settled;
  }
  return persist(run, (attempt, signal) =>
    run.definition
      .execute(run.input, contextOf(run, run.interruptions + attempt, signal))
      .then(success),
  );
}

/** Decides by the effect's policy whether the interrupted attempt may be repeated; undefined: it may. */
async function settleUnknown(run: EffectRun): Promise<EffectOutcome | undefined> {
  switch (run.definition.whenUnknown) {
    case 'retry':
    case 'idempotent':
      return undefined;
    case 'ask':
      return failure(
        new SignalboxError('SB_EFFECT_INTERRUPTED', 'the worker died while this was under way'),
      );
    case 'probe':
      return persist(run, async (_, signal) => {
        const answer = await run.definition.probe(
          run.input,
          contextOf(run, run.interruptions, signal),
        );
        return answer.happened ? success(answer.output) : undefined;
      });
    default:
      return assertNever(run.definition.whenUnknown);
  }
}

type Attempt<Value> = (attempt: number, signal: AbortSignal) => Promise<Value>;

/** Attempts by the effect's retry policy, each with its deadline, until one is answered. */
async function persist<Value>(
  run: EffectRun,
  execute: Attempt<Value>,
): Promise<Value | EffectOutcome> {
  const { retry } = run.definition;
  for (let attempt = 1; ; attempt += 1) {
    if (run.signal.aborted) return failure(cancelled(run.signal.reason));
    try {
      return await attemptOnce(run, attempt, execute);
    } catch (thrown) {
      const error = toError(thrown);
      if (!error.retryable || attempt >= retry.maxAttempts || run.signal.aborted)
        return failure(error);
      const backoffMs = Math.min(retry.maxDelayMs, retry.initialDelayMs * 2 ** (attempt - 1));
      const waitMs = Math.max(backoffMs, error.retryAfterMs ?? 0);
      const { effectId, log } = run;
      log.warn(`effect will be tried again: ${error.message}`, {
        effectId,
        attempt,
        waitMs,
        code: error.code,
      });
      await waitUntil(run, run.clock.nowMs() + waitMs);
    }
  }
}

async function attemptOnce<Value>(
  run: EffectRun,
  attempt: number,
  execute: Attempt<Value>,
): Promise<Value> {
  const deadlineMs = run.definition.deadlineMs(run.input);
  // One controller, told by both sides: `AbortSignal.any` costs as much as the rest of a trivial effect.
  const ending = new AbortController();
  const cancel = (): void => {
    ending.abort(cancelled(run.signal.reason));
  };
  const cancelTimer = run.clock.schedule(run.clock.nowMs() + deadlineMs, () => {
    ending.abort(
      new SignalboxError('SB_EFFECT_DEADLINE', `did not finish within ${deadlineMs} ms`),
    );
  });
  if (run.signal.aborted) cancel();
  else run.signal.addEventListener('abort', cancel, { once: true });
  try {
    return await Promise.race([execute(attempt, ending.signal), rejectOnAbort(ending.signal)]);
  } catch (error) {
    // What the code throws when it is aborted is about the abort, whose reason is the better one.
    throw ending.signal.aborted ? ending.signal.reason : error;
  } finally {
    cancelTimer();
    run.signal.removeEventListener('abort', cancel);
  }
}

/** An effect whose code ignores its signal must not hold the worker. */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => {
      reject(signal.reason as SignalboxError);
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

function cancelled(reason: unknown): SignalboxError {
  return reason instanceof SignalboxError
    ? reason
    : new SignalboxError('SB_EFFECT_CANCELLED', 'was cancelled before it finished', {
        cause: reason,
      });
}

function contextOf(run: EffectRun, attempt: number, signal: AbortSignal): EffectContext {
  return { effectId: run.effectId, actor: run.actor, attempt, signal, step: run.step };
}

function success(output: unknown): EffectOutcome {
  const json = toJson(output);
  const bytes = Buffer.byteLength(JSON.stringify(json));
  return bytes > maxEffectResultBytes
    ? failure(
        new SignalboxError(
          'SB_EFFECT_FAILED',
          `the result has ${bytes} bytes, more than the ${maxEffectResultBytes} a commit may hold`,
          { next: 'Store large results as a blob and return its reference.' },
        ),
      )
    : { status: 'done', output: json };
}

function failure(error: SignalboxError): EffectOutcome {
  const { code, message, retryable, next } = error;
  return {
    status: 'error',
    error: { code, message, retryable, ...(next === undefined ? {} : { next }) },
  };
}

function toError(error: unknown): SignalboxError {
  if (error instanceof SignalboxError) return error;
  return new SignalboxError('SB_EFFECT_FAILED', describeError(error), { cause: error });
}

function waitUntil(run: EffectRun, atMs: number): Promise<void> {
  const { clock, signal } = run;
  return new Promise((resolve) => {
    const wake = (): void => {
      cancel();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const cancel = clock.schedule(atMs, wake);
    signal.addEventListener('abort', wake);
  });
}
