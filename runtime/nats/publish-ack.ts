/**
 * What JetStream answers to a publish. Read by hand: it is on the path of every commit, and a schema costs more
 * than the rest of the reading (`publish-ack.test.ts` holds the two side by side).
 */

export type PublishAck =
  | { readonly status: 'stored'; readonly seq: number; readonly duplicate: boolean }
  | { readonly status: 'refused'; readonly error: PublishRefusal };

export interface PublishRefusal {
  readonly code: number;
  readonly errorCode: number | undefined;
  readonly description: string | undefined;
}

/** Undefined when it is no acknowledgement. A refusal carries stream and position too: `error` tells the two apart. */
export function readPublishAck(data: Uint8Array): PublishAck | undefined {
  const ack = readJson(data);
  if (!isRecord(ack)) return undefined;
  const { seq, duplicate, error } = ack;
  if (!isOptional(seq, 'number') || !isOptional(duplicate, 'boolean')) return undefined;
  if (error === undefined) {
    return typeof seq === 'number'
      ? { status: 'stored', seq, duplicate: duplicate === true }
      : undefined;
  }
  if (!isRecord(error)) return undefined;
  const { code, err_code: errorCode, description } = error;
  if (
    typeof code !== 'number' ||
    (errorCode !== undefined && typeof errorCode !== 'number') ||
    (description !== undefined && typeof description !== 'string')
  ) {
    return undefined;
  }
  return { status: 'refused', error: { code, errorCode, description } };
}

function readJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.length).toString());
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOptional(value: unknown, type: 'number' | 'boolean'): boolean {
  return value === undefined || typeof value === type;
}
