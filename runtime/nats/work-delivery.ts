/** One delivered item of the work queue: what it says, where it lies, and the answers to it. */
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { nanos } from '@nats-io/nats-core';
import { z } from 'zod';
import { actorAddressSchema } from '../contract/address.ts';
import { describeError } from '../contract/errors.ts';
import { traceField } from '../contract/trace.ts';
import type { WorkItem } from '../core/storage.ts';
import type { WorkerLog } from '../worker/log.ts';
import type { ReceivedItem } from './work-line.ts';

/** A worker that stops gives its items to others; to none that stops as well, if this is long enough. */
const releaseDelayMs = 500;

const workItemSchema = z.object({
  ...traceField,
  effectId: z.string(),
  actor: actorAddressSchema,
  version: z.number().int(),
  source: z.string(),
  input: z.json(),
  repeated: z.literal(true).exactOptional(),
});

/** Undefined, and taken out of the queue, when it is no item at all. */
export function readWorkDelivery(
  { connection, log }: { readonly connection: NatsConnection; readonly log: WorkerLog },
  message: Msg,
): ReceivedItem | undefined {
  const parsed = parseWork(message);
  const place = readPlace(message.reply);
  if (!parsed.success || place === undefined) {
    const reason = parsed.success ? 'it has no place in the queue' : parsed.reason;
    log.warn('work item skipped', { subject: message.subject, reason });
    answer(connection, message, '+TERM unreadable');
    return undefined;
  }
  const { deliveries, position, behind } = place;
  const delivery = {
    work: parsed.work,
    deliveries,
    position,
    heartbeat: () => {
      answer(connection, message, '+WPI');
    },
    finish: () => {
      answer(connection, message, '+ACK');
    },
    release: () => {
      giveBack(connection, message, releaseDelayMs);
    },
  };
  return { message, delivery, behind };
}

/** The item may be delivered again, to anyone, after `delayMs`. */
export function giveBack(connection: NatsConnection, message: Msg, delayMs: number): void {
  answer(connection, message, `-NAK ${JSON.stringify({ delay: nanos(delayMs) })}`);
}

/** On a connection closed for good every call would throw; the item goes to another worker then. */
function answer(connection: NatsConnection, message: Msg, text: string): void {
  if (message.reply !== undefined && !connection.isClosed())
    connection.publish(message.reply, text);
}

/**
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<position>.<…>.<time>.<pending>`; newer servers put domain and account
 * before the stream.
 */
function readPlace(reply: string | undefined): Place | undefined {
  const tokens = reply?.split('.') ?? [];
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined;
  const offset = tokens.length === 9 ? 4 : 6;
  const [deliveries = NaN, position = NaN, , , behind = NaN] = tokens.slice(offset).map(Number);
  const isWhole = [deliveries, position, behind].every(Number.isInteger);
  return isWhole ? { deliveries, position, behind } : undefined;
}

interface Place {
  readonly deliveries: number;
  readonly position: number;
  readonly behind: number;
}

function parseWork(
  message: Msg,
):
  | { readonly success: true; readonly work: WorkItem }
  | { readonly success: false; readonly reason: string } {
  try {
    return { success: true, work: workItemSchema.parse(message.json()) };
  } catch (error) {
    return { success: false, reason: describeError(error) };
  }
}
