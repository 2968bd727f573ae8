/** The pages in docs/actors are what the machines are now. `UPDATE_DIAGRAMS=1` writes them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { writePage } from './actor-page.ts';
import { documentedActors } from './documented-actors.ts';
import { readMachine } from '../../runtime/core/machine-graph.ts';
import { drawDiagram } from '../../runtime/core/state-diagram.ts';

const folder = fileURLToPath(new URL('../../docs/actors/', import.meta.url));
const mustWrite = process.env['UPDATE_DIAGRAMS'] === '1';

describe('docs/actors', () => {
  it.each(documentedActors.map((actor) => [actor.definition.kind, actor] as const))(
    'has the page of %s as its machine is (else: UPDATE_DIAGRAMS=1 npx vitest run tests/diagrams)',
    async (kind, actor) => {
      const file = `${folder}${kind}.md`;
      const page = writePage(actor);
      if (mustWrite) {
        await mkdir(folder, { recursive: true });
        await writeFile(file, page);
      }
      expect(await readFile(file, 'utf8')).toBe(page);
    },
  );
});

describe('a diagram', () => {
  const machine = setup({
    types: { events: {} as { type: 'go' } | { type: 'stop' } },
    guards: { isReady: () => true },
    delays: { soon: 1_500 },
  }).createMachine({
    id: 'example',
    initial: 'waiting',
    on: { stop: '.ended' },
    states: {
      waiting: { on: { go: 'working' } },
      working: {
        initial: 'choosing',
        states: {
          choosing: {
            always: [{ guard: 'isReady', target: 'busy' }, { target: '#example.waiting' }],
          },
          busy: { after: { soon: 'choosing' } },
        },
      },
      ended: { type: 'final' },
    },
  });

  it('shows every transition with its cause and its guard', () => {
    expect(
      drawDiagram(readMachine(machine))
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      'stateDiagram-v2',
      'state "in any state" as in_any_state',
      'state "waiting" as waiting',
      'state working_choosing <<choice>>',
      'state "working.busy" as working_busy',
      'state "ended" as ended',
      '[*] --> waiting',
      'in_any_state --> ended : stop',
      'waiting --> working_choosing : go',
      'working_choosing --> working_busy : [is ready]',
      'working_choosing --> waiting : [otherwise]',
      'working_busy --> working_choosing : after 1.5 s',
      'ended --> [*]',
    ]);
  });

  it('changes with the machine', () => {
    const { config } = machine;
    const longer = setup({
      guards: { isReady: () => true },
      delays: { soon: 1_500 },
    }).createMachine({
      ...(config as object),
      initial: 'working',
    });
    expect(drawDiagram(readMachine(longer))).not.toBe(drawDiagram(readMachine(machine)));
  });
});
