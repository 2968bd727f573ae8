/** A TCP proxy between the browser and the server, which a test can cut: open connections die, new ones too. */
import { connect, createServer, type Socket } from 'node:net';

export interface CuttableProxy {
  readonly port: number;
  /** Kills every connection and accepts none until `mend`. */
  cut(): void;
  mend(): void;
  /** Open connections from browsers. */
  count(): number;
  stop(): Promise<void>;
}

export async function startCuttableProxy(targetPort: number): Promise<CuttableProxy> {
  const open = new Set<Socket>();
  let isCut = false;
  const server = createServer((socket) => {
    if (isCut) {
      socket.destroy();
      return;
    }
    const target = connect(targetPort, '127.0.0.1');
    open.add(socket);
    const end = (): void => {
      open.delete(socket);
      socket.destroy();
      target.destroy();
    };
    for (const each of [socket, target]) each.on('close', end).on('error', end);
    socket.pipe(target).pipe(socket);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const kill = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: address.port,
    cut: () => {
      isCut = true;
      kill();
    },
    mend: () => {
      isCut = false;
    },
    count: () => open.size,
    stop: () =>
      new Promise((resolve) => {
        kill();
        server.close(() => resolve());
      }),
  };
}
