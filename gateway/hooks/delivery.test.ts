import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliveryCommandId, isJsonContentType, nameDelivery, parsePayload } from './delivery.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('nameDelivery', () => {
  it("keeps the sender's id", () => {
    expect(nameDelivery('72d3162e-cc78-11e3', bytes('{}'))).toEqual({
      status: 'named',
      deliveryId: '72d3162e-cc78-11e3',
    });
  });

  it('names a delivery without an id by its bytes', () => {
    const first = nameDelivery(undefined, bytes('{"a":1}'));
    expect(first).toEqual(nameDelivery(undefined, bytes('{"a":1}')));
    expect(first).not.toEqual(nameDelivery(undefined, bytes('{"a":2}')));
  });

  it.each(['', ' ', 'a b', 'a\tb', 'é', 'x'.repeat(129)])('refuses %j', (header) => {
    expect(nameDelivery(header, bytes('{}'))).toMatchObject({
      status: 'refused',
      problem: { code: 'SB_INPUT_INVALID' },
    });
  });
});

describe('deliveryCommandId', () => {
  it('is the same for copies and differs between triggers and deliveries', () => {
    expect(deliveryCommandId('demo', 'one')).toBe(deliveryCommandId('demo', 'one'));
    expect(deliveryCommandId('demo', 'one')).not.toBe(deliveryCommandId('demo', 'two'));
    expect(deliveryCommandId('demo', 'one')).not.toBe(deliveryCommandId('other', 'one'));
    expect(deliveryCommandId('demo', 'one')).toMatch(/^delivery-[0-9a-f]{32}$/);
  });
});

describe('isJsonContentType', () => {
  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON'])(
    'takes %s',
    (header) => {
      expect(isJsonContentType(header)).toBe(true);
    },
  );
  it.each([undefined, '', 'text/plain', 'text/plain; application/json', 'application/jsonp'])(
    'refuses %s',
    (header) => {
      expect(isJsonContentType(header)).toBe(false);
    },
  );
});

describe('parsePayload', () => {
  it('gives back every JSON object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (payload) => {
        const text = JSON.stringify(payload);
        expect(parsePayload(bytes(text))).toEqual({
          status: 'parsed',
          payload: JSON.parse(text) as unknown,
        });
      }),
    );
  });

  it.each(['', '{', '[]', '"text"', '42', 'null', '{"a":1}x'])('refuses %j', (text) => {
    expect(parsePayload(bytes(text))).toMatchObject({ status: 'refused' });
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(parsePayload(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toMatchObject({
      status: 'refused',
      problem: { message: 'The body is not JSON: not valid UTF-8' },
    });
  });
});
