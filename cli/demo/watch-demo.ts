/** Watches the demo job to its end and plays the one part no actor plays: the reviewer. */
import type { EventSource } from '../../runtime/core/event-source.ts';
import { followRun } from '../client/follow-run.ts';
import { narrate } from '../client/narrate.ts';
import { createRunReport, foldRunEvent, type RunReport } from '../client/run-report.ts';
import { reviewDemo, type DemoContext, type DemoJob } from './demo-job.ts';

export async function watchDemo(
  context: DemoContext & { readonly events: EventSource },
  job: DemoJob,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<RunReport> {
  let report = createRunReport(job.run);
  let parked = false;
  let review: Promise<void> | undefined;
  const failed = new AbortController();
  await followRun(context.events, job.run, AbortSignal.any([signal, failed.signal]), (event) => {
    report = foldRunEvent(report, event);
    const line = narrate(event);
    if (line !== undefined) tell(line);
    // The reviewer reads the change when there is a merge request and the session has gone to sleep over it.
    parked ||= event.type === 'sessionParked';
    if (parked && review === undefined && report.mergeRequest !== null) {
      review = reviewDemo(context, job, report.mergeRequest);
      // Without the review the job has no end: nobody watches it any longer, and the caller is told why.
      review.catch(() => {
        failed.abort();
      });
    }
    return event.type === 'runCompleted' || event.type === 'runFailed' ? 'stop' : 'go on';
  });
  await review;
  return report;
}
