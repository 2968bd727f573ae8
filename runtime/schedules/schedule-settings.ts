/** The settings of a schedule: their shape, and what is refused of them. Pure. */
import { z } from 'zod';
import { findRecurrenceProblem } from '../core/schedule.ts';

/** More are not caught up with, however long nobody was there. */
export const maxCatchUp = 1_000;
const maxQueued = 1_000;

export const scheduleSettingsSchema = z.strictObject({
  /** Five fields, or six with seconds first. */
  cron: z.string(),
  timeZone: z.string().default('UTC'),
  /** The kind of actor that is started at each occurrence. */
  target: z.string(),
  /** Its input; `scheduledAt` is added. */
  input: z.record(z.string(), z.json()).default({}),
  /** While the actor of an earlier occurrence is at work. */
  overlap: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('skip') }),
      z.strictObject({
        type: z.literal('queue'),
        atMost: z.number().int().min(1).max(maxQueued),
      }),
      z.strictObject({ type: z.literal('replace') }),
    ])
    .default({ type: 'skip' }),
  /** Of the occurrences that nobody was there for. */
  catchUp: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('none') }),
      z.strictObject({ type: z.literal('last') }),
      z.strictObject({ type: z.literal('all'), atMost: z.number().int().min(1).max(maxCatchUp) }),
    ])
    .default({ type: 'none' }),
});
export type ScheduleSettings = Readonly<z.infer<typeof scheduleSettingsSchema>>;
/** As it is written; what has a default may be left out. */
export type ScheduleInput = z.input<typeof scheduleSettingsSchema>;

export type SettingsReading =
  | { readonly status: 'sound'; readonly settings: ScheduleSettings }
  | { readonly status: 'refused'; readonly reason: string };

export function readSettings(targets: readonly string[], input: unknown): SettingsReading {
  const parsed = scheduleSettingsSchema.safeParse(input);
  if (!parsed.success) return { status: 'refused', reason: z.prettifyError(parsed.error) };
  const settings = parsed.data;
  const problem =
    findRecurrenceProblem(settings, 0) ??
    (targets.includes(settings.target)
      ? undefined
      : `"${settings.target}" is no kind that this schedule may start; it may start ${targets.join(', ')}`) ??
    (settings.catchUp.type === 'all' && settings.overlap.type !== 'queue'
      ? 'catching up with all needs the overlap policy "queue": the others would drop what they catch up with'
      : undefined);
  return problem === undefined
    ? { status: 'sound', settings }
    : { status: 'refused', reason: problem };
}
