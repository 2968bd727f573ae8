/** A command's way to the running system: its record in the home folder, its NATS, its history. */
import { openHistoryReader, type OpenHistoryReader } from '../../runtime/history/history.ts';
import { openConnection, type Connection } from '../../runtime/nats/connection.ts';
import { openClientStorage, type ClientStorage } from '../../runtime/nats/open-client-storage.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { layOutHome, type HomeLayout } from '../home.ts';
import type { Settings } from '../settings.ts';
import type { SystemLog } from '../system/log.ts';
import { readSystemRecord, type SystemRecord } from '../system/system-record.ts';

export interface Client {
  readonly home: HomeLayout;
  readonly record: SystemRecord;
  readonly connection: Connection;
  readonly storage: ClientStorage;
  readonly history: OpenHistoryReader;
  close(): Promise<void>;
}

/** Throws `SB_NATS_UNAVAILABLE` when no system runs on the home folder. */
export async function openClient(settings: Settings, log: SystemLog): Promise<Client> {
  const home = layOutHome(settings.home);
  const record = await readSystemRecord(home.record);
  if (record === undefined) {
    throw new SignalboxError('SB_NATS_UNAVAILABLE', `no system runs on ${home.root}`, {
      next: 'Start one with `signalbox up`, or name another folder with --home.',
    });
  }
  const { url, user, password } = record.nats;
  log.hide(password);
  const connection = await openConnection({
    url,
    name: 'signalbox command',
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  });
  const history = await openHistoryReader({ file: home.history });
  const storage = await openClientStorage(connection, record, log);
  return {
    home,
    record,
    connection,
    storage,
    history,
    close: async () => {
      await history.close();
      await connection.close();
    },
  };
}

/** Opens a client for one piece of work and closes it whatever happens. */
export async function withClient<Value>(
  settings: Settings,
  log: SystemLog,
  work: (client: Client) => Promise<Value>,
): Promise<Value> {
  const client = await openClient(settings, log);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
