/**
 * Dead letters, one subject each. What lies on the subject is the letter with what was done about it, or, once it was
 * dropped, a mark for as long as a relay that is repeated could bring it back.
 */
import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { z } from 'zod';
import { filedLetterSchema, type DeadLetter, type FiledLetter } from '../contract/dead-letter.ts';
import { SignalboxError } from '../contract/errors.ts';
import { deadLetterSubject } from '../contract/subjects.ts';
import type { Publisher } from './publisher.ts';
import { readFailure } from './read-failure.ts';
import { readStored } from './stored-messages.ts';
import { deadLettersStream } from './streams.ts';

/** A worker that has been away for longer repeats no relay; `Nats-TTL` takes hours. */
const markKept = '720h';
/** What a message has beyond the letter, headers included. */
const headerBytes = 1_024;
/** Of a command that does not fit beside what else its letter holds. */
const textKept = 2_000;

const droppedSchema = z.object({ dropped: z.iso.datetime() });
const storedSchema = z.union([droppedSchema, filedLetterSchema]);

/** Stores a letter unless it is there, or was. */
export async function fileLetter(
  publisher: Publisher,
  namespace: string,
  letter: DeadLetter,
): Promise<void> {
  await publisher.publish({
    subject: deadLetterSubject(namespace, letter.id),
    data: encodeFitting(letter, publisher.maxPayloadBytes - headerBytes),
    expectedLastSubjectSeq: 0,
  });
}

function encodeFitting(letter: DeadLetter, maxBytes: number): Uint8Array {
  const whole = Buffer.from(JSON.stringify({ letter, replays: [] } satisfies FiledLetter));
  if (whole.length <= maxBytes) return whole;
  const { command, ...rest } = letter;
  const text = command === undefined ? letter.text : JSON.stringify(command);
  const shortened = { ...rest, ...(text === undefined ? {} : { text: text.slice(0, textKept) }) };
  return Buffer.from(JSON.stringify({ letter: shortened, replays: [] } satisfies FiledLetter));
}

export interface LetterList {
  /** The newest, oldest of them first. */
  readonly letters: readonly FiledLetter[];
  /** All there are of the kind. */
  readonly total: number;
}

/** For people: what they see and do. Errors: `SB_NATS_UNAVAILABLE`, and `SB_NOT_FOUND` for a letter that is not there. */
export interface DeadLetters {
  list(query: { readonly kind?: string; readonly limit: number }): Promise<LetterList>;
  get(id: string): Promise<FiledLetter>;
  /** Records that the command was sent again. */
  noteReplay(id: string, commandId: string, at: string): Promise<void>;
  drop(id: string, at: string): Promise<FiledLetter>;
}

export function createDeadLetters(
  manager: JetStreamManager,
  publisher: Publisher,
  namespace: string,
): DeadLetters {
  const find = async (id: string): Promise<{ seq: number; filed: FiledLetter }> => {
    const subject = isLetterId(id) ? deadLetterSubject(namespace, id) : undefined;
    const message =
      subject === undefined
        ? undefined
        : await manager.direct
            .getMessage(deadLettersStream, { last_by_subj: subject })
            .catch(readFailure(`the dead letter ${id}`));
    const filed = message === null || message === undefined ? undefined : parseStored(message);
    if (filed === undefined || message === null || message === undefined) {
      throw new SignalboxError('SB_NOT_FOUND', `there is no dead letter "${id}"`, {
        next: '`signalbox deadletter list` shows those there are.',
      });
    }
    return { seq: message.seq, filed };
  };
  const replace = async (
    id: string,
    seq: number,
    value: z.infer<typeof storedSchema>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> => {
    const outcome = await publisher.publish({
      subject: deadLetterSubject(namespace, id),
      data: JSON.stringify(value),
      expectedLastSubjectSeq: seq,
      headers,
    });
    if (outcome.status === 'stored') return;
    throw new SignalboxError('SB_COMMAND_REFUSED', `somebody else has just dealt with "${id}"`, {
      retryable: true,
      next: `Look at it again: signalbox deadletter show ${id}`,
    });
  };
  return {
    list: async ({ kind, limit }) => {
      const letters: FiledLetter[] = [];
      let total = 0;
      for await (const message of readStored(manager, {
        stream: deadLettersStream,
        subject: kind === undefined ? `dl.${namespace}.>` : `dl.${namespace}.${kind}.>`,
        what: 'the dead letters',
      })) {
        const filed = parseStored(message);
        if (filed === undefined) continue;
        total += 1;
        letters.push(filed);
        if (letters.length > limit) letters.shift();
      }
      return { letters, total };
    },
    get: async (id) => (await find(id)).filed,
    noteReplay: async (id, commandId, at) => {
      const { seq, filed } = await find(id);
      if (filed.replays.some((replay) => replay.commandId === commandId)) return;
      await replace(id, seq, { ...filed, replays: [...filed.replays, { commandId, at }] });
    },
    drop: async (id, at) => {
      const { seq, filed } = await find(id);
      await replace(id, seq, { dropped: at }, { 'Nats-TTL': markKept });
      return filed;
    },
  };
}

/** Safe as subject tokens; what a person types is not. */
function isLetterId(id: string): boolean {
  return /^[A-Za-z0-9_:-]+\.[A-Za-z0-9_:-]+\.[A-Za-z0-9_-]+$/u.test(id);
}

/** Undefined for one that was dropped. */
function parseStored(message: StoredMsg): FiledLetter | undefined {
  const parsed = storedSchema.safeParse(message.json());
  if (!parsed.success) {
    throw new SignalboxError(
      'SB_PROTOCOL',
      `${message.subject} has another shape: ${parsed.error.message}`,
    );
  }
  return 'dropped' in parsed.data ? undefined : parsed.data;
}
