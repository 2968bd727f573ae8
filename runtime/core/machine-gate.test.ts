/** The gate: what it makes of every kind of stored state, and that it keeps counts and not the states. */
import { expect, it } from 'vitest';
import { setup } from 'xstate';
import { z } from 'zod';
import { makeCommit } from '../testing/conformance/storage-under-test.ts';
import { encodeCommit } from './commit-codec.ts';
import type { Commit } from './commit.ts';
import { defineActor, effectSource, type ActorDefinitionOptions } from './definition.ts';
import { localEffect } from './effect-definition.ts';
import { createMachineGate } from './machine-gate.ts';
import { createRegistry } from './registry.ts';
import { decodeExportLine, encodeExportLine, type ExportedState } from './state-export.ts';

const idle: ActorDefinitionOptions = {
  kind: 'test',
  version: 1,
  machine: setup({ actors: { work: effectSource<null, null>() } }).createMachine({
    initial: 'idle',
    states: {
      idle: { on: { go: 'busy' } },
      busy: { invoke: { src: 'work', id: 'work', input: null } },
    },
  }),
  effects: {
    work: localEffect({
      input: z.any(),
      deadlineMs: 1_000,
      whenUnknown: 'retry',
      run: async () => null,
    }),
  },
};
const registry = createRegistry([
  defineActor({
    ...idle,
    version: 3,
    earlier: [{ ...idle, version: 2 }],
    migrations: {
      1: (stored) => stored,
      2: (stored) => {
        if (stored.context === 'odd') throw new Error('an odd one');
        return stored;
      },
    },
    whenChanged: 'migrateWhenQuiet',
  }),
]);

function stateOf(version: number, changes: Partial<Commit> = {}, id = 'a'): ExportedState {
  const commit = makeCommit(1, { machine: { kind: 'test', version }, ...changes });
  return { address: { kind: 'test', id }, text: encodeCommit(commit) };
}
const odd = { snapshot: { value: 'idle', context: 'odd', status: 'active' } } as const;
const busy: Partial<Commit> = {
  snapshot: { value: 'busy', context: {}, status: 'active' },
  children: { work: { type: 'effect', source: 'work', effectId: 'test.a.1-1', input: null } },
};

it.each([
  ['exact', stateOf(3), undefined],
  ['migrates', stateOf(2), undefined],
  ['migrates', stateOf(1), undefined],
  ['migratesLater', stateOf(2, busy), undefined],
  ['keepsVersion', stateOf(2, odd), /an odd one/u],
  ['quarantined', stateOf(1, odd), /an odd one/u],
  ['quarantined', stateOf(4), /the newest registered is 3/u],
  ['ended', stateOf(9, { snapshot: { value: 'gone', context: {}, status: 'done' } }), undefined],
  ['quarantined', { address: { kind: 'test', id: 'torn' }, text: '{"v"' }, /no JSON/u],
  [
    'quarantined',
    { ...stateOf(1), address: { kind: 'other', id: 'a' } },
    /kind is registered no longer/u,
  ],
] as const)('says "%s" of %j', (verdict, state, reason) => {
  const found = createMachineGate(registry, 0).examine(state);
  expect(found.verdict).toBe(verdict);
  expect('reason' in found ? found.reason : '').toMatch(reason ?? /^$/u);
});

it('counts what it has seen, and names a few of each', () => {
  const gate = createMachineGate(registry, 0);
  for (let index = 0; index < 20; index += 1) gate.examine(stateOf(4, {}, `late-${index}`));
  for (let index = 0; index < 3; index += 1) gate.examine(stateOf(3, {}, `same-${index}`));
  expect([gate.actors, gate.quarantined]).toEqual([23, 20]);
  expect(gate.rows).toMatchObject([
    { kind: 'test', version: 3, verdict: 'exact', count: 3 },
    { kind: 'test', version: 4, verdict: 'quarantined', count: 20 },
  ]);
  expect(gate.rows[1]?.examples).toHaveLength(5);
});

it('an exported state comes back as it was, whatever it is', () => {
  for (const text of ['', '{"v"', encodeCommit(makeCommit(1)), 'a\nb\u0000']) {
    const state = { address: { kind: 'test', id: 'a::b' }, text };
    const line = encodeExportLine(state);
    expect(line).not.toContain('\n');
    expect(decodeExportLine(line)).toEqual({ status: 'state', state });
  }
  expect(decodeExportLine('{"v":1,"kind":"test"}').status).toBe('unreadable');
});
