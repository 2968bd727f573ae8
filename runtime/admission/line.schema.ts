/** The line as it is stored in the work queue's snapshot, for who reads it from outside. */
import { z } from 'zod';
import { actorAddressSchema } from '../contract/address.ts';
import type { Line } from './fair-line.ts';

const requestSchema = z.object({
  holder: actorAddressSchema,
  priority: z.enum(['high', 'normal', 'low']),
  key: z.string().exactOptional(),
});

/** Parses the context of a work queue, as `stateOf` gives it. */
export const lineSchema: z.ZodType<Line> = z.object({
  limits: z.object({
    total: z.number(),
    perKind: z.record(z.string(), z.number()).exactOptional(),
    perKey: z.number().exactOptional(),
    maxWaiting: z.number().exactOptional(),
  }),
  working: z.array(requestSchema),
  waiting: z.array(requestSchema.extend({ since: z.number() })),
  given: z.number(),
  turns: z.record(z.string(), z.number()),
});
