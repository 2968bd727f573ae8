/** The gateway part of a running system: HTTP, the console's commands, requests of other commands. */
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { handleGatewayCommand } from '../../gateway/commands.ts';
import { createGateway } from '../../gateway/gateway.ts';
import { createLoginKeeper } from '../../gateway/login/login-keeper.ts';
import { gatewayCommandSubject, systemRequestSubject } from '../../runtime/contract/subjects.ts';
import type { History } from '../../runtime/history/history.ts';
import type { Connection } from '../../runtime/nats/connection.ts';
import type { Storage } from '../../runtime/nats/open-storage.ts';
import { listenForRequests } from '../../runtime/nats/requests.ts';
import type { HomeLayout } from '../home.ts';
import type { Settings } from '../settings.ts';
import { checkHealth } from './health.ts';
import type { SystemLog } from './log.ts';
import { describeLiveAccess, type NatsServer } from './nats-server.ts';
import { packageRoot } from './package-root.ts';
import { answerSystemRequest } from './system-requests.ts';
import { readTriggerSecret } from './triggers.ts';

export interface GatewayParts {
  readonly settings: Settings;
  readonly log: SystemLog;
  readonly home: HomeLayout;
  readonly port: number;
  readonly nats: NatsServer;
  readonly connection: Connection;
  readonly storage: Storage;
  readonly history: History;
  readonly namespace: string;
  /** Gets what stops the gateway again. */
  readonly started: (() => Promise<void>)[];
}

export async function startGatewayPart(
  parts: GatewayParts,
): Promise<{ readonly url: string; readonly loginLink: string }> {
  const { settings, log, home, port, nats, connection, storage, history, namespace, started } =
    parts;
  const login = createLoginKeeper({ folder: home.login, clock: Date, randomBytes });
  const { host, allowedHosts } = settings.gateway;
  const storing = (): string | undefined =>
    nats.trouble() ?? storage.publisher.lastFailure?.message;
  const gateway = createGateway({
    host,
    port,
    allowedHosts,
    history,
    login,
    log,
    commands: storage.commands,
    transcripts: storage.transcripts,
    live: () => describeLiveAccess(nats, namespace),
    health: () => checkHealth(connection, history, storage.events, storing),
    webhooks: { secretOf: (triggerId) => readTriggerSecret(home, triggerId) },
    consoleFolder: join(packageRoot, 'console', 'dist'),
    clock: Date,
    newId: randomUUID,
  });
  const { url } = await gateway.start();
  started.push(() => gateway.stop());
  const listening = [
    listenForRequests(
      connection,
      gatewayCommandSubject(namespace),
      (command) => handleGatewayCommand(command, storage.commands),
      log,
    ),
    listenForRequests(
      connection,
      systemRequestSubject(namespace),
      (request) => answerSystemRequest(request, history, storage.events, log),
      log,
    ),
  ];
  started.push(async () => {
    for (const stopListening of listening) stopListening();
  });
  return { url, loginLink: (await login.mintLink(url)).url };
}
