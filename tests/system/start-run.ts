/** Starts a run as `dispatch` does: one command to its coordinator. */
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

export async function startRun(client: Client, run: string, small: SmallRun): Promise<void> {
  const spec: RunSpec = {
    goal: 'a note',
    repository: small.repository,
    workflow: small.workflow,
    model: { provider: 'replay', recording: small.recording },
    testCommand: null,
    testTimeoutMs: 60_000,
    merge: { merge: small.merge, review: 'none', requiredChecks: [], maxReviewRounds: 1 },
    limits: { ...defaultSessionLimits, ...small.limits },
    priority: 'normal',
    source: 'test',
  };
  const { worktrees } = client.home;
  const input = coordinatorInputSchema.parse({ run, spec, queue: workQueueId, worktrees });
  await client.storage.commands.start({ kind: 'coordinator', id: run }, toJson(input), run);
}
