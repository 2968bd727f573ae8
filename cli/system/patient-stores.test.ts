/** Stores that wait while NATS is away. */
import { expect, it } from 'vitest';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { createManualClock } from '../../runtime/testing/manual-clock.ts';
import { silentLog } from '../../runtime/worker/log.ts';
import { createPatientStores, type Stores } from './patient-stores.ts';

const away = new SignalboxError('SB_NATS_UNAVAILABLE', 'away', { retryable: true });

/** Stores that fail as often as told; `calls` says what was asked of them. */
function open(failures: number, error = away) {
  const calls: string[] = [];
  let left = failures;
  const answer = async <Value>(call: string, value: Value): Promise<Value> => {
    calls.push(call);
    left -= 1;
    if (left >= 0) throw error;
    return value;
  };
  const stores: Stores = {
    blobs: {
      put: (key) => answer(`put ${key}`, undefined),
      get: () => answer('get', new Uint8Array([1])),
    },
    transcripts: { append: () => answer('append', undefined), read: () => answer('read', []) },
  };
  const clock = createManualClock();
  const stopping = new AbortController();
  const patient = createPatientStores(stores, { clock, log: silentLog, signal: stopping.signal });
  return { calls, clock, stopping, patient };
}

it('asks again until the store is back', async () => {
  const { calls, clock, patient } = open(3);
  const stored = patient.blobs.put('runs/r/tests-0.txt', new Uint8Array());
  await clock.advanceBy(60_000);
  await stored;
  expect(calls).toEqual(Array.from({ length: 4 }, () => 'put runs/r/tests-0.txt'));
});

it.each(['append', 'read', 'get'] as const)('waits to %s', async (call) => {
  const { calls, clock, patient } = open(1);
  const { blobs, transcripts } = patient;
  const answers = {
    append: () => transcripts.append([]),
    read: () => transcripts.read('s'),
    get: () => blobs.get('k'),
  };
  const answer = answers[call]();
  await clock.advanceBy(60_000);
  await answer;
  expect(calls).toEqual([call, call]);
});

it('gives up when the system stops, and at once on what no waiting mends', async () => {
  const waiting = open(Infinity);
  const outcome = waiting.patient.blobs.get('k').catch((error: unknown) => error);
  waiting.stopping.abort();
  expect(await outcome).toBe(away);
  const missing = new SignalboxError('SB_BLOB_MISSING', 'there is no such blob');
  const { calls, patient } = open(1, missing);
  await expect(patient.blobs.get('k')).rejects.toBe(missing);
  expect(calls).toEqual(['get']);
});
