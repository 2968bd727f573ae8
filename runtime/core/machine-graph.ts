/**
 * A machine as a flat graph: the states in which it can be found or through which it passes, and the
 * transitions between them with what they are called. Read from the machine itself; how it is drawn is
 * not known here.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { isPassedThrough, listNodes, nameState } from './machine-nodes.ts';

export interface GraphState {
  readonly name: string;
  /** `any`: stands for every state in the named one, the empty name for all. */
  readonly shape: 'waiting' | 'passed' | 'choice' | 'final' | 'any';
}

export interface GraphTransition {
  readonly from: GraphState;
  /** Undefined: the state stays as it is. */
  readonly to: string | undefined;
  /** What causes it: a command, the end of an effect or a child, a delay; undefined when nothing has to. */
  readonly cause: Cause | undefined;
  readonly guard: string | undefined;
}

export type Cause =
  | { readonly type: 'command'; readonly name: string }
  | { readonly type: 'ended'; readonly source: string; readonly outcome: 'done' | 'failed' }
  | { readonly type: 'delay'; readonly name: string; readonly ms: number | undefined };

export interface MachineGraph {
  readonly initial: string;
  readonly states: readonly GraphState[];
  readonly transitions: readonly GraphTransition[];
}

export function readMachine(machine: AnyStateMachine): MachineGraph {
  const nodes = listNodes(machine.root);
  const transitions = nodes.flatMap((node) => listTransitions(machine, node));
  const isUsed = ({ shape, name }: GraphState) =>
    shape !== 'any' ||
    transitions.some(
      ({ from, to }) => to !== undefined && from.shape === 'any' && from.name === name,
    );
  return {
    initial: enterLeaf(machine.root),
    states: nodes.map(describeState).filter(isUsed),
    transitions,
  };
}

function describeState(node: AnyStateNode): GraphState {
  const name = nameState(node);
  if (Object.keys(node.states).length > 0) return { name, shape: 'any' };
  if (node.type === 'final') return { name, shape: 'final' };
  if (!isPassedThrough(node)) return { name, shape: 'waiting' };
  return { name, shape: node.entry.length + node.exit.length > 0 ? 'passed' : 'choice' };
}

function listTransitions(machine: AnyStateMachine, node: AnyStateNode): readonly GraphTransition[] {
  const from = describeState(node);
  const defined = [...(node.always ?? []), ...[...node.transitions.values()].flat()];
  // One without target and actions only says that nothing happens: that is on the actor's ignore list.
  const telling = defined.filter(
    ({ target, actions }) => target !== undefined || actions.length > 0,
  );
  return telling.map((transition) => {
    const target: AnyStateNode | undefined = transition.target?.[0];
    return {
      from,
      to: target === undefined ? undefined : enterLeaf(target),
      cause: readCause(machine, node, String(transition.eventType)),
      guard: describeGuard(transition.guard),
    };
  });
}

/** Where a transition ends that names a state with states of its own. */
function enterLeaf(node: AnyStateNode): string {
  const first: AnyStateNode | undefined =
    node.type === 'compound' ? node.initial.target[0] : undefined;
  return first === undefined ? nameState(node) : enterLeaf(first);
}

const endPattern = /^xstate\.(done|error)\.actor\.(.+)$/u;
const delayPattern = /^xstate\.after\.([^.]+)\./u;

function readCause(
  machine: AnyStateMachine,
  node: AnyStateNode,
  eventType: string,
): Cause | undefined {
  if (eventType === '') return undefined;
  const [, end, id] = endPattern.exec(eventType) ?? [];
  if (id !== undefined) {
    const invoked = node.invoke.find((invocation) => invocation.id === id)?.src;
    const source = typeof invoked === 'string' ? invoked : id;
    return { type: 'ended', source, outcome: end === 'done' ? 'done' : 'failed' };
  }
  const [, delay] = delayPattern.exec(eventType) ?? [];
  if (delay === undefined) return { type: 'command', name: eventType };
  const ms: unknown = machine.implementations.delays[delay];
  return { type: 'delay', name: delay, ms: typeof ms === 'number' ? ms : undefined };
}

/** By its name; a guard without one could be drawn but not read. */
function describeGuard(guard: unknown): string | undefined {
  if (guard === undefined) return undefined;
  if (typeof guard === 'string') return guard;
  if (typeof guard !== 'object' || guard === null || !('type' in guard)) {
    throw new Error(
      'a guard has no name: name it in setup({ guards }), so that the diagram can say it',
    );
  }
  const parameter = 'params' in guard && typeof guard.params === 'string' ? ` ${guard.params}` : '';
  return String(guard.type) + parameter;
}
