/** The saga in memory: every way it can end, and a crash in the middle of each. */
import { beforeEach, describe, expect, it } from 'vitest';
import { SignalboxError } from '../../runtime/mod.ts';
import { createTestRuntime } from '../../runtime/testing/mod.ts';
import { defineTrip, type Booking, type TravelDesk } from './trip.actor.ts';

const lisbon = { kind: 'trip', id: 'lisbon' };
let book: string[] = [];
const keys = new Set<string>();
beforeEach(() => {
  book = [];
  keys.clear();
});

/** What fails, fails always. The desk knows its keys, as a real one has to. */
function openDesk(fails: readonly string[]): TravelDesk {
  const enter = (act: string) => async (booking: Booking, key: string) => {
    const entry = `${act} ${booking.what}`;
    if (fails.includes(entry)) throw new SignalboxError('SB_NOT_FOUND', `cannot ${entry}`);
    if (!keys.has(key)) book.push(entry);
    keys.add(key);
    return { reference: key };
  };
  return { book: enter('book'), cancel: enter('cancel') };
}

async function travel(desk: TravelDesk) {
  const runtime = await createTestRuntime({ actors: [defineTrip(desk)] });
  await runtime.start(lisbon, { trip: 'lisbon' });
  await runtime.until(async () => {
    const state = await runtime.stateOf(lisbon);
    return state?.status === 'done' || state?.value === 'needsPerson';
  });
  return runtime;
}

describe('a trip', () => {
  it('is booked part by part', async () => {
    const runtime = await travel(openDesk([]));
    expect(book).toEqual(['book flight', 'book hotel', 'book car']);
    expect((await runtime.stateOf(lisbon))?.value).toBe('booked');
    await runtime.stop();
  });

  it('is cancelled in reverse order when a part cannot be booked', async () => {
    const runtime = await travel(openDesk(['book car']));
    expect(book).toEqual(['book flight', 'book hotel', 'cancel hotel', 'cancel flight']);
    expect(runtime.listEvents(lisbon).map(({ type, data }) => [type, data])).toEqual([
      ['tripRefused', { reason: 'cannot book car (SB_NOT_FOUND)' }],
      ['actorEnded', {}],
    ]);
    await runtime.stop();
  });

  it('asks a person when a cancellation fails, and goes on when told to', async () => {
    const fails = ['book car', 'cancel hotel'];
    const runtime = await travel(openDesk(fails));
    expect((await runtime.stateOf(lisbon))?.context).toMatchObject({ booked: ['flight', 'hotel'] });
    await runtime.crash([defineTrip(openDesk([]))]);
    await runtime.send(lisbon, { type: 'tryAgain' });
    await runtime.until(async () => (await runtime.stateOf(lisbon))?.status === 'done');
    expect(book).toEqual(['book flight', 'book hotel', 'cancel hotel', 'cancel flight']);
    await runtime.stop();
  });

  it('books nothing twice when the worker dies after the desk has booked and before anyone knows', async () => {
    const desk = openDesk([]);
    let die: (() => Promise<void>) | undefined;
    const runtime = await createTestRuntime({
      actors: [
        defineTrip({
          ...desk,
          book: async (booking, key) => {
            const answer = await desk.book(booking, key);
            const crash = booking.what === 'hotel' ? die : undefined;
            die = undefined;
            await crash?.();
            return answer;
          },
        }),
      ],
    });
    die = () => runtime.crash([defineTrip(desk)]);
    await runtime.start(lisbon, { trip: 'lisbon' });
    await runtime.until(async () => {
      // The queue gives the work of a dead worker to the next one after a while.
      await runtime.advanceBy(1_000);
      return (await runtime.stateOf(lisbon))?.status === 'done';
    });
    expect(book).toEqual(['book flight', 'book hotel', 'book car']);
    await runtime.stop();
  });
});
