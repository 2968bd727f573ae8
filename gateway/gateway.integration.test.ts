import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SignalboxError } from '../runtime/contract/errors.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { signBody } from './hooks/signature.ts';
import { demoSecret, prepareGateway, type GatewayParts } from './testing/gateway-harness.ts';
import { sendPlainRequest } from './testing/plain-request.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function prepare(
  overrides: Parameters<typeof prepareGateway>[0] = {},
): Promise<{ readonly gateway: Gateway; readonly parts: GatewayParts }> {
  const parts = await prepareGateway(overrides);
  const gateway = createGateway(parts.options);
  cleanups.push(
    () => parts.remove(),
    () => gateway.stop(),
  );
  return { gateway, parts };
}

/** A port somebody else listens on. */
async function takePort(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  cleanups.push(() => closeServer(server));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return { port: address.port, server };
}

const closeServer = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve());
  });

describe('start', () => {
  it('listens on loopback only and says where', async () => {
    const { gateway } = await prepare();
    const { url, port } = await gateway.start();
    expect(url).toBe(`http://127.0.0.1:${port}`);
    expect((await sendPlainRequest(port, { path: '/healthz' })).status).toBe(200);
  });

  it('does the same thing when it is called again, even at once', async () => {
    const { gateway } = await prepare();
    const [first, second] = await Promise.all([gateway.start(), gateway.start()]);
    expect(second).toEqual(first);
    expect(await gateway.start()).toEqual(first);
  });

  it('names a port that is taken, and succeeds once it is free', async () => {
    const { port, server } = await takePort();
    const { gateway } = await prepare({ port });
    const error = await gateway.start().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SignalboxError);
    expect(error).toMatchObject({
      code: 'SB_PORT_IN_USE',
      message: expect.stringContaining(`Port ${port}`) as unknown,
      next: expect.stringContaining('another port') as unknown,
    });
    await gateway.stop();
    await closeServer(server);
    expect(await gateway.start()).toMatchObject({ port });
  });

  it('names an address this machine does not have', async () => {
    // 192.0.2.0/24 is reserved for documentation (RFC 5737).
    const { gateway } = await prepare({ host: '192.0.2.1' });
    await expect(gateway.start()).rejects.toMatchObject({
      code: 'SB_CONFIG_INVALID',
      message: expect.stringContaining('192.0.2.1') as unknown,
    });
  });
});

describe('stop', () => {
  it('frees the port, can be repeated, and a new start works', async () => {
    const { gateway } = await prepare();
    const { port } = await gateway.start();
    await Promise.all([gateway.stop(), gateway.stop()]);
    await gateway.stop();
    await expect(sendPlainRequest(port, { path: '/healthz' })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    const again = await gateway.start();
    expect((await sendPlainRequest(again.port, { path: '/healthz' })).status).toBe(200);
  });

  it('does nothing before a start', async () => {
    const { gateway } = await prepare();
    await expect(gateway.stop()).resolves.toBeUndefined();
  });

  it('answers the delivery that is under way first', async () => {
    const { gateway, parts } = await prepare();
    const { port } = await gateway.start();
    const release = parts.commands.hold();
    const answer = sendPlainRequest(port, {
      method: 'POST',
      path: '/hooks/demo',
      headers: {
        'Content-Type': 'application/json',
        'X-Signalbox-Signature-256': signBody(demoSecret, '{}'),
      },
      body: '{}',
    });
    await vi.waitFor(() => expect(parts.commands.attempts()).toBe(1));
    const stopped = gateway.stop();
    release();
    expect((await answer).status).toBe(202);
    await stopped;
  });

  it('does not wait for a connection that is kept open idle', async () => {
    const { gateway } = await prepare();
    const { port } = await gateway.start();
    const socket = connect(port, '127.0.0.1');
    const closed = new Promise((resolve) => {
      socket.once('close', resolve);
    });
    const headers = `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
    await new Promise((resolve) => {
      socket.once('data', resolve);
      socket.write(headers);
    });
    await gateway.stop();
    expect(await closed).toBe(false);
  });
});
