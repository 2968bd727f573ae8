import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readPublishAck } from './publish-ack.ts';

/** What JetStream answers, as a schema: what is read by hand must take and refuse the same. */
const ackSchema = z
  .object({
    seq: z.number().optional(),
    duplicate: z.boolean().optional(),
    error: z
      .object({
        code: z.number(),
        err_code: z.number().optional(),
        description: z.string().optional(),
      })
      .optional(),
  })
  .refine(({ seq, error }) => seq !== undefined || error !== undefined);

function readBySchema(text: string): unknown {
  const parsed = ackSchema.safeParse(parseOrUndefined(text));
  if (!parsed.success) return undefined;
  const { seq, duplicate = false, error } = parsed.data;
  if (error === undefined) return { status: 'stored', seq, duplicate };
  const { code, err_code: errorCode, description } = error;
  return { status: 'refused', error: { code, errorCode, description } };
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const encoder = new TextEncoder();

function verifyAgreement(text: string): void {
  expect(readPublishAck(encoder.encode(text))).toEqual(readBySchema(text));
}

describe('an acknowledgement', () => {
  it.each([
    ['{"stream":"STATE_3", "seq":12}', { status: 'stored', seq: 12, duplicate: false }],
    ['{"stream":"S","seq":4,"duplicate": true}', { status: 'stored', seq: 4, duplicate: true }],
    [
      '{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 3"},"stream":"S","seq":0}',
      {
        status: 'refused',
        error: { code: 400, errorCode: 10_071, description: 'wrong last sequence: 3' },
      },
    ],
  ])('%s', (text, expected) => {
    expect(readPublishAck(encoder.encode(text))).toEqual(expected);
    verifyAgreement(text);
  });

  it('is read as the schema reads it, whatever it holds', () => {
    const field = fc.oneof(fc.jsonValue(), fc.nat(), fc.boolean(), fc.string());
    const error = fc.record(
      { code: field, err_code: field, description: field },
      { requiredKeys: [] },
    );
    const ack = fc.record(
      { seq: field, duplicate: field, stream: field, error: fc.oneof(error, field) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(ack, fc.jsonValue()), (value) => {
        verifyAgreement(JSON.stringify(value));
      }),
    );
    fc.assert(fc.property(fc.string(), verifyAgreement));
  });
});
