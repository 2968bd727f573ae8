/** The gateway part of a running system: HTTP, the console's commands, and the actors that stand ready for triggers. */
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { handleGatewayCommand } from '../../gateway/commands.ts';
import { createGateway } from '../../gateway/gateway.ts';
import { createLoginKeeper } from '../../gateway/login/login-keeper.ts';
import { gatewayCommandSubject } from '../../runtime/contract/subjects.ts';
import type { HistoryReader } from '../../runtime/core/ports.ts';
import { listenForRequests } from '../../runtime/nats/requests.ts';
import type { WorkerMetrics } from '../../runtime/worker/metrics.ts';
import type { Settings } from '../settings.ts';
import { checkHealth } from './health.ts';
import { openMetrics } from './metrics-part.ts';
import type { SystemLog } from './log.ts';
import { describeLiveAccess } from './nats-server.ts';
import { packageRoot } from './package-root.ts';
import { openStandingActors } from './standing-actors.ts';
import type { StorageParts } from './storage-part.ts';
import { removeSystemRecord, writeSystemRecord } from './system-record.ts';
import { readTriggerSecret } from './triggers.ts';

export interface GatewayParts extends StorageParts {
  readonly settings: Settings;
  readonly log: SystemLog;
  readonly port: number;
  readonly history: HistoryReader;
  readonly metrics: WorkerMetrics;
}

/** From its start on, other commands find the system through the record in the home folder. */
export async function startGatewayPart(
  parts: GatewayParts,
): Promise<{ readonly url: string; readonly loginLink: string }> {
  const { settings, log, home, port, nats, connection, storage, history, space, started } = parts;
  const { namespace } = space;
  await openStandingActors(storage.commands, settings, home, log);
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
    metrics: await openMetrics(parts),
    commands: storage.commands,
    transcripts: storage.transcripts,
    live: () => describeLiveAccess(nats, namespace),
    health: () => checkHealth(connection, history, storage.events, storing),
    webhooks: {
      secretOf: (triggerId) => {
        const secret = readTriggerSecret(home, triggerId);
        log.hide(secret);
        return secret;
      },
    },
    consoleFolder: join(packageRoot, 'console', 'dist'),
    clock: Date,
    newId: randomUUID,
  });
  const { url } = await gateway.start();
  started.push(() => gateway.stop());
  const stopListening = listenForRequests(
    connection,
    gatewayCommandSubject(namespace),
    (command) => handleGatewayCommand(command, storage.commands),
    log,
  );
  started.push(async () => {
    stopListening();
  });
  await writeSystemRecord(home.record, {
    startedAt: new Date().toISOString(),
    gatewayUrl: url,
    ...space,
    nats: {
      url: nats.url,
      ...(nats.user === undefined ? {} : { user: nats.user }),
      ...(nats.password === undefined ? {} : { password: nats.password }),
    },
  });
  started.push(() => removeSystemRecord(home.record));
  const link = await login.mintLink(url);
  log.hide(link.token);
  return { url, loginLink: link.url };
}
