/** Commits of any content come back from their text as they were; any other text is told apart from a commit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCommit, encodeCommit } from './commit-codec.ts';
import type { ChildRecord, Commit, OutboxEntry } from './commit.ts';

/** Quotes, line ends, zero bytes, half of a surrogate pair, right-to-left marks, emoji. */
const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('', '"', '\\', '\u0000', '\ud800', '\u2028', '‮', '{"v":1}', 'constructor'),
);
const json = fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 }).map(
  // As it is when it has been through text once: without -0.
  (value) => JSON.parse(JSON.stringify(value)) as Commit['snapshot']['context'],
);
const count = fc.nat(2 ** 40);
const address = fc.record({
  kind: fc.constantFrom('session', 'a-b'),
  id: fc.constantFrom('x', 'x::y', 'A_1-2'),
});
const event = fc
  .tuple(
    odd.filter((text) => text !== ''),
    // A property of that name is an object's prototype to most code: zod leaves it out.
    fc.dictionary(
      odd.filter((text) => text !== '__proto__'),
      json,
    ),
  )
  .map(([type, rest]) => ({ ...rest, type }));
const command = fc
  .tuple(odd, event)
  .map(([id, body]) => ({ v: 1, purpose: 'deliver', id, at, body }) as const);
const at = '2026-01-01T00:00:00.000Z';

/** Without its index. */
type Entry = OutboxEntry extends infer One
  ? One extends OutboxEntry
    ? Omit<One, 'i'>
    : never
  : never;
const entry: fc.Arbitrary<Entry> = fc.oneof(
  event.map((one) => ({ type: 'event', event: one }) as const),
  fc.tuple(address, event).map(([to, body]) => ({ type: 'command', to, body }) as const),
  fc.tuple(address, json).map(([to, input]) => ({ type: 'startActor', to, input }) as const),
  fc
    .tuple(address, count)
    .map(([to, generation]) => ({ type: 'stopChild', to, generation }) as const),
  fc
    .tuple(odd, count)
    .map(([timerId, atMs]) => ({ type: 'setTimer', timerId, generation: 1, atMs }) as const),
  fc
    .tuple(odd, odd, odd, json)
    .map(
      ([effectId, source, pool, input]) =>
        ({ type: 'startEffect', effectId, source, pool, input }) as const,
    ),
  fc.tuple(odd, command, fc.array(odd), json).map(
    ([id, given, stack, value]) =>
      ({
        type: 'deadLetter',
        letter: {
          id,
          reason: 'threw',
          command: given,
          error: { message: id, stack },
          attempts: 2,
          scene: { value, status: 'active', n: 3, version: 1 },
        },
      }) as const,
  ),
);
const child: fc.Arbitrary<ChildRecord> = fc.oneof(
  fc
    .tuple(odd, odd, json)
    .map(([source, effectId, input]) => ({ type: 'effect', source, effectId, input }) as const),
  fc
    .tuple(odd, odd, odd)
    .map(([source, effectId, pool]) => ({ type: 'effect', source, effectId, pool }) as const),
  fc
    .tuple(odd, address, count)
    .map(
      ([source, to, generation]) =>
        ({ type: 'actor', source, address: to, generation, reserved: 1 }) as const,
    ),
);
/** A machine can have no child and no timer of this name: it is the name of every object's own kind. */
const name = odd.filter((text) => text !== '__proto__');
const commit: fc.Arbitrary<Commit> = fc.record({
  v: fc.constant(1 as const),
  n: count.map((n) => n + 1),
  epoch: count,
  machine: fc.record({ kind: odd, version: count }),
  at: fc
    .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
    .map((date) => date.toISOString()),
  inSeq: count,
  cause: fc.array(odd),
  snapshot: fc.record({
    value: json,
    context: json,
    status: fc.constantFrom('active', 'done', 'error', 'stopped'),
  }),
  children: fc.dictionary(name, child),
  timers: fc.dictionary(name, fc.record({ generation: count, atMs: count, event })),
  generation: count,
  seen: fc.dictionary(name, fc.tuple(count, count)),
  outbox: fc.array(entry).map((entries) => entries.map((one, i) => ({ ...one, i }))),
});

/** The generators make objects without a prototype now and then, which nothing that is parsed ever is. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('a commit', () => {
  it('comes back from its text as it was', () => {
    fc.assert(
      fc.property(commit, (given) => {
        const decoded = decodeCommit(encodeCommit(given));
        const commit = decoded.status === 'commit' ? decoded.commit : decoded;
        expect(plain(commit)).toEqual(plain(given));
      }),
    );
  });

  it('that was torn is none', () => {
    fc.assert(
      fc.property(commit, fc.nat(), (given, at) => {
        const text = encodeCommit(given);
        expect(decodeCommit(text.slice(0, at % text.length)).status).toBe('unreadable');
      }),
    );
  });
});

it('is told from any other text, without a failure', () => {
  const anyText = fc.oneof(odd, fc.json({ stringUnit: 'binary' }));
  fc.assert(
    fc.property(anyText, (text) => {
      expect(decodeCommit(text).status).toBe('unreadable');
    }),
  );
});

it('is told from a commit in which one thing was replaced by something of another kind', () => {
  const keys = ['v', 'n', 'epoch', 'machine', 'at', 'inSeq', 'cause', 'snapshot'] as const;
  fc.assert(
    fc.property(commit, fc.constantFrom(...keys), (given, key) => {
      const changed = JSON.stringify({ ...given, [key]: { other: true } });
      expect(decodeCommit(changed).status).toBe('unreadable');
    }),
  );
});
