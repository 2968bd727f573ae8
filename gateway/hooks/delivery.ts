/** What a delivery is called and what it says. Pure: bytes and headers in, a tagged outcome out. */
import { createHash } from 'node:crypto';
import type { JsonObject } from '../../runtime/contract/json.ts';
import type { Problem } from '../problem.ts';

/**
 * Half of what NATS takes in one message by default: the payload is stored inside a command, and once
 * more inside the trigger's commit, and escaping can make it longer.
 */
export const maxDeliveryBytes = 512 * 1024;

/** Printable ASCII without spaces. GitHub's ids are UUIDs; others use numbers, ULIDs or paths. */
const deliveryIdPattern = /^[\x21-\x7e]{1,128}$/;

export type DeliveryId =
  | { readonly status: 'named'; readonly deliveryId: string }
  | { readonly status: 'refused'; readonly problem: Problem };

/** The sender's own id, else the hash of the body: the same bytes are then the same delivery. */
export function nameDelivery(header: string | undefined, body: Uint8Array): DeliveryId {
  if (header === undefined) {
    return {
      status: 'named',
      deliveryId: `sha256-${createHash('sha256').update(body).digest('hex')}`,
    };
  }
  if (deliveryIdPattern.test(header)) return { status: 'named', deliveryId: header };
  return {
    status: 'refused',
    problem: {
      code: 'SB_INPUT_INVALID',
      message: 'The delivery id has characters or a length that are not allowed',
      next: 'Send 1 to 128 printable ASCII characters without spaces, or leave the header out.',
    },
  };
}

/** The same for every copy of a delivery. Hashed, because it becomes a message id. */
export function deliveryCommandId(trigger: string, deliveryId: string): string {
  const digest = createHash('sha256').update(`${trigger}\n${deliveryId}`).digest('hex');
  return `delivery-${digest.slice(0, 32)}`;
}

/** `application/json`, with or without parameters. A browser cannot send it to another site unasked. */
export function isJsonContentType(header: string | undefined): boolean {
  return header?.split(';')[0]?.trim().toLowerCase() === 'application/json';
}

export type DeliveryPayload =
  | { readonly status: 'parsed'; readonly payload: JsonObject }
  | { readonly status: 'refused'; readonly problem: Problem };

/** A payload is a JSON object: conditions and goal templates name its fields. */
export function parsePayload(body: Uint8Array): DeliveryPayload {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    const detail = error instanceof SyntaxError ? error.message : 'not valid UTF-8';
    return refusePayload(`The body is not JSON: ${detail}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refusePayload('The body is JSON, but not an object');
  }
  // Whatever JSON.parse returns is plain JSON; an object is what has just been made sure of.
  return { status: 'parsed', payload: value as JsonObject };
}

function refusePayload(message: string): DeliveryPayload {
  return {
    status: 'refused',
    problem: { code: 'SB_INPUT_INVALID', message, next: 'Send one JSON object, in UTF-8.' },
  };
}
