/** A coordinator driven by hand, and ways into the states in which it waits. */
import { defineCoordinator } from '../coordinator/coordinator.actor.ts';
import type { CoordinatorContext } from '../coordinator/coordinator.context.ts';
import {
  commitSchema,
  prepareSchema,
  pushSchema,
  reportSchema,
  verifySchema,
  type PreparedRun,
} from '../coordinator/coordinator.effects.ts';
import { createProofRecord, type ProofRecord } from '../coordinator/proof.ts';
import type { RunSpec } from '../coordinator/run-spec.schema.ts';
import { mergeRequestInputSchema } from '../merge-request/merge-request.schema.ts';
import { sessionInputSchema, type ReceiveHandoff } from '../session/session.schema.ts';
import { driveMachine, type DrivenMachine, type Reaction } from './drive-machine.ts';
import {
  changeWorkflow,
  createCoordinatorInput,
  createHandoff,
  createReceiveHandoff,
} from './inputs.ts';
import { createMemoryForge } from './memory-forge.ts';
import {
  createMemoryBlobs,
  createMemoryRepository,
  createMemoryWorkspace,
  endCommand,
} from './memory-ports.ts';

export type DrivenCoordinator = DrivenMachine<CoordinatorContext>;

export const coordinatorDefinition = defineCoordinator({
  repositories: createMemoryRepository(),
  workspace: createMemoryWorkspace(endCommand(0)),
  forge: createMemoryForge(),
  blobs: createMemoryBlobs(),
  loadWorkflow: () => Promise.resolve({ definition: changeWorkflow }),
});

export function driveCoordinator(spec: Partial<RunSpec> = {}): DrivenCoordinator {
  return driveMachine<CoordinatorContext>(coordinatorDefinition, {
    address: { kind: 'coordinator', id: 'run-1' },
    input: createCoordinatorInput(spec),
    effectInputs: {
      prepareRun: prepareSchema,
      verifyChange: verifySchema,
      commitChange: commitSchema,
      pushBranch: pushSchema,
      reportCheck: reportSchema,
      session: sessionInputSchema,
      mergeRequest: mergeRequestInputSchema,
    },
  });
}

export const preparedRun: PreparedRun = {
  repository: { path: '/repository', origin: '/origin.git', baseBranch: 'main' },
  workflow: changeWorkflow,
};

/** Of a change as declared, whose tests have ended with this exit code. */
export function createProof(
  exitCode: number,
  changed: readonly string[] = createHandoff().filesChanged,
): ProofRecord {
  return createProofRecord({
    run: 'run-1',
    round: 0,
    tests: {
      command: 'npm test',
      exitCode,
      ended: `exited with ${exitCode}`,
      durationMs: 10,
      output: 'tests-0.txt',
    },
    declared: createHandoff().filesChanged,
    changed: changed.map((path) => ({ path, change: 'modified' })),
    sideEffects: [],
  });
}

export function startRun(run: DrivenCoordinator): Reaction {
  return run.done('prepareRun', preparedRun);
}

/** From a handoff to the merge request: verified, committed, pushed, reported. */
export function deliver(
  run: DrivenCoordinator,
  sha: string,
  changes: Partial<ReceiveHandoff> = {},
): Reaction {
  run.send(createReceiveHandoff(changes));
  run.done('verifyChange', createProof(0));
  run.done('commitChange', { sha });
  run.done('pushBranch', { sha });
  return run.done('reportCheck');
}

function drive(play: (run: DrivenCoordinator) => void): () => DrivenCoordinator {
  return () => {
    const run = driveCoordinator();
    play(run);
    return run;
  };
}

const upTo = (last: number) =>
  drive((run) => {
    startRun(run);
    const steps = [
      () => run.send(createReceiveHandoff()),
      () => run.done('verifyChange', createProof(0)),
      () => run.done('commitChange', { sha: 'sha-1' }),
      () => run.done('pushBranch', { sha: 'sha-1' }),
      () => run.done('reportCheck'),
      () => run.done('mergeRequest', { outcome: 'merged', reason: 'merged as merge-1' }),
    ];
    for (const play of steps.slice(0, last)) play();
  });

export const coordinatorScenes: Readonly<Record<string, () => DrivenCoordinator>> = {
  preparing: drive(() => undefined),
  'running.awaitingHandoff': upTo(0),
  'running.verifying': upTo(1),
  'running.committing': upTo(2),
  'running.pushing': upTo(3),
  'running.reporting': upTo(4),
  'running.watching': upTo(5),
  'running.finishing': upTo(6),
  'running.ending': drive((run) => {
    startRun(run);
    run.send(createReceiveHandoff());
    run.failed('verifyChange');
  }),
};
