/** What lies in the streams now, and how long it stays: for people who look. */
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { blobsBucket } from './blobs.ts';
import { readFailure } from './read-failure.ts';
import { toDays } from './retention.ts';
import {
  deadLettersStream,
  eventsStream,
  inboxStream,
  journalStream,
  quarantineStream,
  stateStream,
  transcriptsStream,
  workStream,
} from './streams.ts';

/** Streams of one purpose together, as they are on the server now. */
export interface StreamUse {
  readonly name: string;
  /** How many streams it is. */
  readonly streams: number;
  /** What ends a message's stay, in words. */
  readonly kept: string;
  readonly messages: number;
  readonly bytes: number;
  /** ISO 8601; absent when there is no message. */
  readonly oldest: string | undefined;
}

interface Purpose {
  readonly name: string;
  readonly streams: readonly string[];
  readonly kept: (maxAgeDays: number) => string;
}

const forEver = 'for ever';
const describeDays = (days: number): string => (days === 0 ? forEver : `${days} days`);

/** Throws `SB_NATS_UNAVAILABLE`. */
export async function readStreamUse(
  manager: JetStreamManager,
  partitionCount: number,
): Promise<readonly StreamUse[]> {
  const uses = await Promise.all(
    listPurposes(partitionCount).map(async (purpose) => {
      const infos = await Promise.all(
        purpose.streams.map((name) =>
          manager.streams.info(name).catch(readFailure(`the stream ${name}`)),
        ),
      );
      return describeUse(
        purpose,
        infos.filter((info) => info !== undefined),
      );
    }),
  );
  return uses.filter(({ streams }) => streams > 0);
}

function listPurposes(partitionCount: number): readonly Purpose[] {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);
  return [
    {
      name: 'STATE',
      streams: partitions.map(stateStream),
      kept: () => 'the last 3 commits of each actor',
    },
    {
      name: 'INBOX',
      streams: partitions.map(inboxStream),
      kept: () => 'until applied; timers until they fire',
    },
    { name: eventsStream, streams: [eventsStream], kept: describeDays },
    { name: transcriptsStream, streams: [transcriptsStream], kept: () => 'as long as its session' },
    { name: workStream, streams: [workStream], kept: () => 'until done' },
    { name: journalStream, streams: [journalStream], kept: describeDays },
    { name: deadLettersStream, streams: [deadLettersStream], kept: () => 'until dropped' },
    { name: quarantineStream, streams: [quarantineStream], kept: () => 'until released' },
    { name: blobsBucket, streams: [`OBJ_${blobsBucket}`], kept: () => forEver },
  ];
}

function describeUse(purpose: Purpose, infos: readonly StreamInfo[]): StreamUse {
  const ages = infos.map(({ config }) => toDays(config.max_age));
  const held = infos.filter(({ state }) => state.messages > 0);
  const sum = (read: (info: StreamInfo) => number): number =>
    infos.reduce((total, info) => total + read(info), 0);
  return {
    name: purpose.name,
    streams: infos.length,
    kept: purpose.kept(ages[0] ?? 0),
    messages: sum(({ state }) => state.messages),
    bytes: sum(({ state }) => state.bytes),
    oldest: held.map(({ state }) => state.first_ts).toSorted()[0],
  };
}
