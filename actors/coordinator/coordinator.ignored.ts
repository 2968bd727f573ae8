/** Commands that a coordinator drops in a state, and why. Ends of its children are never dropped. */
import type { IgnoredCommand } from '../ignored-command.ts';
import type { CoordinatorCommand } from './coordinator.events.ts';

const delivering = [
  'running.verifying',
  'running.committing',
  'running.pushing',
  'running.reporting',
];

export const ignoredByCoordinator: readonly IgnoredCommand<CoordinatorCommand['type']>[] = [
  {
    command: 'receiveHandoff',
    states: delivering,
    because:
      'the session waits for the one under way to be dealt with before it hands over again; this is a repeat',
  },
  {
    command: 'receiveHandoff',
    states: ['running.finishing', 'running.ending'],
    because: 'the session has been told to end; nothing is delivered any more',
  },
  { command: 'receiveHandoff', states: ['preparing'], because: 'there is no session yet' },
  {
    command: 'reworkRefused',
    states: ['preparing', ...delivering],
    because: 'there is no session, or it is not parked: it can refuse nothing',
  },
  {
    command: 'reworkRefused',
    states: ['running.finishing', 'running.ending'],
    because: 'nothing is asked of the session any more',
  },
];
