/** Quarantined actors and the commands held for them: one stream, one subject per actor and one per command. */
import type { JetStreamManager } from '@nats-io/jetstream';
import { z } from 'zod';
import { actorAddressSchema, type ActorAddress } from '../contract/address.ts';
import { commandEnvelopeSchema } from '../contract/command.ts';
import { SignalboxError } from '../contract/errors.ts';
import {
  heldSubject,
  partitionOf,
  quarantineSubject,
  type SubjectSpace,
} from '../contract/subjects.ts';
import type { QuarantinedActor, QuarantineStore } from '../core/quarantine.ts';
import type { Publisher } from './publisher.ts';
import { readBatch } from './read-batch.ts';
import { unavailable } from './read-failure.ts';
import { readStored } from './stored-messages.ts';
import { quarantineStream } from './streams.ts';

const recordSchema = z.object({
  address: actorAddressSchema,
  reason: z.string(),
  since: z.iso.datetime(),
});

export function createQuarantineStore(
  manager: JetStreamManager,
  publisher: Publisher,
  space: SubjectSpace,
): QuarantineStore {
  const purge = async (filter: string, address: ActorAddress): Promise<void> => {
    await manager.streams
      .purge(quarantineStream, { filter })
      .catch(unavailable(`${address.kind}/${address.id} was not released`));
  };
  return {
    list: async (partition) => {
      const found: QuarantinedActor[] = [];
      for await (const message of readStored(manager, {
        stream: quarantineStream,
        subject: `q.${partition}.${space.namespace}.>`,
        what: `the quarantined actors of partition ${partition}`,
      })) {
        found.push(parse(recordSchema, message.json(), message.subject));
      }
      return found;
    },
    enter: async (actor) => {
      const subject = quarantineSubject(space, actor.address);
      await publisher.publish({ subject, data: JSON.stringify(actor) });
    },
    hold: async (address, { seq, command }) => {
      await publisher.publish({
        subject: heldSubject(space, address, String(seq)),
        data: JSON.stringify(command),
        // Refused when it is there: it was held before a crash.
        expectedLastSubjectSeq: 0,
      });
    },
    readHeld: async (address, after, limit) => {
      const messages = await readBatch(manager, {
        stream: quarantineStream,
        subject: heldSubject(space, address, '*'),
        from: after + 1,
        limit,
        what: `the commands held for ${address.kind}/${address.id}`,
      });
      return messages.map((message) => ({
        place: message.seq,
        seq: Number(message.subject.split('.').at(-1)),
        command: parse(commandEnvelopeSchema, message.json(), message.subject),
      }));
    },
    leave: async (address) => {
      // The record last: while it is there, what is held is looked for.
      await purge(heldSubject(space, address, '*'), address);
      await purge(quarantineSubject(space, address), address);
    },
  };
}

export async function findQuarantined(
  store: QuarantineStore,
  { partitionCount }: SubjectSpace,
  address: ActorAddress,
): Promise<QuarantinedActor | undefined> {
  const listed = await store.list(partitionOf(address, partitionCount));
  return listed.find(({ address: { kind, id } }) => kind === address.kind && id === address.id);
}

function parse<Value>(schema: z.ZodType<Value>, value: unknown, subject: string): Value {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SignalboxError('SB_PROTOCOL', `${subject} has another shape: ${parsed.error.message}`);
}
