/** HMAC-SHA256 signatures of webhook deliveries, in the form GitHub made common: `sha256=<hex>`. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const signaturePattern = /^sha256=([0-9a-f]{64})$/i;

/** Stands in for the secret of a trigger that does not exist, so that both refusals cost the same. */
const noSecret = randomBytes(32);

/**
 * Whether `header` signs exactly these bytes with `secret`. False without a secret: an unsigned trigger
 * does not exist, and an empty secret is one that everybody knows. Constant time in what it compares.
 */
export function isSignedBy(
  secret: string | undefined,
  body: Uint8Array,
  header: string | undefined,
): boolean {
  const known = secret !== undefined && secret !== '';
  const expected = createHmac('sha256', known ? secret : noSecret)
    .update(body)
    .digest();
  const given = signaturePattern.exec(header ?? '')?.[1];
  const claimed = given === undefined ? Buffer.alloc(expected.length) : Buffer.from(given, 'hex');
  const equal = timingSafeEqual(expected, claimed);
  return known && given !== undefined && equal;
}

/** The header value for a body: what a sender puts in `X-Signalbox-Signature-256`. */
export function signBody(secret: string, body: Uint8Array | string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
