/** The connection to NATS and everything stored there: what every other part of a process stands on. */
import { defaultPartitionCount, type SubjectSpace } from '../../runtime/contract/subjects.ts';
import { describeError } from '../../runtime/contract/errors.ts';
import { openConnection, watchConnection, type Connection } from '../../runtime/nats/connection.ts';
import { openStorage, type Storage } from '../../runtime/nats/open-storage.ts';
import { layOutHome, type HomeLayout } from '../home.ts';
import type { Settings } from '../settings.ts';
import type { SystemLog } from './log.ts';
import type { NatsServer } from './nats-server.ts';

export const namespace = 'main';

/** What stops the parts that run, in the order they were started. */
export type Started = (() => Promise<void>)[];

export interface StorageParts {
  readonly home: HomeLayout;
  readonly nats: NatsServer;
  readonly connection: Connection;
  readonly storage: Storage;
  readonly space: SubjectSpace;
  /** Gets what stops each further part. */
  readonly started: Started;
}

/** `keepStreams`: streams that are there stay as they are, because another process has the settings that apply. */
export async function startStoragePart(options: {
  readonly settings: Settings;
  readonly log: SystemLog;
  readonly nats: NatsServer;
  readonly started: Started;
  readonly keepStreams: boolean;
}): Promise<StorageParts> {
  const { settings, log, nats, started, keepStreams } = options;
  const connection = await connectTo(nats, log);
  started.push(() => connection.close());
  const space = { namespace, partitionCount: defaultPartitionCount };
  const storage = await openStorage({
    connection,
    space,
    replicas: nats.replicas,
    log,
    retention: settings.retention,
    keepStreams,
  });
  return { home: layOutHome(settings.home), nats, connection, storage, space, started };
}

async function connectTo(nats: NatsServer, log: SystemLog): Promise<Connection> {
  const connection = await openConnection({
    url: nats.url,
    name: 'signalbox',
    ...(nats.user === undefined ? {} : { user: nats.user }),
    ...(nats.password === undefined ? {} : { password: nats.password }),
  });
  watchConnection(connection, (status) => {
    if (status === 'disconnected') log.warn('NATS is away; work goes on when it is back');
    else log.warn('NATS is back');
  });
  return connection;
}

/** In reverse; one part that does not stop well does not keep the others running. */
export async function stopParts(started: Started, log: SystemLog): Promise<void> {
  for (const stop of started.splice(0).toReversed()) {
    await stop().catch((error: unknown) => {
      log.warn('a part did not stop in good order', { error: describeError(error) });
    });
  }
}
