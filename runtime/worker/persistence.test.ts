/** Trying again while the store is away. */
import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../contract/errors.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import type { WorkerLog } from './log.ts';
import { persistently } from './persistence.ts';

const away = new SignalboxError('SB_NATS_UNAVAILABLE', 'away', { retryable: true });

function prepare(failures: number, error: Error = away) {
  const clock = createManualClock();
  const stopping = new AbortController();
  const warnings: string[] = [];
  const log: WorkerLog = { info: () => undefined, warn: (message) => warnings.push(message) };
  let attempts = 0;
  const run = async (): Promise<string> => {
    attempts += 1;
    if (attempts <= failures) throw error;
    return 'done';
  };
  const result = persistently({ clock, log, signal: stopping.signal }, 'the test', run);
  return { clock, stopping, warnings, result, attempts: () => attempts };
}

describe('a call that fails because the store is away', () => {
  it('is repeated with growing pauses until it succeeds, and one line says so', async () => {
    const { clock, warnings, result, attempts } = prepare(4);
    await clock.advanceBy(0);
    expect(attempts()).toBe(1);
    await clock.advanceBy(100);
    expect(attempts()).toBe(2);
    await clock.advanceBy(200);
    expect(attempts()).toBe(3);
    await clock.advanceBy(1_200);
    expect(await result).toBe('done');
    expect(warnings).toEqual(['waiting for the store: away']);
    expect(clock.scheduled).toBe(0);
  });

  it('is repeated for as long as it takes, every two seconds at most', async () => {
    const { clock, result, attempts } = prepare(1_000);
    await clock.advanceBy(3_000_000);
    expect(await result).toBe('done');
    expect(attempts()).toBe(1_001);
  });

  it('is given up when the worker stops', async () => {
    const { clock, stopping, result } = prepare(1_000);
    await clock.advanceBy(50);
    stopping.abort();
    await expect(result).rejects.toBe(away);
    expect(clock.scheduled).toBe(0);
  });
});

it('repeats nothing that cannot succeed', async () => {
  const defect = new TypeError('a defect');
  const { result, attempts } = prepare(1, defect);
  await expect(result).rejects.toBe(defect);
  expect(attempts()).toBe(1);
});
