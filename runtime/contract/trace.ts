/**
 * The trace a message belongs to, as W3C `traceparent` (https://www.w3.org/TR/trace-context/): which trace, which span
 * of it led to the message, and whether the trace is recorded. Absent when nobody traces.
 */
import { z } from 'zod';

export const traceparentSchema = z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/u);

/** What envelopes, commits and work items have in common. */
export const traceField = { trace: traceparentSchema.exactOptional() };

/** The field itself, for a spread: nothing at all when there is no trace. */
export function withTrace(trace: string | undefined): { readonly trace?: string } {
  return trace === undefined ? {} : { trace };
}
