/** Adds 1, 2 and 3 to the counter and prints what it says. Run it again: it goes on counting where it was. */
import { randomUUID } from 'node:crypto';
import { eventsOf, openRuntime } from '../../runtime/mod.ts';
import { natsUrl, print } from '../program.ts';
import { counter } from './counter.actor.ts';

const address = { kind: 'counter', id: 'visitors' };
const runtime = await openRuntime({ url: natsUrl, actors: [counter] });
const before = await runtime.events.lastSeq();
// An actor that exists ignores a start, so that every run may begin with one.
await runtime.commands.start(address, null, 'start-visitors');
const amounts = [1, 2, 3];
for (const amount of amounts) {
  // The promise resolves when the command is stored: from here on it will be applied, whatever happens to us.
  await runtime.commands.deliver(address, { type: 'add', amount }, randomUUID());
}

let answers = 0;
const reading = new AbortController();
for await (const batch of runtime.events.read(before, reading.signal)) {
  for (const event of eventsOf(batch).filter(({ type }) => type === 'counted')) {
    print(`total ${JSON.stringify(event.data['total'])}`);
    answers += 1;
    if (answers === amounts.length) reading.abort();
  }
}
await runtime.stop();
