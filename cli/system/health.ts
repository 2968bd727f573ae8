/** Whether the running system can do its work: what `/healthz` and `status` say. */
import type { HealthReport } from '../../gateway/gateway-options.ts';
import type { EventSource } from '../../runtime/core/event-source.ts';
import type { HistoryReader } from '../../runtime/core/ports.ts';
import type { Connection } from '../../runtime/nats/connection.ts';
import { describeError } from '../../runtime/contract/errors.ts';

/** Events the read model may be behind before a person should look. */
const maxHistoryLag = 1_000;

/** `storing` says why nothing is stored, if so: a server without room answers everything but that. */
export async function checkHealth(
  connection: Connection,
  history: HistoryReader,
  source: EventSource,
  storing: () => string | undefined,
): Promise<HealthReport> {
  const nats = connection.isClosed()
    ? { ok: false, detail: 'the connection is closed' }
    : await checkNats(connection);
  const refusal = storing();
  const checks = {
    nats,
    storage: { ok: refusal === undefined, detail: refusal ?? 'messages are stored' },
    history: nats.ok ? await checkHistory(history, source) : { ok: false, detail: 'NATS is away' },
  };
  const status = Object.values(checks).every(({ ok }) => ok) ? 'ok' : 'degraded';
  return { status, checks };
}

async function checkNats(
  connection: Connection,
): Promise<{ readonly ok: boolean; readonly detail: string }> {
  try {
    const roundTripMs = await connection.rtt();
    return { ok: true, detail: `round trip ${roundTripMs} ms` };
  } catch (error) {
    return { ok: false, detail: describeError(error) };
  }
}

async function checkHistory(
  history: HistoryReader,
  source: EventSource,
): Promise<{ readonly ok: boolean; readonly detail: string }> {
  try {
    const [through, last] = await Promise.all([history.throughSeq(), source.lastSeq()]);
    const lag = Math.max(0, last - through);
    return { ok: lag <= maxHistoryLag, detail: `${lag} events behind` };
  } catch (error) {
    return { ok: false, detail: describeError(error) };
  }
}
