/**
 * What `nats.conf` is told through its environment. NATS parses a variable's text as configuration, so texts are
 * quoted here, and a password can never turn into a number or a list.
 */
import { randomBytes } from 'node:crypto';

/** `always`: acknowledged when on the disk. `interval`: written to the disk every two minutes. */
export type SyncMode = 'always' | 'interval';

export interface ServerPasswords {
  readonly signalbox: string;
  readonly console: string;
  readonly monitor: string;
}

export interface ServerSettings {
  /** 0 lets the server pick a free port. */
  readonly clientPort: number;
  readonly websocketPort: number;
  readonly storeDir: string;
  readonly syncMode: SyncMode;
  /** Origins of the pages that may open a WebSocket, as a browser states them: `http://127.0.0.1:7070`. */
  readonly allowedOrigins: readonly string[];
  readonly passwords: ServerPasswords;
}

/** Fresh at each start: nothing to leak from a disk, and a console asks the gateway for its own. */
export function createPasswords(): ServerPasswords {
  const create = (): string => randomBytes(24).toString('base64url');
  return { signalbox: create(), console: create(), monitor: create() };
}

export function serverEnvironment(settings: ServerSettings): Record<string, string> {
  return {
    SIGNALBOX_NATS_PORT: portText(settings.clientPort),
    SIGNALBOX_NATS_WEBSOCKET_PORT: portText(settings.websocketPort),
    SIGNALBOX_NATS_STORE: quote(settings.storeDir),
    SIGNALBOX_NATS_SYNC: quote(settings.syncMode === 'always' ? 'always' : '2m'),
    SIGNALBOX_NATS_ORIGINS: `[${listOrigins(settings.allowedOrigins).map(quote).join(', ')}]`,
    SIGNALBOX_NATS_PASSWORD: quote(settings.passwords.signalbox),
    SIGNALBOX_NATS_CONSOLE_PASSWORD: quote(settings.passwords.console),
    SIGNALBOX_NATS_MONITOR_PASSWORD: quote(settings.passwords.monitor),
  };
}

/** NATS spells "any free port" -1. */
function portText(port: number): string {
  return port === 0 ? '-1' : `${port}`;
}

/** To NATS an empty list means every origin; `.invalid` is reserved and never resolves (RFC 6761). */
function listOrigins(origins: readonly string[]): readonly string[] {
  return origins.length === 0 ? ['http://nobody.invalid'] : origins;
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
