/** The journal of effects: put-if-absent and get, one message per effect and step. */
import type { JetStreamManager } from '@nats-io/jetstream';
import type { Json } from '../contract/json.ts';
import { SignalboxError } from '../contract/errors.ts';
import { journalSubject } from '../contract/subjects.ts';
import type { Journal } from '../core/storage.ts';
import type { Publisher } from './publisher.ts';
import { readFailure } from './read-failure.ts';
import { journalStream } from './streams.ts';

export function createJournal(
  manager: JetStreamManager,
  publisher: Publisher,
  namespace: string,
): Journal {
  const get = async (effectId: string, step: string): Promise<Json | undefined> => {
    const message = await manager.direct
      .getMessage(journalStream, { last_by_subj: journalSubject(namespace, effectId, step) })
      .catch(readFailure(`the journal of effect ${effectId}`));
    return message === null || message === undefined ? undefined : message.json<Json>();
  };
  return {
    get,
    put: async (effectId, step, value) => {
      const outcome = await publisher.publish({
        subject: journalSubject(namespace, effectId, step),
        data: JSON.stringify(value),
        expectedLastSubjectSeq: 0,
      });
      if (outcome.status === 'stored') return { stored: true, value };
      const known = await get(effectId, step);
      if (known === undefined) {
        throw new SignalboxError(
          'SB_NATS_UNAVAILABLE',
          `the journal of ${effectId} has changed meanwhile`,
          {
            retryable: true,
          },
        );
      }
      return { stored: false, value: known };
    },
  };
}
