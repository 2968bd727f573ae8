/** EVENTS and TRANSCRIPTS on a real server, re-published as the real ones are, with all that was stored. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { unpackEvents, type EventMessage, type StoredEvent } from '../../runtime/contract/event.ts';
import { eventSubject, livePrefix, transcriptSubject } from '../../runtime/contract/subjects.ts';
import type { StoredTranscriptEntry, TranscriptEntry } from '../../runtime/contract/transcript.ts';
import { systemUser } from './nats-process.ts';

export interface StoredStreams {
  readonly events: readonly StoredEvent[];
  readonly entries: readonly StoredTranscriptEntry[];
  storeEvents(message: EventMessage): Promise<void>;
  storeEntry(entry: TranscriptEntry): Promise<void>;
  /** Answers the console's commands. */
  answerCommands(answer: (command: unknown) => unknown): void;
  stop(): Promise<void>;
}

export const namespace = 'sb';

export async function openStreams(url: string): Promise<StoredStreams> {
  const connection = await connect({ servers: [url], ...systemUser });
  const manager = await jetstreamManager(connection);
  for (const [name, prefix] of [
    ['EVENTS', 'evt'],
    ['TRANSCRIPTS', 'tr'],
  ] as const) {
    await manager.streams.add({
      name,
      subjects: [`${prefix}.>`],
      republish: { src: `${prefix}.>`, dest: `${livePrefix}.${prefix}.>` },
    });
  }
  const stream = jetstream(connection);
  const events: StoredEvent[] = [];
  const entries: StoredTranscriptEntry[] = [];
  return {
    events,
    entries,
    storeEvents: async (message) => {
      const address = { kind: message.kind, id: message.actor };
      const subject = eventSubject(namespace, address);
      const { seq } = await stream.publish(subject, JSON.stringify(message));
      events.push(...unpackEvents({ ...message, seq }));
    },
    storeEntry: async (entry) => {
      const subject = transcriptSubject(namespace, entry.session);
      const { seq } = await stream.publish(subject, JSON.stringify(entry));
      entries.push({ ...entry, seq });
    },
    answerCommands: (answer) => {
      connection.subscribe(`gw.${namespace}.command`, {
        callback: (_error, message) => {
          message.respond(JSON.stringify(answer(message.json<unknown>())));
        },
      });
    },
    stop: () => connection.close(),
  };
}
