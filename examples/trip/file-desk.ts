/** The outside of the trip example: a travel desk that keeps its book in a file, one JSON line per entry. */
import { appendFile, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { SignalboxError } from '../../runtime/mod.ts';
import { bookingSchema, type Booking, type TravelDesk } from './trip.actor.ts';

const entrySchema = bookingSchema.extend({
  key: z.string(),
  act: z.enum(['booked', 'cancelled']),
});
export type BookEntry = z.infer<typeof entrySchema>;

export async function readBook(file: string): Promise<readonly BookEntry[]> {
  const text = await readFile(file, { encoding: 'utf8', flag: 'a+' });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => entrySchema.parse(JSON.parse(line)));
}

/** `isSoldOut` says what cannot be booked. */
export function openFileDesk(file: string, isSoldOut: (booking: Booking) => boolean): TravelDesk {
  const enter = async (act: BookEntry['act'], booking: Booking, key: string) => {
    const known = (await readBook(file)).some((entry) => entry.key === key);
    if (!known) await appendFile(file, `${JSON.stringify({ ...booking, key, act })}\n`);
    return { reference: key };
  };
  return {
    book: async (booking, key) => {
      if (isSoldOut(booking)) {
        throw new SignalboxError('SB_NOT_FOUND', `no ${booking.what} is free for ${booking.trip}`);
      }
      return enter('booked', booking, key);
    },
    cancel: (booking, key) => enter('cancelled', booking, key),
  };
}
