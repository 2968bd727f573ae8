/** An MR manager driven by hand, what the forge may say to it, and ways into the states in which it waits. */
import { defineMergeRequest } from '../merge-request/merge-request.actor.ts';
import type {
  MergeRequestContext,
  ObservedComment,
  Observation,
} from '../merge-request/merge-request.context.ts';
import {
  mergeSchema,
  observeSchema,
  openSchema,
  replySchema,
} from '../merge-request/merge-request.effects.ts';
import type { MergePolicy } from '../merge-request/merge-request.schema.ts';
import { driveMachine, type DrivenMachine, type Reaction } from './drive-machine.ts';
import { createMergeRequestInput } from './inputs.ts';
import { createMemoryForge } from './memory-forge.ts';

export type DrivenMergeRequest = DrivenMachine<MergeRequestContext>;

export const mergeRequestDefinition = defineMergeRequest(createMemoryForge());

export function driveMergeRequest(policy: Partial<MergePolicy> = {}): DrivenMergeRequest {
  return driveMachine<MergeRequestContext>(mergeRequestDefinition, {
    address: { kind: 'merge-request', id: 'run-1::merge-request' },
    input: createMergeRequestInput(policy),
    effectInputs: {
      openMergeRequest: openSchema,
      observe: observeSchema,
      reply: replySchema,
      merge: mergeSchema,
    },
  });
}

export function comment(
  verdict: ObservedComment['verdict'],
  body: string,
  sha = 'sha-1',
): ObservedComment {
  return { id: `comment ${body}`, author: 'Ada', body, verdict, sha };
}

export const passed = { name: 'signalbox/tests', conclusion: 'passed', summary: 'fine' } as const;

/** A quiet, open, green merge request, but for what a test is about. */
export function observation(changes: Partial<Observation> = {}): Observation {
  const comments = changes.comments ?? [];
  return {
    state: 'open',
    headSha: 'sha-1',
    mergeSha: null,
    closeReason: null,
    commentCount: comments.length,
    checks: [passed],
    ...changes,
    comments,
  };
}

export function openIt(manager: DrivenMergeRequest): Reaction {
  return manager.done('openMergeRequest', {
    number: 7,
    link: 'signalbox mr show 7',
    headSha: 'sha-1',
  });
}

export function see(manager: DrivenMergeRequest, changes: Partial<Observation> = {}): Reaction {
  return manager.done('observe', observation(changes));
}

/** To where the session works on what a review asked for. */
export function askForChanges(manager: DrivenMergeRequest): Reaction {
  openIt(manager);
  return see(manager, { comments: [comment('changesRequested', 'Rename it to toSlug.')] });
}

/** To a merge under way: reviewed, nothing asked for, green. */
export function reachMerging(manager: DrivenMergeRequest): Reaction {
  openIt(manager);
  see(manager, { comments: [comment('approved', 'Fine.')] });
  return see(manager, { commentCount: 1 });
}

function drive(play: (manager: DrivenMergeRequest) => void): () => DrivenMergeRequest {
  return () => {
    const manager = driveMergeRequest();
    play(manager);
    return manager;
  };
}

export const mergeRequestScenes: Readonly<Record<string, () => DrivenMergeRequest>> = {
  opening: drive(() => undefined),
  'awaitingReview.looking': drive(openIt),
  'awaitingReview.waiting': drive((manager) => {
    openIt(manager);
    see(manager);
  }),
  'addressingReview.working.waiting': drive(askForChanges),
  'addressingReview.working.looking': drive((manager) => {
    askForChanges(manager);
    manager.send({ type: 'forgeChanged' });
  }),
  'addressingReview.replying': drive((manager) => {
    askForChanges(manager);
    manager.send({ type: 'changesDelivered', headSha: 'sha-2', answered: ['review-1'] });
  }),
  'awaitingChecks.looking': drive((manager) => {
    openIt(manager);
    see(manager, { comments: [comment('approved', 'Fine.')] });
  }),
  'awaitingChecks.waiting': drive((manager) => {
    openIt(manager);
    see(manager, { comments: [comment('approved', 'Fine.')] });
    see(manager, { commentCount: 1, checks: [] });
  }),
  'merging.requesting': drive(reachMerging),
  'merging.cleaning': drive((manager) => {
    reachMerging(manager);
    manager.done('merge', { status: 'merged', sha: 'merge-1' });
  }),
};
