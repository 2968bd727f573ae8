/** Commands that a session drops in a state, and why. */
import type { IgnoredCommand } from '../ignored-command.ts';
import type { SessionCommand } from './session.events.ts';

const acting = ['acting.inspecting', 'acting.changing', 'acting.commanding'];

export const ignoredBySession: readonly IgnoredCommand<SessionCommand['type']>[] = [
  {
    command: 'takeSlot',
    states: [
      'preparing',
      'thinking.calling',
      ...acting,
      'handingOver.recording',
      'handingOver.delivering',
    ],
    because: 'the session works in its slot already; the queue may give the same one twice',
  },
  {
    command: 'takeSlot',
    states: ['parked', 'closing'],
    because:
      'the slot was given while the session gave it up: the release that is on its way returns it',
  },
  {
    command: 'refuseSlot',
    states: [
      'preparing',
      'thinking.calling',
      ...acting,
      'handingOver.recording',
      'handingOver.delivering',
      'parked',
      'closing',
    ],
    because:
      'the queue refuses who asks; a session that does not wait for a slot has got one since',
  },
  {
    command: 'park',
    states: ['queued', 'preparing', 'thinking.calling', ...acting, 'handingOver.recording'],
    because:
      'only a handover that has been dealt with is parked; this one is a repeat of an earlier one',
  },
  {
    command: 'park',
    states: ['parked', 'closing'],
    because: 'the session has parked, or is about to end',
  },
  {
    command: 'complete',
    states: ['closing'],
    because: 'asked for twice: the clean-up under way goes on',
  },
];
