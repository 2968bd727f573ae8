/** Commands that an MR manager drops in a state, and why. */
import type { IgnoredCommand } from '../ignored-command.ts';
import type { MergeRequestCommand } from './merge-request.events.ts';

const looking = ['awaitingReview.looking', 'awaitingChecks.looking'];
const merging = ['merging.requesting', 'merging.cleaning'];

export const ignoredByMergeRequest: readonly IgnoredCommand<MergeRequestCommand['type']>[] = [
  {
    command: 'forgeChanged',
    states: ['opening', 'addressingReview.replying', ...looking],
    because: 'a look at the forge follows, or is under way; what that one misses the next one sees',
  },
  {
    command: 'forgeChanged',
    states: ['addressingReview.working.looking'],
    because: 'a look at the forge is under way, and the next one follows while the session works',
  },
  {
    command: 'forgeChanged',
    states: merging,
    because: 'the merge names the commit it expects: the forge refuses it when something has moved',
  },
  {
    command: 'changesDelivered',
    states: ['opening', 'addressingReview.replying', ...looking, ...merging],
    because: 'nothing was asked for; the new commit is found on the forge by the next look',
  },
  {
    command: 'changesFailed',
    states: [
      'opening',
      'awaitingReview.waiting',
      'awaitingChecks.waiting',
      'addressingReview.replying',
      ...looking,
      ...merging,
    ],
    because: 'nothing is asked for any more: what was asked for has been delivered',
  },
  {
    command: 'escalate',
    states: ['merging.cleaning'],
    because: 'it is merged: nobody is needed any more',
  },
];
