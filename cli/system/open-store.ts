/** The store of a system that does not run: its lock, its NATS, a connection. For what must be done before a start. */
import { mkdir } from 'node:fs/promises';
import { openConnection, type Connection } from '../../runtime/nats/connection.ts';
import { lockFolder } from '../../runtime/processes/folder-lock.ts';
import type { CommandContext } from '../command-context.ts';
import { startNats } from './nats-server.ts';

export interface Store {
  readonly connection: Connection;
  readonly replicas: number;
}

/** Throws `SB_HOME_LOCKED` when the system runs, `SB_NATS_SERVER`, `SB_NATS_UNAVAILABLE`. */
export async function withStore<Value>(
  { settings, home, log }: Pick<CommandContext, 'settings' | 'home' | 'log'>,
  work: (store: Store) => Promise<Value>,
): Promise<Value> {
  await mkdir(home.root, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(home.root, new Date());
  try {
    const nats = await startNats(settings, home, [], log, (error) => {
      log.error(error.message);
    });
    try {
      const { url, user, password, replicas } = nats;
      const connection = await openConnection({
        url,
        name: 'signalbox restore',
        ...(user === undefined ? {} : { user }),
        ...(password === undefined ? {} : { password }),
      });
      try {
        return await work({ connection, replicas });
      } finally {
        await connection.close();
      }
    } finally {
      await nats.stop();
    }
  } finally {
    await lock.release();
  }
}
