/**
 * Where login links and sessions are kept: one small file per ticket, named by the hash of its secret,
 * 0600 in folders of 0700. A file per ticket, because the gateway and `signalbox login` are two processes:
 * creating and unlinking a file are atomic, so a link is used once whoever asks, and nothing needs a lock.
 * A file that cannot be read (a crash in mid-write) is no ticket: nobody was given its secret yet.
 */
import { mkdir, readFile, readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const ticketSchema = z.object({ v: z.literal(1), expiresAt: z.iso.datetime() });

export type TicketShelf = 'links' | 'sessions';

interface Ticket {
  readonly hash: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

export interface TicketStore {
  put(shelf: TicketShelf, ticket: Ticket): Promise<void>;
  find(shelf: TicketShelf, hash: string): Promise<Ticket | undefined>;
  /** Whether this call was the one that removed it. */
  remove(shelf: TicketShelf, hash: string): Promise<boolean>;
  list(shelf: TicketShelf): Promise<readonly Ticket[]>;
}

/** `hash` must be hex: it becomes a file name. */
export function openTicketStore(folder: string): TicketStore {
  const fileOf = (shelf: TicketShelf, hash: string) => join(folder, shelf, `${hash}.json`);

  async function find(shelf: TicketShelf, hash: string): Promise<Ticket | undefined> {
    const text = await absentAs(undefined, readFile(fileOf(shelf, hash), 'utf8'));
    const parsed = text === undefined ? undefined : ticketSchema.safeParse(parseJson(text));
    if (parsed?.success !== true) return undefined;
    return { hash, expiresAtMs: Date.parse(parsed.data.expiresAt) };
  }

  return {
    find,
    async put(shelf, ticket) {
      await mkdir(join(folder, shelf), { recursive: true, mode: 0o700 });
      const content = { v: 1, expiresAt: new Date(ticket.expiresAtMs).toISOString() };
      await writeFile(fileOf(shelf, ticket.hash), `${JSON.stringify(content)}\n`, {
        flag: 'wx',
        mode: 0o600,
      });
    },
    remove: (shelf, hash) =>
      absentAs(
        false,
        unlink(fileOf(shelf, hash)).then(() => true),
      ),
    async list(shelf) {
      const names = await absentAs([], readdir(join(folder, shelf)));
      const hashes = names
        .filter((name) => name.endsWith('.json'))
        .map((name) => name.slice(0, -5));
      const tickets = await Promise.all(hashes.map((hash) => find(shelf, hash)));
      return tickets.filter((ticket) => ticket !== undefined);
    },
  };
}

async function absentAs<Value, Instead>(
  instead: Instead,
  reading: Promise<Value>,
): Promise<Value | Instead> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return instead;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the schema refuses it like any other wrong shape.
    return undefined;
  }
}
