/**
 * Refuses, when a machine is registered, what could not be made durable when it runs. Actions queued by
 * `enqueueActions` are only known at run time; `actions.ts` refuses those then.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { SignalboxError } from '../contract/errors.ts';
import { sendCommandAction, startActorAction } from './send-command.ts';

const durableActions = new Set([
  'xstate.assign',
  'xstate.cancel',
  'xstate.emit',
  'xstate.enqueueActions',
  'xstate.raise',
  'xstate.sendTo',
  'xstate.spawnChild',
  'xstate.stopChild',
]);

export function checkMachine(kind: string, machine: AnyStateMachine, sources: ReadonlySet<string>): void {
  const problems: string[] = [];
  const implementations = new Map<string, unknown>(
    Object.entries(machine.implementations.actions as Record<string, unknown>),
  );
  for (const node of listNodes(machine.root)) {
    for (const action of listActions(node)) {
      const problem = describeActionProblem(action, implementations);
      if (problem !== undefined) problems.push(`state "${node.id}": ${problem}`);
    }
    for (const invocation of node.invoke) {
      const source: unknown = invocation.src;
      if (typeof source !== 'string' || !sources.has(source)) {
        problems.push(`state "${node.id}": invokes ${describeSource(source)}`);
      }
      if (invocation.systemId !== undefined) {
        problems.push(`state "${node.id}": systemId is not supported; actors are addressed by kind/id`);
      }
    }
  }
  if (problems.length > 0) {
    throw new SignalboxError(
      'SB_ACTION_UNSUPPORTED',
      `the machine of ${kind} cannot be made durable: ${problems.join('; ')}`,
      { next: `Use assign, raise, cancel, emit, ${sendCommandAction}, ${startActorAction}, and sources named in effects or children.` },
    );
  }
}

function listNodes(node: AnyStateNode): AnyStateNode[] {
  const children = Object.values(node.states) as AnyStateNode[];
  return [node, ...children.flatMap(listNodes)];
}

function listActions(node: AnyStateNode): unknown[] {
  const transitions = [...node.transitions.values()].flat();
  const always = node.always ?? [];
  return [
    ...node.entry,
    ...node.exit,
    ...transitions.flatMap((transition) => transition.actions as readonly unknown[]),
    ...always.flatMap((transition) => transition.actions as readonly unknown[]),
  ];
}

function describeActionProblem(action: unknown, implementations: Map<string, unknown>): string | undefined {
  if (typeof action === 'function') return describeFunctionProblem(action);
  const name = typeof action === 'string' ? action : readType(action);
  if (name === undefined) return 'an action without a type';
  if (name === sendCommandAction || name === startActorAction) return undefined;
  const implementation = implementations.get(name);
  if (typeof implementation === 'function') {
    const problem = describeFunctionProblem(implementation);
    return problem === undefined ? undefined : `action "${name}" is ${problem}`;
  }
  return `action "${name}" is not known to the runtime`;
}

function describeFunctionProblem(action: object): string | undefined {
  const type = readType(action);
  if (type === undefined) return 'an inline function; nothing outside the machine may run in a transition';
  if (!durableActions.has(type)) return `${type}, which cannot be persisted`;
  if (type === 'xstate.sendTo' && 'to' in action && typeof action.to !== 'string') {
    return 'sendTo or sendParent with a computed target; name a child, or use sendCommand';
  }
  return undefined;
}

function readType(action: unknown): string | undefined {
  return (typeof action === 'object' || typeof action === 'function') &&
    action !== null &&
    'type' in action &&
    typeof action.type === 'string'
    ? action.type
    : undefined;
}

function describeSource(source: unknown): string {
  return typeof source === 'string'
    ? `"${source}", which is neither an effect nor a child kind of this actor`
    : 'an inline actor; name it in setup({ actors }) and register it as an effect or child';
}
