/** A real nats-server for the console's tests: a TCP and a WebSocket port, and the console's own user. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';

export interface NatsProcess {
  readonly url: string;
  readonly webSocketPort: number;
  stop(): Promise<void>;
}

export const consoleUser = {
  user: 'console',
  password: 'console-test',
  inboxPrefix: '_INBOX.console',
};
export const systemUser = { user: 'system', pass: 'system-test' };

const portsSchema = z.object({ nats: z.array(z.string()), websocket: z.array(z.string()) });
const startTimeoutMs = 10_000;

const configuration = (folder: string): string => `
listen: "127.0.0.1:-1"
jetstream { store_dir: "${folder}" }
websocket { listen: "127.0.0.1:-1", no_tls: true }
authorization {
  users: [
    { user: "${systemUser.user}", password: "${systemUser.pass}" }
    { user: "${consoleUser.user}", password: "${consoleUser.password}", permissions: {
        subscribe: ["live.>", "${consoleUser.inboxPrefix}.>"], publish: ["gw.sb.command"] } }
  ]
}
`;

export async function startNats(program: string): Promise<NatsProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-console-'));
  const file = join(folder, 'nats.conf');
  await writeFile(file, configuration(folder));
  const child = spawn(program, ['-c', file, '--ports_file_dir', folder], { stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const ports = await readPorts(child, folder);
    const webSocket = new URL(ports.websocket[0] ?? '');
    return { url: ports.nats[0] ?? '', webSocketPort: Number(webSocket.port), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The server writes the file when it listens; there is no other sign of it from outside. */
async function readPorts(
  child: ChildProcess,
  folder: string,
): Promise<z.infer<typeof portsSchema>> {
  const file = join(folder, `nats-server_${child.pid}.ports`);
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline && child.exitCode === null) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.endsWith('}')) return portsSchema.parse(JSON.parse(text));
    await wait(20);
  }
  throw new Error(`nats-server did not start (exit code ${child.exitCode})`);
}
