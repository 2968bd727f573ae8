/**
 * The console has words for every event that the actors tell, and for none that they do not. It knows
 * nothing of the actors and nobody imports it, so its tables are read as text.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { CoordinatorEvent } from '../../actors/coordinator/coordinator.events.ts';
import type { MergeRequestEvent } from '../../actors/merge-request/merge-request.events.ts';
import type { SessionEvent } from '../../actors/session/session.events.ts';
import type { TriggerEvent } from '../../actors/trigger/trigger.machine.ts';
import type { ScheduleEvent, WorkQueueEvent } from '../../runtime/mod.ts';
import { repositoryRoot } from '../../runtime/testing/repository-root.ts';

type ToldByActors = (
  | CoordinatorEvent
  | MergeRequestEvent
  | ScheduleEvent
  | SessionEvent
  | TriggerEvent
  | WorkQueueEvent
)['type'];
type ToldByRuntime =
  | 'childFailed'
  | 'childRestarted'
  | 'actorEnded'
  | 'actorLost'
  | 'commandDeadLettered'
  | 'actorQuarantined'
  | 'actorReleased'
  | 'actorMigrated';

/** The compiler refuses this list when a type is missing, or is told by nobody. */
const told: Readonly<Record<ToldByActors | ToldByRuntime, true>> = {
  actorEnded: true,
  actorLost: true,
  actorMigrated: true,
  actorQuarantined: true,
  actorReleased: true,
  branchPushed: true,
  changeCommitted: true,
  changeHandedToMergeRequest: true,
  changesAddressed: true,
  changesRequested: true,
  checksPassed: true,
  childFailed: true,
  childRestarted: true,
  commandDeadLettered: true,
  deliveryAccepted: true,
  deliveryIgnored: true,
  deliveryRefused: true,
  deliveryRepeated: true,
  handedOver: true,
  handoffReceived: true,
  limitsSet: true,
  mergeRequestClosed: true,
  mergeRequestEscalated: true,
  mergeRequestLeftOpen: true,
  mergeRequestMerged: true,
  sourceBranchKept: true,
  mergeRequestOpened: true,
  mergeStarted: true,
  modelCalled: true,
  occurrenceFinished: true,
  occurrenceQueued: true,
  occurrenceSkipped: true,
  occurrenceStarted: true,
  occurrencesMissed: true,
  proofRecorded: true,
  reviewReceived: true,
  reworkRequested: true,
  runCompleted: true,
  runFailed: true,
  runStarted: true,
  scheduleChangeRefused: true,
  scheduleChanged: true,
  schedulePaused: true,
  scheduleRemoved: true,
  scheduleResumed: true,
  sessionCompleted: true,
  sessionFailed: true,
  sessionKilled: true,
  sessionParked: true,
  sessionPreparing: true,
  sessionQueued: true,
  sessionStarted: true,
  slotAwaited: true,
  slotGiven: true,
  slotRefused: true,
  steerRefused: true,
  steered: true,
  stepBlocked: true,
  stepCompleted: true,
  stepStarted: true,
  toolFinished: true,
  toolStarted: true,
  triggerConfigured: true,
  worktreeKept: true,
  worktreeRemoved: true,
};

/** The keys of the tables: one event type at the start of an entry. */
function readDescribedTypes(): readonly string[] {
  const folder = join(repositoryRoot, 'console', 'format', 'events');
  return readdirSync(folder).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/^ {2}(\w+): (?:\(|describe)/gmu)].map(
      ([, type]) => type ?? '',
    ),
  );
}

it('has words for exactly the events that are told', () => {
  expect([...readDescribedTypes()].sort()).toEqual(Object.keys(told).sort());
});
