/** The actor kinds that have a page, in the order in which a run meets them. */
import { ignoredByCoordinator } from '../../actors/coordinator/coordinator.ignored.ts';
import { ignoredByMergeRequest } from '../../actors/merge-request/merge-request.ignored.ts';
import { ignoredBySession } from '../../actors/session/session.ignored.ts';
import { coordinatorDefinition } from '../../actors/testing/drive-coordinator.ts';
import { mergeRequestDefinition } from '../../actors/testing/drive-merge-request.ts';
import { sessionDefinition } from '../../actors/testing/drive-session.ts';
import { defineTrigger } from '../../actors/trigger/trigger.actor.ts';
import { defineWorkQueue } from '../../runtime/mod.ts';
import type { DocumentedActor } from './actor-page.ts';

export const documentedActors: readonly DocumentedActor[] = [
  {
    definition: defineTrigger(),
    introduction:
      'A trigger turns deliveries of one webhook into runs, each delivery at most once. It judges a delivery by one condition, renders the goal from a template, and starts a coordinator.',
    ignored: [],
    types: 'actors/trigger/trigger.machine.ts',
  },
  {
    definition: coordinatorDefinition,
    introduction:
      'A coordinator carries one run from its goal to a merged change by fixed rules. It starts the session, verifies what the session hands over, commits and pushes it, gives the merge request to its manager, and waits for both to end.',
    ignored: ignoredByCoordinator,
    types: 'actors/coordinator/coordinator.events.ts',
  },
  {
    definition: defineWorkQueue(),
    introduction:
      'The work queue gives out the slots in which sessions work: by priority, which rises with waiting, and turn by turn among runs, up to limits in all, per kind and per repository. A parked session holds none.',
    ignored: [],
    types: 'runtime/admission/work-queue.machine.ts',
  },
  {
    definition: sessionDefinition,
    introduction:
      'A session is one agent conversation doing one unit of work, fed one step of a workflow at a time. Every model call and every tool call is an effect, so that a kill at any instant resumes at the last finished one.',
    ignored: ignoredBySession,
    types: 'actors/session/session.events.ts',
  },
  {
    definition: mergeRequestDefinition,
    introduction:
      'The merge request manager owns one merge request from its opening to its end. It steers the parked session with exactly what happened on the forge, and merges when the gates of the policy are met.',
    ignored: ignoredByMergeRequest,
    types: 'actors/merge-request/merge-request.events.ts',
  },
];
