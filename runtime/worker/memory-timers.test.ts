/** Timers in memory: a fire says which commit set it. */
import { expect, it } from 'vitest';
import type { CommandEnvelope } from '../contract/command.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryTimers } from './memory-timers.ts';

it('fires under the id of the stored timer, which names the commit that set it', async () => {
  const clock = createManualClock();
  const fired: CommandEnvelope[] = [];
  const timers = createMemoryTimers({ kind: 'job', id: 'j' }, clock, (command) => {
    fired.push(command);
  });
  const record = { generation: 4, atMs: clock.nowMs() + 2_500, event: { type: 'wake' } };
  const entry = {
    type: 'setTimer',
    i: 2,
    timerId: 'nap',
    generation: 4,
    atMs: record.atMs,
  } as const;
  timers.arm({ n: 7, timers: { nap: record }, outbox: [entry] });
  await clock.advanceBy(1_000);
  // Short enough by now; armed with a later commit, set by the earlier one.
  timers.arm({ n: 8, timers: { nap: record }, outbox: [] });
  await clock.advanceBy(1_500);
  expect(fired.map(({ id }) => id)).toEqual(['job.j:7:2:fired']);
});
