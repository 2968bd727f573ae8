/** The one line that says what a tool was asked to do, and what is left of the input beside it. Pure. */
import type { JsonObject } from '../../runtime/contract/json.ts';
import { formatValue } from './value.ts';

/** The arguments of our tools that name what the call is about, most telling first. */
const leadingArguments = ['command', 'path', 'pattern', 'notes'];

export interface ToolCallWords {
  readonly lead: string;
  /** Notes are prose; commands, paths and patterns are not. */
  readonly isProse: boolean;
  readonly rest: JsonObject;
}

export function describeToolCall(input: JsonObject): ToolCallWords {
  const leading = leadingArguments.find((name) => typeof input[name] === 'string');
  if (leading === undefined) return { lead: '', isProse: false, rest: input };
  const rest = Object.fromEntries(Object.entries(input).filter(([name]) => name !== leading));
  return { lead: formatValue(input[leading]), isProse: leading === 'notes', rest };
}
