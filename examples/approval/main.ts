/**
 * Asks for an approval, or answers one. The process may end in between: the request waits in the store.
 * Usage: main.ts ask ID WHAT | main.ts approve ID | main.ts reject ID REASON
 */
import { randomUUID } from 'node:crypto';
import { eventsOf, openRuntime } from '../../runtime/mod.ts';
import { natsUrl, print } from '../program.ts';
import { approval } from './approval.actor.ts';

const [act = 'ask', id = 'laptop', text = 'a laptop'] = process.argv.slice(2);
const address = { kind: 'approval', id };
const runtime = await openRuntime({ url: natsUrl, actors: [approval] });
const before = await runtime.events.lastSeq();
if (act === 'ask') {
  await runtime.commands.start(
    address,
    { what: text, approver: 'ada', deputy: 'grace' },
    `ask-${id}`,
  );
} else {
  const command = { type: act, by: 'ada', ...(act === 'reject' ? { reason: text } : {}) };
  await runtime.commands.deliver(address, command, randomUUID());
}

const reading = new AbortController();
for await (const batch of runtime.events.read(before, reading.signal)) {
  for (const event of eventsOf(batch)) {
    if (event.actor !== id) continue;
    print(`${event.type} ${JSON.stringify(event.data)}`);
    // The answer to `ask` is that somebody was asked; any other answer ends the request.
    if (event.type === 'approvalAsked' || event.type === 'actorEnded') reading.abort();
    if (event.type === 'commandRefused') reading.abort();
  }
}
await runtime.stop();
