/**
 * The embedded NATS server: one per data folder, supervised, gone when we are. `nats.conf` is its configuration; the
 * values it leaves open come from here. Finding the program is server-binary's work.
 */
import { SignalboxError } from '../../contract/errors.ts';
import { lockFolder } from '../../processes/folder-lock.ts';
import { probeServerBinary } from '../server-binary/server-version.ts';
import { watchDiskRoom, type DiskRoom } from './disk-room.ts';
import { createPasswords } from './server-environment.ts';
import type { ServerPasswords, ServerSettings, SyncMode } from './server-environment.ts';
import { endServerProcess, startServerProcess, tooOld } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';
import { endLeftoverServer, removeServerRecord, writeServerRecord } from './server-record.ts';
import type { ServerConnection } from './server-record.ts';
import { Supervisor, usualLimits } from './supervisor.ts';

export interface EmbeddedServerOptions {
  /** Path of a nats-server program. */
  readonly binary: string;
  /** Path of `nats.conf`. */
  readonly configFile: string;
  /** Made where it is missing; locked while the server runs. */
  readonly dataDir: string;
  /** Picked among the free ones when not given; kept when the server is started again. */
  readonly clientPort?: number;
  readonly websocketPort?: number;
  /** Origins of the pages that may open a WebSocket: `http://127.0.0.1:7070`. With none, no page may. */
  readonly allowedOrigins: readonly string[];
  readonly syncMode: SyncMode;
  /** What the server logs, and what happens to it, line by line. */
  readonly log: (line: string) => void;
  /** The disk is full (`SB_STORAGE_FULL`), or, without an error, no longer. */
  readonly onRoomChanged?: (change: { readonly lack: SignalboxError | undefined }) => void;
  /** The server ended and could not be started again. Called at most once; `stop()` is still due. */
  readonly onFailure: (error: SignalboxError) => void;
}

export interface EmbeddedServer {
  readonly connection: ServerConnection;
  readonly version: string;
  /** As the running server states it. */
  readonly syncMode: SyncMode;
  /** Of the server process now; a restart changes it. */
  readonly pid: number;
  /** Set while the disk is full. */
  readonly lackOfRoom: SignalboxError | undefined;
  /** Idempotent. The store is complete on the disk and the folder free when it resolves. */
  stop(): Promise<void>;
}

/** Throws `SB_HOME_LOCKED`, `SB_PORT_IN_USE`, `SB_STORAGE_FULL` or `SB_NATS_SERVER`. Nothing is left behind then. */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  await assertUsableBinary(options.binary);
  const lock = await lockFolder(options.dataDir, new Date());
  try {
    await endLeftoverServer(options.dataDir);
    const room = watchDiskRoom(options.dataDir, options.onRoomChanged ?? (() => undefined));
    if (!(await room.check())) throw room.lack;
    const passwords = createPasswords();
    const chosen = chooseSettings(options, passwords);
    const first = await launch(options, chosen);
    const { clientPort, websocketPort } = first;
    const start = (): Promise<ServerProcess> =>
      launch(options, { ...chosen, clientPort, websocketPort });
    const supervisor = new Supervisor(
      first,
      {
        hasRoom: () => room.check(),
        start,
        log: options.log,
        onFailure: options.onFailure,
      },
      usualLimits,
    );
    const stop = async (): Promise<void> => {
      await supervisor.stop();
      await removeServerRecord(options.dataDir);
      await lock.release();
    };
    return present(supervisor, room, describeConnection(first, passwords), stop);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function launch(
  options: EmbeddedServerOptions,
  settings: ServerSettings,
): Promise<ServerProcess> {
  const server = await startServerProcess(options, settings);
  try {
    const connection = describeConnection(server, settings.passwords);
    await writeServerRecord(options.dataDir, server.child.pid, connection);
    return server;
  } catch (error) {
    await endServerProcess(server);
    throw error;
  }
}

function present(
  supervisor: Supervisor,
  room: DiskRoom,
  connection: ServerConnection,
  stop: () => Promise<void>,
): EmbeddedServer {
  let stopped: Promise<void> | undefined;
  return {
    connection,
    version: supervisor.current.facts.version,
    syncMode: supervisor.current.facts.syncMode,
    get pid() {
      return supervisor.current.child.pid;
    },
    get lackOfRoom() {
      return room.lack;
    },
    stop: () => (stopped ??= stop()),
  };
}

async function assertUsableBinary(binary: string): Promise<void> {
  const probe = await probeServerBinary(binary);
  if (probe.status === 'tooOld') throw tooOld(binary, probe.version);
  if (probe.status === 'unusable') {
    throw new SignalboxError(
      'SB_NATS_SERVER',
      `${binary} does not run as a nats-server: ${probe.reason}`,
      {
        next: 'Set NATS_SERVER to the path of a nats-server program, or unset it: the set-up then gets one.',
      },
    );
  }
}

function chooseSettings(
  options: EmbeddedServerOptions,
  passwords: ServerPasswords,
): ServerSettings {
  return {
    clientPort: options.clientPort ?? 0,
    websocketPort: options.websocketPort ?? 0,
    storeDir: options.dataDir,
    syncMode: options.syncMode,
    allowedOrigins: options.allowedOrigins,
    passwords,
  };
}

function describeConnection(server: ServerProcess, passwords: ServerPasswords): ServerConnection {
  return {
    url: `nats://127.0.0.1:${server.clientPort}`,
    websocketUrl: `ws://127.0.0.1:${server.websocketPort}`,
    user: 'signalbox',
    password: passwords.signalbox,
    consoleUser: 'console',
    consolePassword: passwords.console,
  };
}
