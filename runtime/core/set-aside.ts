/** What becomes of a command that is given up: a letter that holds all of it, and an event that tells of the letter. Pure. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import {
  describeCommand,
  type DeadLetterContent,
  type DeadLetterReason,
  type Thrown,
} from '../contract/dead-letter.ts';
import { SignalboxError, describeError } from '../contract/errors.ts';
import type { Draft } from './draft.ts';

/** Deeper calls are the runtime's own. */
const stackLines = 6;
/** Of a command that has no room in its letter; enough to see what it was. */
const textKept = 2_000;

export function toThrown(error: unknown): Thrown {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return {
    message: describeError(error),
    ...(error instanceof SignalboxError ? { code: error.code } : {}),
    stack: stack
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line.startsWith('at '))
      .slice(0, stackLines),
  };
}

export interface GivenUp {
  readonly id: string;
  readonly reason: DeadLetterReason;
  readonly command: CommandEnvelope;
  /** Whether there is room for all of the command. */
  readonly whole: boolean;
  readonly error: unknown;
  readonly attempts: number;
  readonly scene?: DeadLetterContent['scene'];
}

export function writeLetter(given: GivenUp): DeadLetterContent {
  const { id, reason, command, whole, error, attempts, scene } = given;
  return {
    id,
    reason,
    ...(whole ? { command } : { text: JSON.stringify(command).slice(0, textKept) }),
    error: toThrown(error),
    attempts,
    ...(scene === undefined ? {} : { scene }),
  };
}

/** The letter of a command whose failure no commit records: its place in the inbox is its name. */
export function inboxLetterId(address: ActorAddress, seq: number | undefined): string {
  return `${address.kind}.${address.id}.in-${seq ?? 'none'}`;
}

/** The letter of a command whose failure the commit in the making records. */
export function nextLetterId({ address, n, entries }: Draft): string {
  const before = entries.filter(({ type }) => type === 'deadLetter').length;
  return `${address.kind}.${address.id}.${n}-${before}`;
}

/** What EVENTS tells of a letter. */
export function letterEvent(
  letter: DeadLetterContent,
  command: CommandEnvelope,
): {
  readonly type: 'commandDeadLettered';
  readonly letter: string;
  readonly command: string;
  readonly commandType: string;
  readonly error: string;
} {
  return {
    type: 'commandDeadLettered',
    letter: letter.id,
    command: command.id,
    commandType: describeCommand({ command }),
    error: letter.error.message,
  };
}
