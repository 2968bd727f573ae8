/**
 * A stream as bytes and back, by JetStream's own snapshot and restore (`$JS.API.STREAM.SNAPSHOT` and `.RESTORE`, what
 * `nats stream backup` uses): positions, times, headers and pending schedules stay as they were. The bytes are the
 * server's; nothing here reads them.
 */
import { createInbox, type Msg, type NatsConnection } from '@nats-io/nats-core';
import { z } from 'zod';
import { SignalboxError, describeError } from '../../contract/errors.ts';

/** What the server sends at once; below its largest message of 1 MiB. */
const chunkBytes = 256 * 1024;
/** Between two chunks, and for the answer to each: a disk that takes longer is not written to any more. */
const chunkTimeoutMs = 20_000;
/** A restored stream is opened before the server answers the last chunk. */
const openTimeoutMs = 5 * 60_000;

/** What the server needs to make the stream again; its content is the server's business. */
export const snapshotHeadSchema = z.object({
  config: z.looseObject({ name: z.string(), num_replicas: z.number() }),
  state: z.looseObject({
    messages: z.number(),
    bytes: z.number(),
    first_seq: z.number(),
    last_seq: z.number(),
  }),
});
export type SnapshotHead = z.infer<typeof snapshotHeadSchema>;

const refusalSchema = z.object({ error: z.object({ description: z.string() }) });
const deliverySchema = z.object({ deliver_subject: z.string() });

/** `write` is given the chunks in order, each when the one before is written. Throws `SB_NATS_UNAVAILABLE`. */
export async function readSnapshot(
  connection: NatsConnection,
  stream: string,
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<SnapshotHead> {
  const subject = createInbox();
  const subscription = connection.subscribe(subject);
  const silence = createSilenceTimer(() => subscription.unsubscribe());
  try {
    const head = snapshotHeadSchema.parse(
      await ask(connection, `$JS.API.STREAM.SNAPSHOT.${stream}`, {
        deliver_subject: subject,
        no_consumers: false,
        jsck: false,
        chunk_size: chunkBytes,
      }),
    );
    for await (const message of subscription) {
      silence.restart();
      if (message.data.length === 0) {
        requireGoodEnd(message, stream);
        return head;
      }
      await write(message.data);
      // The server sends on only while what it has sent is acknowledged.
      message.respond();
    }
    throw new Error('the server has stopped sending');
  } catch (error) {
    throw failed(`the stream ${stream} was not copied`, error);
  } finally {
    silence.stop();
    subscription.unsubscribe();
  }
}

/** The stream must not exist. Throws `SB_NATS_UNAVAILABLE`; what was restored of the stream is gone then. */
export async function writeSnapshot(
  connection: NatsConnection,
  head: SnapshotHead,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { name } = head.config;
  try {
    const { deliver_subject: subject } = deliverySchema.parse(
      await ask(connection, `$JS.API.STREAM.RESTORE.${name}`, head),
    );
    for await (const chunk of chunks) {
      requireAccepted(await connection.request(subject, chunk, { timeout: chunkTimeoutMs }));
    }
    requireAccepted(await connection.request(subject, '', { timeout: openTimeoutMs }));
  } catch (error) {
    throw failed(`the stream ${name} was not restored`, error);
  }
}

/** A subscription whose connection is away just stays silent. */
function createSilenceTimer(tooLong: () => void) {
  let timer = setTimeout(tooLong, chunkTimeoutMs);
  const stop = (): void => {
    clearTimeout(timer);
  };
  return {
    stop,
    restart: () => {
      stop();
      timer = setTimeout(tooLong, chunkTimeoutMs);
    },
  };
}

async function ask(connection: NatsConnection, subject: string, body: unknown): Promise<unknown> {
  const reply = await connection.request(subject, JSON.stringify(body), {
    timeout: chunkTimeoutMs,
  });
  requireAccepted(reply);
  return reply.json<unknown>();
}

/** Chunks are answered with nothing, everything else with JSON. */
function requireAccepted(reply: Msg): void {
  if (reply.data.length === 0) return;
  const refusal = refusalSchema.safeParse(reply.json());
  if (refusal.success) throw new Error(refusal.data.error.description);
}

/** The end is empty; when the server gave up, its headers say why. */
function requireGoodEnd(message: Msg, stream: string): void {
  const code = message.headers?.code ?? 0;
  if (code >= 400) throw new Error(`${stream}: ${message.headers?.description ?? code}`);
}

function failed(what: string, error: unknown): SignalboxError {
  return new SignalboxError('SB_NATS_UNAVAILABLE', `${what}: ${describeError(error)}`, {
    cause: error,
    retryable: true,
  });
}
