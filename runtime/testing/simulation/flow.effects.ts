/** The effects of a flow, as one process runs them: they take their time in its steps and are written down. */
import { z } from 'zod';
import { SignalboxError } from '../../contract/errors.ts';
import type { ActorDefinition } from '../../core/definition.ts';
import {
  localEffect,
  poolEffect,
  type EffectContext,
  type UnknownOutcomePolicy,
} from '../../core/effect-definition.ts';
import type { RetryPolicy } from '../../core/retry.ts';
import type { Execution } from './chronicle.ts';
import type { Random } from './random.ts';
import type { SimulatedProcess } from './simulated-process.ts';

export const flowPool = 'outside';

export interface EffectScene {
  readonly process: SimulatedProcess;
  readonly random: Random;
  readonly executions: Execution[];
  /** Effects that have changed the outside world: what a probe can see. */
  readonly happened: Set<string>;
}

const input = z.string();
const deadlineMs = 20_000;
const retry: RetryPolicy = {
  maxAttempts: 3,
  backoff: { type: 'exponential', initialDelayMs: 20, factor: 2 },
  maxDelayMs: 100,
  jitter: 'full',
};
/** Most effects are short; some outlast the patience of the work queue. */
const usualMs = 60;
const longMs = 5_000;
const longShare = 0.15;
const failingShare = 0.15;

export function createFlowEffects(scene: EffectScene): ActorDefinition['effects'] {
  const repeated = { input, deadlineMs, retry };
  const once = { input, deadlineMs };
  const act = (policy: UnknownOutcomePolicy) => (_: string, context: EffectContext) =>
    perform(scene, policy, context);
  const probe = async (_: string, { effectId }: EffectContext) => {
    await work(scene);
    return scene.happened.has(effectId)
      ? ({ happened: true, output: effectId } as const)
      : ({ happened: false } as const);
  };
  return {
    localRetry: localEffect({ ...repeated, whenUnknown: 'retry', run: act('retry') }),
    localIdempotent: localEffect({
      ...repeated,
      whenUnknown: 'idempotent',
      run: act('idempotent'),
    }),
    localProbe: localEffect({ ...once, whenUnknown: { probe }, run: act('probe') }),
    localAsk: localEffect({ ...once, whenUnknown: 'ask', run: act('ask') }),
    poolRetry: poolEffect(flowPool, { ...repeated, whenUnknown: 'retry', run: act('retry') }),
    poolIdempotent: poolEffect(flowPool, {
      ...repeated,
      whenUnknown: 'idempotent',
      run: act('idempotent'),
    }),
    poolProbe: poolEffect(flowPool, { ...once, whenUnknown: { probe }, run: act('probe') }),
    poolAsk: poolEffect(flowPool, { ...once, whenUnknown: 'ask', run: act('ask') }),
  };
}

async function perform(
  scene: EffectScene,
  policy: UnknownOutcomePolicy,
  { effectId, attempt, step }: EffectContext,
): Promise<string> {
  const { process, executions, happened, random } = scene;
  const execution: Execution = {
    effectId,
    worker: process.name,
    policy,
    happened: false,
    mark: undefined,
  };
  executions.push(execution);
  await work(scene);
  if (policy === 'retry' && attempt === 1 && random.chance(failingShare)) {
    throw new SignalboxError('SB_EFFECT_FAILED', 'is to be tried again', { retryable: true });
  }
  execution.happened = true;
  happened.add(effectId);
  const mark = `mark-${executions.length}`;
  execution.mark = await step('mark', async () => mark);
  await work(scene);
  return effectId;
}

function work({ process, random }: EffectScene): Promise<void> {
  const durationMs = random.chance(longShare)
    ? random.integer(usualMs, longMs)
    : random.integer(0, usualMs);
  return new Promise((resolve) => {
    process.step(process.clock.nowMs() + durationMs, 'effect goes on', resolve);
  });
}
