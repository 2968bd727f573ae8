/** What other commands may ask of the running system, because only it may write what they want changed. */
import { z } from 'zod';
import type { EventSource } from '../../runtime/core/event-source.ts';
import type { History } from '../../runtime/history/history.ts';
import { rebuildHistory } from '../../runtime/history/rebuild.ts';
import type { SystemLog } from './log.ts';

const systemRequestSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('rebuildHistory') }),
]);
export type SystemRequest = z.infer<typeof systemRequestSchema>;

export const rebuildReportSchema = z.object({
  events: z.number(),
  actors: z.number(),
  holes: z.number(),
  throughSeq: z.number(),
  durationMs: z.number(),
});
export type RebuildReport = z.infer<typeof rebuildReportSchema>;

export async function answerSystemRequest(
  request: unknown,
  history: History,
  source: EventSource,
  log: SystemLog,
): Promise<RebuildReport> {
  const parsed = systemRequestSchema.parse(request);
  log.info('request taken', { request: parsed.type });
  return rebuildHistory({
    history,
    source,
    lastSeq: await source.lastSeq(),
    log: (notice) => {
      log.warn(notice.message, { ...notice });
    },
  });
}
