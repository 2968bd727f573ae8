/** What every worker says of itself once a second, over core NATS: never stored, so that a worker that is gone is silent. */
import { z } from 'zod';
import { actorAddressSchema } from './address.ts';

const countSchema = z.number().nonnegative();

const ratesSchema = z.object({ commits: countSchema, commands: countSchema, events: countSchema });

export const workerReportSchema = z.object({
  v: z.literal(1),
  workerId: z.string(),
  at: z.iso.datetime(),
  startedAt: z.iso.datetime(),
  pid: z.number().int(),
  memoryBytes: countSchema,
  /** Actors in memory. */
  hosted: countSchema,
  /** Over the time since the report before. */
  perSecond: ratesSchema,
  /** Since the worker started. */
  totals: ratesSchema.extend({ deadLetters: countSchema, retries: countSchema }),
  partitions: z.array(
    z.object({
      partition: z.number().int().nonnegative(),
      epoch: z.number().int().nonnegative(),
      /** Of the last command read. */
      position: countSchema,
      /** Everything up to here is applied and relayed. */
      settledThrough: countSchema,
      /** Commands that wait. */
      lag: countSchema,
    }),
  ),
  pools: z.array(z.object({ pool: z.string(), concurrency: countSchema, running: countSchema })),
  /** Local effects under way. */
  localEffects: countSchema,
  /** The effects that have been under way for longest, the longest first. */
  slowest: z.array(
    z.object({
      effectId: z.string(),
      actor: actorAddressSchema,
      source: z.string(),
      /** Absent for a local effect. */
      pool: z.string().exactOptional(),
      attempt: z.number().int(),
      since: z.iso.datetime(),
    }),
  ),
});
export type WorkerReport = Readonly<z.infer<typeof workerReportSchema>>;
