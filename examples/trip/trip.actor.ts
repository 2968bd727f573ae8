/**
 * A saga: a trip is three bookings, each made by an effect. When one fails, those made before are cancelled
 * in reverse order, and the trip ends as refused with the reason. Killed anywhere, it goes on from there.
 */
import { assign, emit, setup } from 'xstate';
import { z } from 'zod';
import {
  defineActor,
  describeEffectError,
  effectSource,
  poolEffect,
  type ActorDefinition,
  type EffectContext,
} from '../../runtime/mod.ts';

export const bookingSchema = z.object({
  trip: z.string(),
  what: z.enum(['flight', 'hotel', 'car']),
});
export type Booking = z.infer<typeof bookingSchema>;

/** What a trip needs of the outside. Both are told the key, and a repeat with a known key changes nothing. */
export interface TravelDesk {
  book(booking: Booking, key: string): Promise<{ readonly reference: string }>;
  cancel(booking: Booking, key: string): Promise<{ readonly reference: string }>;
}

type Context = {
  readonly trip: string;
  readonly booked: readonly Booking['what'][];
  readonly reason: string;
};

const order: readonly Booking['what'][] = ['flight', 'hotel', 'car'];

const tripMachine = setup({
  types: { context: {} as Context, input: {} as { readonly trip: string } },
  actors: {
    book: effectSource<Booking, { readonly reference: string }>(),
    cancel: effectSource<Booking, { readonly reference: string }>(),
  },
  guards: {
    everythingBooked: ({ context }) => context.booked.length === order.length,
    nothingBooked: ({ context }) => context.booked.length === 0,
  },
}).createMachine({
  context: ({ input }) => ({ trip: input.trip, booked: [], reason: '' }),
  initial: 'deciding',
  states: {
    deciding: { always: [{ guard: 'everythingBooked', target: 'booked' }, { target: 'booking' }] },
    booking: {
      invoke: {
        src: 'book',
        input: ({ context }) => ({
          trip: context.trip,
          what: order[context.booked.length] ?? 'flight',
        }),
        onDone: {
          target: 'deciding',
          actions: assign({
            booked: ({ context }) => order.slice(0, context.booked.length + 1),
          }),
        },
        onError: {
          target: 'undoing',
          actions: assign({ reason: ({ event }) => describeEffectError(event.error) }),
        },
      },
    },
    undoing: { always: [{ guard: 'nothingBooked', target: 'refused' }, { target: 'cancelling' }] },
    cancelling: {
      invoke: {
        src: 'cancel',
        input: ({ context }) => ({ trip: context.trip, what: context.booked.at(-1) ?? 'flight' }),
        onDone: {
          target: 'undoing',
          actions: assign({ booked: ({ context }) => context.booked.slice(0, -1) }),
        },
        // A cancellation that fails is no reason to forget the booking: a person is asked.
        onError: {
          target: 'needsPerson',
          actions: assign({ reason: ({ event }) => describeEffectError(event.error) }),
        },
      },
    },
    needsPerson: {
      entry: emit(({ context }) => ({
        type: 'cancellationFailed',
        stillBooked: context.booked,
        reason: context.reason,
      })),
      on: { tryAgain: 'undoing' },
    },
    booked: { entry: emit({ type: 'tripBooked' }), type: 'final' },
    refused: {
      entry: emit(({ context }) => ({ type: 'tripRefused', reason: context.reason })),
      type: 'final',
    },
  },
});

export function defineTrip(desk: TravelDesk): ActorDefinition {
  const effect = (work: TravelDesk['book']) =>
    poolEffect('travel-desk', {
      input: bookingSchema,
      deadlineMs: 10_000,
      // The desk knows the key: asking twice books once.
      whenUnknown: 'idempotent',
      run: (booking: Booking, { effectId }: EffectContext) => work(booking, effectId),
    });
  return defineActor({
    kind: 'trip',
    version: 1,
    machine: tripMachine,
    effects: {
      book: effect((booking, key) => desk.book(booking, key)),
      cancel: effect((booking, key) => desk.cancel(booking, key)),
    },
  });
}
