/** Runs one effect to an outcome: attempts, deadline, cancellation. Knows nothing of where the effect came from. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import { SignalboxError, describeError } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import type { EffectContext, EffectDefinition } from '../core/definition.ts';
import { toJson } from '../core/draft.ts';
import type { Clock } from '../core/storage.ts';

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
}

/** Never throws: whatever the effect's code throws becomes an outcome. */
export async function executeEffect(run: EffectRun): Promise<EffectOutcome> {
  if (run.interruptions > 0) {
    const settled = await settleUnknown(run);
    if (settled !== undefined) return settled;
  }
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptEffect(run, run.interruptions + attempt);
    if (outcome.status === 'ended') return outcome.outcome;
    if (!outcome.error.retryable || attempt >= run.definition.retry.maxAttempts || run.signal.aborted) {
      return failure(outcome.error);
    }
    const backoffMs = Math.min(
      run.definition.retry.maxDelayMs,
      run.definition.retry.initialDelayMs * 2 ** (attempt - 1),
    );
    await waitUntil(run, run.clock.nowMs() + Math.max(backoffMs, outcome.error.retryAfterMs ?? 0));
  }
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
      try {
        const answer = await run.definition.probe(run.input, contextOf(run, run.interruptions, run.signal));
        return answer.happened ? success(answer.output) : undefined;
      } catch (error) {
        return failure(toError(error));
      }
  }
}

type Attempt =
  | { readonly status: 'ended'; readonly outcome: EffectOutcome }
  | { readonly status: 'failed'; readonly error: SignalboxError };

async function attemptEffect(run: EffectRun, attempt: number): Promise<Attempt> {
  const deadline = new AbortController();
  let cancelTimer = (): void => undefined;
  try {
    const deadlineMs = run.definition.deadlineMs(run.input);
    cancelTimer = run.clock.schedule(run.clock.nowMs() + deadlineMs, () => {
      deadline.abort(
        new SignalboxError('SB_EFFECT_DEADLINE', `did not finish within ${deadlineMs} ms`),
      );
    });
    const signal = AbortSignal.any([run.signal, deadline.signal]);
    const output = await Promise.race([
      run.definition.execute(run.input, contextOf(run, attempt, signal)),
      rejectOnAbort(signal),
    ]);
    return { status: 'ended', outcome: success(output) };
  } catch (error) {
    return {
      status: 'failed',
      error: toError(deadline.signal.aborted ? deadline.signal.reason : error),
    };
  } finally {
    cancelTimer();
  }
}

/** An effect whose code ignores its signal must not hold the worker. */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => {
      reject(toError(signal.reason));
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
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
  return {
    status: 'error',
    error: { code: error.code, message: error.message, retryable: error.retryable },
  };
}

function toError(error: unknown): SignalboxError {
  if (error instanceof SignalboxError) return error;
  return new SignalboxError('SB_EFFECT_FAILED', describeError(error), { cause: error });
}

function waitUntil(run: EffectRun, atMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = run.clock.schedule(atMs, resolve);
    run.signal.addEventListener(
      'abort',
      () => {
        cancel();
        resolve();
      },
      { once: true },
    );
  });
}
