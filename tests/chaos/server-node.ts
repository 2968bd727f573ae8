/** One nats-server process of a cluster, or the only one: killed, paused and started again on its data. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { untilTrue } from './until-true.ts';

const startTimeoutMs = 60_000;
const askTimeoutMs = 1_000;

export interface NodePlan {
  readonly name: string;
  readonly binary: string;
  readonly folder: string;
  readonly dataDir: string;
  readonly clientPort: number;
  readonly monitorPort: number;
  /** Without one it is a server of its own. */
  readonly cluster?: { readonly port: number; readonly routes: readonly number[] };
}

export interface ServerNode {
  readonly name: string;
  readonly clientPort: number;
  /** Resolves when it answers, which is before it has caught up with the others. */
  start(): Promise<void>;
  /** With -9. */
  kill(): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  isHealthy(): Promise<boolean>;
  /** Who leads the stream, as far as this server knows. */
  findLeader(stream: string): Promise<string | undefined>;
}

const streamsSchema = z.object({
  account_details: z
    .array(
      z.object({
        stream_detail: z
          .array(
            z.object({
              name: z.string(),
              cluster: z.object({ leader: z.string().optional() }).optional(),
            }),
          )
          .optional(),
      }),
    )
    .optional(),
});

export async function createServerNode(plan: NodePlan): Promise<ServerNode> {
  const configFile = join(plan.folder, `${plan.name}.conf`);
  await writeFile(configFile, formatConfig(plan));
  const logFile = join(plan.folder, `${plan.name}.log`);
  let child: ChildProcess | undefined;

  const ask = async (path: string): Promise<Response | undefined> => {
    try {
      const signal = AbortSignal.timeout(askTimeoutMs);
      return await fetch(`http://127.0.0.1:${plan.monitorPort}${path}`, { signal });
    } catch {
      return undefined;
    }
  };
  return {
    name: plan.name,
    clientPort: plan.clientPort,
    start: async () => {
      const output = openSync(logFile, 'a');
      child = spawn(plan.binary, ['-c', configFile], { stdio: ['ignore', output, output] });
      await untilTrue(`${plan.name} answers`, startTimeoutMs, async () => {
        return (await ask('/varz'))?.ok === true;
      });
    },
    kill: async () => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    signal: (signal) => {
      child?.kill(signal);
    },
    isHealthy: async () => (await ask('/healthz'))?.ok === true,
    findLeader: async (stream) => {
      const response = await ask('/jsz?streams=true');
      if (response?.ok !== true) return undefined;
      const { account_details: accounts = [] } = streamsSchema.parse(await response.json());
      const streams = accounts.flatMap(({ stream_detail: details = [] }) => details);
      return streams.find(({ name }) => name === stream)?.cluster?.leader;
    },
  };
}

function formatConfig({ name, dataDir, clientPort, monitorPort, cluster }: NodePlan): string {
  const lines = [
    `server_name: ${name}`,
    'host: "127.0.0.1"',
    `port: ${clientPort}`,
    `http: "127.0.0.1:${monitorPort}"`,
    'max_payload: 8MB',
    `jetstream { store_dir: "${dataDir}", sync_interval: always, max_file_store: 1TB }`,
  ];
  if (cluster === undefined) return `${lines.join('\n')}\n`;
  const routes = cluster.routes.map((port) => `"nats-route://127.0.0.1:${port}"`);
  lines.push(
    'cluster {',
    '  name: chaos',
    '  host: "127.0.0.1"',
    `  port: ${cluster.port}`,
    // Others are reached over the routes that can be cut, and over nothing else: what is told of us leads nowhere.
    '  advertise: "127.0.0.1:1"',
    '  no_advertise: true',
    '  pool_size: -1',
    `  routes: [${routes.join(', ')}]`,
    '}',
  );
  return `${lines.join('\n')}\n`;
}
