import { assign, emit, setup } from 'xstate';
import { z } from 'zod';
import { defineActor, effectSource, eventsOf, openRuntime, poolEffect } from '../../mod.ts';

const quote = defineActor({
  kind: 'quote',
  version: 1,
  machine: setup({
    types: { context: {} as { symbol: string; price: number }, input: {} as { symbol: string } },
    actors: { fetchPrice: effectSource<string, number>() },
  }).createMachine({
    context: ({ input }) => ({ symbol: input.symbol, price: 0 }),
    initial: 'fetching',
    states: {
      fetching: {
        invoke: { src: 'fetchPrice', input: ({ context }) => context.symbol, onDone: { target: 'offered', actions: assign({ price: ({ event }) => event.output }) } },
      },
      offered: { entry: emit(({ context }) => ({ type: 'priceOffered', price: context.price })), on: { accept: 'sold' }, after: { 60_000: 'expired' } },
      sold: { entry: emit({ type: 'quoteSold' }), type: 'final' },
      expired: { type: 'final' },
    },
  }),
  effects: { fetchPrice: poolEffect('prices', { input: z.string(), deadlineMs: 10_000, whenUnknown: 'retry', run: async (symbol) => symbol.length * 10 }) },
});

const runtime = await openRuntime({ url: process.env['NATS_URL'] ?? 'nats://127.0.0.1:4222', actors: [quote] });
const address = { kind: 'quote', id: 'q-1' };
await runtime.commands.start(address, { symbol: 'ACME' }, 'start-q-1');

const reading = new AbortController();
for await (const batch of runtime.events.read(0, reading.signal)) {
  for (const event of eventsOf(batch)) {
    if (event.actor !== address.id) continue;
    console.log(event.type, event.state, event.data);
    if (event.type === 'priceOffered') await runtime.commands.deliver(address, { type: 'accept' }, 'accept-q-1');
    if (event.type === 'actorEnded') reading.abort();
  }
}
await runtime.stop();