/**
 * Books two trips: one that works, one whose car is sold out, so that hotel and flight are cancelled again.
 * Usage: main.ts BOOK_FILE
 */
import { eventsOf, openRuntime } from '../../runtime/mod.ts';
import { natsUrl, print } from '../program.ts';
import { openFileDesk, readBook } from './file-desk.ts';
import { defineTrip } from './trip.actor.ts';

const [file = 'book.ndjson'] = process.argv.slice(2);
const trips = ['lisbon', 'madeira'];
const desk = openFileDesk(file, ({ trip, what }) => trip === 'madeira' && what === 'car');

const runtime = await openRuntime({ url: natsUrl, actors: [defineTrip(desk)] });
for (const trip of trips) {
  await runtime.commands.start({ kind: 'trip', id: trip }, { trip }, `start-${trip}`);
}

const waiting = new Set(trips);
const reading = new AbortController();
for await (const batch of runtime.events.read(0, reading.signal)) {
  for (const event of eventsOf(batch).filter(({ kind }) => kind === 'trip')) {
    if (event.type === 'actorEnded') waiting.delete(event.actor);
    else print(`${event.actor}: ${event.type} ${JSON.stringify(event.data)}`);
    if (waiting.size === 0) reading.abort();
  }
}
await runtime.stop();
for (const { act, what, trip } of await readBook(file)) print(`${trip}: ${what} ${act}`);
