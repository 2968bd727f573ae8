/** The steps of one effect that are done once: their values lie in the journal. */
import type { Json } from '../contract/json.ts';
import type { EffectContext } from '../core/effect-definition.ts';
import type { ClaimContext } from './effect-claims.ts';
import { persistently } from './persistence.ts';

/** `begunBefore`: whether another worker may have done steps of the effect; if not, the journal need not be asked. */
export function createJournaledSteps(
  context: ClaimContext,
  effectId: string,
  begunBefore: boolean,
): EffectContext['step'] {
  const known = new Map<string, Json>();
  const what = `journal of ${effectId}`;
  const recall = async (step: string): Promise<Json | undefined> =>
    known.has(step) || !begunBefore
      ? known.get(step)
      : persistently(context, what, () => context.journal.get(effectId, step));
  return async (name, produce) => {
    const step = `step-${name}`;
    let value = await recall(step);
    if (value === undefined) {
      const produced = await produce();
      ({ value } = await persistently(context, what, () =>
        context.journal.put(effectId, step, produced),
      ));
    }
    known.set(step, value);
    return value as Awaited<ReturnType<typeof produce>>;
  };
}
