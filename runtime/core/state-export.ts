/** The export of live states: one line of JSON per actor, with its last commit as it is stored. */
import { z } from 'zod';
import type { ActorAddress } from '../contract/address.ts';
import { describeError } from '../contract/errors.ts';

const lineSchema = z.object({
  v: z.literal(1),
  kind: z.string(),
  id: z.string(),
  /** The stored text: what is no commit is exported as well. */
  state: z.string(),
});

/** `text`: the actor's last commit as it is stored. */
export interface ExportedState {
  readonly address: ActorAddress;
  readonly text: string;
}

/** Without a line break at its end. */
export function encodeExportLine({ address, text }: ExportedState): string {
  const { kind, id } = address;
  return JSON.stringify({ v: 1, kind, id, state: text } satisfies z.infer<typeof lineSchema>);
}

export type ExportLine =
  | { readonly status: 'state'; readonly state: ExportedState }
  | { readonly status: 'unreadable'; readonly reason: string };

/** Never throws. */
export function decodeExportLine(line: string): ExportLine {
  try {
    const { kind, id, state } = lineSchema.parse(JSON.parse(line));
    return { status: 'state', state: { address: { kind, id }, text: state } };
  } catch (error) {
    return { status: 'unreadable', reason: describeError(error) };
  }
}
