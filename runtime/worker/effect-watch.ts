/** Lets observer and tracer see every attempt of an effect, from around its code: how it is repeated is not known here. */
import { describeError } from '../contract/errors.ts';
import type { EffectContext, EffectDefinition } from '../core/effect-definition.ts';
import type { Span, Tracer } from '../core/tracer.ts';
import type { AttemptOutcome, WorkerObserver } from './worker-observer.ts';

export interface EffectSight {
  readonly source: string;
  /** Of the commit that asks for the effect. */
  readonly trace: string | undefined;
  readonly observer: WorkerObserver;
  readonly tracer: Tracer | undefined;
}

export interface WatchedEffect {
  readonly definition: EffectDefinition;
  /** What the outcome is traced as: the last attempt, or the commit when there was none. */
  readonly trace: () => string | undefined;
}

export function watchEffect(definition: EffectDefinition, sight: EffectSight): WatchedEffect {
  let { trace } = sight;
  const { observer, tracer } = sight;
  const unseen = observer.attemptStarted === undefined && observer.attemptEnded === undefined;
  if (unseen && tracer === undefined && trace === undefined)
    return { definition, trace: () => undefined };
  const execute: EffectDefinition['execute'] = async (input, context) => {
    const span = beginSpan(sight, context);
    trace = span?.traceparent ?? sight.trace;
    const end = observeAttempt(definition, sight, context, span);
    try {
      const output = await definition.execute(input, { ...context, ...withTraceparent(trace) });
      end('done');
      return output;
    } catch (error) {
      end(context.signal.aborted ? 'cut' : 'failed', describeError(error));
      throw error;
    }
  };
  return { definition: { ...definition, execute }, trace: () => trace };
}

function withTraceparent(trace: string | undefined): { readonly traceparent?: string } {
  return trace === undefined ? {} : { traceparent: trace };
}

function beginSpan(sight: EffectSight, context: EffectContext): Span | undefined {
  const { kind, id } = context.actor;
  return sight.tracer?.begin({
    name: `effect ${kind} ${sight.source}`,
    parent: sight.trace,
    links: [],
    attributes: {
      'signalbox.actor': `${kind}/${id}`,
      'signalbox.effect.id': context.effectId,
      'signalbox.effect.attempt': context.attempt,
    },
  });
}

/** Code that ignores its signal may go on for ever: the attempt is over when the signal says so. */
function observeAttempt(
  { pool }: EffectDefinition,
  { source, observer }: EffectSight,
  { actor, effectId, attempt, signal }: EffectContext,
  span: Span | undefined,
): (outcome: AttemptOutcome, failure?: string) => void {
  const facts = { actor, effectId, source, pool, attempt };
  let ended = false;
  const end = (outcome: AttemptOutcome, failure?: string): void => {
    if (ended) return;
    ended = true;
    signal.removeEventListener('abort', cut);
    observer.attemptEnded?.(facts, outcome);
    span?.end(failure);
  };
  const cut = (): void => {
    end('cut', describeError(signal.reason));
  };
  observer.attemptStarted?.(facts);
  signal.addEventListener('abort', cut, { once: true });
  return end;
}
