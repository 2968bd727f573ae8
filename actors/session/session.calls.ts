/** Which way a tool call goes. */
import type { ErrorCode } from '../../runtime/contract/errors.ts';
import type { EffectError } from '../../runtime/mod.ts';
import type { ToolCall } from './session.context.ts';
import { findTool } from './tools/catalogue.ts';

export type CallPlacement = 'none' | 'completion' | 'refused' | 'inspect' | 'change' | 'command';

export function placementOf(call: ToolCall | undefined): CallPlacement {
  if (call === undefined) return 'none';
  if (call.problem !== undefined) return 'refused';
  const tool = findTool(call.name);
  if (tool?.handledBy !== 'worker') return 'completion';
  if (tool.placement === 'pool') return 'command';
  return tool.whenInterrupted === 'repeat' ? 'inspect' : 'change';
}

/** After these nobody knows whether the tool took effect before its result was lost. */
const unknownOutcomes: ReadonlySet<string> = new Set<ErrorCode>([
  'SB_EFFECT_INTERRUPTED',
  'SB_EFFECT_DEADLINE',
  'SB_NATS_UNAVAILABLE',
  'SB_STORAGE_FULL',
]);

/** What the agent is told when a tool's effect ended without a result. */
export function interruptedOrFailed(error: EffectError): {
  readonly outcome: 'interrupted' | 'failed';
  readonly text: string;
} {
  return unknownOutcomes.has(error.code)
    ? {
        outcome: 'interrupted',
        text: `Interrupted: ${error.message}. Whether it took effect is unknown, and it was not run again. Look at the state of things before you repeat it.`,
      }
    : { outcome: 'failed', text: `The tool could not do this: ${error.message}.` };
}
