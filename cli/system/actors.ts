/** Wires the actors to their outside: the one place that knows both ports and integrations. */
import { performance } from 'node:perf_hooks';
import { defineCoordinator } from '../../actors/coordinator/coordinator.actor.ts';
import { defineMergeRequest } from '../../actors/merge-request/merge-request.actor.ts';
import { defineSession } from '../../actors/session/session.actor.ts';
import { defineTrigger } from '../../actors/trigger/trigger.actor.ts';
import { createLocalForge } from '../../integrations/forge/local/local-forge.ts';
import { createRepositories } from '../../integrations/git/repositories.ts';
import { createModelDirectory } from '../../integrations/model/directory.ts';
import { createWorkspaces } from '../../integrations/sandbox/workspaces.ts';
import { defineWorkQueue, type ActorDefinition } from '../../runtime/mod.ts';
import type { RateLimits } from '../../runtime/worker/effect-gates.ts';
import { systemClock } from '../../runtime/worker/system-clock.ts';
import { loadBundledWorkflow, loadWorkflowFile } from '../../workflows/library/library.ts';
import type { Settings } from '../settings.ts';
import { createCommandEnvironment } from './command-environment.ts';
import type { SystemLog } from './log.ts';
import { packageRoot } from './package-root.ts';
import { createPatientStores, type Stores } from './patient-stores.ts';

export const workQueueId = 'default';

/** Effects at once, per pool. Model calls wait for a provider; the others use this machine's cores. */
export const poolConcurrency = { model: 64, tools: 8, git: 8, verification: 4 } as const;

/** A sixth of a minute's requests may go at once after a pause. */
const burstShare = 1 / 6;

/** By the bucket that a session's model calls name. */
export function modelLimits({ modelRequestsPerMinute }: Settings): RateLimits {
  return {
    'model.anthropic': {
      capacity: Math.ceil(modelRequestsPerMinute * burstShare),
      refillPerSecond: modelRequestsPerMinute / 60,
    },
  };
}

/** `signal` aborts when the system stops. */
export function createActors(
  settings: Settings,
  storage: Stores,
  log: SystemLog,
  signal: AbortSignal,
): readonly ActorDefinition[] {
  const environment = createCommandEnvironment(settings.environment, packageRoot);
  const git = { environment: settings.environment };
  const repositories = createRepositories(git);
  const workspace = createWorkspaces({ environment });
  const forge = createLocalForge({
    ...git,
    clock: () => new Date(),
    onDamaged: (error) => {
      log.warn(error.message);
    },
  });
  const { anthropic, record } = settings;
  const models = createModelDirectory({
    ...(anthropic === undefined
      ? {}
      : {
          anthropic: {
            apiKey: anthropic.apiKey,
            ...(anthropic.baseUrl === undefined ? {} : { baseUrl: anthropic.baseUrl }),
          },
        }),
    ...(record === undefined ? {} : { record }),
  });
  const { blobs, transcripts } = createPatientStores(storage, { clock: systemClock, log, signal });
  return [
    defineTrigger(),
    defineWorkQueue(),
    defineSession({
      models,
      transcripts,
      blobs,
      workspace,
      repositories,
      now: () => new Date(),
      monotonicMs: () => performance.now(),
    }),
    defineCoordinator({ repositories, workspace, forge, blobs, loadWorkflow }),
    defineMergeRequest(forge),
  ];
}

/** A name is a bundled workflow; anything with a separator or an extension is a file. */
export function isWorkflowFile(id: string): boolean {
  return /[/\\.]/u.test(id);
}

export function loadWorkflow(id: string): ReturnType<typeof loadBundledWorkflow> {
  return isWorkflowFile(id) ? loadWorkflowFile(id) : loadBundledWorkflow(id);
}
