/**
 * Draws a machine's graph as a Mermaid `stateDiagram-v2`. Flat on purpose: Mermaid cannot draw transitions
 * between inner states of two composite ones, of which our machines have many.
 */
import { assertNever } from '../contract/errors.ts';
import type { Cause, GraphState, GraphTransition, MachineGraph } from './machine-graph.ts';

/** `current`: names of the states an actor is in, which are drawn in bold. */
export function drawDiagram(graph: MachineGraph, current: readonly string[] = []): string {
  const lines = [
    'stateDiagram-v2',
    ...graph.states.map(declareState),
    `[*] --> ${identify(graph.initial)}`,
    ...drawTransitions(graph.transitions),
    ...graph.states
      .filter(({ shape }) => shape === 'final')
      .map(({ name }) => `${identify(name)} --> [*]`),
    ...markCurrent(graph.states, current),
  ];
  return lines.map((line, index) => (index === 0 ? line : `  ${line}`)).join('\n');
}

/** Only states that are drawn: those that hold others are not. */
function markCurrent(states: readonly GraphState[], current: readonly string[]): readonly string[] {
  const marked = states.filter(({ name, shape }) => shape !== 'any' && current.includes(name));
  if (marked.length === 0) return [];
  return [
    'classDef current font-weight:bold,stroke-width:4px',
    ...marked.map(({ name }) => `class ${identify(name)} current`),
  ];
}

function identify(name: string): string {
  return name === '' ? 'in_any_state' : name.replaceAll('.', '_');
}

function identifySource({ name, shape }: GraphState): string {
  return shape === 'any' && name !== '' ? `in_any_${identify(name)}` : identify(name);
}

function declareState(state: GraphState): string {
  const { name, shape } = state;
  const id = identifySource(state);
  if (shape === 'choice') return `state ${id} <<choice>>`;
  if (shape !== 'any') return `state "${name}" as ${id}`;
  return `state "in any state${name === '' ? '' : ` of ${name}`}" as ${id}`;
}

/** One arrow for all that leads from one state to another; what changes no state has none. */
function drawTransitions(transitions: readonly GraphTransition[]): readonly string[] {
  const arrows = new Map<string, string[]>();
  for (const transition of transitions) {
    const { from, to } = transition;
    if (to === undefined) continue;
    const arrow = `${identifySource(from)} --> ${identify(to)}`;
    arrows.set(arrow, [...(arrows.get(arrow) ?? []), labelTransition(transition, transitions)]);
  }
  return [...arrows].map(([arrow, labels]) => {
    const label = labels.filter((part) => part !== '').join(', ');
    return label === '' ? arrow : `${arrow} : ${label}`;
  });
}

function labelTransition(transition: GraphTransition, all: readonly GraphTransition[]): string {
  const { from, cause, guard } = transition;
  const isLastChoice = all.some(
    (other) =>
      other.from.name === from.name && other.guard !== undefined && isSame(other.cause, cause),
  );
  const otherwise = isLastChoice ? '[otherwise]' : '';
  const condition = guard === undefined ? otherwise : `[${toWords(guard)}]`;
  return [cause === undefined ? '' : describeCause(cause), condition]
    .filter((part) => part !== '')
    .join(' ');
}

function isSame(one: Cause | undefined, other: Cause | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function describeCause(cause: Cause): string {
  switch (cause.type) {
    case 'command':
      return cause.name;
    case 'ended':
      return `${cause.source} ${cause.outcome}`;
    case 'delay':
      return cause.ms === undefined ? `after ${cause.name}` : `after ${cause.ms / 1000} s`;
    default:
      return assertNever(cause);
  }
}

/** `isOverTurns` → `is over turns`. */
function toWords(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`);
}
