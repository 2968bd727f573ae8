/** What sending a command to the gateway can come to. */
import { assertNever } from '../../runtime/contract/errors.ts';
import type { GatewayReply } from '../../runtime/contract/live.ts';

export type CommandOutcome =
  | GatewayReply
  | { readonly status: 'notSent'; readonly reason: string }
  | { readonly status: 'unanswered' };

/** A command of this page, from the click to its answer. */
export type CommandState =
  | { readonly phase: 'idle' }
  | { readonly phase: 'sending' }
  | { readonly phase: 'settled'; readonly outcome: CommandOutcome };

export interface CommandWords {
  readonly tone: 'good' | 'warning' | 'bad';
  readonly text: string;
}

/** What a person is told of an outcome; `accepted` says what acceptance means for the command at hand. */
export function describeCommandOutcome(outcome: CommandOutcome, accepted: string): CommandWords {
  switch (outcome.status) {
    case 'accepted':
      return { tone: 'good', text: accepted };
    case 'refused':
      return { tone: 'bad', text: `Refused: ${outcome.reason}` };
    case 'notSent':
      return { tone: 'warning', text: `Not sent: ${outcome.reason}. Try again in a moment.` };
    case 'unanswered':
      return {
        tone: 'warning',
        text: 'No answer. It may have been taken: sending the same again is safe, it is applied once.',
      };
    default:
      return assertNever(outcome);
  }
}
