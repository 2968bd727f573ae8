/** The counter in memory: it counts, and a crash takes nothing from it. */
import { expect, it } from 'vitest';
import { createTestRuntime } from '../../runtime/testing/mod.ts';
import { counter } from './counter.actor.ts';

const visitors = { kind: 'counter', id: 'visitors' };

it('counts on after a crash, and a repeated command once', async () => {
  const runtime = await createTestRuntime({ actors: [counter] });
  await runtime.start(visitors, null);
  await runtime.send(visitors, { type: 'add', amount: 2 });
  await runtime.crash();
  await runtime.send(visitors, { type: 'add', amount: 3 }, 'three');
  await runtime.send(visitors, { type: 'add', amount: 3 }, 'three');
  expect((await runtime.stateOf(visitors))?.context).toEqual({ total: 5 });
  expect(runtime.listEvents(visitors).map(({ type, data }) => [type, data])).toEqual([
    ['counted', { total: 2 }],
    ['counted', { total: 5 }],
  ]);
  await runtime.stop();
});
