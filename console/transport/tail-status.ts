/** The state of a followed list, in words for the page that shows it. */
import { assertNever } from '../../runtime/contract/errors.ts';
import { formatCount } from '../format/value.ts';
import type { TailStatus } from './follow.ts';

/** Undefined when the list is complete. */
export function describeTailStatus(status: TailStatus): string | undefined {
  switch (status.phase) {
    case 'current':
      return undefined;
    case 'incomplete':
      return `history has not caught up yet: up to ${formatCount(status.missing, 'entry', 'entries')} to come`;
    case 'unreachable':
      return status.reason;
    case 'notFound':
      return 'the gateway does not know this list';
    default:
      return assertNever(status);
  }
}
