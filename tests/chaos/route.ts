/**
 * The way from one server of the cluster to another: a TCP proxy in the driver that can be cut. `silent` is a network
 * that carries nothing, in which what is under way arrives late; `refused` is one that breaks every connection.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

const loopback = '127.0.0.1';

export type Cut = 'silent' | 'refused';

export interface Route {
  readonly port: number;
  cut(how: Cut): void;
  heal(): void;
  close(): Promise<void>;
}

export async function openRoute(targetPort: number): Promise<Route> {
  const sockets = new Set<Socket>();
  let cutting: Cut | undefined;
  const carry = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', (chunk) => void to.write(chunk));
    from.on('error', () => {
      from.destroy();
    });
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    if (cutting === 'silent') from.pause();
  };
  const server = createServer((inbound) => {
    if (cutting === 'refused') {
      inbound.destroy();
      return;
    }
    const outbound = connect(targetPort, loopback);
    carry(inbound, outbound);
    carry(outbound, inbound);
  });
  server.listen(0, loopback);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    cut: (how) => {
      cutting = how;
      for (const socket of sockets) {
        if (how === 'silent') socket.pause();
        else socket.destroy();
      }
    },
    heal: () => {
      cutting = undefined;
      for (const socket of sockets) socket.resume();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
