/** Runs one effect of a definition once, as a worker would: with an id, an attempt and a signal. */
import { toJson } from '../../runtime/core/draft.ts';
import type {
  EffectContext,
  EffectDefinition,
  ProbeAnswer,
} from '../../runtime/core/effect-definition.ts';

export interface EffectRunOptions {
  readonly effectId?: string;
  readonly attempt?: number;
  readonly signal?: AbortSignal;
}

function contextOf({
  effectId = 'effect-1',
  attempt = 1,
  signal,
}: EffectRunOptions): EffectContext {
  return {
    effectId,
    attempt,
    signal: signal ?? new AbortController().signal,
    nowMs: () => Date.now(),
    actor: { kind: 'session', id: 'run-1::session' },
    step: (_, produce) => produce(),
    progress: () => undefined,
  };
}

export function findEffect(
  effects: Readonly<Record<string, EffectDefinition>>,
  name: string,
): EffectDefinition {
  const effect = effects[name];
  if (effect === undefined) throw new Error(`there is no effect ${name}`);
  return effect;
}

/** Input and output go through JSON, as they do on their way to and from a worker. */
export async function runEffect(
  effects: Readonly<Record<string, EffectDefinition>>,
  name: string,
  input: unknown,
  options: EffectRunOptions = {},
): Promise<unknown> {
  return toJson(await findEffect(effects, name).execute(toJson(input), contextOf(options)));
}

export function probeEffect(
  effects: Readonly<Record<string, EffectDefinition>>,
  name: string,
  input: unknown,
  options: EffectRunOptions = {},
): Promise<ProbeAnswer<unknown>> {
  return findEffect(effects, name).probe(toJson(input), contextOf(options));
}
