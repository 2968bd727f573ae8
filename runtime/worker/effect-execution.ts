/** Runs one effect to an outcome: attempts by its retry policy, and what an interruption means. Where it came from is not known here. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import { SignalboxError, assertNever } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import type { EffectContext, EffectDefinition } from '../core/effect-definition.ts';
import { toEffectFailure, type EffectFailure } from '../core/effect-error.ts';
import { toJson } from '../core/draft.ts';
import { planRetry, randomOf } from '../core/retry.ts';
import type { Clock } from '../core/storage.ts';
import { attemptWithin, cancelled, type AttemptContext } from './effect-attempt.ts';
import type { EffectGates } from './effect-gates.ts';
import type { WorkerLog } from './log.ts';
import type { Stall } from './stall-watch.ts';

export type EffectOutcome = Extract<CommandEnvelope, { purpose: 'effectEnded' }>['outcome'];

/** Largest result, in bytes of JSON: results become part of an actor's commit; more belongs in a blob. */
export const maxEffectResultBytes = 256 * 1024;

export interface EffectRun {
  readonly definition: EffectDefinition;
  readonly actor: ActorAddress;
  readonly effectId: string;
  readonly input: Json;
  /** How often the effect was begun before and did not end. */
  readonly interruptions: number;
  readonly clock: Clock;
  /** Aborts when the actor cancels the effect or the worker stops. */
  readonly signal: AbortSignal;
  readonly step: EffectContext['step'];
  readonly gates: EffectGates;
  /** The effect is alive and says nothing of its progress. */
  readonly stalled: (stall: Stall) => void;
  readonly log: WorkerLog;
}

/** Never throws: whatever the effect's code throws becomes an outcome. */
export async function executeEffect(run: EffectRun): Promise<EffectOutcome> {
  if (run.interruptions > 0) {
    const settled = await settleUnknown(run);
    if (settled !== undefined) return settled;
  }
  return persist(run, (attempt, context) =>
    run.definition
      .execute(run.input, contextOf(run, run.interruptions + attempt, context))
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
      return persist(run, async (_, context) => {
        const answer = await run.definition.probe(
          run.input,
          contextOf(run, run.interruptions, context),
        );
        return answer.happened ? success(answer.output) : undefined;
      });
    default:
      return assertNever(run.definition.whenUnknown);
  }
}

type Attempt<Value> = (attempt: number, context: AttemptContext) => Promise<Value>;

/** Attempts by the effect's retry policy, each with its deadline, until one is answered. */
async function persist<Value>(
  run: EffectRun,
  execute: Attempt<Value>,
): Promise<Value | EffectOutcome> {
  const { definition, effectId, clock, signal, log } = run;
  for (let attempt = 1; ; attempt += 1) {
    if (signal.aborted) return failure(cancelled(signal.reason));
    try {
      const gated = { definition, effectId, attempt, input: run.input, signal };
      return await run.gates.pass(gated, () => makeAttempt(run, attempt, execute));
    } catch (thrown) {
      const error = toEffectFailure(thrown);
      const waitMs = planRetry(definition.retry, attempt, error, randomOf(effectId, attempt));
      if (waitMs === undefined || signal.aborted) return failure(error);
      log.warn(`effect will be tried again: ${error.message}`, {
        effectId,
        attempt,
        waitMs,
        code: error.code,
      });
      await waitUntil(run, clock.nowMs() + waitMs);
    }
  }
}

/** Async, so that a deadline that does not fit the input is the effect's error. */
async function makeAttempt<Value>(
  run: EffectRun,
  attempt: number,
  execute: Attempt<Value>,
): Promise<Value> {
  const { definition, input, clock, signal, stalled } = run;
  const { stallAfterMs } = definition;
  const deadlineMs = definition.deadlineMs(input);
  return attemptWithin({ deadlineMs, stallAfterMs, clock, signal, stalled }, (context) =>
    execute(attempt, context),
  );
}

function contextOf(run: EffectRun, attempt: number, context: AttemptContext): EffectContext {
  const { effectId, actor, step, clock } = run;
  return {
    effectId,
    actor,
    attempt,
    step,
    nowMs: () => clock.nowMs(),
    progress: context.progress,
    // Made when it is asked for (effect-attempt.ts).
    get signal() {
      return context.signal;
    },
  };
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

export function failure(error: SignalboxError | EffectFailure): EffectOutcome {
  const { code, message, retryable, next } = error;
  return {
    status: 'error',
    error: { code, message, retryable, ...(next === undefined ? {} : { next }) },
  };
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
