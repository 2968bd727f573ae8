/** Writes the page of one actor kind: what it is, its diagram, its commands and effects. Derived, not written by hand. */
import type { IgnoredCommand } from '../../actors/ignored-command.ts';
import type { ActorDefinition } from '../../runtime/core/definition.ts';
import {
  readMachine,
  type GraphState,
  type MachineGraph,
} from '../../runtime/core/machine-graph.ts';
import { drawDiagram } from '../../runtime/core/state-diagram.ts';

export interface DocumentedActor {
  readonly definition: ActorDefinition;
  /** Two sentences. */
  readonly introduction: string;
  readonly ignored: readonly IgnoredCommand<string>[];
  /** Where what it emits and takes is written down as types. */
  readonly types: string;
}

export function writePage({ definition, introduction, ignored, types }: DocumentedActor): string {
  const graph = readMachine(definition.machine);
  const sections = [
    `# ${definition.kind}`,
    '<!-- Generated from the machine. After a change: UPDATE_DIAGRAMS=1 npx vitest run tests/diagrams -->',
    introduction,
    `## States\n\n\`\`\`mermaid\n${drawDiagram(graph)}\n\`\`\``,
    describeStates(graph),
    `## Commands\n\nA row of one state goes before a row of any state.\n\n${describeCommands(graph)}`,
    ...(ignored.length === 0
      ? []
      : [`Dropped without a word, for a reason:\n\n${describeIgnored(ignored)}`]),
    ...(Object.keys(definition.effects).length === 0
      ? []
      : [`## Effects\n\n${describeEffects(definition)}`]),
    ...(Object.keys(definition.children).length === 0
      ? []
      : [`## Children\n\n${describeChildren(definition)}`]),
    `What the commands carry and which events the actor emits is written down in \`${types}\`.`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function describeStates({ states }: MachineGraph): string {
  const waiting = states
    .filter(({ shape }) => shape === 'waiting')
    .map(({ name }) => `\`${name}\``);
  const final = states.filter(({ shape }) => shape === 'final').map(({ name }) => `\`${name}\``);
  const ends = final.length === 0 ? 'It has no end.' : `It ends in ${final.join(', ')}.`;
  return `Between two commands it is found in ${waiting.join(', ')}. ${ends}`;
}

function describeCommands({ transitions }: MachineGraph): string {
  const rows = transitions.flatMap(({ from, to, cause }) => {
    if (cause?.type !== 'command') return [];
    return [[`\`${cause.name}\``, describePlace(from), to === undefined ? 'stays' : `\`${to}\``]];
  });
  return writeTable(['Command', 'Taken in', 'Leads to'], rows);
}

function describePlace({ name, shape }: GraphState): string {
  if (shape !== 'any') return `\`${name}\``;
  return name === '' ? 'any state' : `any state of \`${name}\``;
}

function describeIgnored(ignored: readonly IgnoredCommand<string>[]): string {
  return writeTable(
    ['Command', 'In', 'Because'],
    ignored.map(({ command, states, because }) => [
      `\`${command}\``,
      states.map((state) => `\`${state}\``).join(', '),
      because,
    ]),
  );
}

const afterCrash = {
  retry: 'is run again',
  idempotent: 'is run again under the same key',
  probe: 'is run again unless a look shows that it has happened',
  ask: 'is not run again: the actor is told that it was interrupted',
} as const;

function describeEffects({ effects }: ActorDefinition): string {
  return writeTable(
    ['Effect', 'Runs', 'Attempts', 'Interrupted by a crash it'],
    Object.entries(effects).map(([name, { pool, retry, whenUnknown }]) => [
      `\`${name}\``,
      pool === undefined ? 'in the worker that owns the actor' : `in the pool \`${pool}\``,
      String(retry.maxAttempts),
      afterCrash[whenUnknown],
    ]),
  );
}

function describeChildren({ children }: ActorDefinition): string {
  const rows = Object.entries(children).map(([source, { kind, supervision }]) => [
    `\`${source}\``,
    `[${kind}](${kind}.md)`,
    `\`${supervision.type}\``,
  ]);
  return writeTable(['Child', 'Kind', 'When it fails'], rows);
}

function writeTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [...new Set(lines)].join('\n');
}
