/** Starts runs as `dispatch` does: one command to a coordinator each, all sent at once. */
import type { Client } from '../../cli/client/open-client.ts';
import { workQueueId } from '../../cli/system/actors.ts';
import { coordinatorInputSchema, type RunSpec } from '../../actors/coordinator/run-spec.schema.ts';
import { defaultSessionLimits } from '../../actors/session/session.schema.ts';
import { toJson } from '../../runtime/core/draft.ts';

export interface SmallRun {
  readonly repository: string;
  readonly workflow: string;
  readonly recording: string;
  readonly merge: RunSpec['merge']['merge'];
  readonly limits?: Partial<RunSpec['limits']>;
}

export async function startRuns(client: Client, runs: readonly string[], run: SmallRun): Promise<void> {
  const spec: RunSpec = {
    goal: 'a note',
    repository: run.repository,
    workflow: run.workflow,
    model: { provider: 'replay', recording: run.recording },
    testCommand: null,
    testTimeoutMs: 60_000,
    merge: { merge: run.merge, review: 'none', requiredChecks: [], maxReviewRounds: 1 },
    limits: { ...defaultSessionLimits, ...run.limits },
    source: 'test',
  };
  const { worktrees } = client.home;
  await Promise.all(
    runs.map((id) => {
      const input = coordinatorInputSchema.parse({ run: id, spec, queue: workQueueId, worktrees });
      return client.storage.commands.start({ kind: 'coordinator', id }, toJson(input), id);
    }),
  );
}
