/** Which way a tool call goes. */
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

/** What the agent is told when a tool's effect ended without a result. */
export function interruptedOrFailed(error: EffectError): {
  readonly outcome: 'interrupted' | 'failed';
  readonly text: string;
} {
  return error.code === 'SB_EFFECT_INTERRUPTED'
    ? {
        outcome: 'interrupted',
        text: 'Interrupted: the worker was killed while this ran. Whether it took effect is unknown, and it was not run again. Look at the state of things before you repeat it.',
      }
    : { outcome: 'failed', text: `The tool could not do this: ${error.message}.` };
}
