import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actorIdSchema } from './address.ts';
import { runIdFor } from './run-id.ts';

describe('runIdFor', () => {
  it('is the 64-bit FNV-1a of trigger and delivery id: stored runs keep their names', () => {
    expect(runIdFor('demo', 'delivery-1')).toBe('run-f8df8dcfb282207e');
  });

  it('tells apart pairs that would read the same when joined', () => {
    expect(runIdFor('ab', 'c')).not.toBe(runIdFor('a', 'bc'));
  });

  it('gives every delivery a valid actor id', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (trigger, deliveryId) => {
        expect(actorIdSchema.safeParse(runIdFor(trigger, deliveryId)).success).toBe(true);
      }),
    );
  });

  it('keeps a long series of deliveries apart', () => {
    const ids = Array.from({ length: 20_000 }, (_, index) => runIdFor('ci', String(index)));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
