/** The servers of a run: three of a cluster, whose ways to one another can be cut, or a single one. */
import { mkdir } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { findTestServerBinary } from '../../runtime/testing/real-server.ts';
import { openRoute, type Cut, type Route } from './route.ts';
import { createServerNode, type ServerNode } from './server-node.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';
import { untilTrue } from './until-true.ts';

export type Topology = 'cluster' | 'single';

const sizes = { cluster: 3, single: 1 } as const satisfies Record<Topology, number>;
const healthTimeoutMs = 90_000;

export interface Servers {
  /** Of all of them, with commas in between. */
  readonly url: string;
  readonly nodes: readonly ServerNode[];
  readonly replicas: number;
  /** Of the last node; undefined where mounting is not permitted. */
  readonly smallDisk: SmallDisk | undefined;
  /** Nothing passes between these two; returns the way to end that. */
  cut(one: ServerNode, other: ServerNode, how: Cut): () => void;
  untilHealthy(): Promise<void>;
  stop(): Promise<void>;
}

interface Link {
  readonly from: number;
  readonly to: number;
  readonly route: Route;
}

export async function startServers(topology: Topology, folder: string): Promise<Servers> {
  const size = sizes[topology];
  const indexes = Array.from({ length: size }, (_, index) => index);
  const ports = await findFreePorts(3 * size);
  const portOf = (index: number, use: number): number => ports[3 * index + use] ?? 0;
  const links: readonly Link[] = await Promise.all(
    indexes.flatMap((from) =>
      indexes
        .filter((to) => to !== from)
        .map(async (to) => ({ from, to, route: await openRoute(portOf(to, 2)) })),
    ),
  );
  const binary = await findTestServerBinary();
  const dataDirs = indexes.map((index) => join(folder, `data-${index + 1}`));
  for (const dataDir of dataDirs) await mkdir(dataDir, { recursive: true });
  const smallDisk = mountSmallDisk(dataDirs.at(-1) ?? folder);
  const nodes = await Promise.all(
    indexes.map((index) =>
      createServerNode({
        name: `node-${index + 1}`,
        binary,
        folder,
        dataDir: dataDirs[index] ?? folder,
        clientPort: portOf(index, 0),
        monitorPort: portOf(index, 1),
        ...(size === 1
          ? {}
          : { cluster: { port: portOf(index, 2), routes: routesFrom(links, index) } }),
      }),
    ),
  );
  const servers = present(nodes, links, smallDisk);
  try {
    await Promise.all(nodes.map((node) => node.start()));
    await servers.untilHealthy();
  } catch (error) {
    await servers.stop();
    throw error;
  }
  return servers;
}

function routesFrom(links: readonly Link[], index: number): readonly number[] {
  return links.filter(({ from }) => from === index).map(({ route }) => route.port);
}

function present(
  nodes: readonly ServerNode[],
  links: readonly Link[],
  smallDisk: SmallDisk | undefined,
): Servers {
  return {
    url: nodes.map(({ clientPort }) => `nats://127.0.0.1:${clientPort}`).join(','),
    nodes,
    replicas: nodes.length,
    smallDisk,
    cut: (one, other, how) => {
      const pair = new Set([nodes.indexOf(one), nodes.indexOf(other)]);
      const between = links.filter(({ from, to }) => pair.has(from) && pair.has(to));
      for (const { route } of between) route.cut(how);
      return () => {
        for (const { route } of between) route.heal();
      };
    },
    untilHealthy: () =>
      untilTrue('all servers are healthy', healthTimeoutMs, async () => {
        const answers = await Promise.all(nodes.map((node) => node.isHealthy()));
        return answers.every(Boolean);
      }),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.kill()));
      await Promise.all(links.map(({ route }) => route.close()));
      smallDisk?.unmount();
    },
  };
}

/** Held all at once, so that no two are the same. */
async function findFreePorts(count: number): Promise<readonly number[]> {
  const holders = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(holders.map((holder) => once(holder, 'listening')));
  const ports = holders.map((holder) => (holder.address() as AddressInfo).port);
  await Promise.all(
    holders.map(async (holder) => {
      holder.close();
      await once(holder, 'close');
    }),
  );
  return ports;
}
